#include "template/settings.hpp"

#include "template/item.hpp"
#include "template/supervise_settings.hpp"

#include <grp.h>
#include <pwd.h>

#include <set>

namespace drcon::templates {
namespace {

/// Of a command that names none. Not a default in the schema: with one, the table would always be there.
constexpr auto usual_timeout = std::chrono::seconds(10);

// From the options `command`, `shell` or `signal`, `pid_file`, `user`, `environment`, `timeout`; nothing when the table
// is not there.
std::optional<command> read_command(const options& table) {
  if (!table.present()) return {};
  command result;
  result.argv = table["command"].strings();
  if (table["shell"].present()) {
    if (!result.argv.empty()) throw config_error(table["shell"].pointer(), "cannot be combined with 'command'");
    result.argv = {"/bin/sh", "-c", table["shell"].string()};
  }
  if (table["signal"].present()) {
    if (!result.argv.empty())
      throw config_error(table["signal"].pointer(), "cannot be combined with 'command' or 'shell'");
    if (!table["pid_file"].present()) throw config_error(table.pointer(), "'signal' needs a 'pid_file'");
    result.signal = signal_of(table["signal"].string());
    result.pid_file = table["pid_file"].string();
  }
  if (result.argv.empty() && result.signal == 0)
    throw config_error(table.pointer(), "expected 'command', 'shell', or 'signal' with 'pid_file'");
  result.user = table["user"].string_or("");
  if (!result.user.empty()) {
    const auto* known = ::getpwnam(result.user.c_str());
    if (known == nullptr) throw config_error(table["user"].pointer(), "there is no user '" + result.user + "'");
    result.group = known->pw_gid;
    result.home = known->pw_dir;
  }
  for (const auto& name : table["environment"].keys()) result.environment[name] = table["environment"][name].string();
  result.timeout = table["timeout"].present() ? table["timeout"].duration() : usual_timeout;
  return result;
}

templating::go::delimiters read_delimiters(const options& table, template_language written_in) {
  if (!table.present()) return {};
  if (written_in == template_language::mustache)
    throw config_error(table.pointer(),
                       "is for templates in Go's language; a mustache template sets its own, by {{=<% %>=}}");
  return {.left = table[0].string(), .right = table[1].string()};
}

template_language read_language(const options& table) {
  const auto word = table["language"].string();
  return word == "auto" ? language_of_file(table["template"].string())
         : word == "go" ? template_language::go
                        : template_language::mustache;
}

form read_template(const options& all) {
  const auto table = all["template"];
  const auto path = table.string();
  const auto written_in = read_language(all);
  const reading how{.written_in = written_in,
                    .marks = read_delimiters(all["delimiters"], written_in),
                    .each = item_kind_of(all["for_each"].string_or(""))};
  std::string why;
  auto text = common::read_file(path, why);
  if (!text) throw config_error(table.pointer(), why.empty() ? "there is no " + path : why);
  if (text->empty()) throw config_error(table.pointer(), path + " is empty");
  auto read = read_form(path, std::move(*text), how);
  if (const auto* wrong = std::get_if<templating::fault>(&read)) throw config_error(table.pointer(), report(*wrong));
  return std::get<form>(std::move(read));
}

common::file_attributes read_attributes(const options& table) {
  common::file_attributes result;
  if (table["mode"].present()) result.mode = static_cast<mode_t>(std::stoul(table["mode"].string(), nullptr, 8));
  if (table["owner"].present()) {
    const auto* user = ::getpwnam(table["owner"].string().c_str());
    if (user == nullptr)
      throw config_error(table["owner"].pointer(), "there is no user '" + table["owner"].string() + "'");
    result.owner = user->pw_uid;
  }
  if (table["group"].present()) {
    const auto* group = ::getgrnam(table["group"].string().c_str());
    if (group == nullptr)
      throw config_error(table["group"].pointer(), "there is no group '" + table["group"].string() + "'");
    result.group = group->gr_gid;
  }
  return result;
}

// A check that does not look at the new file judges the old one, and is always content.
void need_file_mark(const options& table, const command& check) {
  for (const auto& each : check.argv)
    if (each.find("{file}") != std::string::npos || each.find("DRCON_FILE") != std::string::npos) return;
  throw config_error(table.pointer(), "no argument holds {file}, the name of the new file: it would check the old one");
}

// A path is taken as it is, but for {{name}} where there is a file for each of many. One with another tag in it would
// make a file of that very name.
std::string read_path(const options& all) {
  const auto table = all["path"];
  auto path = table.string();
  const bool has_tag = path.find("{{") != std::string::npos;
  if (!all["for_each"].present()) {
    if (has_tag)
      throw config_error(table.pointer(), path +
                                              " is taken as it is, and would be a file of this very name; with "
                                              "for_each there is a file for each service, key or tag");
    return path;
  }
  const auto name = path.substr(path.rfind('/') + 1);
  const auto mark = name.find(name_mark);
  if (mark == std::string::npos || path.find("{{") != path.size() - name.size() + mark ||
      name.find("{{", mark + 1) != std::string::npos)
    throw config_error(table.pointer(),
                       "with for_each the file's name holds {{name}} once, and its directory does not");
  if (all["backup"].boolean())
    throw config_error(all["backup"].pointer(), "is for one file, and cannot be combined with for_each");
  return path;
}

// In mustache a value that is not there is a fault anyway, unless the template says what else to show.
bool read_needs_keys(const options& table) {
  const auto given = table["error_on_missing_key"];
  if (given.boolean() && read_language(table) != template_language::go)
    throw config_error(given.pointer(), "is for templates in Go's language");
  return given.boolean();
}

file_options read_file_options(const options& table) {
  file_options result{.path = read_path(table),
                      .template_path = table["template"].string(),
                      .form = read_template(table),
                      .in = language_of(table["escape"].string()).value(),
                      .attributes = read_attributes(table),
                      .backup = table["backup"].boolean(),
                      .needs_keys = read_needs_keys(table),
                      .check = read_command(table["check"])};
  if (result.check) need_file_mark(table["check"], *result.check);
  return result;
}

// The parts of a path with {{name}} in it; of one without it the whole is in front.
struct path_pattern {
  std::string directory;
  std::string front;
  std::string end;
  bool is_of_many = false;

  explicit path_pattern(const std::string& path) {
    const auto slash = path.rfind('/') + 1;
    directory = path.substr(0, slash);
    front = path.substr(slash);
    const auto mark = front.find(name_mark);
    is_of_many = mark != std::string::npos;
    if (!is_of_many) return;
    end = front.substr(mark + name_mark.size());
    front.erase(mark);
  }
};

// Whether some name makes one file of both.
bool can_meet(const path_pattern& one, const path_pattern& other) {
  if (one.directory != other.directory || (!one.is_of_many && !other.is_of_many)) return false;
  if (!one.is_of_many) return can_meet(other, one);
  if (!other.is_of_many)
    return other.front.size() > one.front.size() + one.end.size() && other.front.starts_with(one.front) &&
           other.front.ends_with(one.end);
  return (one.front.starts_with(other.front) || other.front.starts_with(one.front)) &&
         (one.end.ends_with(other.end) || other.end.ends_with(one.end));
}

// A file has one writer. Which names there will be, only the registry knows: two patterns that may meet are reported,
// and the entry that comes second has no file of that name then.
void judge_overlaps(const options& table, const apply_settings& all, const context& host) {
  for (std::size_t i = 0; i < all.files.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const path_pattern later(all.files[i].path);
      const path_pattern earlier(all.files[j].path);
      if (!can_meet(later, earlier)) continue;
      const auto why =
          all.files[i].path + " can be the same file as " + all.files[j].path + ", which another entry writes";
      if (!later.is_of_many || !earlier.is_of_many)
        throw config_error(table["file"][i]["path"].pointer(), why + "; give one of them a directory of its own");
      host.warn(why + "; a name that makes one file of both has it of the first entry alone");
    }
}

}  // namespace

apply_settings read_settings(const options& table, const context& host) {
  apply_settings result{.sink = std::string(host.name()),
                        .files = {},
                        .reload = read_command(table["reload"]),
                        .absent_is_empty = table["absent"].string() == "empty",
                        .granted = {.program_timeout = table["plugin_timeout"].duration(),
                                    .write_below = table["write_below"].strings()}};
  std::set<std::string> paths;
  for (std::size_t i = 0; i < table["file"].count(); ++i) {
    auto one = read_file_options(table["file"][i]);
    if (!paths.insert(one.path).second)
      throw config_error(table["file"][i]["path"].pointer(), one.path + " is written by another entry already");
    result.files.push_back(std::move(one));
  }
  for (std::size_t i = 0; i < result.files.size(); ++i)
    if (const auto& one = result.files[i]; one.backup && paths.contains(one.path + ".bak"))
      throw config_error(table["file"][i]["backup"].pointer(),
                         "the version before is kept as " + one.path + ".bak, which another entry writes");
  judge_overlaps(table, result, host);
  return result;
}

}  // namespace drcon::templates
