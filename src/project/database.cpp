#include "project/database.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <sqlite3.h>

namespace oldfilm::project {
namespace {

constexpr int wait_ms = 10000; // for another connection that writes

} // namespace

void Database::Close::operator()(sqlite3* handle) const noexcept {
    sqlite3_close(handle);
}

Database::Database(const std::filesystem::path& path) : path_(path) {
    sqlite3* handle = nullptr;
    const int result =
        sqlite3_open_v2(path.c_str(), &handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(handle);
    if (result != SQLITE_OK) {
        fail();
    }
    sqlite3_busy_timeout(handle_.get(), wait_ms);
    // A commit is on the disk when it returns, as a line of the journal of a job.
    execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF");
}

void Database::execute(const char* sql) {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        fail();
    }
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(handle_.get());
}

void Database::fail() const {
    const int code = sqlite3_errcode(handle_.get());
    const char* why = handle_ ? sqlite3_errmsg(handle_.get()) : "out of memory";
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
        throw Error(Errc::unreadable,
                    fmt::format("{} is no ledger, or is damaged ({}); move it away, and render the "
                                "film again",
                                path_.string(), why));
    }
    throw Error(Errc::io, fmt::format("the ledger {} failed: {}; check that there is room and that "
                                      "the folder is writable",
                                      path_.string(), why));
}

void Statement::Free::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

Statement::Statement(const Database& database, std::string_view sql) : database_(database) {
    sqlite3_stmt* handle = nullptr;
    check(sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &handle,
                             nullptr));
    handle_.reset(handle);
}

void Statement::check(int result) const {
    if (result != SQLITE_OK) {
        database_.fail();
    }
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    check(sqlite3_bind_int64(handle_.get(), parameter + 1, value));
    return *this;
}

Statement& Statement::bind(int parameter, const std::string& value) {
    check(sqlite3_bind_text(handle_.get(), parameter + 1, value.data(),
                            static_cast<int>(value.size()), SQLITE_TRANSIENT)); // NOLINT
    return *this;
}

Statement& Statement::bind(int parameter, const std::optional<double>& value) {
    check(value ? sqlite3_bind_double(handle_.get(), parameter + 1, *value)
                : sqlite3_bind_null(handle_.get(), parameter + 1));
    return *this;
}

bool Statement::step() {
    const int result = sqlite3_step(handle_.get());
    if (result == SQLITE_ROW) {
        return true;
    }
    if (result != SQLITE_DONE) {
        database_.fail();
    }
    check(sqlite3_reset(handle_.get()));
    return false;
}

void Statement::run() {
    while (step()) {
    }
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

std::optional<double> Statement::number(int column) const {
    if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) {
        return std::nullopt;
    }
    return sqlite3_column_double(handle_.get(), column);
}

std::string Statement::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
    return text == nullptr ? "" : text;
}

Transaction::~Transaction() {
    if (!done_) {
        // An error has ended it already, or this does.
        sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void Transaction::commit() {
    database_.execute("COMMIT");
    done_ = true;
}

} // namespace oldfilm::project
