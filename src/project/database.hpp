#pragma once
/// \file
/// SQLite, with errors as exceptions.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace oldfilm::project {

/// A database file, opened or made. One thread at a time. All functions throw `Error`: io;
/// unreadable (no database, or a damaged one).
class Database {
  public:
    explicit Database(const std::filesystem::path& path);

    void execute(const char* sql);
    [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
    [[nodiscard]] std::int64_t changes() const; ///< rows that the last statement changed
    [[noreturn]] void fail() const;             ///< with what went wrong last

  private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept;
    };
    std::filesystem::path path_;
    std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. Parameters and columns count from 0.
class Statement {
  public:
    Statement(const Database& database, std::string_view sql);

    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, const std::string& value);
    Statement& bind(int parameter, const std::optional<double>& value);
    /// The next row; false if there is none, and the statement can be run again.
    bool step();
    /// Runs a statement that returns no rows.
    void run();
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::optional<double> number(int column) const;
    [[nodiscard]] std::string text(int column) const;

  private:
    struct Free {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    void check(int result) const;

    const Database& database_;
    std::unique_ptr<sqlite3_stmt, Free> handle_;
};

/// What is done while it lives takes place as a whole, or, without `commit`, not at all. No other
/// connection writes meanwhile.
class Transaction {
  public:
    explicit Transaction(Database& database) : database_(database) {
        database_.execute("BEGIN IMMEDIATE");
    }
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    /// All of it is on the disk when this returns.
    void commit();

  private:
    Database& database_;
    bool done_ = false;
};

} // namespace oldfilm::project
