// Lines for systemd's journal, with fields that journalctl can filter by: DRCON_COMPONENT ("sink edge"), DRCON_KIND
// ("sink") and DRCON_NAME ("edge").
//
// Thread rule: any thread.
#pragma once

#include "log/log.hpp"

#include <array>
#include <string>
#include <string_view>

namespace drcon::log {

/// True when standard error is the journal: see $JOURNAL_STREAM in systemd.exec(5).
bool is_journal();

/// The fields of one line, each as NAME=VALUE.
std::array<std::string, 6> journal_fields(level which, const base::subject& about, std::string_view text);

/// False when the journal does not take the line; it then has to be written elsewhere.
bool write_to_journal(level which, const base::subject& about, std::string_view text);

}  // namespace drcon::log
