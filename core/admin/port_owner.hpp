// Who listens on a port of this machine that drcon would have.
//
// Thread rule: any thread; reads /proc.
#pragma once

#include <cstdint>
#include <string>

namespace drcon::admin {

/// "process 4711 (prometheus)"; "another process" where the kernel does not say which, as for one of another user.
std::string owner_of_port(std::uint16_t port);

/// The same of a process.
std::string named_process(int pid);

}  // namespace drcon::admin
