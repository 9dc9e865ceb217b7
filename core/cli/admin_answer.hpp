// What all verbs do with an answer of the admin interface: show it, or say why there is none.
//
// Thread rule: the one thread of a verb.
#pragma once

#include "cli/admin_client.hpp"

#include <nlohmann/json.hpp>

#include <functional>

namespace drcon::cli {

/// True for an answer to use. Otherwise writes to standard error why drcon refused, and how to help that.
bool is_answer(const admin_client::reply& reply);

/// Writes an answer's body to standard output as it is, for --json.
void print_json(const nlohmann::json& body);

/// Runs a verb. When nobody answers at the socket, writes why to standard error and returns exit_runtime.
int guarded(const std::function<int()>& verb);

}  // namespace drcon::cli
