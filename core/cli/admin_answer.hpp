// What all verbs do with an answer of the admin interface: show it, or say why there is none.
//
// Thread rule: the one thread of a verb.
#pragma once

#include "cli/admin_client.hpp"

#include <nlohmann/json.hpp>

#include <functional>

namespace drcon::cli {

/// drcon refused; is_answer() has shown why.
struct refused : no_answer {
  using no_answer::no_answer;
};

/// True for an answer to use. Otherwise writes why drcon refused, and how to help that: to standard error, or with
/// --json to standard output, as {"error", "help", "code"}.
bool is_answer(const admin_client::reply& reply, const arguments& options);

/// Writes an answer's body to standard output as it is, for --json.
void print_json(const nlohmann::json& body);

/// Runs a verb. When nobody answers at the socket, writes why, as is_answer() does, and returns exit_runtime.
int guarded(const arguments& options, const std::function<int()>& verb);

}  // namespace drcon::cli
