#include "film.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cli::review {
namespace {

using oldfilm::Frame;

constexpr std::int64_t most_bytes = std::int64_t{256} << 20;
/// Up to so many frames are decoded on the way rather than sought: about a group of pictures.
constexpr std::int64_t near = 48;

} // namespace

Film::Film(std::string path, oldfilm::ReadOptions options)
    : path_(std::move(path)), options_(std::move(options)) {
    options_.keep_coded = false;
    reader_.emplace(path_, options_);
    info_ = reader_->info();
    format_ = reader_->format();
}

Frame Film::frame(std::int64_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = cached_.find(number);
    if (found == cached_.end()) {
        return decoded(number);
    }
    by_use_.remove(number);
    by_use_.push_front(number);
    return found->second;
}

Frame Film::decoded(std::int64_t number) {
    go_to(number);
    while (next_ < number && reader_->skip()) {
        ++next_;
    }
    const std::optional<Frame> frame = next_ == number ? reader_->next() : std::nullopt;
    if (!frame) {
        reader_.reset();
        throw oldfilm::Error(oldfilm::Errc::not_found,
                             fmt::format("{} has no frame {}", path_, number));
    }
    ++next_;
    keep(number, *frame);
    return *frame;
}

void Film::open() {
    reader_.emplace(path_, options_);
    next_ = 0;
}

void Film::go_to(std::int64_t number) {
    if (!reader_) {
        open();
    }
    if (number >= next_ && number - next_ < near) {
        return;
    }
    if (can_seek_ && reader_->seek(number)) {
        next_ = number;
    } else if (can_seek_ || number < next_) {
        can_seek_ = false; // the film is decoded from the start, then
        open();
    }
}

void Film::keep(std::int64_t number, const Frame& frame) {
    cached_.emplace(number, frame);
    by_use_.push_front(number);
    bytes_ += frame.bytes();
    while (bytes_ > most_bytes && by_use_.size() > 1) {
        const auto oldest = cached_.find(by_use_.back());
        bytes_ -= oldest->second.bytes();
        cached_.erase(oldest);
        by_use_.pop_back();
    }
}

} // namespace cli::review
