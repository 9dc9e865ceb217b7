// What HAProxy's answers to commands mean. It answers with sentences, not codes.
//
// Pure functions.
#pragma once

#include <string>

namespace drcon::haproxy {

/// The first line of an answer that is not empty, without spaces around it.
std::string first_line(const std::string& answer);

/// Whether a command was carried out. The state that is read back decides; this only finds the reason.
bool is_success(const std::string& answer);

/// What the configuration of HAProxy needs for such an answer, as the rest of a sentence; empty when that is not known.
std::string advice_on(const std::string& answer);

/// "HAProxy refuses '…': …", or empty when the answer is one of success.
std::string refusal_of(const std::string& command, const std::string& answer);

}  // namespace drcon::haproxy
