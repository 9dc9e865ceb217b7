// The feed of an http source with one service, and what the source makes of it.
#pragma once

#include "support/plugin_harness.hpp"

#include <string>

namespace drcon::test {

/// As JSON: the service "web" with one endpoint, at this address and port 80.
inline std::string web_feed(const std::string& address) {
  return R"({"service":[{"name":"web","endpoint":[{"address":")" + address + R"(","port":80}]}]})";
}

/// Waits until the source is ready and has published that, and nothing else, of "web".
inline bool has_web_at(const source_harness& source, const std::string& address) {
  return source.wait_for([&](const auto& now) {
    const auto web = now.services.find("web");
    return now.ready && web != now.services.end() && web->second.endpoints.size() == 1 &&
           web->second.endpoints[0].address == address;
  });
}

}  // namespace drcon::test
