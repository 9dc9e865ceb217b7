#include "haproxy/settings.hpp"

#include "common/address.hpp"
#include "common/shortest_pause.hpp"

#include <sstream>

namespace drcon::haproxy {
namespace {

target_address read_address(const options& table) {
  target_address result{.path = {}, .tcp = {}, .master = table["master"].boolean(), .text = table["socket"].string()};
  if (result.text.starts_with('/')) {
    result.path = result.text;
    return result;
  }
  const auto endpoint = common::ip_and_port(result.text);
  if (!endpoint || endpoint->port() == 0)
    throw config_error("/socket",
                       "expected the path of a unix socket, or an IP address and a port such as \"127.0.0.1:9999\"");
  result.tcp = *endpoint;
  return result;
}

bool has_check(const std::string& server_options) {
  std::istringstream words(server_options);
  for (std::string word; words >> word;)
    if (word == "check") return true;
  return false;
}

// "drcon11" is a slot of "drcon", and of "drcon1".
bool have_slots_in_common(const std::string& one, const std::string& other) {
  return one == other || is_slot(one, other) || is_slot(other, one);
}

plan_rules read_plan(const options& table) {
  const bool slots = table["mode"].string() == "slots";
  plan_rules result{.mode = slots ? mode::slots : mode::dynamic,
                    .prefix = table["prefix"].string_or(slots ? "drcon" : "drcon-"),
                    .backup_prefix = table["backup_prefix"].string(),
                    .server_options = {},
                    .check = false,
                    .check_first = table["check_first"].boolean()};
  const auto keywords = table["server_options"].string();
  if (!keywords.empty()) result.server_options = " " + keywords;
  result.check = has_check(keywords);
  if (result.check_first && (slots || !result.check))
    throw config_error("/check_first", "needs mode = \"dynamic\" and the keyword check in server_options");
  if (!result.backup_prefix.empty() && !slots) throw config_error("/backup_prefix", "is for mode = \"slots\"");
  if (slots && !result.backup_prefix.empty() && have_slots_in_common(result.prefix, result.backup_prefix))
    throw config_error("/backup_prefix",
                       "is prefix, or differs from it by digits at the end only: slots of one would "
                       "be slots of the other; name one template otherwise, such as \"backup\"");
  return result;
}

desired_rules read_rules(const options& table) {
  desired_rules result;
  result.backend_pattern = table["backend"].string();
  for (std::size_t i = 0; i < table["backends"].count(); ++i) {
    const auto entry = table["backends"][i];
    const auto backend = entry["backend"].string();
    if (!is_haproxy_name(backend))
      throw config_error(entry["backend"].pointer(),
                         "cannot be the name of a backend: letters, digits, '_', '.', ':' and '-'");
    result.backends.emplace(entry["service"].string(), backend);
  }
  const auto warning = table["warning"].string();
  result.warning = warning == "keep"    ? warning_policy::keep
                   : warning == "drain" ? warning_policy::drain
                                        : warning_policy::reduce;
  result.warning_share = std::stod(table["warning_share"].string()) / 100;
  return result;
}

config_file_settings read_config_file(const options& table) {
  config_file_settings result{.path = table["config_file"].string(),
                              .defaults = table["config_defaults"].string(),
                              .keep_empty = table["empty"].string() == "keep"};
  if (!result.path.empty() && table["mode"].string() == "slots")
    throw config_error("/config_file", "is for mode = \"dynamic\"; with slots, state_file does the same");
  if (!result.defaults.empty() && result.path.empty()) throw config_error("/config_defaults", "goes with config_file");
  return result;
}

backends_settings read_backends(const options& table) {
  backends_settings result{.from = table["backends_from"].string(), .map = table["map"].string()};
  if (!result.from.empty() && table["mode"].string() == "slots")
    throw config_error("/backends_from", "is for mode = \"dynamic\": a backend that is made at run time has no slots");
  return result;
}

apply_settings read_apply(const options& table) {
  return {.socket = read_address(table),
          .timeout = table["timeout"].duration(),
          .plan = read_plan(table),
          .keep_empty = table["empty"].string() == "keep",
          .respect_manual = table["manual"].string() == "respect",
          .shutdown_sessions = table["shutdown_sessions"].boolean(),
          .drain_timeout = table["drain_timeout"].duration(),
          .compare = table["compare"].duration(),
          .watch = common::pause_of_at_least(std::chrono::milliseconds(10), table["watch"]),
          .backends = read_backends(table),
          .config_file = read_config_file(table),
          .state_file = table["state_file"].string()};
}

}  // namespace

settings read_settings(const options& table) { return {.desired = read_rules(table), .apply = read_apply(table)}; }

}  // namespace drcon::haproxy
