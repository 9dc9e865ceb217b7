// The verbs for who operates a running drcon: status, top, journal, explain, diff, pause, resume, resync,
// release-brake, rollback, log, reload. Each asks the admin interface and shows the answer.
#pragma once

#include "cli/command_line.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace drcon::cli {

/// Adds a verb that runs `what`.
using verb_adder = std::function<CLI::App*(const char* name, const char* meaning, int (*what)(const arguments&))>;

void add_operator_verbs(const verb_adder& add, arguments& to);

int status(const arguments& from);
int top(const arguments& from);
int journal(const arguments& from);
int explain(const arguments& from);
int difference(const arguments& from);
int pause(const arguments& from);
int resume(const arguments& from);
int resync(const arguments& from);
int release_brake(const arguments& from);
int rollback(const arguments& from);
int log_levels(const arguments& from);
int reload(const arguments& from);

}  // namespace drcon::cli
