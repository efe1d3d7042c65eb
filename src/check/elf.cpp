#include "check/elf.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace oldfilm::check {
namespace {

#if defined(__x86_64__)
constexpr unsigned this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned this_machine = EM_AARCH64;
#else
constexpr unsigned this_machine = EM_NONE; // then any is taken
#endif

/// A file's bytes, read with a check of every offset: the file may be anything.
class Image {
  public:
    explicit Image(std::vector<char> bytes) : bytes_(std::move(bytes)) {}

    template <class T>
    [[nodiscard]] T at(std::size_t offset) const {
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) {
            throw std::out_of_range("the file is cut short");
        }
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof(T));
        return value;
    }
    [[nodiscard]] std::string text(std::size_t offset) const {
        if (offset >= bytes_.size()) {
            throw std::out_of_range("the file is cut short");
        }
        const char* const first = bytes_.data() + offset;
        return {first, std::find(first, bytes_.data() + bytes_.size(), '\0')};
    }

  private:
    std::vector<char> bytes_;
};

std::string why_not(const Image& image) {
    const auto header = image.at<Elf64_Ehdr>(0);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return "it is no ELF file";
    }
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN) {
        return "it is no shared library of 64 bits";
    }
    if (this_machine != EM_NONE && header.e_machine != this_machine) {
        return "it is for another kind of processor";
    }
    return "";
}

/// The sections of one type.
std::vector<Elf64_Shdr> sections(const Image& image, std::uint32_t type) {
    const auto header = image.at<Elf64_Ehdr>(0);
    std::vector<Elf64_Shdr> found;
    for (unsigned i = 0; i < header.e_shnum; ++i) {
        const auto section = image.at<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr));
        if (section.sh_type == type) {
            found.push_back(section);
        }
    }
    return found;
}

Elf64_Shdr linked(const Image& image, const Elf64_Shdr& section) {
    return image.at<Elf64_Shdr>(image.at<Elf64_Ehdr>(0).e_shoff +
                                section.sh_link * sizeof(Elf64_Shdr));
}

void read_needed(const Image& image, Elf& elf) {
    for (const Elf64_Shdr& section : sections(image, SHT_DYNAMIC)) {
        const Elf64_Shdr names = linked(image, section);
        for (std::size_t at = 0; at + sizeof(Elf64_Dyn) <= section.sh_size;
             at += sizeof(Elf64_Dyn)) {
            const auto entry = image.at<Elf64_Dyn>(section.sh_offset + at);
            if (entry.d_tag == DT_NULL) {
                break;
            }
            if (entry.d_tag == DT_NEEDED) {
                elf.needed.push_back(image.text(names.sh_offset + entry.d_un.d_val));
            }
        }
    }
}

void read_defined(const Image& image, Elf& elf) {
    // The linker's own marks, which some versions of it export.
    constexpr std::array linkers{"__bss_start", "_edata", "_end", "_init", "_fini"};
    for (const Elf64_Shdr& section : sections(image, SHT_DYNSYM)) {
        const Elf64_Shdr names = linked(image, section);
        for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size;
             at += sizeof(Elf64_Sym)) {
            const auto symbol = image.at<Elf64_Sym>(section.sh_offset + at);
            if (symbol.st_shndx == SHN_UNDEF || ELF64_ST_BIND(symbol.st_info) != STB_GLOBAL) {
                continue;
            }
            std::string name = image.text(names.sh_offset + symbol.st_name);
            if (std::find(linkers.begin(), linkers.end(), name) == linkers.end()) {
                elf.defined.push_back(std::move(name));
            }
        }
    }
}

} // namespace

Elf read_elf(const std::string& path) {
    Elf elf;
    try {
        std::ifstream file(path, std::ios::binary);
        const Image image(std::vector<char>(std::istreambuf_iterator<char>(file), {}));
        elf.problem = why_not(image);
        if (elf.problem.empty()) {
            read_needed(image, elf);
            read_defined(image, elf);
        }
    } catch (const std::out_of_range& error) {
        elf.problem = error.what();
    }
    return elf;
}

} // namespace oldfilm::check
