#include "comparison.hpp"

#include <oldfilm/media.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* style =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;"
    "color:#222;background:#fafafa}table{border-collapse:collapse;margin:1em 0}"
    "td,th{padding:.2em 1em .2em 0;text-align:right}th:first-child,td:first-child{text-align:left}"
    ".pair{display:grid;grid-template-columns:1fr 1fr 1fr;gap:6px;margin-bottom:1.2em}"
    "img{width:100%;display:block}figure{margin:0}figcaption{font-size:14px;color:#555}"
    "svg{width:100%;background:#fff;border:1px solid #ddd}";

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        default:
            result += c;
        }
    }
    return result;
}

std::string base64(const std::string& bytes) {
    constexpr const char* digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8U |
                    (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63U] : '=';
        }
    }
    return text;
}

/// A folder that goes away with its contents.
class ScratchFolder {
  public:
    ScratchFolder() : path_((fs::temp_directory_path() / "oldfilm-XXXXXX").string()) {
        if (mkdtemp(path_.data()) == nullptr) {
            throw std::runtime_error(
                "a temporary folder is needed for the report's pictures, and " + path_ +
                " cannot be made; set TMPDIR");
        }
    }
    ~ScratchFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

/// The picture as a PNG in a data URI. `picture`: C x H x W, 8 bit.
std::string data_uri(const at::Tensor& picture) {
    const ScratchFolder scratch;
    const std::string path = scratch.file("picture.png");
    oldfilm::WriteOptions options;
    options.codec = "png";
    options.width = picture.size(2);
    options.height = picture.size(1);
    options.channels = static_cast<int>(picture.size(0));
    options.frame_rate = oldfilm::Rational(1);
    oldfilm::Writer writer(path, options);
    writer.write(oldfilm::Frame(picture.to(at::kFloat).div(255), oldfilm::FrameInfo{}));
    writer.finish();
    std::ifstream file(path, std::ios::binary);
    return "data:image/png;base64," + base64(std::string(std::istreambuf_iterator<char>(file), {}));
}

/// Four times the difference, around mid gray.
at::Tensor difference(const PairPictures& pair) {
    const at::Tensor a = pair.a.to(at::kFloat);
    const at::Tensor b = pair.b.to(at::kFloat);
    return (b - a).mul(4).add(128).clamp(0, 255).to(at::kByte);
}

std::string curve(const std::vector<PairFigures>& pairs, double PairFigures::*value, double low,
                  double high, const char* color) {
    std::string points;
    const auto last = static_cast<double>(std::max<std::size_t>(pairs.size() - 1, 1));
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const double x = 1000 * static_cast<double>(i) / last;
        const double y = 150 - 140 * (pairs[i].*value - low) / std::max(high - low, 1e-6);
        points += fmt::format("{:.1f},{:.1f} ", x, y);
    }
    return fmt::format("<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\" "
                       "points=\"{}\"/>",
                       color, points);
}

std::pair<double, double> range_of(const std::vector<PairFigures>& pairs,
                                   double PairFigures::*value) {
    double low = pairs.front().*value;
    double high = low;
    for (const PairFigures& pair : pairs) {
        low = std::min(low, pair.*value);
        high = std::max(high, pair.*value);
    }
    return {low, high};
}

std::string graphs(const std::vector<PairFigures>& pairs) {
    if (pairs.size() < 2) {
        return "";
    }
    const auto [low, high] = range_of(pairs, &PairFigures::psnr);
    const auto [low_a, high_a] = range_of(pairs, &PairFigures::brightness_a);
    const auto [low_b, high_b] = range_of(pairs, &PairFigures::brightness_b);
    const double dark = std::min(low_a, low_b);
    const double bright = std::max(high_a, high_b);
    const std::string open = "<svg viewBox=\"0 0 1000 160\" preserveAspectRatio=\"none\">";
    return fmt::format("<h2>Over time</h2><p>PSNR, {:.1f} to {:.1f} dB</p>{}{}</svg>"
                       "<p>Mean brightness, {:.1f} to {:.1f} of 255: A gray, B red</p>{}{}{}</svg>",
                       low, high, open, curve(pairs, &PairFigures::psnr, low, high, "#1565c0"),
                       dark, bright, open,
                       curve(pairs, &PairFigures::brightness_a, dark, bright, "#888"),
                       curve(pairs, &PairFigures::brightness_b, dark, bright, "#c62828"));
}

std::string pictures(const std::vector<PairPictures>& pairs) {
    std::string html = "<h2>Pictures</h2>";
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const PairPictures& pair = pairs[i];
        const PairFigures& f = pair.figures;
        const bool same_channels = pair.a.size(0) == pair.b.size(0);
        html += fmt::format("<p>{}Frame {}, {:.3f} s: {:.2f} dB, SSIM {:.4f}</p><div class=pair>",
                            i + 1 == pairs.size() ? "The worst. " : "", f.frame, f.time, f.psnr,
                            f.ssim);
        html += fmt::format("<figure><img src=\"{}\"><figcaption>A</figcaption></figure>",
                            data_uri(pair.a));
        html += fmt::format("<figure><img src=\"{}\"><figcaption>B</figcaption></figure>",
                            data_uri(pair.b));
        if (same_channels) {
            html += fmt::format("<figure><img src=\"{}\"><figcaption>B - A, four times"
                                "</figcaption></figure>",
                                data_uri(difference(pair)));
        }
        html += "</div>\n";
    }
    return html;
}

} // namespace

std::string report_html(const Comparison& c) {
    std::string notes;
    for (const std::string& note : c.notes) {
        notes += "<li>" + escaped(note) + "</li>";
    }
    return fmt::format(
        "<!doctype html><html lang=en><meta charset=utf-8><title>oldfilm compare</title>"
        "<style>{}</style><h1>Comparison</h1><p>A: {}<br>B: {}</p><table>"
        "<tr><td>frames compared</td><td>{}</td></tr>"
        "<tr><td>PSNR</td><td>{:.2f} dB</td></tr><tr><td>SSIM</td><td>{:.4f}</td></tr>"
        "<tr><td>flicker of A (levels a frame)</td><td>{:.3f}</td></tr>"
        "<tr><td>flicker of B</td><td>{:.3f}</td></tr></table><ul>{}</ul>{}{}</html>\n",
        style, escaped(c.a), escaped(c.b), c.pairs.size(), c.psnr, c.ssim, c.flicker_a, c.flicker_b,
        notes, graphs(c.pairs), pictures(c.pictures));
}

} // namespace cli
