#include "speech/pocketsphinx_recognizer.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#ifdef OLDFILM_WITH_POCKETSPHINX
#include <pocketsphinx/pocketsphinx.h>
#endif

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string_view>

namespace oldfilm::speech {

#ifdef OLDFILM_WITH_POCKETSPHINX

bool has_pocketsphinx() {
    return true;
}

namespace {

constexpr std::int64_t frames_per_second = 100;
/// The decoder makes nothing of less.
constexpr std::size_t least_samples = 1600;

struct FreeConfig {
    void operator()(cmd_ln_t* config) const noexcept { cmd_ln_free_r(config); }
};
struct FreeDecoder {
    void operator()(ps_decoder_t* decoder) const noexcept { ps_free(decoder); }
};

/// Silence, noises and the ends of a sentence.
bool is_filler(std::string_view word) {
    return word.empty() || word.front() == '<' || word.front() == '[' || word.front() == '+';
}

std::vector<std::int16_t> coded(std::span<const float> samples) {
    std::vector<std::int16_t> made(samples.size());
    std::transform(samples.begin(), samples.end(), made.begin(), [](float sample) {
        return static_cast<std::int16_t>(std::lround(std::clamp(sample, -1.0F, 1.0F) * 32767));
    });
    return made;
}

class PocketSphinx final : public Recognizer {
  public:
    PocketSphinx() {
        const std::filesystem::path models = OLDFILM_POCKETSPHINX_MODELS "/en-us";
        if (!std::filesystem::exists(models / "en-us.lm.bin")) {
            throw Error(Errc::unsupported,
                        fmt::format("PocketSphinx's English model was expected in {}, and is not "
                                    "there; install Debian's pocketsphinx-en-us",
                                    models.string()));
        }
        // Without silence removed by itself, frames keep the times of the sound.
        config_.reset(cmd_ln_init(nullptr, ps_args(), TRUE, "-hmm", (models / "en-us").c_str(),
                                  "-lm", (models / "en-us.lm.bin").c_str(), "-dict",
                                  (models / "cmudict-en-us.dict").c_str(), "-remove_silence", "no",
                                  "-logfn", "/dev/null", nullptr));
        decoder_.reset(config_ ? ps_init(config_.get()) : nullptr);
        if (!decoder_) {
            throw Error(Errc::unreadable,
                        fmt::format("PocketSphinx cannot load its model in {}; install Debian's "
                                    "pocketsphinx-en-us again",
                                    models.string()));
        }
    }

    std::vector<Word> recognize(std::span<const float> samples,
                                const std::stop_token& stop) override {
        if (stop.stop_requested()) {
            throw Error(Errc::cancelled, "the recognition was stopped on request");
        }
        if (samples.size() < least_samples) {
            return {};
        }
        const std::vector<std::int16_t> sound = coded(samples);
        // As a whole: its mean spectrum, which is subtracted, is then known from the start.
        if (ps_start_utt(decoder_.get()) < 0 ||
            ps_process_raw(decoder_.get(), sound.data(), sound.size(), FALSE, TRUE) < 0 ||
            ps_end_utt(decoder_.get()) < 0) {
            throw Error(Errc::internal, "PocketSphinx refused a piece of sound");
        }
        return words();
    }

    [[nodiscard]] std::string language() const override { return "en"; }

  private:
    std::vector<Word> words() {
        std::vector<Word> found;
        for (ps_seg_t* at = ps_seg_iter(decoder_.get()); at != nullptr; at = ps_seg_next(at)) {
            const std::string_view text = ps_seg_word(at);
            if (is_filler(text)) {
                continue;
            }
            int first = 0;
            int last = 0;
            ps_seg_frames(at, &first, &last);
            const double probability = logmath_exp(ps_get_logmath(decoder_.get()),
                                                   ps_seg_prob(at, nullptr, nullptr, nullptr));
            // "read(2)" is a word's second pronunciation.
            found.push_back(
                {std::string(text.substr(0, text.find('('))), Rational(first, frames_per_second),
                 Rational(last + 1, frames_per_second), std::clamp(probability, 0.0, 1.0)});
        }
        return found;
    }

    std::unique_ptr<cmd_ln_t, FreeConfig> config_;
    std::unique_ptr<ps_decoder_t, FreeDecoder> decoder_;
};

} // namespace

std::unique_ptr<Recognizer> make_pocketsphinx() {
    return std::make_unique<PocketSphinx>();
}

#else

bool has_pocketsphinx() {
    return false;
}

std::unique_ptr<Recognizer> make_pocketsphinx() {
    throw Error(Errc::unsupported,
                "this build of oldfilm has no PocketSphinx; install libpocketsphinx-dev and "
                "pocketsphinx-en-us, and build it again");
}

#endif

} // namespace oldfilm::speech
