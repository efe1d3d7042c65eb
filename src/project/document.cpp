#include "project/document.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string_view>
#include <utility>

namespace oldfilm::project {
namespace {

/// A text's characters for the parser; tells how many it has taken.
class Characters {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    Characters(std::string_view text, std::size_t at, std::size_t* taken)
        : text_(text), at_(at), taken_(taken) {}
    reference operator*() const { return text_[at_]; }
    Characters& operator++() {
        *taken_ = ++at_;
        return *this;
    }
    Characters operator++(int) {
        const Characters before = *this;
        ++*this;
        return before;
    }
    bool operator==(const Characters& other) const { return at_ == other.at_; }

  private:
    std::string_view text_;
    std::size_t at_;
    std::size_t* taken_;
};

std::string escaped(std::string name) {
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '~' || name[i] == '/') {
            name.replace(i, 1, name[i] == '~' ? "~0" : "~1");
            ++i;
        }
    }
    return name;
}

/// "/shots/3/kind" as "shots[3].kind".
std::string readable(const std::string& pointer) {
    std::string path;
    std::string_view rest = pointer;
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::string_view part = rest.substr(0, rest.find('/'));
        rest.remove_prefix(part.size());
        if (!part.empty() && std::isdigit(static_cast<unsigned char>(part.front())) != 0) {
            path += fmt::format("[{}]", part);
        } else {
            path += (path.empty() ? "" : ".") + std::string(part);
        }
    }
    return path;
}

} // namespace

/// Puts the document together from what the parser finds, in order.
class Document::Builder final : public nlohmann::json_sax<Json> {
  public:
    explicit Builder(Document& document) : document_(document) {}

    [[nodiscard]] Characters begin() { return {document_.text_, 0, &taken_}; }
    [[nodiscard]] Characters end() { return {document_.text_, document_.text_.size(), &taken_}; }

    bool null() override { return add(Json(), taken_ - 4); }
    bool boolean(bool value) override { return add(Json(value), taken_ - (value ? 4 : 5)); }
    bool number_integer(number_integer_t value) override { return add(Json(value), number()); }
    bool number_unsigned(number_unsigned_t value) override { return add(Json(value), number()); }
    bool number_float(number_float_t value, const string_t& /*text*/) override {
        return add(Json(value), number());
    }
    bool string(string_t& value) override { return add(Json(value), string_start()); }
    bool binary(binary_t& /*value*/) override { return false; } // not in JSON
    bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
    bool end_array() override { return close(); }
    bool key(string_t& value) override {
        key_ = value;
        key_offset_ = string_start();
        if (open_.back().value->contains(value)) {
            throw Error(Errc::unreadable,
                        fmt::format("{}: there are two members \"{}\"; remove one of them",
                                    document_.where(key_offset_), value));
        }
        return true;
    }
    bool parse_error(std::size_t position, const std::string& /*token*/,
                     const nlohmann::detail::exception& error) override {
        const std::string_view all = error.what();
        const std::size_t syntax = all.find("syntax error");
        throw Error(Errc::unreadable,
                    fmt::format("{}: this is not valid JSON: {}",
                                document_.where(position == 0 ? 0 : position - 1),
                                syntax == std::string_view::npos ? all : all.substr(syntax)));
    }

  private:
    struct Open {
        Json* value;
        std::string pointer;
    };

    /// The quote that the string which was just read begins with.
    [[nodiscard]] std::size_t string_start() const {
        std::size_t at = taken_ - 1;
        while (at > 0) {
            --at;
            std::size_t backslashes = 0;
            while (backslashes < at && document_.text_[at - 1 - backslashes] == '\\') {
                ++backslashes;
            }
            if (document_.text_[at] == '"' && backslashes % 2 == 0) {
                break;
            }
        }
        return at;
    }
    /// The number's first character. The parser may have taken one after it.
    [[nodiscard]] std::size_t number() const {
        const auto is_part = [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' ||
                   c == '.';
        };
        std::size_t at = taken_;
        while (at > 0 && !is_part(document_.text_[at - 1])) {
            --at;
        }
        while (at > 0 && is_part(document_.text_[at - 1])) {
            --at;
        }
        return at;
    }
    Json* place(Json value, std::size_t offset, std::string& pointer) {
        if (open_.empty()) {
            document_.value_ = std::move(value);
            document_.offsets_[""] = offset;
            return &document_.value_;
        }
        Open& parent = open_.back();
        if (parent.value->is_array()) {
            pointer = fmt::format("{}/{}", parent.pointer, parent.value->size());
            parent.value->push_back(std::move(value));
            document_.offsets_[pointer] = offset;
            return &parent.value->back();
        }
        pointer = parent.pointer + "/" + escaped(key_);
        document_.offsets_[pointer] = key_offset_;
        return &((*parent.value)[key_] = std::move(value));
    }
    bool add(Json value, std::size_t offset) {
        std::string pointer;
        place(std::move(value), offset, pointer);
        return true;
    }
    bool open(Json value) {
        std::string pointer;
        Json* placed = place(std::move(value), taken_ - 1, pointer);
        open_.push_back({placed, std::move(pointer)});
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    Document& document_;
    std::size_t taken_ = 0;
    std::vector<Open> open_;
    std::string key_;
    std::size_t key_offset_ = 0;
};

Document::Document(std::string text, std::string name)
    : text_(std::move(text)), name_(std::move(name)) {
    Builder builder(*this);
    Json::sax_parse(builder.begin(), builder.end(), &builder);
}

Place Document::root() const {
    return {*this, "", value_};
}

std::string Document::where(std::size_t offset) const {
    const std::string_view before = std::string_view(text_).substr(0, offset);
    const std::size_t line_start =
        before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const std::string_view line = before.substr(line_start);
    const auto characters = std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; // no continuation byte of UTF-8
    });
    return fmt::format("{}, line {}, column {}", name_,
                       std::count(before.begin(), before.end(), '\n') + 1, characters + 1);
}

std::string Document::where(const std::string& pointer) const {
    const std::string path = readable(pointer);
    return where(offsets_.at(pointer)) + (path.empty() ? "" : fmt::format(" ({})", path));
}

void Place::refuse(const std::string& why) const {
    throw Error(Errc::invalid_argument, fmt::format("{}: {}", document_->where(pointer_), why));
}

void Place::check_members(std::initializer_list<const char*> known) const {
    for (const auto& [name, place] : members()) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            place.refuse(
                fmt::format("unknown member \"{}\"; known are {}", name, fmt::join(known, ", ")));
        }
    }
}

Place Place::at(const std::string& name) const {
    if (std::optional<Place> found = find(name)) {
        return *found;
    }
    refuse(fmt::format("the member \"{}\" is missing", name));
}

std::optional<Place> Place::find(const std::string& name) const {
    if (!value_->is_object()) {
        refuse(fmt::format("expected an object, found {}", line_of(*value_)));
    }
    const auto member = value_->find(name);
    if (member == value_->end()) {
        return std::nullopt;
    }
    return Place(*document_, pointer_ + "/" + escaped(name), *member);
}

std::vector<std::pair<std::string, Place>> Place::members() const {
    if (!value_->is_object()) {
        refuse(fmt::format("expected an object, found {}", line_of(*value_)));
    }
    std::vector<std::pair<std::string, Place>> all;
    for (const auto& [name, value] : value_->items()) {
        all.emplace_back(name, Place(*document_, pointer_ + "/" + escaped(name), value));
    }
    return all;
}

std::vector<Place> Place::elements() const {
    if (!value_->is_array()) {
        refuse(fmt::format("expected an array, found {}", line_of(*value_)));
    }
    std::vector<Place> all;
    for (std::size_t i = 0; i < value_->size(); ++i) {
        all.emplace_back(*document_, fmt::format("{}/{}", pointer_, i), (*value_)[i]);
    }
    return all;
}

std::int64_t Place::integer(std::int64_t least) const {
    constexpr std::int64_t most = 1LL << 53; // what every reader of JSON keeps
    if (!value_->is_number_integer() || value_->get<std::int64_t>() < least ||
        value_->get<std::int64_t>() > most) {
        refuse(
            fmt::format("expected an integer of at least {}, found {}", least, line_of(*value_)));
    }
    return value_->get<std::int64_t>();
}

double Place::number() const {
    if (!value_->is_number()) {
        refuse(fmt::format("expected a number, found {}", line_of(*value_)));
    }
    return value_->get<double>();
}

bool Place::boolean() const {
    if (!value_->is_boolean()) {
        refuse(fmt::format("expected true or false, found {}", line_of(*value_)));
    }
    return value_->get<bool>();
}

std::string Place::text() const {
    if (!value_->is_string()) {
        refuse(fmt::format("expected text, found {}", line_of(*value_)));
    }
    return value_->get<std::string>();
}

std::string line_of(const Json& value) {
    std::string line;
    if (value.is_object()) {
        for (const auto& [name, member] : value.items()) {
            line += fmt::format("{}{}: {}", line.empty() ? "" : ", ", Json(name).dump(),
                                line_of(member));
        }
        return "{" + line + "}";
    }
    if (value.is_array()) {
        for (const Json& element : value) {
            line += (line.empty() ? "" : ", ") + line_of(element);
        }
        return "[" + line + "]";
    }
    return value.dump();
}

} // namespace oldfilm::project
