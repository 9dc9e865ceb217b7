#include "haproxy/config_file.hpp"

#include "common/address.hpp"
#include "common/atomic_file.hpp"

#include <sstream>
#include <utility>

namespace drcon::haproxy {
namespace {

constexpr std::string_view keyword = "backend ";

std::string header_of(const std::string& backend, const std::string& defaults) {
  return std::string(keyword) + backend + (defaults.empty() ? "" : " from " + defaults) + "\n";
}

std::string line_of(const desired_server& server, const plan_rules& rules) {
  return "  server " + dynamic_name(server, rules) + " " + common::with_port(server.address, server.port) + " weight " +
         std::to_string(server.weight_in_haproxy()) + (server.state == server_state::maint ? " disabled" : "") +
         (server.backup ? " backup" : "") + rules.server_options + "\n";
}

}  // namespace

std::string section_of(const std::string& name, const desired_backend& desired, const plan_rules& rules,
                       const std::string& defaults) {
  auto section = header_of(name, defaults);
  for (const auto& [key, server] : desired.servers) section += line_of(server, rules);
  return section;
}

std::map<std::string, std::string> sections_of(const std::string& text) {
  std::map<std::string, std::string> sections;
  std::string* current = nullptr;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(keyword)) {
      const auto name = line.substr(keyword.size(), line.find(' ', keyword.size()) - keyword.size());
      current = &sections[name];
      current->clear();
    }
    if (current != nullptr) *current += line + "\n";
  }
  return sections;
}

config_file::config_file(config_file_settings options, std::string writer)
    : options_(std::move(options)), writer_(std::move(writer)) {}

std::string config_file::write(const desired_backends& desired, const plan_rules& rules, const backend_names& unsettled,
                               const std::set<std::string, std::less<>>* existing) {
  if (options_.path.empty()) return {};
  const common::file_place place(options_.path);
  if (!place.fault().empty()) return place.fault();
  if (auto why = lock_.take(place, writer_); !why.empty()) return why;
  std::string why;
  const auto before = common::read_file(place, why);
  if (!before && !why.empty()) return why;
  auto sections = sections_of(before.value_or(""));
  // A section stays when its service is gone: a frontend of the user's may name the backend, and HAProxy would refuse
  // the whole configuration without it.
  for (auto& [name, text] : sections)
    if (!desired.contains(name) && !options_.keep_empty) text = header_of(name, options_.defaults);
  std::string of_the_user;
  for (const auto& [name, each] : desired) {
    const bool is_there = sections.contains(name);
    // The first file is written with all of them: it is for a HAProxy that does not read it yet.
    if (!is_there && before && (existing == nullptr || existing->contains(name))) {
      if (existing != nullptr && of_the_user.empty()) of_the_user = name;
      continue;
    }
    const bool keeps = unsettled.contains(name) || (each.servers.empty() && options_.keep_empty);
    if (!is_there || !keeps) sections[name] = section_of(name, each, rules, options_.defaults);
  }
  std::string text =
      "# Written by drcon, sink '" + writer_ +
      "', which replaces what others write here. HAProxy reads it when it starts and when it is reloaded.\n";
  for (const auto& [name, section] : sections) text += section;
  if (before != text)
    if (auto fault = common::replace_file(place, text); !fault.empty()) return fault;
  if (of_the_user.empty()) return {};
  return "backend " + of_the_user + " is not in it, since HAProxy's own configuration has one of that name";
}

}  // namespace drcon::haproxy
