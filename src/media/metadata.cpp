#include "media/metadata.hpp"

#include "media/reader.hpp"

#include <map>
#include <string_view>

namespace oldfilm::media {

std::string metadata_of(const Reader& reader, const std::string& key) {
    const AVDictionary* metadata = Reader::Impl::of(reader).decoder.input().metadata;
    const AVDictionaryEntry* entry = av_dict_get(metadata, key.c_str(), nullptr, 0);
    return entry == nullptr ? "" : entry->value;
}

void name_language(AVDictionary*& metadata, const AVOutputFormat& format) {
    static const std::map<std::string_view, const char*> others{
        {"deu", "ger"}, {"nld", "dut"}, {"swe", "sve"}, {"ell", "gre"},
        {"isl", "ice"}, {"zho", "chi"}, {"fre", "fra"}, {"rum", "ron"},
        {"cze", "ces"}, {"slo", "slk"}, {"sqi", "alb"}, {"mkd", "mac"}};
    const AVDictionaryEntry* language = av_dict_get(metadata, "language", nullptr, 0);
    const auto other = language == nullptr ? others.end() : others.find(language->value);
    if (std::string_view(format.name) == "mov" && other != others.end()) {
        av_dict_set(&metadata, "language", other->second, 0);
    }
}

} // namespace oldfilm::media
