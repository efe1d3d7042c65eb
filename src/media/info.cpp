#include <oldfilm/media.hpp>

#include <nlohmann/json.hpp>

namespace oldfilm {

std::string MediaInfo::to_json() const {
    nlohmann::json streams = nlohmann::json::array();
    for (const Stream& stream : other_streams) {
        streams.push_back(
            {{"kind", stream.kind}, {"codec", stream.codec}, {"language", stream.language}});
    }
    const char* ranges[] = {"unspecified", "limited", "full"};
    const char* sitings[] = {"unspecified", "left", "center", "top_left"};
    return nlohmann::json{{"path", path},
                          {"container", container},
                          {"codec", codec},
                          {"pixel_format", pixel_format},
                          {"width", width},
                          {"height", height},
                          {"bits", bits},
                          {"channels", channels},
                          {"frame_rate", frame_rate.to_string()},
                          {"film_rate", film_rate.to_string()},
                          {"frames", frames},
                          {"duration", duration.value()},
                          {"sample_aspect", sample_aspect.to_string()},
                          {"interlaced", interlaced},
                          {"rotation", rotation},
                          {"timecode", timecode},
                          {"film_transfer", film_transfer},
                          {"linear_light", linear_light},
                          {"color",
                           {{"primaries", color.primaries},
                            {"transfer", color.transfer},
                            {"matrix", color.matrix},
                            {"range", ranges[static_cast<int>(color.range)]},
                            {"siting", sitings[static_cast<int>(color.siting)]}}},
                          {"other_streams", streams}}
        .dump(2);
}

} // namespace oldfilm
