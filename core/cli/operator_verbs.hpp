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

void add_operator_verbs(const verb_adder& add, arguments& options);

int status(const arguments& options);
int top(const arguments& options);
int journal(const arguments& options);
int explain(const arguments& options);
int difference(const arguments& options);
int pause(const arguments& options);
int resume(const arguments& options);
int resync(const arguments& options);
int release_brake(const arguments& options);
int rollback(const arguments& options);
int log_levels(const arguments& options);
int reload(const arguments& options);

}  // namespace drcon::cli
