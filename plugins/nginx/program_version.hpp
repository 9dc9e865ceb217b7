// Which nginx the program is, by what `nginx -v` says of itself.
//
// Thread rule: owned by its user's thread, which it blocks; version_in() is pure.
#pragma once

#include "common/managed_file.hpp"
#include "nginx/target.hpp"

#include <sys/types.h>

#include <array>
#include <optional>
#include <stop_token>
#include <string>

namespace drcon::nginx {

using version_numbers = std::array<int, 3>;

/// Of this version on an upstream keeps idle connections where it does not say how many, and may say `keepalive 0`,
/// which earlier ones refuse.
inline constexpr version_numbers keeps_connections_by_default{1, 29, 7};

/// Of this version on there is the directive keepalive_min_timeout.
inline constexpr version_numbers has_keepalive_min_timeout{1, 27, 4};

/// Of this version on there are the directive sticky, and the parameter drain of a server.
inline constexpr version_numbers has_sticky{1, 29, 6};

struct program_name {
  std::string name;     ///< "nginx"; that of another server made from it
  std::string version;  ///< "1.22.1"
  /// Nothing for other servers, whose numbers mean something else.
  std::optional<version_numbers> numbers() const;
};

/// Of what `nginx -v` prints: "nginx version: nginx/1.22.1 (Debian)". Nothing when it names no program.
std::optional<program_name> version_in(const std::string& output);

/// The version of the nginx that a file is written for. The program may be replaced while an earlier one runs, or while
/// none does: it is asked again for each master, and for each program as long as there is no master.
class program_version {
public:
  /// Nothing: it is not known. Where nginx's master alone judges, the program need not be the one that runs, and is not
  /// asked.
  std::optional<version_numbers> of(const target& nginx, const std::stop_token& stop);
  /// Whether the program has said which one it is. If so and its version is not known, it is another server.
  bool has_answered() const { return asked_; }

private:
  std::optional<version_numbers> known_;
  bool asked_ = false;
  std::optional<pid_t> master_;  // when it was asked
  common::file_stamp program_;   // and of the program
};

}  // namespace drcon::nginx
