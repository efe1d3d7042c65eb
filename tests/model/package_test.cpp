#include "tiny_model.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Manifest;
using oldfilm::Model;
using oldfilm::Precision;
using oldfilm::test::manifest;
using oldfilm::test::residual_model;
using oldfilm::test::TempFolder;
using oldfilm::test::write_package;

namespace {

void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs, expects an error of that code whose sentence holds `part`.
template <class Work>
void expect(Errc code, const std::string& part, Work&& work) {
    try {
        work();
    } catch (const Error& error) {
        CAPTURE(error.what());
        CHECK(to_string(error.code()) == std::string(to_string(code)));
        CHECK(std::string(error.what()).find(part) != std::string::npos);
        return;
    }
    FAIL("no error; expected one with: " + part);
}

} // namespace

TEST_CASE("A file that is no package is refused with what it is") {
    const TempFolder folder;
    const std::string path = folder.file("model.pt");
    const auto open = [&] { Model::open(path); };
    const auto inspect = [&] { Model::inspect(path); };

    expect(Errc::not_found, path, open);
    expect(Errc::not_found, path, inspect);
    std::filesystem::create_directory(path);
    expect(Errc::unreadable, "a folder", open);
    std::filesystem::remove(path);
    write(path, "");
    expect(Errc::unreadable, "an empty file", open);
    write(path, "PK");
    expect(Errc::unreadable, "not a zip archive", open);
    write(path, std::string(5000, 'x'));
    expect(Errc::unreadable, "not a zip archive", open);

    write_package(path, residual_model());
    const std::string whole = read(path);
    REQUIRE(Model::open(path)->manifest().task == "superres");
    for (const std::size_t length :
         {std::size_t{4}, std::size_t{100}, whole.size() / 2, whole.size() - 30}) {
        write(path, whole.substr(0, length));
        expect(Errc::unreadable, "cut short", open);
        expect(Errc::unreadable, "cut short", inspect);
    }
    // The directory is there, what it points to is not.
    write(path, "PK\x03\x04" + whole.substr(whole.size() - 200));
    expect(Errc::unreadable, "damaged", open);

    // An empty but valid zip archive with a header in front of it.
    write(path,
          std::string("PK\x03\x04", 4) + std::string("PK\x05\x06", 4) + std::string(18, '\0'));
    expect(Errc::unreadable, path, open);
}

TEST_CASE("TorchScript without a manifest, and for another task") {
    const TempFolder folder;
    const std::string path = folder.file("model.pt");
    auto bare = residual_model();
    bare.manifest.clear();
    write_package(path, bare);
    expect(Errc::unreadable, "without oldfilm.json", [&] { Model::open(path); });
    expect(Errc::unreadable, "without oldfilm.json", [&] { Model::inspect(path); });

    write_package(path, residual_model("denoise"));
    CHECK(Model::open(path, "denoise")->manifest().id == "org.oldfilm.test.denoise");
    expect(Errc::incompatible, "found one for 'denoise'", [&] { Model::open(path, "colorize"); });
}

TEST_CASE("A manifest that is wrong is refused by the field's name") {
    const auto refused = [](const std::string& changes, const std::string& part,
                            Errc code = Errc::unreadable) {
        expect(code, part, [&] { Manifest::parse(manifest("superres", changes)); });
    };
    for (const std::string field : {"schema", "id", "version", "task", "inputs", "outputs",
                                    "channels", "receptive_field", "precisions"}) {
        refused("{\"" + field + "\": null}", "'" + field + "'");
    }
    refused(R"({"schema": 2})", "schema 1, found 2", Errc::incompatible);
    refused(R"({"id": 5})", "'id', found 5");
    refused(R"({"inputs": []})", "'inputs'");
    refused(R"({"outputs": ["picture", 1]})", "'outputs'");
    refused(R"({"channels": 0})", "'channels'");
    refused(R"({"channels": 2.5})", "'channels'");
    refused(R"({"scale": "4"})", "'scale', found \"4\"");
    refused(R"({"size_multiple": 0})", "'size_multiple'");
    refused(R"({"receptive_field": -1})", "'receptive_field'");
    refused(R"({"receptive_field": "all"})", "'receptive_field'");
    refused(R"({"window": 5})", "'window'");
    refused(R"({"window": {"before": -1}})", "'before'");
    refused(R"({"precisions": ["float8"]})", "'precisions'");
    expect(Errc::unreadable, "JSON object", [] { Manifest::parse("{"); });
    expect(Errc::unreadable, "JSON object", [] { Manifest::parse("[1]"); });
    expect(Errc::unreadable, "JSON object", [] { Manifest::parse(""); });
}

TEST_CASE("A manifest is read as it is written") {
    const std::string text =
        manifest("denoise", R"({"window": {"before": 2, "after": 1}, "channels": 3,
        "scale": 4, "size_multiple": 8, "receptive_field": "whole", "render_size": 256,
        "precisions": ["float32", "bfloat16"]})");
    const Manifest read_back = Manifest::parse(text);
    CHECK(read_back.task == "denoise");
    CHECK(read_back.before == 2);
    CHECK(read_back.after == 1);
    CHECK(read_back.channels == 3);
    CHECK(read_back.scale == 4);
    CHECK(read_back.size_multiple == 8);
    CHECK(read_back.receptive_field == -1);
    CHECK(read_back.render_size == 256);
    CHECK((read_back.precisions == std::vector{Precision::float32, Precision::bfloat16}));
    CHECK(read_back.json == text);
}

TEST_CASE("A manifest that contradicts its network is refused when it is opened") {
    const TempFolder folder;
    const std::string path = write_package(
        folder.file("m.pt"), residual_model("superres", R"({"inputs": ["picture", "sigma"]})"));
    CHECK(Model::inspect(path).inputs.size() == 2);
    expect(Errc::unreadable, "the 1 inputs that the network takes, found 2",
           [&] { Model::open(path); });
}

TEST_CASE("Inspecting reads the manifest without the network") {
    const TempFolder folder;
    const std::string path = write_package(folder.file("m.pt"), residual_model());
    CHECK(Model::inspect(path).json == manifest("superres"));
}

TEST_CASE("Precisions have names") {
    for (const std::string name : {"auto", "float32", "bfloat16", "float16"}) {
        CHECK(to_string(oldfilm::parse_precision(name)) == name);
    }
    expect(Errc::invalid_argument, "'half'", [] { oldfilm::parse_precision("half"); });
}

TEST_CASE("A device that does not exist is refused") {
    const TempFolder folder;
    const std::string path = write_package(folder.file("m.pt"), residual_model());
    oldfilm::ModelOptions options;
    options.device = "tpu";
    expect(Errc::invalid_argument, "tpu", [&] { Model::open(path, "", options); });
}
