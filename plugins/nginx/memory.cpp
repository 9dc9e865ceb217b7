#include "nginx/memory.hpp"

#include "nginx/grammar.hpp"
#include "nginx/render.hpp"

#include <boost/asio/ip/address.hpp>
#include <nlohmann/json.hpp>

#include <charconv>
#include <sstream>

namespace drcon::nginx {
namespace {

using nlohmann::json;

constexpr std::string_view comment_start = "# drcon keeps: ";
constexpr std::string_view server_start = "    server ";
constexpr std::string_view upstream_start = "upstream ";
constexpr std::string_view kept_start = "    # empty";

// The file may have been edited: only what we could have written ourselves is believed.
bool is_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  unsigned port = 0;
  const auto digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() && port >= 1 && port <= 65535 && !hazard(text) &&
         text.find(' ') == std::string_view::npos;
}

std::optional<server> read_server(std::string_view line) {
  line.remove_prefix(server_start.size());
  if (!line.ends_with(';')) return {};
  line.remove_suffix(1);
  std::istringstream words{std::string(line)};
  server to;
  words >> to.address;
  if (!is_address(to.address) || to.address == nobody) return {};
  for (std::string word; words >> word;) {
    if (word == "backup") to.backup = true;
    else if (word == "down") to.down = true;
    else if (word.starts_with("weight="))
      to.weight = static_cast<std::uint32_t>(std::strtoul(word.c_str() + 7, nullptr, 10));
  }
  return to;
}

void read_comment(std::string_view line, memory& to) {
  const auto parsed = json::parse(line.substr(comment_start.size()), nullptr, false);
  if (!parsed.is_object()) return;
  for (const auto& [name, servers] : parsed.items()) {
    if (!is_upstream_name(name) || !servers.is_array()) continue;
    for (const auto& each : servers) {
      if (!each.is_object() || !each.value("address", json()).is_string()) continue;
      server one;
      one.address = each.at("address").get<std::string>();
      if (!is_address(one.address)) continue;
      if (const auto weight = each.value("weight", json()); weight.is_number_unsigned()) one.weight = weight;
      one.backup = each.value("backup", json()) == json(true);
      one.down = each.value("down", json()) == json(true);
      to[name].push_back(std::move(one));
    }
  }
}

}  // namespace

memory recall(const std::string& file) {
  memory all;
  std::istringstream lines(file);
  std::string name;
  bool placeholder = false;  // the block stands for an empty service: its servers are not the service's
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(comment_start)) {
      read_comment(line, all);
    } else if (line.starts_with(upstream_start) && line.ends_with(" {")) {
      name = line.substr(upstream_start.size(), line.size() - upstream_start.size() - 2);
      placeholder = false;
    } else if (line.starts_with(kept_start)) {
      placeholder = line.find("kept") == std::string::npos;
    } else if (line == "}") {
      name.clear();
    } else if (!name.empty() && !placeholder && line.starts_with(server_start) && is_upstream_name(name)) {
      if (auto one = read_server(line)) all[name].push_back(std::move(*one));
    }
  }
  return all;
}

std::optional<std::uint16_t> recall_port(const std::string& file) {
  const auto at = file.find(listener_heading);
  if (at == std::string::npos) return {};
  const auto listen = file.find("    listen ", at);
  if (listen == std::string::npos) return {};
  const auto end = file.find(';', listen);
  const auto colon = file.rfind(':', end);
  if (end == std::string::npos || colon == std::string::npos || colon < listen) return {};
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(file.data() + colon + 1, file.data() + end, port);
  if (error != std::errc() || stop != file.data() + end || port == 0) return {};
  return port;
}

std::string to_comment(const memory& all) {
  json kept = json::object();
  for (const auto& [name, servers] : all)
    for (const auto& each : servers)
      kept[name].push_back(
          {{"address", each.address}, {"weight", each.weight}, {"backup", each.backup}, {"down", each.down}});
  return std::string(comment_start) + kept.dump() + "\n";
}

}  // namespace drcon::nginx
