// What a line of the log, an entry of the journal or a sample of a metric is about.
//
// A kind and a name are kept apart, and both count: a source and a sink may have the same name, and are two subjects.
// Thread rule: a value.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <string>
#include <utility>

namespace drcon::base {

/// The last three have names of their own in the configuration; of the others there is one each in a process.
enum class subject_kind { host, config, state, log, admin, pipeline, source, sink };

struct subject {
  /// Not explicit: subject_kind::host alone names the host.
  subject(subject_kind kind_of_it, std::string name_of_it = {}) : kind(kind_of_it), name(std::move(name_of_it)) {}

  subject_kind kind;
  std::string name;  ///< as in the configuration; empty where there is one of the kind

  auto operator<=>(const subject&) const = default;
};

/// "pipeline", "sink" …: the word of the log, of DRCON_KIND in the journal, and of the label `kind` of a metric.
inline const char* to_string(subject_kind kind) {
  static constexpr std::array words{"host", "config", "state", "log", "admin", "pipeline", "source", "sink"};
  return words.at(static_cast<std::size_t>(kind));
}

/// "sink edge", or "host" where there is no name.
inline std::string to_string(const subject& of) {
  return of.name.empty() ? to_string(of.kind) : to_string(of.kind) + (" " + of.name);
}

}  // namespace drcon::base
