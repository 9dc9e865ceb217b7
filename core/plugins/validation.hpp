// From the C structs of a plugin to the host's values: copied, validated, never trusted.
//
// Anyone who can register a service can write any bytes into its names, tags and addresses. An endpoint that breaks a
// rule is left out with a reason, and never takes the others down; see accept() for what is left out.
// Thread rule: pure functions; run on the thread of the plugin that publishes.
#pragma once

#include "config/text.hpp"
#include "model/snapshot_ptr.hpp"

#include <drcon/plugin.h>

#include <chrono>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace drcon::plugins {

/// An endpoint, or with an empty id a whole service, that was left out.
struct refusal {
  std::string service;
  std::string endpoint;
  std::string why;
  /// A sink reports that of a service which has nothing in service: it keeps the last servers. Nobody has registered
  /// anything that cannot be used.
  bool is_of_nothing = false;
  /// Since when it is left out: set by the list of an instance. It does not make another refusal of it.
  std::chrono::system_clock::time_point since{};
  auto parts() const { return std::tie(service, endpoint, why, is_of_nothing); }
  bool operator==(const refusal& other) const { return parts() == other.parts(); }
  auto operator<=>(const refusal& other) const { return parts() <=> other.parts(); }
};

/// What makes the struct itself unreadable: a size that is too small, an array or a text that is not there. To be asked
/// first: a struct that has such a fault must not be read further.
std::optional<std::string> fault_of_layout(const drcon_service& service);

/// The service as the host keeps it, copied; or null when the service itself cannot be kept, because its name is not
/// text. What is left out is added to `refused`.
model::service_ptr accept(const drcon_service& published, std::vector<refusal>& refused);

/// `text` made fit for one line of a terminal, and not longer than about `limit` bytes: see config/text.hpp.
inline std::string printable(std::string_view text, std::size_t limit = 120) { return config::printable(text, limit); }

/// True when the text is valid UTF-8 without control characters (a tab is one).
bool is_plain_text(std::string_view text);

}  // namespace drcon::plugins
