// What a stopped transcription has left.
#include "media_files.hpp"
#include "speech/journal.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace oldfilm;
using speech::Journal;

TEST_CASE("A journal is taken up again, but for what was torn or is another's") {
    const media_files::Folder folder;
    const std::string path = folder / "a.journal";
    const nlohmann::json identity{{"film", 1}};
    Line line;
    line.start = Rational(1, 3);
    line.end = Rational(5);
    line.text = "text\nof two rows";
    line.words = {{"text", Rational(1, 3), Rational(1), 0.25}};
    {
        Journal journal(path, identity, {});
        CHECK(journal.done("words") == 0);
        journal.add("words", 100, {line});
        journal.add("words", 200, {});
        journal.set_language("de");
    }
    std::ofstream(path, std::ios::app) << R"({"step": "words", "do)";
    {
        Journal journal(path, identity, {});
        CHECK(journal.done("words") == 200);
        CHECK(journal.language() == "de");
        REQUIRE(journal.lines("words").size() == 1);
        CHECK(journal.lines("words")[0].start == Rational(1, 3));
        CHECK(journal.lines("words")[0].words.at(0).confidence == 0.25);
        journal.add("words", 300, {line});
    }
    CHECK(Journal(path, identity, {}).lines("words").size() == 2);
    CHECK(Journal(path, {{"film", 2}}, {}).done("words") == 0);
    CHECK(Journal(path, {{"film", 2}}, {}).language().empty());
    Journal last(path, {{"film", 2}}, {});
    last.remove();
    CHECK_FALSE(std::filesystem::exists(path));
}
