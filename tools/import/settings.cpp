#include "import/settings.hpp"

#include <algorithm>
#include <array>

namespace drcon::importing {
namespace {

using kind = hcl::value::kind;

// One option of Consul Template's: where its value goes, or what is said of it.
template <typename Into>
struct option {
  std::string_view path;  // "vault.*": all that begin with it
  std::string Into::*text = nullptr;
  bool Into::*flag = nullptr;
  std::string_view remark{};
  std::string_view fault{};
};

template <typename Into>
constexpr option<Into> text_of(std::string_view path, std::string Into::*into) {
  return {.path = path, .text = into};
}
template <typename Into>
constexpr option<Into> flag_of(std::string_view path, bool Into::*into) {
  return {.path = path, .flag = into};
}
template <typename Into>
constexpr option<Into> said_of(std::string_view path, std::string_view remark) {
  return {.path = path, .remark = remark};
}
template <typename Into>
constexpr option<Into> refused(std::string_view path, std::string_view fault) {
  return {.path = path, .fault = fault};
}

constexpr std::string_view no_part_of_environment =
    "the program of supervise gets all of drcon's environment: start drcon itself with what the program may see";
constexpr std::string_view no_variable =
    "drcon gives a program no variable whose value is a template's: write it to a file that the program reads";
constexpr std::string_view no_password =
    "drcon sends no user name and password: use a token, or a proxy on this machine that adds them";
constexpr std::string_view no_directory =
    "drcon takes one file: join the directory's certificates in it, and name it as tls.ca_file of the sources";
constexpr std::string_view never_gives_up = "drcon never gives up; retry_min and retry_max are its pauses";
constexpr std::string_view syslog = "drcon logs to standard error, which systemd gives to the journal and to syslog";
constexpr std::string_view no_limit_of_functions =
    "drcon cannot forbid functions to a template: see to it that only those whom you trust can write the template";

constexpr option<settings> general[] = {
    text_of("consul", &settings::address),
    text_of("consul.address", &settings::address),
    text_of("consul.token", &settings::token),
    text_of("consul.token_file", &settings::token_file),
    text_of("consul.namespace", &settings::name_space),
    refused<settings>("consul.auth.*", no_password),
    flag_of("consul.ssl.enabled", &settings::ssl),
    flag_of("consul.ssl.verify", &settings::ssl_verify),
    text_of("consul.ssl.cert", &settings::ssl_certificate),
    text_of("consul.ssl.key", &settings::ssl_key),
    text_of("consul.ssl.ca_cert", &settings::ssl_ca_file),
    text_of("consul.ssl.server_name", &settings::ssl_server_name),
    refused<settings>("consul.ssl.ca_path", no_directory),
    refused<settings>("consul.ssl.*", "write it to a file, and name that in tls of the sources"),
    text_of("consul.retry.backoff", &settings::retry_min),
    text_of("consul.retry.max_backoff", &settings::retry_max),
    said_of<settings>("consul.retry.*", never_gives_up),
    said_of<settings>("consul.transport.*", "drcon manages its connections itself; the option connections limits them"),
    text_of("token", &settings::token),
    refused<settings>("auth.*", no_password),
    flag_of("ssl.enabled", &settings::ssl),
    flag_of("ssl.verify", &settings::ssl_verify),
    text_of("ssl.cert", &settings::ssl_certificate),
    text_of("ssl.key", &settings::ssl_key),
    text_of("ssl.ca_cert", &settings::ssl_ca_file),
    text_of("ssl.server_name", &settings::ssl_server_name),
    refused<settings>("ssl.ca_path", no_directory),
    text_of("retry", &settings::retry_min),
    said_of<settings>("retry.*", never_gives_up),
    text_of("max_stale", &settings::max_stale),
    text_of("block_query_wait", &settings::query_wait),
    text_of("log_level", &settings::log_level),
    text_of("log_file.path", &settings::log_file),
    said_of<settings>("log_file.*", "logrotate can rotate [log] file: a reload opens it again"),
    said_of<settings>("syslog.*", syslog),
    text_of("default_left_delimiter", &settings::left_delimiter),
    text_of("default_right_delimiter", &settings::right_delimiter),
    said_of<settings>("pid_file", "drcon writes no pid file: systemd knows its process"),
    said_of<settings>("kill_signal", "drcon stops at SIGTERM and SIGINT"),
    said_of<settings>("reload_signal", "drcon reloads at SIGHUP, or by `drcon reload`"),
    said_of<settings>("dump_signal", "a core is made by systemd-coredump"),
    said_of<settings>("deduplicate.*", "drcon asks once for all of its pipelines, so there is nothing to share"),
    said_of<settings>("vault.*", "drcon does not watch Vault; a template that asks it is reported at its place"),
    said_of<settings>("nomad.*", "drcon does not watch Nomad; a template that asks it is reported at its place"),
    said_of<settings>("telemetry.*", "drcon's metrics are at /metrics of [admin] listen, for Prometheus"),
    said_of<settings>("once", "use `drcon once`"),
    said_of<settings>("dry", "use `drcon render`"),
    said_of<settings>("parse_only", "use `drcon check`"),
    said_of<settings>("template_error_fatal", "drcon reports a template that fails, keeps the old file, and goes on"),
    said_of<settings>("err_on_failed_lookup", "drcon reports a template that fails, keeps the old file, and goes on"),
    text_of("exec.splay", &settings::exec_splay),
    text_of("exec.reload_signal", &settings::exec_reload_signal),
    text_of("exec.kill_signal", &settings::exec_kill_signal),
    text_of("exec.kill_timeout", &settings::exec_kill_timeout),
    said_of<settings>("exec.timeout", "Consul Template does not use it for a program that it keeps"),
    refused<settings>("exec.env.pristine", no_part_of_environment),
    refused<settings>("exec.env.*", no_part_of_environment),
};

constexpr option<template_stanza> of_templates[] = {
    text_of("template.destination", &template_stanza::destination),
    text_of("template.user", &template_stanza::user),
    text_of("template.uid", &template_stanza::user),
    text_of("template.group", &template_stanza::group),
    text_of("template.gid", &template_stanza::group),
    flag_of("template.backup", &template_stanza::backup),
    text_of("template.command_timeout", &template_stanza::command_timeout),
    text_of("template.exec.timeout", &template_stanza::command_timeout),
    said_of<template_stanza>("template.exec.enabled", {}),
    refused<template_stanza>("template.exec.env.*",
                             "write the variables that the command needs into reload.environment of the sink"),
    said_of<template_stanza>("template.exec.*",
                             "a command that takes too long is ended by SIGKILL, with all it started"),
    text_of("template.left_delimiter", &template_stanza::left_delimiter),
    text_of("template.right_delimiter", &template_stanza::right_delimiter),
    flag_of("template.error_on_missing_key", &template_stanza::error_on_missing_key),
    flag_of("template.create_dest_dirs", &template_stanza::create_directories),
    said_of<template_stanza>("template.error_fatal",
                             "drcon reports a template that fails, keeps the old file, and goes on"),
    refused<template_stanza>("template.sandbox_path", no_limit_of_functions),
    refused<template_stanza>("template.function_denylist", no_limit_of_functions),
    refused<template_stanza>("template.function_blacklist", no_limit_of_functions),
    refused<template_stanza>("template.map_to_environment_variable", no_variable),
};

template <typename Into, std::size_t Size>
const option<Into>* find(const option<Into> (&all)[Size], std::string_view path) {
  const auto* exact = std::ranges::find(all, path, &option<Into>::path);
  if (exact != std::end(all)) return exact;
  const auto* below = std::ranges::find_if(all, [path](const auto& each) {
    return each.path.ends_with('*') && path.starts_with(each.path.substr(0, each.path.size() - 1));
  });
  return below == std::end(all) ? nullptr : below;
}

template <typename Into, std::size_t Size>
bool has_below(const option<Into> (&all)[Size], const std::string& path) {
  return find(all, path + ".") != nullptr ||
         std::ranges::any_of(all, [&path](const auto& each) { return each.path.starts_with(path + "."); });
}

// What there is to say of a block, when that is all that there is to say of anything in it.
const option<settings>* of_block(const std::string& path) {
  const option<settings>* found = nullptr;
  for (const auto& each : general) {
    if (!each.path.starts_with(path + ".")) continue;
    if (found != nullptr || !each.path.ends_with('*')) return nullptr;
    found = &each;
  }
  return found;
}

std::optional<bool> as_flag(const hcl::value& given) {
  if (given.is(kind::boolean)) return given.flag;
  if (given.text == "true" || given.text == "1") return true;
  if (given.text == "false" || given.text == "0") return false;
  return {};
}

// A block that says so does nothing, nor does one whose values are all empty.
bool is_off(const hcl::value& block) {
  const bool is_empty = std::ranges::all_of(
      block.entries, [](const hcl::entry& each) { return each.held.is(kind::text) && each.held.text.empty(); });
  return is_empty || std::ranges::any_of(block.entries, [](const hcl::entry& each) {
           return each.key == "enabled" && as_flag(each.held) && !*as_flag(each.held);
         });
}

// A number without a 0 in front is decimal, and Consul Template takes the permissions from its bits.
std::string permissions(const hcl::value& given) {
  if (!given.is(kind::number) || given.text.starts_with('0')) return given.text;
  std::string octal;
  if (given.text.find_first_not_of("0123456789") != std::string::npos) return given.text;
  for (auto bits = std::stoul(given.text.substr(0, 9)); bits > 0; bits /= 8) octal.insert(0, std::to_string(bits % 8));
  return octal;
}

bool is_scalar(const hcl::value& given) {
  return given.is(kind::text) || given.is(kind::number) || given.is(kind::boolean);
}

class settings_reader {
public:
  settings_reader(std::string file, settings& result, report& found)
      : file_(std::move(file)), settings_(result), report_(found) {}
  settings_reader(place where, settings& result, report& found)
      : file_(std::move(where.file)), is_flag_(true), settings_(result), report_(found) {}

  void entries(const std::vector<hcl::entry>& all, const std::string& prefix, template_stanza* current) {
    for (const auto& each : all) one(prefix + each.key, each.held, at(each.where), current);
  }
  void one(const std::string& path, const hcl::value& given, const place& where, template_stanza* current);

private:
  place at(const position& where) const { return {.file = file_, .where = is_flag_ ? position{0, 0} : where}; }
  void stanza(const hcl::value& given, const place& where);
  bool special(const std::string& path, const hcl::value& given, const place& where, template_stanza* current);
  bool of_exec(const std::string& path, const hcl::value& given, const place& where);
  void environment(const hcl::value& given, const place& where, std::map<std::string, std::string>& result);
  void wait(const hcl::value& given, const place& where, waiting& result);
  void command(const hcl::value& given, const place& where, command_words& result);
  template <typename Into>
  void set(const option<Into>& what, const std::string& path, const hcl::value& given, const place& where,
           Into& result);
  void unknown(const std::string& path, const place& where) {
    report_.fault(where, path + ": Consul Template has no such option");
  }
  void expected(const place& where, const std::string& path, std::string_view what) {
    report_.fault(where, path + ": expected " + std::string(what));
  }

  std::string file_;
  bool is_flag_ = false;
  settings& settings_;
  report& report_;
};

void settings_reader::one(const std::string& path, const hcl::value& given, const place& where,
                          template_stanza* current) {
  // JSON writes a block as a list of objects.
  if (given.is(kind::list) && !given.items.empty() && given.items[0].is(kind::object)) {
    for (const auto& each : given.items) one(path, each, at(each.where), current);
    return;
  }
  if (path == "template") return stanza(given, where);
  if (special(path, given, where, current)) return;
  if (given.is(kind::object)) {
    if (is_off(given) && path != "ssl" && path != "consul.ssl") return;
    if (current == nullptr)
      if (const auto* whole = of_block(path)) return set(*whole, path, given, where, settings_);
    if (!has_below(general, path) && !has_below(of_templates, path)) return unknown(path, where);
    return entries(given.entries, path + ".", current);
  }
  if (current != nullptr) {
    if (const auto* what = find(of_templates, path)) return set(*what, path, given, where, *current);
  } else if (const auto* what = find(general, path)) {
    return set(*what, path, given, where, settings_);
  }
  unknown(path, where);
}

void settings_reader::stanza(const hcl::value& given, const place& where) {
  if (!given.is(kind::object)) return expected(where, "template", "a block: template { … }");
  template_stanza result;
  result.where = result.source_at = where;
  entries(given.entries, "template.", &result);
  settings_.templates.push_back(std::move(result));
}

bool settings_reader::special(const std::string& path, const hcl::value& given, const place& where,
                              template_stanza* current) {
  if (current == nullptr) {
    if (path == "wait") wait(given, where, settings_.wait);
    return path == "wait" || of_exec(path, given, where);
  }
  if (path == "template.wait") wait(given, where, current->wait);
  else if (path == "template.perms" && is_scalar(given) && !given.is(kind::boolean))
    current->perms = permissions(given);
  else if (path == "template.command" || path == "template.exec.command") command(given, where, current->command);
  else if (path == "template.source" && given.is(kind::text)) current->source = given.text;
  else if (path == "template.contents" && given.is(kind::text)) current->contents = given.text;
  else return false;
  if (path == "template.contents" || path == "template.source") current->source_at = where;
  return true;
}

// What of `exec` is no plain text.
bool settings_reader::of_exec(const std::string& path, const hcl::value& given, const place& where) {
  auto& exec = settings_.exec;
  if (path == "exec.command") {
    exec.where = where;
    command(given, where, exec.command);
  } else if (path == "exec.enabled" && as_flag(given)) exec.is_on = *as_flag(given);
  else if (path == "exec.env.custom") environment(given, where, exec.environment);
  else if (path == "exec.env.pristine" && as_flag(given) == false) return true;
  else return path.starts_with("exec.env.") && given.is(kind::list) && given.items.empty();
  return true;
}

void settings_reader::environment(const hcl::value& given, const place& where,
                                  std::map<std::string, std::string>& result) {
  const bool all_texts = given.is(kind::list) && std::ranges::all_of(given.items, is_scalar);
  if (!all_texts) return expected(where, "env.custom", "a list of texts such as \"NAME=VALUE\"");
  for (const auto& each : given.items) {
    const auto mark = each.text.find('=');
    if (mark == std::string::npos || mark == 0) expected(where, "env.custom", "NAME=VALUE, not " + each.text);
    else if (each.text.find('$', mark) != std::string::npos)
      report_.fault(where,
                    "env.custom: drcon gives a variable a value as it is written, and does not replace the name "
                    "in " +
                        each.text + ": start drcon itself with it");
    else result[each.text.substr(0, mark)] = each.text.substr(mark + 1);
  }
}

void settings_reader::wait(const hcl::value& given, const place& where, waiting& result) {
  if (given.is(kind::text)) {
    if (const auto read = read_wait(given.text)) result = *read;
    else expected(where, "wait", R"(a duration such as "5s", or two: "5s:20s")");
    return;
  }
  for (const auto& each : given.entries) {
    const auto duration = read_duration(each.held.text);
    if (each.key == "enabled" && as_flag(each.held)) result.enabled = *as_flag(each.held);
    else if (each.key == "min" && duration) result.min = duration;
    else if (each.key == "max" && duration) result.max = duration;
    else expected(at(each.where), "wait", "enabled, min and max, the last two durations such as \"5s\"");
  }
  if (result.min && !result.max) result.max = *result.min * 4;
}

void settings_reader::command(const hcl::value& given, const place& where, command_words& result) {
  result.clear();
  if (given.is(kind::text)) {
    if (!given.text.empty()) result.push_back(given.text);
    return;
  }
  const bool all_texts = given.is(kind::list) && std::ranges::all_of(given.items, is_scalar);
  if (!all_texts) return expected(where, "command", "a text, or a list of texts");
  for (const auto& each : given.items) result.push_back(each.text);
}

template <typename Into>
void settings_reader::set(const option<Into>& what, const std::string& path, const hcl::value& given,
                          const place& where, Into& result) {
  if (!what.fault.empty() && is_scalar(given) && !given.is(kind::boolean) && given.text.empty()) return;
  if (!what.fault.empty()) return report_.fault(where, path + ": " + std::string(what.fault));
  if (what.text == nullptr && what.flag == nullptr) {
    if (!what.remark.empty()) report_.remark(where, path + ": " + std::string(what.remark));
    return;
  }
  if (what.flag != nullptr) {
    if (const auto flag = as_flag(given)) result.*what.flag = *flag;
    else expected(where, path, "true or false");
    return;
  }
  if (!is_scalar(given)) return expected(where, path, "a text");
  result.*what.text = given.is(kind::boolean) ? (given.flag ? "true" : "false") : given.text;
}

}  // namespace

void read_file_of_settings(const std::string& text, const std::string& file, settings& result, report& found) {
  const auto read = hcl::read(text);
  if (const auto* wrong = std::get_if<hcl::fault>(&read))
    return found.fault({.file = file, .where = wrong->where}, wrong->text);
  settings_reader(file, result, found).entries(std::get<hcl::value>(read).entries, "", nullptr);
}

void set_option(const std::string& path, const hcl::value& given, const place& where, settings& result, report& found) {
  settings_reader(where, result, found).one(path, given, where, nullptr);
}

template_stanza read_template_flag(const std::string& text, const place& where, report& found) {
  template_stanza result;
  result.where = result.source_at = where;
  const auto first = text.find(':');
  result.source = text.substr(0, first);
  if (first != std::string::npos) {
    const auto second = text.find(':', first + 1);
    result.destination = text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
    if (second != std::string::npos && second + 1 < text.size()) result.command.push_back(text.substr(second + 1));
  }
  if (result.source.empty() || result.destination.empty())
    found.fault(where, "-template " + text + ": expected SOURCE:DESTINATION or SOURCE:DESTINATION:COMMAND");
  return result;
}

}  // namespace drcon::importing
