// What a restoration leaves on the disk when something is in its way: other runs, other users'
// files, failing disks, another version's journal.
#include "base/checksum.hpp"
#include "run_program.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>

using namespace oldfilm::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

const std::string program = OLDFILM_BINARY_DIR "/bin/oldfilm ";
const std::string shim = "LD_PRELOAD=" OLDFILM_BINARY_DIR "/lib/failing-files.so ";
const std::string stage = " --stage deflicker --codec ffv1";

/// A film of three shots (three segments).
void film(const Scratch& s) {
    ffmpeg("-f lavfi -i testsrc2=size=64x64:rate=24 -f lavfi -i mandelbrot=size=64x64:rate=24 "
           "-f lavfi -i smptebars=size=64x64:rate=24 -filter_complex "
           "'[0:v]trim=end_frame=14[a];[1:v]trim=end_frame=14[b];[2:v]trim=end_frame=14[c];"
           "[a][b][c]concat=n=3' -c:v ffv1 in.mkv",
           s.path());
}

/// Files and folders that are there beside the film.
std::string left(const Scratch& s) {
    std::string names;
    for (const auto& entry : fs::directory_iterator(s.path())) {
        if (entry.path().filename() != "in.mkv") {
            names += entry.path().filename().string() + " ";
        }
    }
    return names;
}

/// A job that was broken off after its segments, before it was published.
void broken_off(const Scratch& s) {
    film(s);
    const Outcome outcome = run(shim + "FILE_FAILS=fsync FILE_NAME=.out.partial " + program +
                                    "restore in.mkv out.mkv" + stage,
                                s.path());
    INFO(outcome.error);
    REQUIRE(outcome.status == 1);
    REQUIRE(s.has("out.mkv.oldfilm-job/journal"));
}

std::string sealed(const std::string& text) {
    return fmt::format("{:016x} {}\n", oldfilm::base::checksum(text), text);
}

/// The journal with each record changed.
void rewrite(const fs::path& journal, const std::function<void(nlohmann::json&)>& change) {
    std::istringstream text(content(journal));
    std::string changed;
    for (std::string line; std::getline(text, line);) {
        nlohmann::json record = nlohmann::json::parse(line.substr(17));
        change(record);
        changed += sealed(record.dump());
    }
    std::ofstream(journal, std::ios::binary) << changed;
}

} // namespace

TEST_CASE("A disk that fails to keep what it was given is an error, and nothing is published") {
    const Scratch s;
    film(s);
    for (const std::string call : {"fsync", "close"}) {
        for (const std::string name :
             {".out.partial", "out.mkv.oldfilm-job/film-", "out.mkv.oldfilm-job/journal"}) {
            if (call == "close" && name.ends_with("journal")) {
                continue; // synced before, line by line
            }
            CAPTURE(call, name);
            const Outcome outcome = run(shim + "FILE_FAILS=" + call + " FILE_NAME=" + name + " " +
                                            program + "restore in.mkv out.mkv" + stage,
                                        s.path());
            INFO(outcome.error);
            CHECK(outcome.status == 1);
            CHECK_THAT(outcome.error, Contains("Input/output error"));
            CHECK_FALSE(s.has("out.mkv"));
            fs::remove_all(s.path() / "out.mkv.oldfilm-job");
        }
    }
    const Outcome folder = run(shim + "FILE_FAILS=fsync FILE_NAME=" + s.path().string() + " " +
                                   program + "restore in.mkv out.mkv --stage none",
                               s.path());
    CHECK(folder.status == 1);
}

TEST_CASE("A file that appears while a film is restored is left alone") {
    const Scratch s;
    film(s);
    for (const std::string& how : {std::string(" --stage none"), stage}) {
        CAPTURE(how);
        const Outcome outcome =
            run(shim + "FILE_FAILS=appears FILE_NAME=.out.partial FILE_APPEARS=out.mkv " + program +
                    "restore in.mkv out.mkv" + how,
                s.path());
        INFO(outcome.error);
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.error, Contains("appeared") && Contains(".out.partial.mkv"));
        CHECK(content(s.path() / "out.mkv") == "precious");
        // The work isn't lost, and isn't taken for a permission the next time.
        CHECK(probe(".out.partial.mkv", "nb_read_frames", s.path()) == "42");
        const Outcome again = run(program + "restore in.mkv out.mkv" + how, s.path());
        CHECK(again.status == 2);
        CHECK(content(s.path() / "out.mkv") == "precious");
        const Outcome allowed = run(program + "restore in.mkv out.mkv --overwrite" + how, s.path());
        INFO(allowed.error);
        CHECK(allowed.status == 0);
        CHECK(left(s) == "out.mkv ");
        fs::remove(s.path() / "out.mkv");
    }
}

TEST_CASE("A job folder that is not the user's own is refused, and not cleared") {
    const Scratch s;
    film(s);
    const fs::path job = s.path() / "out.mkv.oldfilm-job";
    fs::create_directory(s.path() / "precious");
    std::ofstream(s.path() / "precious/letter") << "dear";
    const auto refused = [&](const std::string& why) {
        for (const std::string fresh : {"", " --fresh"}) {
            const Outcome outcome =
                run(program + "restore in.mkv out.mkv" + stage + fresh, s.path());
            INFO(outcome.error);
            CHECK(outcome.status == 1);
            CHECK_THAT(outcome.error, Contains(why));
            CHECK_FALSE(s.has("out.mkv"));
        }
        run(program + "clean out.mkv; " + program + "clean .", s.path());
        CHECK(content(s.path() / "precious/letter") == "dear");
    };
    SECTION("a symbolic link") {
        fs::create_symlink("precious", job);
        refused("symbolic link");
    }
    SECTION("others may write there") {
        fs::create_directory(job);
        fs::permissions(job, fs::perms::all);
        refused("other users");
    }
    SECTION("another user's") {
        fs::create_directory(job);
        if (chown(job.c_str(), 12345, 12345) == 0) { // as root alone
            refused("another user");
        } else {
            WARN("a folder can be given to another user as root only; not checked");
        }
    }
    SECTION("its lock is a link") {
        fs::create_directory(job);
        fs::permissions(job, fs::perms::owner_all);
        fs::create_symlink(s.path() / "precious/letter", job / "lock");
        refused("lock");
    }
}

TEST_CASE("A run that ends does not take the next one's files with it") {
    const Scratch s;
    film(s);
    // The first run ends in an error, and is slow to close its lock; the second begins meanwhile.
    const auto [held, name, limit, how] =
        GENERATE_COPY(table<std::string, std::string, std::string, std::string>(
            {{"out.mkv.oldfilm-job", "oldfilm-job/lock", "", stage + " --memory 10M"},
             {".out.partial.mkv", ".out.partial", "ulimit -f 8; ", " --stage none"}}));
    CAPTURE(name);
    Outcome first;
    std::thread slow([&, &limit = limit, &name = name, &how = how] {
        first = run(limit + shim + "FILE_FAILS=late FILE_NAME=" + name + " " + program +
                        "restore in.mkv out.mkv" + how,
                    s.path());
    });
    for (int i = 0; i < 4000 && !s.has(held); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    Outcome second;
    do {
        second = run(program + "restore in.mkv out.mkv" +
                         (held.front() == '.' ? std::string(" --stage none") : stage),
                     s.path());
    } while (second.error.find("another one is at work") != std::string::npos);
    slow.join();
    INFO(first.error << second.error);
    CHECK(first.status != 0);
    CHECK(second.status == 0);
    CHECK(left(s) == "out.mkv ");
}

TEST_CASE("Another version's journal is refused with a sentence") {
    const Scratch s;
    broken_off(s);
    const fs::path journal = s.path() / "out.mkv.oldfilm-job/journal";
    const std::string good = content(journal);
    const auto refused = [&](const std::function<void(nlohmann::json&)>& change) {
        std::ofstream(journal, std::ios::binary) << good;
        rewrite(journal, change);
        const std::string changed = content(journal);
        const Outcome outcome =
            run(program + "restore in.mkv out.mkv --progress json" + stage, s.path());
        INFO(outcome.error);
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.error, Contains("incompatible") && Contains("--fresh") &&
                                      Contains("version of oldfilm"));
        CHECK(content(journal) == changed); // for the version that can read it
    };
    refused([](nlohmann::json& record) { record.erase("schema"); });
    refused([](nlohmann::json& record) {
        if (record.contains("job")) {
            record["schema"] = 99;
        }
    });
    for (const char* key : {"film", "start", "next", "restart", "time", "shots", "film_base",
                            "outputs", "analysis", "marked", "mask_frames", "end"}) {
        CAPTURE(key);
        refused([&](nlohmann::json& record) {
            if (record.contains(key)) {
                record[key] = nlohmann::json{{"another", "form"}};
            }
        });
    }
    const Outcome fresh = run(program + "restore in.mkv out.mkv --fresh" + stage, s.path());
    INFO(fresh.error);
    CHECK(fresh.status == 0);
}

TEST_CASE("What was begun and published is resumed as before") {
    const Scratch s;
    broken_off(s);
    const Outcome again = run(program + "restore in.mkv out.mkv --progress json" + stage, s.path());
    INFO(again.error);
    CHECK(again.status == 0);
    CHECK_THAT(again.error, Contains(R"("resumed":42)"));
    CHECK(left(s) == "out.mkv ");
}

TEST_CASE("Encoders' own messages don't land between lines of JSON") {
    const Scratch s;
    film(s);
    for (const std::string codec : {"av1", "h265", "h264", "prores", "ffv1"}) {
        CAPTURE(codec);
        const Outcome outcome = run(program + "restore in.mkv " + codec +
                                        ".mkv --progress json --stage deflicker --codec " + codec,
                                    s.path());
        INFO(outcome.error);
        CHECK(outcome.status == 0);
        std::istringstream lines(outcome.error);
        for (std::string line; std::getline(lines, line);) {
            CHECK_FALSE(nlohmann::json::parse(line, nullptr, false).is_discarded());
        }
    }
}
