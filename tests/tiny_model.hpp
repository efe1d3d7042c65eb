#pragma once
/// \file
/// Tiny model packages for tests, written to a temporary folder.

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace oldfilm::test {

/// A folder of its own that goes away with this object.
class TempFolder {
  public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const {
        return (path_ / name).string();
    }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

/// A network as TorchScript source (`def forward(self, picture): ...`) with its weights.
struct TinyModel {
    std::string source;
    std::map<std::string, at::Tensor> weights;
    std::string manifest;                       ///< JSON text; empty to leave `oldfilm.json` out
    std::map<std::string, double> numbers = {}; ///< that the network may change itself
};

/// Writes the package and returns its path.
std::string write_package(const std::string& path, const TinyModel& model);

/// A valid manifest of schema 1 with one picture in and one out; `changes` is a JSON object whose
/// members replace its own, null ones take them away.
std::string manifest(const std::string& task, const std::string& changes = "{}");

/// Three 3x3 convolutions (1-8-8-1, ReLU between; receptive field 3) on top of the picture.
TinyModel residual_model(const std::string& task = "superres", const std::string& changes = "{}");

/// Down by 2, convolutions, a pixel shuffle back and one more for the scale: picture N,1,H,W to
/// N,1,2H,2W; sizes must be multiples of 2, receptive field 8.
TinyModel enlarging_model();

} // namespace oldfilm::test
