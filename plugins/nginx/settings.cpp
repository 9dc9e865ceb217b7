#include "nginx/settings.hpp"

#include "common/address.hpp"
#include "common/atomic_file.hpp"
#include "common/shortest_pause.hpp"
#include "nginx/user_template.hpp"

#include <string_view>

namespace drcon::nginx {
namespace {

// The host takes a sink that does not answer for half a minute for one that hangs, and hands nothing newer over before.
constexpr std::chrono::seconds longest_wait(10);

std::string read_template(const options& table) {
  if (!table["template"].present()) return {};
  const auto path = table["template"].string();
  std::string why;
  const auto text = common::read_file(path, why);
  if (!text) throw config_error("/template", why.empty() ? "there is no " + path : why);
  if (text->empty()) throw config_error("/template", path + " is empty");
  if (const auto fault = template_fault(*text)) throw config_error("/template", path + ":" + *fault);
  return *text;
}

// The directive; empty: none.
std::string read_sticky(const options& table) {
  const auto sticky = table["sticky"];
  if (!sticky.present()) return {};
  if (table["template"].present())
    throw config_error("/sticky", "goes with the built-in form only, not with 'template'");
  auto text = "sticky cookie " + sticky["cookie"].string();
  const auto expires = sticky["expires"].duration();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(expires);
  if (seconds != expires) throw config_error("/sticky/expires", "expected whole seconds");
  if (seconds.count() > 0) text += " expires=" + std::to_string(seconds.count()) + "s";
  if (const auto domain = sticky["domain"].string_or(""); !domain.empty()) text += " domain=" + domain;
  if (const auto path = sticky["path"].string(); !path.empty()) text += " path=" + path;
  if (sticky["http_only"].boolean()) text += " httponly";
  if (sticky["secure"].boolean()) text += " secure";
  if (const auto site = sticky["same_site"].string(); site != "unset") text += " samesite=" + site;
  return text;
}

layout read_layout(const options& table, const context& host) {
  layout form;
  form.sink = std::string(host.name());
  form.user_template = read_template(table);
  form.balance = table["balance"].string();
  if (form.balance == "round_robin") form.balance.clear();
  if (form.balance == "hash") form.balance = "hash " + table["hash_key"].string() + " consistent";
  form.sticky = read_sticky(table);
  form.keepalive = table["keepalive"].integer();
  const auto fails = table["max_fails"].integer();
  const auto fail_timeout = table["fail_timeout"].duration();
  const auto fail_seconds = std::chrono::duration_cast<std::chrono::seconds>(fail_timeout).count();
  if (fail_timeout != std::chrono::seconds(fail_seconds))
    throw config_error("/fail_timeout", "nginx knows only whole seconds here");
  if (fails != 1) form.server_options += " max_fails=" + std::to_string(fails);
  if (fail_seconds != 10) form.server_options += " fail_timeout=" + std::to_string(fail_seconds) + "s";
  form.by_variable = table["live_upstreams"].string() == "variable";
  const auto empty = table["empty"].string();
  form.empty = empty == "503"           ? empty_policy::answer_503
               : empty == "down server" ? empty_policy::down_server
                                        : empty_policy::keep;
  return form;
}

boost::asio::ip::tcp::endpoint read_listen(const options& table) {
  if (const auto endpoint = common::ip_and_port(table["confirm_listen"].string())) return *endpoint;
  throw config_error("/confirm_listen", "expected an IP address and a port, such as \"127.0.0.1:0\"");
}

// nginx reads the path within a text of Lua, and a socket has a short one.
std::string read_socket(const options& table) {
  auto socket = table["live_socket"].string();
  if (socket.empty()) {
    const auto file = table["file"].string();
    const auto name = file.rfind('/') + 1;
    socket = file.substr(0, name) + "." + file.substr(name) + ".live/socket";
  }
  constexpr std::size_t longest = 107;  // of sun_path
  if (socket.size() > longest)
    throw config_error("/live_socket", socket + " is longer than 107 bytes, which a unix socket cannot have");
  if (!socket.starts_with('/')) throw config_error("/live_socket", "expected an absolute path, not " + socket);
  return socket;
}

void check_path(const char* option, const std::string& path) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@:,=~";
  if (path.find_first_not_of(plain) != std::string::npos)
    throw config_error(option,
                       "with mode = \"live\", nginx reads this path within Lua: it may have letters, digits and "
                       "/ . _ - + @ : , = ~");
}

// What nginx's own balancers can and drcon.lua cannot.
void check_live(const options& table) {
  if (table["template"].present())
    throw config_error("/template", "with mode = \"live\" the file has no servers that a template could render");
  if (table["sticky"].present())
    throw config_error("/sticky",
                       R"(mode = "live" binds no sessions: expected balance = "hash" with a cookie as hash_key)");
  if (table["host_names"].string() == "pass")
    throw config_error("/host_names", R"(with mode = "live" nginx resolves no names: expected "drop")");
  if (table["balance"].string() == "ip_hash")
    throw config_error("/balance",
                       R"(mode = "live" has no "ip_hash": expected "hash", with hash_key = "$remote_addr")");
  for (const auto* const each : {"file", "live_socket", "live_module"})
    check_path((std::string("/") + each).c_str(), table[each].string());
  constexpr std::size_t smallest = std::size_t{64} * 1024;
  if (table["live_dict"].bytes() < smallest) throw config_error("/live_dict", "expected at least 64KiB");
}

std::optional<live_layout> read_live(const options& table) {
  const auto slow_start = table["slow_start"].duration();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(slow_start);
  if (seconds != slow_start) throw config_error("/slow_start", "expected whole seconds");
  const bool live = table["mode"].string() == "live";
  if (!live) {
    if (seconds.count() > 0) throw config_error("/slow_start", "only mode = \"live\" starts servers slowly");
    if (table["live_upstreams"].string() == "variable")
      throw config_error("/live_upstreams", "only mode = \"live\" has one upstream for all services");
    return {};
  }
  check_live(table);
  const auto balance = table["balance"].string();
  return live_layout{.module = table["live_module"].string(),
                     .socket = read_socket(table),
                     .peers = {},
                     .dict_bytes = table["live_dict"].bytes(),
                     .method = balance,
                     .hash_key = balance == "hash" ? table["hash_key"].string() : std::string(),
                     .max_fails = table["max_fails"].integer(),
                     .fail_timeout = std::chrono::duration_cast<std::chrono::seconds>(table["fail_timeout"].duration()),
                     .slow_start = seconds};
}

// `mode` was the name of file_mode.
mode_t read_file_mode(const options& table) {
  const auto mode = table["mode"].string();
  const bool is_number = mode.find_first_not_of("01234567") == std::string::npos;
  return static_cast<mode_t>(std::stoul(is_number ? mode : table["file_mode"].string(), nullptr, 8));
}

apply_settings read_apply(const options& table, const context& host) {
  apply_settings result{.file = table["file"].string(),
                        .mode = read_file_mode(table),
                        .form = read_layout(table, host),
                        .use_listener = table["confirm"].string() == "listener",
                        .listen = read_listen(table),
                        .confirm_timeout = table["confirm_timeout"].duration(),
                        .retire_timeout = table["retire_timeout"].duration(),
                        .reload_interval = table["reload_interval"].duration(),
                        .max_generations = static_cast<std::size_t>(table["max_generations"].integer()),
                        .live = read_live(table)};
  for (const auto* const each : {"reload_interval", "retire_timeout"})
    if (table[each].duration() > longest_wait)
      throw config_error(std::string("/") + each,
                         "expected at most 10s: a change that waits for longer holds back newer ones");
  if (!result.use_listener && result.form.empty == empty_policy::answer_503)
    throw config_error("/empty", R"(empty = "503" needs confirm = "listener": the same server block answers it)");
  return result;
}

target_settings read_target(const options& table) {
  return {.binary = table["nginx"].string(),
          .config = table["config"].string(),
          .prefix = table["prefix"].string(),
          .pid_file = table["pid_file"].string(),
          .ask_program = table["check"].string() == "program",
          .check_timeout = table["check_timeout"].duration()};
}

// The built-in form writes none of them.
written_labels labels_in(const std::string& user_template) {
  const auto names = template_names(user_template);
  return {.id = names.contains("id"),
          .node = names.contains("node"),
          .tags = names.contains("tags"),
          .meta = names.contains("meta") || names.contains("meta_list")};
}

desired_rules read_rules(const options& table, const std::string& user_template) {
  return {
      .hostile = table["hostile"].string() == "drop value" ? hostile_policy::drop_value : hostile_policy::drop_endpoint,
      .host_names = table["host_names"].string() == "pass" ? name_policy::pass : name_policy::drop,
      .written = labels_in(user_template)};
}

}  // namespace

settings read_settings(const options& table, const context& host) {
  auto apply = read_apply(table, host);
  auto desired = read_rules(table, apply.form.user_template);
  return {.desired = std::move(desired),
          .apply = std::move(apply),
          .target = read_target(table),
          .watch = common::pause_of_at_least(std::chrono::milliseconds(10), table["watch"])};
}

}  // namespace drcon::nginx
