#include "nginx/memory.hpp"

#include "common/nginx_grammar.hpp"

#include "nginx/render.hpp"

#include <boost/asio/ip/address.hpp>
#include <nlohmann/json.hpp>

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

// A label, or nothing when it is not one that could have been written.
std::string text_of(const json& from) {
  auto text = from.is_string() ? from.get<std::string>() : std::string();
  return hazard(text) ? std::string() : text;
}

void read_labels(const json& from, endpoint& to) {
  to.id = text_of(from.value("id", json()));
  to.node = text_of(from.value("node", json()));
  if (const auto level = from.value("health", json()); level.is_number_unsigned() && level <= json(3))
    to.health = static_cast<health>(level.get<unsigned>());
  const auto tags = from.value("tags", json());
  const auto meta = from.value("meta", json());
  for (const auto& tag : tags)
    if (auto text = text_of(tag); !text.empty()) to.tags.push_back(std::move(text));
  for (const auto& [key, value] : meta.items())
    if (meta.is_object() && !hazard(key)) to.meta.emplace(key, text_of(value));
}

std::optional<server> server_of_json(const json& from) {
  if (!from.is_object() || !from.value("address", json()).is_string()) return {};
  server to;
  to.address = from.at("address").get<std::string>();
  if (!is_address(to.address)) return {};
  if (const auto weight = from.value("weight", json()); weight.is_number_unsigned()) to.weight = weight;
  to.backup = from.value("backup", json()) == json(true);
  to.down = from.value("down", json()) == json(true);
  read_labels(from, to.from);
  return to;
}

memory read_comment(const std::string& text) {
  memory to;
  const auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return to;
  for (const auto& [name, servers] : parsed.items()) {
    if (!is_upstream_name(name) || !servers.is_array()) continue;
    for (const auto& each : servers)
      if (auto one = server_of_json(each)) to[name].push_back(std::move(*one));
  }
  return to;
}

json to_json(const server& each) {
  json to{{"address", each.address}};
  if (each.weight != 1) to["weight"] = each.weight;
  if (each.backup) to["backup"] = true;
  if (each.down) to["down"] = true;
  if (!each.from.id.empty()) to["id"] = each.from.id;
  if (!each.from.node.empty()) to["node"] = each.from.node;
  if (each.from.health != health::passing) to["health"] = static_cast<unsigned>(each.from.health);
  if (!each.from.tags.empty()) to["tags"] = each.from.tags;
  if (!each.from.meta.empty()) to["meta"] = each.from.meta;
  return to;
}

}  // namespace

memory recall(const std::string& file) {
  memory all;
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
    for (const auto& each : servers) kept[name].push_back(to_json(each));
  const auto text = kept.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += comment_piece)
    lines.append(comment_start).append(text, at, comment_piece).append("\n");
  return lines;
}

}  // namespace drcon::nginx
