#include "support/sockets.hpp"

#include "support/temp_dir.hpp"

#include <cstdio>
#include <sstream>
#include <string>

namespace drcon::test {

std::size_t sockets_to(std::uint16_t port) {
  std::size_t found = 0;
  std::istringstream lines(read_file("/proc/self/net/tcp"));
  char remote[32];
  std::snprintf(remote, sizeof remote, "0100007F:%04X 01 ", port);  // established, seen from the client's end
  for (std::string line; std::getline(lines, line);) found += line.find(remote) != std::string::npos ? 1 : 0;
  return found;
}

}  // namespace drcon::test
