#include "commands.hpp"

#include <oldfilm/plugins.hpp>

#include <fmt/format.h>
#include <torch/version.h>

#ifdef OLDFILM_CLI_OPENCV
#include <opencv2/core/utility.hpp>
#endif

extern "C" {
#include <libavutil/avutil.h>
}

namespace cli {

std::string versions() {
#ifdef OLDFILM_CLI_OPENCV
    const std::string opencv = cv::getVersionString();
#else
    const std::string opencv = "not in this build";
#endif
    return fmt::format("LibTorch {} (plugins need {})\nFFmpeg {}\nOpenCV {}\n", TORCH_VERSION,
                       oldfilm::runtime_tag(), av_version_info(), opencv);
}

} // namespace cli
