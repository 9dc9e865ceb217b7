// Counts connections of this process, as the kernel knows them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace drcon::test {

/// Established connections within this network namespace to `port` of 127.0.0.1, each counted at its client's end.
std::size_t sockets_to(std::uint16_t port);

}  // namespace drcon::test
