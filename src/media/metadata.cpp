#include "media/metadata.hpp"

#include "media/reader.hpp"

namespace oldfilm::media {

std::string metadata_of(const Reader& reader, const std::string& key) {
    const AVDictionary* metadata = Reader::Impl::of(reader).decoder.input().metadata;
    const AVDictionaryEntry* entry = av_dict_get(metadata, key.c_str(), nullptr, 0);
    return entry == nullptr ? "" : entry->value;
}

} // namespace oldfilm::media
