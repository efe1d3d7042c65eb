#include "speech/languages.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace oldfilm::speech {
namespace {

constexpr std::array languages{
    Language{"en", "eng", "eng", "English"},    Language{"de", "deu", "ger", "German"},
    Language{"fr", "fra", "fre", "French"},     Language{"it", "ita", "ita", "Italian"},
    Language{"es", "spa", "spa", "Spanish"},    Language{"pt", "por", "por", "Portuguese"},
    Language{"nl", "nld", "dut", "Dutch"},      Language{"da", "dan", "dan", "Danish"},
    Language{"sv", "swe", "swe", "Swedish"},    Language{"no", "nor", "nor", "Norwegian"},
    Language{"fi", "fin", "fin", "Finnish"},    Language{"is", "isl", "ice", "Icelandic"},
    Language{"ru", "rus", "rus", "Russian"},    Language{"uk", "ukr", "ukr", "Ukrainian"},
    Language{"pl", "pol", "pol", "Polish"},     Language{"cs", "ces", "cze", "Czech"},
    Language{"sk", "slk", "slo", "Slovak"},     Language{"hu", "hun", "hun", "Hungarian"},
    Language{"ro", "ron", "rum", "Romanian"},   Language{"bg", "bul", "bul", "Bulgarian"},
    Language{"sr", "srp", "srp", "Serbian"},    Language{"hr", "hrv", "hrv", "Croatian"},
    Language{"sl", "slv", "slv", "Slovenian"},  Language{"el", "ell", "gre", "Greek"},
    Language{"tr", "tur", "tur", "Turkish"},    Language{"he", "heb", "heb", "Hebrew"},
    Language{"ar", "ara", "ara", "Arabic"},     Language{"hi", "hin", "hin", "Hindi"},
    Language{"ja", "jpn", "jpn", "Japanese"},   Language{"zh", "zho", "chi", "Chinese"},
    Language{"ko", "kor", "kor", "Korean"},     Language{"yi", "yid", "yid", "Yiddish"},
    Language{"lt", "lit", "lit", "Lithuanian"}, Language{"lv", "lav", "lav", "Latvian"},
    Language{"et", "est", "est", "Estonian"},   Language{"la", "lat", "lat", "Latin"},
};

bool same(const std::string& a, const std::string& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) ==
               std::tolower(static_cast<unsigned char>(y));
    });
}

} // namespace

const Language* language_of(const std::string& text) {
    const std::string main = text.substr(0, text.find('-')); // en-US is English
    for (const Language& one : languages) {
        if (same(main, one.code) || same(main, one.three) || same(main, one.also) ||
            same(main, one.name)) {
            return &one;
        }
    }
    return nullptr;
}

} // namespace oldfilm::speech
