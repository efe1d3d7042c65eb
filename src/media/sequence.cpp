#include "media/sequence.hpp"

#include "media/picture_check.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <fstream>
#include <limits>
#include <utility>

namespace oldfilm::media {
namespace {

/// More missing pictures in a row are a hole in the film, or two films in one folder.
constexpr std::int64_t most_missing = 250;
/// So many bad pictures are listed.
constexpr int most_listed = 20;

} // namespace

Sequence::Sequence(SequenceName name, const ReadOptions& read) : name_(std::move(name)) {
    const std::vector<std::int64_t> numbers = name_.numbers();
    if (numbers.empty()) {
        throw Error(Errc::not_found,
                    fmt::format("there is no picture of the sequence {}; look at the pattern",
                                name_.pattern()));
    }
    first_ = numbers.front();
    count_ = numbers.back() - first_ + 1;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::int64_t before = i > 0 ? numbers[i - 1] : first_;
        if (numbers[i] - before > most_missing) {
            throw Error(Errc::unreadable,
                        fmt::format("the pictures of {} must be numbered without a hole, and {} "
                                    "is followed by {}; move one of the parts to another folder",
                                    name_.pattern(), before, numbers[i]));
        }
        for (std::int64_t missing = before + 1; missing < numbers[i]; ++missing) {
            faults_[missing - first_] = "is missing";
        }
        if (std::string fault = picture_fault(name_.file(numbers[i])); !fault.empty()) {
            faults_[numbers[i] - first_] = std::move(fault);
        }
    }
    check(read);
    dpx_ = read_dpx(example());
    choose_rate(read);
}

/// Refuses bad pictures, or says what is done about them.
void Sequence::check(const ReadOptions& read) const {
    if (faults_.empty()) {
        return;
    }
    std::string list;
    int listed = 0;
    for (const auto& [index, fault] : faults_) {
        list +=
            ++listed <= most_listed ? fmt::format("\n  {} {}", file(index).string(), fault) : "";
    }
    if (listed > most_listed) {
        list += fmt::format("\n  and {} more", listed - most_listed);
    }
    const std::string found = fmt::format("{} of the {} pictures of {} are missing or broken",
                                          faults_.size(), count_, name_.pattern());
    if (read.missing == MissingPictures::stop || read.strict ||
        static_cast<std::int64_t>(faults_.size()) == count_) {
        throw Error(Errc::unreadable,
                    fmt::format("{}; put them there, or have their neighbors or black stand in for "
                                "them (--missing hold, --missing black):{}",
                                found, list));
    }
    read.log.warning(fmt::format("{}; {} for them:{}", found,
                                 read.missing == MissingPictures::hold ? "their neighbors stand in"
                                                                       : "black stands in",
                                 list));
}

void Sequence::choose_rate(const ReadOptions& read) {
    if (read.source_fps && read.source_fps->num() > 0) {
        rate_ = *read.source_fps;
        return;
    }
    rate_ = dpx_ ? dpx_->rate : Rational();
    if (rate_.num() > 0) {
        return;
    }
    rate_ = Rational(25);
    read.log.warning(
        fmt::format("the pictures of {} name no frame rate, and are taken for a film at "
                    "25 fps; --source-fps gives another",
                    name_.pattern()));
}

std::filesystem::path Sequence::file(std::int64_t index) const {
    return name_.file(first_ + index);
}

std::filesystem::path Sequence::example() const {
    std::int64_t index = 0;
    while (is_bad(index)) {
        ++index;
    }
    return file(index);
}

bool Sequence::read(AVPacket& packet) {
    while (next_ < count_) {
        const std::int64_t index = next_++;
        if (is_bad(index)) {
            continue;
        }
        std::ifstream stream(file(index), std::ios::binary | std::ios::ate);
        const auto size = static_cast<std::int64_t>(stream.tellg());
        if (!stream || size <= 0 || size > std::numeric_limits<int>::max() - 64) {
            continue; // gone meanwhile: as a picture that can't be decoded
        }
        media::check(av_new_packet(&packet, static_cast<int>(size)), "hold a picture");
        stream.seekg(0);
        stream.read(reinterpret_cast<char*>(packet.data), size);
        packet.pts = packet.dts = index;
        packet.duration = 1;
        packet.flags |= AV_PKT_FLAG_KEY;
        return true;
    }
    return false;
}

void Sequence::seek(std::int64_t index) {
    next_ = index;
}

} // namespace oldfilm::media
