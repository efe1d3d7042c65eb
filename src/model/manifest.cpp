#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace oldfilm {
namespace {

using nlohmann::json;

constexpr int supported_schema = 1;

[[noreturn]] void wrong(const std::string& field, const std::string& expected, const json& found) {
    std::string text = found.dump();
    if (text.size() > 60) {
        text = text.substr(0, 57) + "...";
    }
    throw Error(
        Errc::unreadable,
        fmt::format("the model's manifest (oldfilm.json) must have {} in '{}', found {}; export "
                    "the model again with a right manifest",
                    expected, field, text));
}

const json& required(const json& object, const std::string& field, const std::string& expected) {
    const auto found = object.find(field);
    if (found == object.end()) {
        throw Error(
            Errc::unreadable,
            fmt::format("the model's manifest (oldfilm.json) must have '{}' ({}), and it is "
                        "missing; export the model again with a whole manifest",
                        field, expected));
    }
    return *found;
}

std::string text(const json& object, const std::string& field) {
    const json& value = required(object, field, "text");
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
        wrong(field, "text", value);
    }
    return value.get<std::string>();
}

std::string optional_text(const json& object, const std::string& field) {
    return object.contains(field) && !object.at(field).is_null() ? text(object, field)
                                                                 : std::string();
}

int whole_number(const json& value, const std::string& field, int low, int high) {
    const std::string expected = fmt::format("a whole number from {} to {}", low, high);
    if (!value.is_number_integer()) {
        wrong(field, expected, value);
    }
    const auto number = value.get<std::int64_t>();
    if (number < low || number > high) {
        wrong(field, expected, value);
    }
    return static_cast<int>(number);
}

int optional_number(const json& object, const std::string& field, int low, int high,
                    int otherwise) {
    return object.contains(field) ? whole_number(object.at(field), field, low, high) : otherwise;
}

std::vector<std::string> names(const json& object, const std::string& field) {
    const std::string expected = "a list of one or more names";
    const json& value = required(object, field, expected);
    if (!value.is_array() || value.empty()) {
        wrong(field, expected, value);
    }
    std::vector<std::string> list;
    for (const json& item : value) {
        if (!item.is_string() || item.get_ref<const std::string&>().empty()) {
            wrong(field, expected, value);
        }
        list.push_back(item.get<std::string>());
    }
    return list;
}

int radius(const json& object) {
    const std::string field = "receptive_field";
    const json& value = required(object, field, "a radius in input pixels, or \"whole\"");
    if (value.is_string()) {
        if (value.get_ref<const std::string&>() != "whole") {
            wrong(field, "a radius in input pixels, or \"whole\",", value);
        }
        return -1;
    }
    return whole_number(value, field, 0, 4096);
}

std::vector<Precision> allowed_precisions(const json& object) {
    const std::string field = "precisions";
    std::vector<Precision> list;
    for (const std::string& name : names(object, field)) {
        if (name != "float32" && name != "bfloat16" && name != "float16") {
            wrong(field, "any of float32, bfloat16 and float16", object.at(field));
        }
        list.push_back(parse_precision(name));
    }
    return list;
}

Padding padding_of(const json& object) {
    const std::string name = optional_text(object, "padding");
    if (name == "reflect") {
        return Padding::reflect;
    }
    if (name == "zero") {
        return Padding::zero;
    }
    if (!name.empty() && name != "replicate") {
        wrong("padding", "replicate, reflect or zero", object.at("padding"));
    }
    return Padding::replicate;
}

} // namespace

Manifest Manifest::parse(const std::string& source) {
    const nlohmann::json object = nlohmann::json::parse(source, nullptr, false);
    if (!object.is_object()) {
        throw Error(Errc::unreadable,
                    "the model's manifest (oldfilm.json) must be a JSON object, found "
                    "something else; export the model again");
    }
    const int schema = whole_number(required(object, "schema", "1"), "schema", 0, 1 << 20);
    if (schema != supported_schema) {
        throw Error(
            Errc::incompatible,
            fmt::format("the model's manifest must be of schema {}, found {}; update oldfilm, or "
                        "export the model again for schema {}",
                        supported_schema, schema, supported_schema));
    }
    Manifest manifest;
    manifest.id = text(object, "id");
    manifest.version = text(object, "version");
    manifest.task = text(object, "task");
    manifest.inputs = names(object, "inputs");
    manifest.outputs = names(object, "outputs");
    manifest.channels = whole_number(required(object, "channels", "1 to 64"), "channels", 1, 64);
    if (object.contains("window")) {
        const nlohmann::json& window = object.at("window");
        if (!window.is_object()) {
            wrong("window", "an object with 'before' and 'after'", window);
        }
        manifest.before = optional_number(window, "before", 0, 64, 0);
        manifest.after = optional_number(window, "after", 0, 64, 0);
    }
    manifest.scale = optional_number(object, "scale", 1, 16, 1);
    manifest.size_multiple = optional_number(object, "size_multiple", 1, 1024, 1);
    manifest.padding = padding_of(object);
    manifest.receptive_field = radius(object);
    manifest.memory_per_pixel = optional_number(object, "memory_per_pixel", 0, 1 << 30, 0);
    manifest.render_size = optional_number(object, "render_size", 0, 8192, 0);
    manifest.precisions = allowed_precisions(object);
    // "licence": what packages were written with before 2026-12.
    manifest.license = optional_text(object, object.contains("license") ? "license" : "licence");
    manifest.origin = optional_text(object, "origin");
    manifest.json = source;
    return manifest;
}

} // namespace oldfilm
