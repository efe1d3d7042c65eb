#pragma once
/// \file
/// JSON documents that people edit: errors name line and column.

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::project {

using Json = nlohmann::ordered_json;

class Place;

/// A parsed JSON text that knows where its members stand. Must outlive its places.
class Document {
  public:
    /// `name` is what errors call the text. Throws `Error` (unreadable) if it is not JSON, or if an
    /// object has two members of one name.
    Document(std::string text, std::string name);

    [[nodiscard]] Place root() const;
    /// "NAME, line 3, column 5" of a byte of the text; columns count characters.
    [[nodiscard]] std::string where(std::size_t offset) const;
    /// The same of a member or element, by its JSON pointer.
    [[nodiscard]] std::string where(const std::string& pointer) const;

  private:
    class Builder;

    std::string text_, name_;
    Json value_;
    std::map<std::string, std::size_t> offsets_; ///< by JSON pointer
};

/// A value in a document. Functions that read it throw `Error` (invalid_argument) with its place,
/// what was expected and what was found.
class Place {
  public:
    Place(const Document& document, std::string pointer, const Json& value)
        : document_(&document), pointer_(std::move(pointer)), value_(&value) {}

    [[nodiscard]] const Json& value() const { return *value_; }
    [[noreturn]] void refuse(const std::string& why) const;
    /// Checks that this is an object with no other members than `known`.
    void check_members(std::initializer_list<const char*> known) const;
    /// A member that must be there.
    [[nodiscard]] Place at(const std::string& name) const;
    [[nodiscard]] std::optional<Place> find(const std::string& name) const;
    /// Of an object.
    [[nodiscard]] std::vector<std::pair<std::string, Place>> members() const;
    /// Of an array.
    [[nodiscard]] std::vector<Place> elements() const;

    [[nodiscard]] std::int64_t integer(std::int64_t least = 0) const;
    [[nodiscard]] double number() const;
    [[nodiscard]] bool boolean() const;
    [[nodiscard]] std::string text() const;

  private:
    const Document* document_;
    std::string pointer_;
    const Json* value_;
};

/// JSON in one line, with a blank after commas and colons.
std::string line_of(const Json& value);

} // namespace oldfilm::project
