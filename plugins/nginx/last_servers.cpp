#include "nginx/last_servers.hpp"

#include "common/nginx_grammar.hpp"

#include "nginx/render.hpp"

#include <boost/asio/ip/address.hpp>
#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <charconv>
#include <sstream>

namespace drcon::nginx {

using common::nginx::hazard;
using common::nginx::is_upstream_name;
namespace {

using nlohmann::json;

constexpr std::string_view comment_start = "# drcon keeps: ";
constexpr std::size_t comment_piece = 3000;  // nginx refuses a comment of more than 4096 bytes
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

std::optional<server> server_of_line(std::string_view line) {
  line.remove_prefix(server_start.size());
  if (!line.ends_with(';')) return {};
  line.remove_suffix(1);
  std::istringstream words{std::string(line)};
  server result;
  words >> result.address;
  if (!is_address(result.address) || result.address == nobody) return {};
  for (std::string word; words >> word;) {
    if (word == "backup") result.backup = true;
    else if (word == "down" || word == "drain") result.down = true;
    else if (word.starts_with("weight="))
      result.weight = static_cast<std::uint32_t>(std::strtoul(word.c_str() + 7, nullptr, 10));
  }
  return result;
}

// A label, or nothing when it is not one that could have been written.
std::string text_of(const json& value) {
  auto text = value.is_string() ? value.get<std::string>() : std::string();
  return hazard(text) ? std::string() : text;
}

void read_labels(const json& value, endpoint& result) {
  result.id = text_of(value.value("id", json()));
  result.node = text_of(value.value("node", json()));
  if (const auto level = value.value("health", json()); level.is_number_unsigned() && level <= json(3))
    result.health = static_cast<health>(level.get<unsigned>());
  const auto tags = value.value("tags", json());
  const auto meta = value.value("meta", json());
  for (const auto& tag : tags)
    if (auto text = text_of(tag); !text.empty()) result.tags.push_back(std::move(text));
  for (const auto& [key, value] : meta.items())
    if (meta.is_object() && !hazard(key)) result.meta.emplace(key, text_of(value));
}

std::optional<server> server_of_json(const json& value) {
  if (!value.is_object() || !value.value("address", json()).is_string()) return {};
  server result;
  result.address = value.at("address").get<std::string>();
  if (!is_address(result.address)) return {};
  if (const auto weight = value.value("weight", json()); weight.is_number_unsigned()) result.weight = weight;
  result.backup = value.value("backup", json()) == json(true);
  result.down = value.value("down", json()) == json(true);
  read_labels(value, result.origin);
  return result;
}

last_servers read_comment(const std::string& text) {
  last_servers result;
  const auto parsed = parsed_json(text);
  if (!parsed.is_object()) return result;
  for (const auto& [name, servers] : parsed.items()) {
    if (!is_upstream_name(name) || !servers.is_array()) continue;
    for (const auto& each : servers)
      if (auto one = server_of_json(each)) result[name].push_back(std::move(*one));
  }
  return result;
}

json to_json(const server& each) {
  json result{{"address", each.address}};
  if (each.weight != 1) result["weight"] = each.weight;
  if (each.backup) result["backup"] = true;
  if (each.down) result["down"] = true;
  if (!each.origin.id.empty()) result["id"] = each.origin.id;
  if (!each.origin.node.empty()) result["node"] = each.origin.node;
  if (each.origin.health != health::passing) result["health"] = static_cast<unsigned>(each.origin.health);
  if (!each.origin.tags.empty()) result["tags"] = each.origin.tags;
  if (!each.origin.meta.empty()) result["meta"] = each.origin.meta;
  return result;
}

}  // namespace

last_servers recall(const std::string& file) {
  last_servers all;
  std::istringstream lines(file);
  std::string name;
  std::string comment;
  bool placeholder = false;  // the block stands for an empty service: its servers are not the service's
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(comment_start)) {
      comment += line.substr(comment_start.size());
    } else if (line.starts_with(upstream_start) && line.ends_with(" {")) {
      name = line.substr(upstream_start.size(), line.size() - upstream_start.size() - 2);
      placeholder = false;
    } else if (line.starts_with(kept_start)) {
      placeholder = line.find("kept") == std::string::npos;
    } else if (line == "}") {
      name.clear();
    } else if (!name.empty() && !placeholder && line.starts_with(server_start) && is_upstream_name(name)) {
      if (auto one = server_of_line(line)) all[name].push_back(std::move(*one));
    }
  }
  // Beside a comment the upstream blocks are the user's: they may show the same servers once more, or stand-ins.
  return comment.empty() ? all : read_comment(comment);
}

std::set<std::string> names_in(const last_servers& all) {
  std::set<std::string> names;
  for (const auto& [name, servers] : all) names.insert(name);
  return names;
}

std::set<std::string> recall_names(const std::string& file) {
  auto names = names_in(recall(file));
  std::istringstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(upstream_start) || !line.ends_with(" {")) continue;
    auto name = line.substr(upstream_start.size(), line.size() - upstream_start.size() - 2);
    if (is_upstream_name(name)) names.insert(std::move(name));
  }
  return names;
}

std::optional<std::uint16_t> recall_port(const std::string& file) {
  const auto found = file.find(listener_heading);
  if (found == std::string::npos) return {};
  const auto listen = file.find("    listen ", found);
  if (listen == std::string::npos) return {};
  const auto end = file.find(';', listen);
  const auto colon = file.rfind(':', end);
  if (end == std::string::npos || colon == std::string::npos || colon < listen) return {};
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(file.data() + colon + 1, file.data() + end, port);
  if (error != std::errc() || stop != file.data() + end || port == 0) return {};
  return port;
}

std::string to_comment(const last_servers& all) {
  json kept = json::object();
  for (const auto& [name, servers] : all)
    for (const auto& each : servers) kept[name].push_back(to_json(each));
  const auto text = kept.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string lines;
  for (std::size_t found = 0; found < text.size(); found += comment_piece)
    lines.append(comment_start).append(text, found, comment_piece).append("\n");
  return lines;
}

}  // namespace drcon::nginx
