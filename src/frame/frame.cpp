#include "base/hidden.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/frame.hpp>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <utility>

namespace oldfilm {

struct OLDFILM_HIDDEN Frame::Data {
    at::Tensor picture;
    at::Tensor mask;
    at::Tensor damage;
    at::Tensor evidence;
    FrameInfo info;
    std::shared_ptr<const CodedPicture> coded;

    static Frame frame(Data data) {
        Frame made;
        made.data_ = std::make_shared<const Data>(std::move(data));
        return made;
    }
};

namespace {

std::string shape_of(const at::Tensor& tensor) {
    if (!tensor.defined()) {
        return "no tensor";
    }
    return fmt::format("{} of shape {}",
                       tensor.scalar_type() == at::kFloat ? "float32" : "another type",
                       fmt::join(tensor.sizes(), " x "));
}

void check_picture(const at::Tensor& picture) {
    const bool fits = picture.defined() && picture.dim() == 3 &&
                      picture.scalar_type() == at::kFloat &&
                      (picture.size(0) == 1 || picture.size(0) == 3) && picture.size(1) > 0 &&
                      picture.size(2) > 0;
    if (!fits) {
        throw Error(
            Errc::format_mismatch,
            fmt::format("a frame's picture must be float32 of shape C x H x W with C = 1 or 3, "
                        "found {}; convert it first",
                        shape_of(picture)));
    }
}

bool same_size(const at::Tensor& a, const at::Tensor& b) {
    return a.size(-1) == b.size(-1) && a.size(-2) == b.size(-2);
}

void check_plane(const at::Tensor& plane, const at::Tensor& picture, const char* what) {
    if (plane.defined() && (plane.dim() != 3 || plane.size(0) != 1 || !same_size(plane, picture))) {
        throw Error(Errc::format_mismatch,
                    fmt::format("a {} must be of shape 1 x {} x {}, found {}", what,
                                picture.size(1), picture.size(2), shape_of(plane)));
    }
}

std::int64_t bytes_of(const at::Tensor& tensor) {
    return tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
}

} // namespace

Frame::Frame(at::Tensor picture, FrameInfo info) {
    check_picture(picture);
    data_ = std::make_shared<const Data>(
        Data{std::move(picture), {}, {}, {}, std::move(info), nullptr});
}

const at::Tensor& Frame::picture() const {
    return data_->picture;
}
const FrameInfo& Frame::info() const {
    return data_->info;
}
const at::Tensor& Frame::mask() const {
    return data_->mask;
}
const at::Tensor& Frame::damage() const {
    return data_->damage;
}
const at::Tensor& Frame::evidence() const {
    return data_->evidence;
}
const std::shared_ptr<const CodedPicture>& Frame::coded() const {
    return data_->coded;
}
std::int64_t Frame::channels() const {
    return data_->picture.size(0);
}
std::int64_t Frame::height() const {
    return data_->picture.size(1);
}
std::int64_t Frame::width() const {
    return data_->picture.size(2);
}

std::int64_t Frame::bytes() const {
    std::int64_t total = bytes_of(data_->picture) + bytes_of(data_->mask) +
                         bytes_of(data_->damage) + bytes_of(data_->evidence);
    if (data_->coded && !data_->coded->picture.is_same(data_->picture)) {
        total += bytes_of(data_->coded->picture);
    }
    return total;
}

Frame Frame::with_picture(at::Tensor picture) const {
    check_picture(picture);
    Data copy = *data_;
    if (!same_size(picture, copy.picture)) {
        copy.mask = copy.damage = copy.evidence = at::Tensor();
    }
    copy.picture = std::move(picture);
    return Data::frame(std::move(copy));
}

Frame Frame::with_mask(at::Tensor mask) const {
    check_plane(mask, data_->picture, "mask");
    Data copy = *data_;
    copy.mask = std::move(mask);
    return Data::frame(std::move(copy));
}

Frame Frame::with_damage(at::Tensor damage) const {
    check_plane(damage, data_->picture, "damage plane");
    Data copy = *data_;
    copy.damage = std::move(damage);
    return Data::frame(std::move(copy));
}

Frame Frame::with_evidence(at::Tensor evidence) const {
    check_plane(evidence, data_->picture, "evidence plane");
    if (evidence.defined() && evidence.scalar_type() != at::kByte) {
        throw Error(Errc::format_mismatch,
                    fmt::format("an evidence plane must be uint8, found {}; convert it first",
                                at::toString(evidence.scalar_type())));
    }
    Data copy = *data_;
    copy.evidence = std::move(evidence);
    return Data::frame(std::move(copy));
}

Frame Frame::with_info(FrameInfo info) const {
    Data copy = *data_;
    copy.info = std::move(info);
    return Data::frame(std::move(copy));
}

Frame Frame::with_coded(std::shared_ptr<const CodedPicture> coded) const {
    Data copy = *data_;
    copy.coded = std::move(coded);
    return Data::frame(std::move(copy));
}

} // namespace oldfilm
