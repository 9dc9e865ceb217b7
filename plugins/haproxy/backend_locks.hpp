// Who sets the servers of a backend: one sink at a time, across all drcons of a network namespace.
//
// The lock is for the runtime API's socket, the prefix of our servers, and the backend: sinks with other prefixes, or
// for other backends of the same HAProxy, may work beside each other. It is an abstract socket name and no file, since
// there is no directory that drcon may always write to: HAProxy's own belongs to HAProxy, and a service's runtime
// directory is not shared with the next one. The socket is known by its directory and name, which stay the same when
// HAProxy reloads, and in another mount namespace or chroot. Thread rule: owned by the sink's one thread.
#pragma once

#include "common/target_lock.hpp"
#include "haproxy/target.hpp"

#include <functional>
#include <map>
#include <string>

namespace drcon::haproxy {

class backend_locks {
public:
  backend_locks(target_address socket, std::string prefix) : socket_(std::move(socket)), prefix_(std::move(prefix)) {}

  /// Empty when this sink alone sets our servers of that backend, else who does.
  std::string take(const std::string& backend);

  /// Gives up those that `keep` does not name.
  void keep_only(const std::function<bool(const std::string& backend)>& keep);

private:
  const target_address socket_;
  const std::string prefix_;
  std::map<std::string, common::name_lock> locks_;  // by backend
};

}  // namespace drcon::haproxy
