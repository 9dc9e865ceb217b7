// What the tests of consul-dns against a scripted server share.
#pragma once

#include "support/plugin_harness.hpp"
#include "support/scripted_dns.hpp"

#include <set>
#include <string>
#include <vector>

namespace drcon::test {

inline std::string quick_but(const std::string& timeout, const std::string& absent_after) {
  return "retry_max = \"50ms\"\ninterval = { min = \"20ms\", max = \"50ms\" }\ntimeout = \"" + timeout +
         "\"\nabsent_after = \"" + absent_after + "\"\n";
}
inline const std::string quick = quick_but("300ms", "200ms");
inline const std::string web = "service = [{ name = \"web\" }]\n";

inline std::string asked_at(const std::vector<std::string>& servers) {
  std::string all;
  for (const auto& each : servers) all += "\"" + each + "\", ";
  return "server = [" + all + "]\n";
}

inline dns_bytes two_endpoints(const dns_bytes& query) {
  return dns_reply(query).srv("a.x", 80).srv("b.x", 81).a("a.x", "10.0.0.1").a("b.x", "10.0.0.2").bytes();
}

inline std::set<std::string> ids(const source_harness& source) {
  const auto now = source.now();
  std::set<std::string> all;
  if (!now.services.contains("web")) return {"nothing told"};
  for (const auto& each : now.services.at("web").endpoints) all.insert(each.id);
  return all;
}

}  // namespace drcon::test
