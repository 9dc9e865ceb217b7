#include "nginx/left_out.hpp"

#include "common/address.hpp"

#include <strings.h>

#include <algorithm>
#include <set>

namespace drcon::nginx {
namespace {

// nginx does not distinguish case.
bool are_same(const std::string& one, const std::string& other) {
  return ::strcasecmp(one.c_str(), other.c_str()) == 0;
}

// What stands in quotes after `mark`; empty when the mark is not there.
std::string quoted_after(const std::string& mark, const std::string& text) {
  const auto found = text.find(mark + "\"");
  if (found == std::string::npos) return {};
  const auto begin = found + mark.size() + 1;
  return text.substr(begin, text.find('"', begin) - begin);
}

constexpr const char* not_found = "host not found in upstream ";

// The host name of "NAME:PORT"; empty when that is an IP address.
std::string host_name_in(const std::string& address) {
  if (common::ip_and_port(address)) return {};
  return address.substr(0, address.rfind(':'));
}

// Takes the endpoints at an address off, for nginx cannot resolve its host name. False when there is none.
bool leave_out_address(std::vector<upstream>& all, const std::string& address, const std::string& why, left_out& into) {
  const auto before = into.endpoints.size();
  for (auto& each : all)
    std::erase_if(each.servers, [&](const server& one) {
      if (!are_same(one.address, address)) return false;
      into.endpoints.emplace(std::pair(each.name, one.endpoint), why);
      each.refused.push_back(one);
      return true;
    });
  return into.endpoints.size() > before;
}

// Likewise of the servers that are kept for services without endpoints. False when there is none.
bool forget_address(last_servers& last, const std::string& address) {
  std::size_t count = 0;
  for (auto& [name, servers] : last)
    count += std::erase_if(servers, [&](const server& one) { return are_same(one.address, address); });
  return count > 0;
}

}  // namespace

bool leave_out_service(std::vector<upstream>& all, const std::string& name, const std::string& why, left_out& into) {
  const auto found = std::ranges::find_if(all, [&](const upstream& each) { return are_same(each.name, name); });
  if (found == all.end()) return false;
  into.services.emplace(found->name, why);
  all.erase(found);
  return true;
}

bool leave_out_what_is_named(std::vector<upstream>& all, last_servers& last, const std::string& refusal,
                             left_out& into) {
  if (const auto name = quoted_after("duplicate upstream ", refusal); !name.empty())
    return leave_out_service(all, name, refusal, into);
  // proxy_pass http://NAME:PORT means a host, until there is an upstream of that name.
  if (refusal.find("\" may not have port ") != std::string::npos)
    return leave_out_service(all, quoted_after("upstream ", refusal), refusal, into);
  const auto address = quoted_after(not_found, refusal);
  return leave_out_address(all, address, refusal, into) || forget_address(last, address);
}

bool is_of_host_name(const std::string& refusal) { return refusal.find(not_found) != std::string::npos; }

std::vector<std::string> host_names_of(const std::vector<upstream>& all, const last_servers& last) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  const auto add = [&](const std::vector<server>& servers) {
    for (const auto& each : servers)
      if (auto name = host_name_in(each.address); !name.empty() && seen.insert(name).second)
        names.push_back(std::move(name));
  };
  for (const auto& [service, servers] : last) add(servers);
  for (const auto& each : all) add(each.servers);
  return names;
}

bool leave_out_host_names(std::vector<upstream>& all, last_servers& last,
                          const std::map<std::string, std::string>& names, left_out& into) {
  std::map<std::string, std::string> addresses;  // and why
  const auto look_at = [&](const std::vector<server>& servers) {
    for (const auto& each : servers)
      if (const auto found = names.find(host_name_in(each.address)); found != names.end())
        addresses.emplace(each.address, found->second);
  };
  for (const auto& [service, servers] : last) look_at(servers);
  for (const auto& each : all) look_at(each.servers);
  for (const auto& [address, why] : addresses) {
    leave_out_address(all, address, why, into);
    forget_address(last, address);
  }
  return !addresses.empty();
}

}  // namespace drcon::nginx
