// Who sets the servers of a backend: one sink at a time, across all drcons of a network namespace.
//
// The locks are for one HAProxy, the prefix of our servers, and the backend: sinks with other prefixes, or for other
// backends of the same HAProxy, may work beside each other. In slots mode two prefixes may have slots in common: then
// the locks of the other prefix are looked at as well. Two are held for each backend and prefix. One is for the process
// that answered, so that a unix socket, a TCP socket and the master's socket of one HAProxy have one owner. The other
// is for the address, known by its directory and name, which stays the same when HAProxy reloads: so a reload gives a
// backend to nobody else who uses that address. After a reload, of two sinks with two addresses the first to ask gets
// it.
//
// A lock is an abstract socket name and no file, since there is no directory that drcon may always write to: HAProxy's
// own belongs to HAProxy, and a service's runtime directory is not shared with the next one. A holder that may not
// write to this sink's unix socket keeps nobody out, for anybody may bind such a name. Thread rule: owned by the sink's
// one thread.
#pragma once

#include "common/target_lock.hpp"
#include "haproxy/target.hpp"

#include <sys/stat.h>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::haproxy {

/// The status of a unix socket's file, to which whoever holds a lock must be able to write; nothing for TCP.
std::optional<struct stat> status_of(const target_address& socket);

class backend_locks {
public:
  backend_locks(target_address socket, std::vector<std::string> prefixes)
      : socket_(std::move(socket)), prefixes_(std::move(prefixes)) {}

  /// Empty when this sink alone sets our servers of that backend of `process`, else who does. `process` is what only
  /// that HAProxy process says of itself; `others` are prefixes of which some of our servers could be as well.
  std::string take(const std::string& backend, const std::string& process, const std::set<std::string>& others);

  /// Who sets them, or empty; takes nothing.
  std::string holder(const std::string& backend, const std::string& process) const;

  /// Gives up those that `keep` does not name.
  void keep_only(const std::function<bool(const std::string& backend)>& keep);

private:
  // Of the address, and of the process.
  using locks_of_prefix = std::array<common::name_lock, 2>;

  const target_address socket_;
  const std::vector<std::string> prefixes_;
  std::map<std::string, std::map<std::string, locks_of_prefix>> locks_;  // by backend, then by prefix
};

}  // namespace drcon::haproxy
