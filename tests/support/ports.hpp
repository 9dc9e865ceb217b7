// TCP ports on loopback that nobody uses.
#pragma once

#include <cstdint>

namespace drcon::test {

/// Free on 127.0.0.1 and [::1] when asked, outside the range that the system hands out by itself, and given to no other
/// process of the tests until this one ends.
std::uint16_t free_port();

}  // namespace drcon::test
