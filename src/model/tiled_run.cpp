#include "model/tiled_run.hpp"

#include "device/device.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace oldfilm {
namespace {

/// What a run takes on a CPU where no memory was named: 1080p in one or two tiles with most models.
constexpr std::int64_t usual_memory = std::int64_t{2} << 30;
constexpr std::int64_t usual_per_pixel = 4096; ///< for models that don't tell
/// Pixels of a tile on other devices where no memory was named.
constexpr std::int64_t usual_pixels_elsewhere = 2048 * 2048;
/// Scale of an output against its input, 0 when it is no picture of the input's size (points, say).
std::int64_t output_scale(const at::Tensor& output, std::int64_t height, std::int64_t width,
                          int scale) {
    for (const std::int64_t s : {static_cast<std::int64_t>(scale), std::int64_t{1}}) {
        if (output.dim() == 4 && output.size(-2) == height * s && output.size(-1) == width * s) {
            return s;
        }
    }
    return 0;
}

} // namespace

TiledRun::TiledRun(Manifest manifest, const at::Device& device, int tile)
    : manifest_(std::move(manifest)), device_(device), tile_(tile) {}

void TiledRun::begin(std::int64_t budget, const std::function<bool()>* cancelled) noexcept {
    budget_ = budget;
    cancelled_ = cancelled;
}

std::int64_t TiledRun::memory_per_pixel() const noexcept {
    return manifest_.memory_per_pixel > 0 ? manifest_.memory_per_pixel : usual_per_pixel;
}

std::vector<at::Tensor> TiledRun::forward(Network::Ready& with,
                                          const std::vector<at::Tensor>& inputs) const {
    std::vector<at::Tensor> outputs = with(inputs, cancelled_);
    if (outputs.size() != manifest_.outputs.size()) {
        throw Error(
            Errc::stage_failed,
            fmt::format("the model {} promised {} outputs in its manifest, and gave {}; export it "
                        "again with a right manifest",
                        manifest_.id, manifest_.outputs.size(), outputs.size()));
    }
    for (at::Tensor& output : outputs) {
        output = output.to(at::kFloat);
    }
    return outputs;
}

TileSize TiledRun::tile_for(const Inputs& inputs) const {
    if (inputs.height == 0 || manifest_.receptive_field < 0) {
        return {inputs.height, inputs.width};
    }
    const std::int64_t memory = budget_ > 0 ? budget_ : usual_memory;
    return choose_tile(inputs.height, inputs.width,
                       {.overlap = manifest_.receptive_field,
                        .multiple = manifest_.size_multiple,
                        .wanted = tile_,
                        .most = budget_ > 0 || device_.is_cpu() ? memory / memory_per_pixel()
                                                                : usual_pixels_elsewhere});
}

/// Linux gives memory that it does not have and ends the program later, so that what is known
/// to be too much is refused before. Tiles are made smaller for the memory that was asked for,
/// never for what is free: the same run has to give the same bits on the machine that it is
/// resumed on.
void TiledRun::check_memory(const TileSize& piece) const {
    const std::int64_t free = budget_ > 0 ? budget_ : available_memory(device_);
    const auto needed = static_cast<double>(manifest_.memory_per_pixel) *
                        static_cast<double>(piece.height * piece.width);
    if (free <= 0 || needed <= static_cast<double>(free)) {
        return;
    }
    const double shrink = std::sqrt(static_cast<double>(free) / needed);
    const auto fitting = [&](std::int64_t side) {
        const auto fits = static_cast<std::int64_t>(static_cast<double>(side) * shrink);
        return fits / manifest_.size_multiple * manifest_.size_multiple;
    };
    constexpr double gib = 1024.0 * 1024.0 * 1024.0;
    throw Error(
        Errc::out_of_memory,
        fmt::format("the model {} needs {:.1f} GiB for {}x{} pixels{}, and {:.1f} GiB can be "
                    "had; pictures of up to {}x{} fit: make the film smaller before this "
                    "stage, or choose a smaller model",
                    manifest_.id, needed / gib, piece.width, piece.height,
                    manifest_.receptive_field < 0 ? ", which it has to see whole" : "",
                    static_cast<double>(free) / gib, fitting(piece.width), fitting(piece.height)));
}

/// One padded sample (or batch), whole or in tiles.
std::vector<at::Tensor> TiledRun::padded_run(Network::Ready& with, const Inputs& inputs) const {
    const TileSize tile = tile_for(inputs);
    check_memory(tile);
    const auto run_part = [&](std::int64_t top, std::int64_t bottom, std::int64_t left,
                              std::int64_t right) {
        return forward(with, inputs.region(top, bottom, left, right, with.channels_last()));
    };
    if (tile.height >= inputs.height && tile.width >= inputs.width) {
        return run_part(0, inputs.height, 0, inputs.width);
    }
    std::vector<at::Tensor> outputs;
    for (const TileSpan& row :
         cut(inputs.height, tile.height, manifest_.receptive_field, manifest_.size_multiple)) {
        for (const TileSpan& column :
             cut(inputs.width, tile.width, manifest_.receptive_field, manifest_.size_multiple)) {
            const auto parts = run_part(row.begin, row.end, column.begin, column.end);
            if (!place(parts, row, column, inputs, outputs)) {
                // Something is said about the picture as a whole: it cannot be put together.
                return run_part(0, inputs.height, 0, inputs.width);
            }
        }
    }
    return outputs;
}

/// Copies the inner part of a tile's outputs to their places; false when one of them has no
/// place.
bool TiledRun::place(const std::vector<at::Tensor>& parts, const TileSpan& row,
                     const TileSpan& column, const Inputs& inputs,
                     std::vector<at::Tensor>& outputs) const {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const at::Tensor& part = parts[i];
        const std::int64_t s = output_scale(part, row.length(), column.length(), manifest_.scale);
        if (s == 0) {
            return false;
        }
        if (outputs.size() <= i) {
            outputs.push_back(at::empty(
                {part.size(0), part.size(1), inputs.height * s, inputs.width * s}, part.options()));
        }
        const auto inner = [s](const at::Tensor& tensor, std::int64_t from_row,
                               std::int64_t from_column, const TileSpan& r, const TileSpan& c) {
            return tensor.narrow(2, (r.keep_begin - from_row) * s, (r.keep_end - r.keep_begin) * s)
                .narrow(3, (c.keep_begin - from_column) * s, (c.keep_end - c.keep_begin) * s);
        };
        inner(outputs[i], 0, 0, row, column)
            .copy_(inner(part, row.begin, column.begin, row, column));
    }
    return true;
}

std::vector<at::Tensor> TiledRun::run(Network::Ready& with, const Inputs& inputs) const {
    if (inputs.height == 0) {
        return forward(with, inputs.tensors);
    }
    const Inputs padded = inputs.padded(manifest_);
    std::vector<at::Tensor> outputs = padded_run(with, padded);
    for (at::Tensor& output : outputs) {
        if (const auto s = output_scale(output, padded.height, padded.width, manifest_.scale);
            s > 0) {
            output = output.slice(2, 0, inputs.height * s).slice(3, 0, inputs.width * s);
        }
    }
    return outputs;
}

} // namespace oldfilm
