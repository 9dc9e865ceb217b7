#include "nginx/live_set.hpp"

#include "common/address.hpp"
#include "common/digest.hpp"

#include <algorithm>
#include <sstream>

namespace drcon::nginx {
namespace {

constexpr std::string_view first_word = "drcon-peers 1 ";
constexpr std::string_view service_word = "service ";
constexpr int stand_in_tier = 9;

// As drcon.lua makes it, which has no better hash at hand.
std::string checksum(std::uint64_t version, const std::string& text) {
  return common::sha1(std::to_string(version) + "\n" + text);
}

std::optional<server> read_peer(const std::string& line, int& tier, std::int64_t& since) {
  std::istringstream words(line);
  server result;
  std::string state;
  if (!(words >> result.address >> result.weight >> tier >> state >> since)) return {};
  if (!common::ip_and_port(result.address)) return {};
  result.backup = tier > 0;
  result.down = state == "d";
  return result;
}

}  // namespace

served_since since_when(const std::vector<upstream>& all, const served_since& before, std::int64_t now) {
  served_since result;
  for (const auto& each : all) {
    const auto known = before.find(each.name);
    auto& peers = result[each.name];
    for (const auto& one : each.servers) {
      if (one.down) continue;
      const bool is_new = known != before.end() && !known->second.empty() && !known->second.contains(one.address);
      const auto time = known == before.end() ? peers.end() : known->second.find(one.address);
      peers[one.address] = is_new ? now : known == before.end() || time == known->second.end() ? 0 : time->second;
    }
  }
  return result;
}

std::string text_of_peers(const std::vector<upstream>& all, const served_since& since,
                          const std::set<std::string>& stand_ins) {
  std::ostringstream out;
  for (const auto& each : all) {
    out << service_word << each.name << '\n';
    const auto times = since.find(each.name);
    const bool stands_in = stand_ins.contains(each.name);
    for (const auto& one : each.servers) {
      if (!common::ip_and_port(one.address)) continue;  // a host name that an earlier configuration let pass
      std::int64_t time = 0;
      if (times != since.end())
        if (const auto found = times->second.find(one.address); found != times->second.end()) time = found->second;
      out << one.address << ' ' << one.weight << ' '
          << (stands_in    ? stand_in_tier
              : one.backup ? 1
                           : 0)
          << ' ' << (one.down ? 'd' : 'u') << ' ' << time << '\n';
    }
  }
  return out.str();
}

std::string set_of(std::uint64_t version, const std::string& text) {
  return std::string(first_word) + std::to_string(version) + " " + checksum(version, text) + "\n" + text;
}

std::optional<known_set> read_set(const std::string& file) {
  if (!file.starts_with(first_word)) return {};
  const auto end = file.find('\n');
  if (end == std::string::npos) return {};
  std::istringstream head(file.substr(first_word.size(), end - first_word.size()));
  known_set result;
  std::string sum;
  if (!(head >> result.version >> sum)) return {};
  result.text = file.substr(end + 1);
  if (checksum(result.version, result.text) != sum) return {};
  std::istringstream lines(result.text);
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(service_word)) {
      name = line.substr(service_word.size());
      result.since[name];
      continue;
    }
    int tier = 0;
    std::int64_t time = 0;
    auto peer = read_peer(line, tier, time);
    if (!peer || name.empty()) return {};
    if (tier == stand_in_tier) continue;
    if (!peer->down) result.since[name][peer->address] = time;
    result.servers[name].push_back(std::move(*peer));
  }
  return result;
}

}  // namespace drcon::nginx
