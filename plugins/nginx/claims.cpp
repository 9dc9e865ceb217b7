#include "nginx/claims.hpp"

#include "common/lower.hpp"

#include <algorithm>
#include <utility>

namespace drcon::nginx {
namespace {

struct claimants {
  std::set<std::string> all;
  std::set<std::string> served;
};

std::string why_left_out(const std::string& name, const claimants& of) {
  const auto other = *std::ranges::find_if(of.all, [&](const std::string& each) { return each != name; });
  const auto differs = "its name differs from that of service " + other + " only in case, which nginx does not see; ";
  if (of.served.size() == 1 && *of.served.begin() == other) return differs + other + " is served, and keeps the name";
  return differs + "neither is served, so it is not known whose name it is: rename one of them";
}

}  // namespace

claims settle_claims(std::vector<upstream> desired, const std::set<std::string>& served) {
  std::map<std::string, claimants> by_name;
  for (const auto& each : desired) by_name[common::lower(each.name)].all.insert(each.name);
  for (const auto& each : served) {
    auto& of = by_name[common::lower(each)];
    of.all.insert(each);
    of.served.insert(each);
  }
  claims settled;
  for (auto& each : desired) {
    const auto& of = by_name.at(common::lower(each.name));
    const bool is_alone = of.all.size() == 1;
    const bool is_the_served_one = of.served.size() == 1 && of.served.contains(each.name);
    if (is_alone || is_the_served_one) settled.admitted.push_back(std::move(each));
    else settled.left_out.emplace(each.name, why_left_out(each.name, of));
  }
  return settled;
}

}  // namespace drcon::nginx
