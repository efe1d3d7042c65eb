// ledger_speed FOLDER FRAMES REPAIRS: how long it takes to write and to list a ledger of that many
// frames, with REPAIRS repairs each, in shots of 50 frames. Fails if a shot takes more than 50 ms.
#include "project/components.hpp"
#include "project/ledger_schema.hpp"
#include "project/ledger_writer.hpp"

#include <oldfilm/frame.hpp>
#include <oldfilm/ledger.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace oldfilm;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t shot_frames = 50, segment_frames = 250;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string shot_line(std::int64_t first, std::int64_t frames) {
    return fmt::format(R"({{"id": "s{}", "first": {}, "last": {}, "kind": "picture"}})", first,
                       first, std::min(first + shot_frames, frames) - 1);
}

void make_project(const std::filesystem::path& folder, std::int64_t frames) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    std::string shots;
    for (std::int64_t first = 0; first < frames; first += shot_frames) {
        shots += (shots.empty() ? "" : ",\n") + shot_line(first, frames);
    }
    std::ofstream(folder / "project.json") << fmt::format(
        R"({{"oldfilm_project": 1, "source": {{"path": "in.mkv", "bytes": 0, "checksum": "",
"ends": "", "frames": {}, "width": 480, "height": 368, "rate": "24", "deinterlace": false}},
"facts": {{}}, "pipeline": {{"oldfilm": 1, "stages": []}}, "shots": [{}], "regions": [],
"decisions": []}})",
        frames, shots);
}

/// Repairs in places that look like chance and are the same each time.
project::FrameRepairs repairs_of(std::int64_t frame, std::int64_t count) {
    project::FrameRepairs made{
        .frame = frame, .repairs = {}, .evidence = {175000, 0, 0, 1000, 0, 640}};
    for (std::int64_t i = 0; i < count; ++i) {
        Repair repair;
        repair.stage = "scratch-removal";
        repair.frame = frame;
        repair.left = (frame * 7919 + i * 104729) % 470;
        repair.top = (frame * 6271 + i * 15485863) % 360;
        repair.width = 3 + i % 7;
        repair.height = 3 + frame % 5;
        repair.area = repair.width * repair.height;
        repair.mean_change = 0.1;
        made.repairs.push_back(repair);
    }
    return made;
}

double write_all(const std::filesystem::path& folder, std::int64_t frames, std::int64_t count) {
    project::Database database = project::open_ledger(folder);
    std::vector<std::int64_t> cuts;
    for (std::int64_t first = 0; first < frames; first += shot_frames) {
        cuts.push_back(first);
    }
    project::LedgerWriter writer(database, {480, 368}, cuts);
    const auto start = Clock::now();
    for (std::int64_t first = 0; first < frames; first += segment_frames) {
        std::vector<project::FrameRepairs> segment;
        for (std::int64_t f = first; f < std::min(first + segment_frames, frames); ++f) {
            segment.push_back(repairs_of(f, count));
        }
        writer.replace(std::move(segment));
    }
    return seconds_since(start);
}

/// Finding the repairs of a frame with `count` specks, of 480 x 368 pixels, in seconds.
double finding(std::int64_t count) {
    const at::Tensor picture = at::rand({3, 368, 480});
    at::Tensor mask = at::zeros({1, 368, 480});
    for (const Repair& repair : repairs_of(0, count).repairs) {
        mask[0]
            .slice(0, repair.top, repair.top + repair.height)
            .slice(1, repair.left, repair.left + repair.width)
            .fill_(1);
    }
    const Frame frame = Frame(picture, {})
                            .with_mask(mask)
                            .with_coded(std::make_shared<CodedPicture>(CodedPicture{
                                .samples = nullptr, .picture = at::rand({3, 368, 480})}));
    constexpr int times = 50;
    const auto start = Clock::now();
    for (int i = 0; i < times; ++i) {
        static_cast<void>(project::repairs_of(frame));
    }
    return seconds_since(start) / times;
}

/// The slowest of several shots, in seconds.
double slowest_list(const Ledger& ledger, std::int64_t frames, std::int64_t count) {
    double slowest = 0;
    for (std::int64_t i = 0; i < 20; ++i) {
        RepairFilter filter;
        filter.shot = fmt::format("s{}", i * (frames / 20) / shot_frames * shot_frames);
        const auto start = Clock::now();
        const std::size_t found = ledger.list(filter).size();
        slowest = std::max(slowest, seconds_since(start));
        if (static_cast<std::int64_t>(found) != shot_frames * count) {
            throw std::runtime_error(fmt::format("shot {} has {} repairs", filter.shot, found));
        }
    }
    return slowest;
}

int measure(const std::filesystem::path& folder, std::int64_t frames, std::int64_t count) {
    make_project(folder, frames);
    const double first = write_all(folder, frames, count);
    const double again = write_all(folder, frames, count);
    auto start = Clock::now();
    const Ledger ledger(folder.string());
    const double opened = seconds_since(start);
    const double listed = slowest_list(ledger, frames, count);
    start = Clock::now();
    const RepairTotals totals = ledger.totals();
    const double summed = seconds_since(start);
    const auto rows = static_cast<double>(frames * count);
    fmt::print("{} repairs in {} frames, {:.0f} MB\n"
               "finding          {:8.3f} ms a frame\n"
               "writing          {:8.2f} s, {:.3f} ms a frame\n"
               "writing again    {:8.2f} s, {:.3f} ms a frame\n"
               "opening          {:8.1f} ms\n"
               "listing a shot   {:8.2f} ms (the slowest of 20)\n"
               "totals           {:8.1f} ms\n",
               rows, frames,
               static_cast<double>(std::filesystem::file_size(folder / "ledger.sqlite")) / 1e6,
               finding(count) * 1e3, first, first * 1e3 / static_cast<double>(frames), again,
               again * 1e3 / static_cast<double>(frames), opened * 1e3, listed * 1e3, summed * 1e3);
    std::filesystem::remove_all(folder);
    return totals.repairs == frames * count && listed < 0.05 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 4) {
        std::fputs("usage: ledger_speed FOLDER FRAMES REPAIRS\n", stderr);
        return 2;
    }
    return measure(argv[1], std::atoll(argv[2]), std::atoll(argv[3]));
} catch (const std::exception& error) {
    fmt::print(stderr, "ledger_speed: {}\n", error.what());
    return 1;
}
