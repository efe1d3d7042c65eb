#include "proxies.hpp"

#include <oldfilm/media.hpp>
#include <oldfilm/project.hpp>

#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace cli::review {
namespace {

namespace fs = std::filesystem;
using oldfilm::Frame;

constexpr std::int64_t most_lines = 360;
constexpr int quality = 30;

/// Of a frame of this format, made smaller; even, as 4:2:0 needs it.
std::array<std::int64_t, 2> size_for(const oldfilm::StreamFormat& format) {
    const double scale =
        std::min(1.0, static_cast<double>(most_lines) / static_cast<double>(format.height));
    const auto even = [scale](std::int64_t pixels) {
        return std::max<std::int64_t>(2 * std::llround(static_cast<double>(pixels) * scale / 2), 2);
    };
    return {even(format.height), even(format.width)};
}

/// The frame as number `number` of a film at `rate`.
Frame small(const Frame& frame, const std::array<std::int64_t, 2>& size, std::int64_t number,
            const oldfilm::Rational& rate) {
    oldfilm::FrameInfo info = frame.info();
    info.time_base = rate.inverse();
    info.pts = info.index = number;
    info.duration = 1;
    const at::Tensor picture =
        at::_upsample_bilinear2d_aa(frame.picture().unsqueeze(0), size, false).squeeze(0);
    return {picture, info};
}

/// Proxies of other versions of the shot.
void remove_others(const fs::path& path, const std::string& prefix) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(path.parent_path(), ignored)) {
        if (entry.path().filename().string().starts_with(prefix) && entry.path() != path) {
            fs::remove(entry.path(), ignored);
        }
    }
}

} // namespace

void Proxies::make(const fs::path& path, const oldfilm::ProjectShot& shot, bool is_before) {
    const std::unique_ptr<Film> film =
        is_before ? films_.another_source() : films_.another_result();
    const oldfilm::Rational rate = store_.project().source().rate.num() > 0
                                       ? store_.project().source().rate
                                       : oldfilm::Rational(24);
    const std::array<std::int64_t, 2> size = size_for(film->format());
    oldfilm::WriteOptions options;
    options.codec = "h264";
    options.crf = quality;
    options.frame_rate = rate;
    options.height = size[0];
    options.width = size[1];
    options.channels = film->format().channels;
    options.color = film->format().color;
    options.sample_aspect = film->info().sample_aspect;
    options.pixel_format = "yuv420p";
    options.overwrite = true;
    oldfilm::Writer writer(path.string(), options);
    for (std::int64_t number = shot.first; number <= shot.last; ++number) {
        const Frame frame = film->frame(is_before ? number : films_.number_in_result(number));
        writer.write(small(frame, size, number - shot.first, rate));
    }
    writer.finish();
}

fs::path Proxies::of(const std::string& id, const std::string& side) {
    const oldfilm::Project project = store_.project();
    const oldfilm::ProjectShot shot = project.shot(id);
    const bool is_before = side == "before";
    const std::string version = is_before ? project.source().checksum : films_.result_version();
    const std::string prefix = fmt::format("{}-{}-", shot.id, side);
    const fs::path path = fs::path(project.folder()) / "proxies" /
                          fmt::format("{}{:016x}.mp4", prefix,
                                      std::hash<std::string>()(
                                          fmt::format("{} {} {}", version, shot.first, shot.last)));
    const std::lock_guard lock(mutex_);
    if (!fs::exists(path)) {
        fs::create_directories(path.parent_path());
        make(path, shot, is_before);
        remove_others(path, prefix);
    }
    return path;
}

} // namespace cli::review
