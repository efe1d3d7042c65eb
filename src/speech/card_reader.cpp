#include "speech/card_reader.hpp"

#include "speech/languages.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

#ifdef OLDFILM_WITH_TESSERACT
#include <tesseract/baseapi.h>
#include <tesseract/resultiterator.h>
#endif

namespace oldfilm::speech {

double confidence_of(const CardText& text) {
    double sum = 0;
    std::size_t count = 0;
    for (const auto& row : text) {
        for (const CardWord& word : row) {
            sum += word.confidence;
            ++count;
        }
    }
    return count == 0 ? 0 : sum / static_cast<double>(count);
}

#ifdef OLDFILM_WITH_TESSERACT

namespace {

/// Rows that are less sure are ornaments that were read as letters.
constexpr double least_row = 0.4;
/// A page whose words are less sure than this may be read better as one block.
constexpr double unsure = 0.85;

bool has_letter(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (text.compare(i, 2, "\xE2\x80") == 0) {
            i += 2;                                     // a dash or a typographic quotation mark
        } else if (std::isalnum(c) != 0 || c >= 0x80) { // also of another alphabet
            return true;
        }
    }
    return false;
}

bool is_quotation_mark(const std::vector<CardWord>& row) {
    static const std::set<std::string> marks{"\"", "“", "”", "„", "'", "‘", "’", "''"};
    return row.size() == 1 && marks.count(row.front().text) > 0;
}

/// A high quotation mark at the beginning of a row can be taken for a row of its own.
void join_quotation_marks(CardText& text) {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        if (is_quotation_mark(text[i]) && !text[i + 1].empty()) {
            text[i + 1].front().text.insert(0, "“");
            text[i].clear();
        }
    }
}

bool is_text(const std::vector<CardWord>& row) {
    return confidence_of({row}) >= least_row &&
           std::any_of(row.begin(), row.end(),
                       [](const CardWord& word) { return has_letter(word.text); });
}

/// Tesseract's name of a language's data.
std::string data_name(const Language& language) {
    return std::string_view(language.code) == "zh" ? "chi_sim" : language.three;
}

class Tesseract final : public CardReader {
  public:
    explicit Tesseract(const std::string& language) {
        const Language* known = language_of(language);
        const std::string name = known != nullptr ? data_name(*known) : language;
        api_.SetVariable("debug_file", "/dev/null");
        if (api_.Init(nullptr, name.c_str(), tesseract::OEM_LSTM_ONLY) != 0) {
            refuse(language, name);
        }
        api_.SetVariable("debug_file", "/dev/null");
    }

    CardText read(const GrayImage& image) override {
        api_.SetImage(image.samples.data(), image.width, image.height, 1, image.width);
        api_.SetSourceResolution(300);
        CardText best = read_as(tesseract::PSM_AUTO);
        if (best.empty() || confidence_of(best) < unsure) {
            CardText block = read_as(tesseract::PSM_SINGLE_BLOCK);
            if (confidence_of(block) > confidence_of(best)) {
                best = std::move(block);
            }
        }
        api_.Clear();
        return best;
    }

  private:
    [[noreturn]] static void refuse(const std::string& language, const std::string& name) {
        tesseract::TessBaseAPI any;
        std::vector<std::string> installed;
        any.SetVariable("debug_file", "/dev/null");
        if (any.Init(nullptr, nullptr, tesseract::OEM_LSTM_ONLY) == 0) {
            any.GetAvailableLanguagesAsVector(&installed);
        }
        throw Error(
            Errc::unsupported,
            fmt::format("title cards in \"{}\" are read with Tesseract's data \"{}\", and "
                        "installed are: {}; install Debian's tesseract-ocr-{}, or name "
                        "another --language",
                        language, name,
                        installed.empty() ? "none" : fmt::format("{}", fmt::join(installed, ", ")),
                        name));
    }

    CardText read_as(tesseract::PageSegMode mode) {
        api_.SetPageSegMode(mode);
        CardText text;
        if (api_.Recognize(nullptr) != 0) {
            return text;
        }
        const std::unique_ptr<tesseract::ResultIterator> at(api_.GetIterator());
        if (at == nullptr) {
            return text;
        }
        do {
            const std::unique_ptr<char[]> word(at->GetUTF8Text(tesseract::RIL_WORD));
            if (text.empty() || at->IsAtBeginningOf(tesseract::RIL_TEXTLINE)) {
                text.emplace_back();
            }
            if (word != nullptr && word[0] != '\0') {
                text.back().push_back({word.get(), at->Confidence(tesseract::RIL_WORD) / 100.0});
            }
        } while (at->Next(tesseract::RIL_WORD));
        join_quotation_marks(text);
        text.erase(
            std::remove_if(text.begin(), text.end(), [](const auto& row) { return !is_text(row); }),
            text.end());
        return text;
    }

    tesseract::TessBaseAPI api_;
};

} // namespace

std::unique_ptr<CardReader> make_card_reader(const std::string& language) {
    return std::make_unique<Tesseract>(language);
}

std::string card_reader_name() {
    return std::string("Tesseract ") + tesseract::TessBaseAPI::Version();
}

#else

std::unique_ptr<CardReader> make_card_reader(const std::string&) {
    throw Error(Errc::unsupported, "this build of oldfilm cannot read title cards; install "
                                   "libtesseract-dev and tesseract-ocr-eng, and build it again");
}

std::string card_reader_name() {
    return "";
}

#endif

} // namespace oldfilm::speech
