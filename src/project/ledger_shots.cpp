#include "project/ledger_shots.hpp"

#include <string>

namespace oldfilm::project {
namespace {

bool are_stored(Database& database, const std::vector<ProjectShot>& shots) {
    Statement select(database, "SELECT id, first, last, kind FROM shots ORDER BY first");
    std::size_t same = 0;
    while (select.step()) {
        if (same >= shots.size() || select.text(0) != shots[same].id ||
            select.integer(1) != shots[same].first || select.integer(2) != shots[same].last ||
            select.text(3) != to_string(shots[same].kind)) {
            return false;
        }
        ++same;
    }
    return same == shots.size();
}

} // namespace

void store_shots(Database& database, const std::vector<ProjectShot>& shots) {
    if (are_stored(database, shots)) {
        return;
    }
    Transaction transaction(database);
    database.execute("DELETE FROM shots");
    Statement insert(database, "INSERT INTO shots VALUES (?, ?, ?, ?)");
    for (const ProjectShot& shot : shots) {
        insert.bind(0, shot.id).bind(1, shot.first).bind(2, shot.last);
        insert.bind(3, std::string(to_string(shot.kind))).run();
    }
    transaction.commit();
}

} // namespace oldfilm::project
