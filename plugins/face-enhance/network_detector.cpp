#include "network_detector.hpp"

#include "search_picture.hpp"

#include <oldfilm/sdk/manifest.hpp>

#include <algorithm>
#include <string>
#include <tuple>

namespace oldfilm::stages {
namespace {

constexpr std::int64_t least_length = 12; ///< of a side; a smaller picture shows no face
constexpr std::int64_t columns = 15;      ///< box, score, five points
constexpr std::int64_t first_point = 5;

} // namespace

NetworkDetector::NetworkDetector(sdk::Model model) : model_(std::move(model)) {
    const sdk::Manifest manifest = sdk::read_manifest(model_, {"picture"});
    if (manifest.channels != 3 || !manifest.has_output("faces")) {
        throw sdk::Failure(manifest.id +
                               " is no face detector for this stage: expected 3 channels and an "
                               "output \"faces\", found " +
                               std::to_string(manifest.channels) + " and \"" +
                               (manifest.outputs.empty() ? "" : manifest.outputs.front()) +
                               "\"; choose another detector",
                           sdk::Status::invalid);
    }
}

std::vector<Face> NetworkDetector::find(const at::Tensor& luma) const {
    const SearchPicture search(luma, least_length);
    if (!search.luma.defined()) {
        return {};
    }
    const at::Tensor found =
        sdk::run(model_, {{"picture", search.luma.expand({1, 3, -1, -1})}})["faces"]
            .cpu()
            .contiguous();
    if (found.dim() != 2 || found.size(1) != columns) {
        throw sdk::Failure("the face detector gave something else than K x 15 values; choose "
                           "another detector",
                           sdk::Status::invalid);
    }
    std::vector<Face> faces;
    for (std::int64_t i = 0; i < found.size(0); ++i) {
        const float* row = found.data_ptr<float>() + i * columns;
        Face face;
        face.side = static_cast<double>(std::max(row[2] - row[0], row[3] - row[1])) / search.scale;
        for (std::size_t k = 0; k < face.points.size(); ++k) {
            // It counts from the middle of the first pixel.
            const float* point = row + first_point + 2 * k;
            face.points[k] = {(static_cast<double>(point[0]) + 0.5) / search.scale,
                              (static_cast<double>(point[1]) + 0.5) / search.scale};
        }
        faces.push_back(face);
    }
    std::sort(faces.begin(), faces.end(), [](const Face& a, const Face& b) {
        return std::tuple(a.points[2].y, a.points[2].x) < std::tuple(b.points[2].y, b.points[2].x);
    });
    return faces;
}

} // namespace oldfilm::stages
