// The port on which a file answers its generation, where the user names none.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <string>

namespace drcon::nginx {

/// A port that is free now, the same for the same file when it can be. Another program may take it before nginx does:
/// then the reload is refused and put back, and another one is chosen. Throws std::runtime_error when none is free.
std::uint16_t free_port(const boost::asio::ip::address& address, const std::string& file);

}  // namespace drcon::nginx
