// A network namespace of the test's own, so that what it starts (bridges, published ports) touches nobody else.
#pragma once

namespace drcon::test {

/// Moves the calling thread, and all threads and programs that it starts from now on, into a new network namespace with
/// nothing but loopback. To be called before the test has started anything. Throws std::runtime_error.
void enter_own_network();

}  // namespace drcon::test
