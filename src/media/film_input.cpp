#include "media/film_input.hpp"

#include <fmt/format.h>

extern "C" {
#include <libavutil/display.h>
}

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace oldfilm::media {

Orientation orientation_of(const AVStream& stream) {
    const auto* matrix =
        reinterpret_cast<const std::int32_t*>(side_data_of(stream, AV_PKT_DATA_DISPLAYMATRIX));
    if (matrix == nullptr) {
        return {};
    }
    const double angle = av_display_rotation_get(matrix);
    if (std::isnan(angle)) {
        return {};
    }
    Orientation found;
    found.rotation = (static_cast<int>(std::lround(-angle / 90)) * 90 % 360 + 360) % 360;
    const double determinant =
        static_cast<double>(matrix[0]) * matrix[4] - static_cast<double>(matrix[1]) * matrix[3];
    found.filters = determinant < 0 ? "hflip," : "";
    found.filters += found.rotation == 90    ? "transpose=clock,"
                     : found.rotation == 180 ? "hflip,vflip,"
                     : found.rotation == 270 ? "transpose=cclock,"
                                             : "";
    return found;
}

std::unique_ptr<Sequence> sequence_at(const std::string& path, const ReadOptions& options) {
    std::error_code unknown;
    std::optional<SequenceName> name = sequence_name(path);
    if (!name && std::filesystem::is_directory(path, unknown)) {
        name = sequence_in(path);
    }
    return name ? std::make_unique<Sequence>(std::move(*name), options) : nullptr;
}

UniqueInput open_film(const std::string& path, const Sequence* sequence,
                      const ReadOptions& options) {
    if (sequence == nullptr) {
        return open_input(path, options);
    }
    ReadOptions one = options;
    one.source_fps = sequence->rate();
    // A picture is one packet there, however large.
    return open_input(sequence->example().string(), one, "image2");
}

void note_neighbors(const std::string& path, const ReadOptions& options) {
    const auto name = options.log ? sequence_around(path) : std::nullopt;
    const std::size_t count = name ? name->numbers().size() : 0;
    if (count > 1) {
        options.log.warning(
            fmt::format("{} is one of {} numbered pictures, and is restored by itself; "
                        "for the film that they are name {} or their folder",
                        path, count, name->pattern()));
    }
}

bool holds_pictures(const AVFormatContext& input) {
    const std::string_view container = input.iformat->name;
    return container.starts_with("image2") || container.ends_with("_pipe");
}

} // namespace oldfilm::media
