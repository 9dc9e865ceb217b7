#include "import/consul_template.hpp"

#include "common/toml_text.hpp"
#include "import/exec.hpp"
#include "import/sources_text.hpp"
#include "import/templates.hpp"
#include "import/toml.hpp"
#include "import/watches.hpp"

#include <algorithm>
#include <cctype>
#include <tuple>

namespace drcon::importing {
namespace {

namespace fs = std::filesystem;

constexpr auto usual_timeout = std::chrono::seconds(30);  // Consul Template's

struct file {
  const template_stanza* stanza = nullptr;
  read_template form;
};

// What Consul Template runs once for several templates is one sink's: all of its files, and one reload.
struct planned_sink {
  std::string name;
  waiting wait;
  std::vector<file> files;
  const template_stanza& first() const { return *files.front().stanza; }
};

bool are_one(const template_stanza& left, const template_stanza& right) {
  return std::tie(left.command, left.command_timeout, left.wait) ==
         std::tie(right.command, right.command_timeout, right.wait);
}

std::vector<planned_sink> sinks_of(const settings& given, const import_surroundings& around, asks& asked,
                                   report& found) {
  std::vector<planned_sink> all;
  std::vector<std::string> names;
  for (const auto& stanza : given.templates) {
    file one{.stanza = &stanza, .form = read(stanza, given, around, found)};
    auto& more = one.form.asked;
    asked.services.insert(asked.services.end(), more.services.begin(), more.services.end());
    asked.keys.insert(asked.keys.end(), more.keys.begin(), more.keys.end());
    asked.details.insert(more.details.begin(), more.details.end());
    for (const auto& name : more.environment)
      if (std::ranges::find(asked.environment, name) == asked.environment.end()) asked.environment.push_back(name);
    const auto place =
        std::ranges::find_if(all, [&stanza](const planned_sink& each) { return are_one(each.first(), stanza); });
    if (place != all.end()) {
      place->files.push_back(std::move(one));
      continue;
    }
    all.emplace_back();
    all.back().name = toml::free_name(fs::path(stanza.destination).filename().string(), names);
    all.back().wait = stanza.wait.min || !stanza.wait.enabled ? stanza.wait : given.wait;
    all.back().files.push_back(std::move(one));
  }
  return all;
}

// Which language the file is in, by its name and place: a guess, and the comment says so.
std::string language_of(const std::string& path) {
  const auto has = [&path](std::string_view word) { return path.find(word) != std::string::npos; };
  const auto extension = fs::path(path).extension().string();
  if (has("nginx")) return "nginx";
  if (has("haproxy")) return "haproxy";
  if (extension == ".json") return "json";
  if (extension == ".yml" || extension == ".yaml") return "yaml";
  if (extension == ".toml") return "toml";
  if (extension == ".html" || extension == ".htm") return "html";
  if (extension == ".sh" || extension == ".env" || fs::path(path).filename() == ".env") return "shell";
  return "none";
}

// A template that makes strings of JSON itself would have them refused for their quotation marks.
std::string escape_of(const file& one, const std::string& path) {
  if (one.form.asked.escapes) return "escape = \"none\"  # the template escapes by itself\n";
  const auto language = language_of(path);
  return "escape = " + common::toml_text(language) +
         (language == "none" ? "  # nothing but control characters is refused\n"
                             : "  # by the file's name: what would break it is left out; \"none\" lets it pass\n");
}

std::string reload_of(const template_stanza& stanza, report& found) {
  if (stanza.command.empty()) return {};
  auto text =
      std::string("reload = { ") + (stanza.command.size() == 1 ? "shell = " + common::toml_text(stanza.command[0])
                                                               : "command = " + toml::list(stanza.command));
  auto timeout = std::optional<std::chrono::nanoseconds>(usual_timeout);
  if (!stanza.command_timeout.empty()) timeout = read_duration(stanza.command_timeout);
  if (!timeout) found.fault(stanza.where, "command_timeout: '" + stanza.command_timeout + "' is no duration");
  else if (timeout->count() > 0) text += ", timeout = " + common::toml_text(shown(*timeout));
  return text + " }\n";
}

bool is_number(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string owner_of(const char* key, const char* database, const std::string& name, const place& where,
                     report& found) {
  if (name.empty()) return {};
  if (is_number(name)) {
    found.fault(where, std::string(key) + ": drcon takes a name, not the number " + name + ": see `getent " + database +
                           " " + name + "`");
    return {};
  }
  return std::string(key) + " = " + common::toml_text(name) + "\n";
}

std::string permissions_of(const template_stanza& stanza, report& found) {
  if (stanza.perms.empty()) return {};
  auto octal = stanza.perms;
  while (octal.size() > 3 && octal.front() == '0') octal.erase(0, 1);
  if (octal.size() == 3 && octal.find_first_not_of("01234567") == std::string::npos)
    return "mode = " + common::toml_text("0" + octal) + "\n";
  found.fault(stanza.where, "perms: expected three octal digits, such as 0644, found " + stanza.perms);
  return {};
}

std::string file_text(const planned_sink& of, const file& one, const import_surroundings& around, report& found) {
  const auto& stanza = *one.stanza;
  const auto path = absolute(stanza.destination, around);
  std::string text = "[[sink." + of.name + ".file]]\npath = " + common::toml_text(path) + "\n";
  text += "template = " + common::toml_text(one.form.path) + "\nlanguage = \"go\"\n";
  if (!one.form.left_delimiter.empty() || !one.form.right_delimiter.empty())
    text += "delimiters = " +
            toml::list({one.form.left_delimiter.empty() ? "{{" : one.form.left_delimiter,
                        one.form.right_delimiter.empty() ? "}}" : one.form.right_delimiter}) +
            "\n";
  text += escape_of(one, path);
  text += permissions_of(stanza, found);
  text += owner_of("owner", "passwd", stanza.user, stanza.where, found);
  text += owner_of("group", "group", stanza.group, stanza.where, found);
  if (stanza.backup) text += "backup = true\n";
  if (stanza.error_on_missing_key) text += "error_on_missing_key = true\n";
  std::error_code error;
  if (stanza.create_directories && !fs::is_directory(fs::path(path).parent_path(), error))
    found.remark(stanza.where,
                 "create_dest_dirs: drcon makes no directories: mkdir -p " + fs::path(path).parent_path().string());
  return text + "\n";
}

// One pipeline can feed them all, so that the program of one waits for the files of each.
bool are_fed_together(const std::vector<planned_sink>& all) {
  return std::ranges::all_of(all, [&all](const planned_sink& each) { return each.wait == all.front().wait; });
}

// Which sink keeps the program of `exec`: the one whose files have no command of their own, since it is the program
// that reads them; else the first.
const planned_sink* keeper_of_program(const settings& given, const std::vector<planned_sink>& all, report& found) {
  if (!keeps_program(given) || all.empty()) return nullptr;
  auto keeper = std::ranges::find_if(all, [](const planned_sink& each) { return each.first().command.empty(); });
  if (keeper == all.end()) keeper = all.begin();
  const std::string but = are_fed_together(all) ? " does not load" : " neither waits for nor loads";
  for (const auto& each : all)
    if (&each != &*keeper)
      found.fault(each.first().where, "exec: the program of sink " + keeper->name + but +
                                          " changes of the files of sink " + each.name +
                                          ", which have a command or a wait of their own: let a reload of that sink "
                                          "signal the program, or give all templates the same command and wait");
  return &*keeper;
}

std::string sink_text(const planned_sink& of, const std::string& supervise, const import_surroundings& around,
                      report& found) {
  auto text = "[sink." + of.name + "]\nplugin = \"template\"\n" + reload_of(of.first(), found) + supervise;
  const bool computes = std::ranges::any_of(of.files, [](const file& each) {
    return std::ranges::any_of(each.form.asked.services, &service_ask::is_computed);
  });
  if (computes) text += "absent = \"empty\"  # a service whose name the template computes may not be there\n";
  std::vector<std::string> written;
  for (const auto& each : of.files)
    for (const auto& directory : each.form.asked.written) written.push_back(absolute(directory, around));
  if (!written.empty())
    text += "write_below = " + toml::list(written) + "  # where templates write files of their own\n";
  text += "\n";
  for (const auto& each : of.files) text += file_text(of, each, around, found);
  return text;
}

std::string pipeline_text(const planned_sink& of, const std::vector<std::string>& sources,
                          const std::vector<std::string>& sinks) {
  auto text = "[pipeline." + of.name + "]\nsources = " + toml::list(sources) + "\nsinks = " + toml::list(sinks) + "\n";
  if (of.wait.enabled && of.wait.min && of.wait.max)
    text += "wait = { min = " + common::toml_text(shown(*of.wait.min)) +
            ", max = " + common::toml_text(shown(*of.wait.max)) + " }\n";
  return text + "\n";
}

std::string head(const asks& asked, const report& found) {
  auto text = toml::comment(
      "Made of Consul Template's configuration by `drcon import consul-template`. Try it: drcon check -c FILE; drcon "
      "render --diff -c FILE.");
  text +=
      "#\n" +
      toml::comment(
          "Unlike Consul Template, drcon holds the removal of more than half of a service's endpoints, and of the last "
          "one, for five minutes, since that is what a registry that has lost its data looks like. For a pipeline "
          "without that: brake = { hold = \"0s\" }. What it means: drcon reference.");
  if (!asked.environment.empty()) {
    std::string names;
    for (const auto& each : asked.environment) names += (names.empty() ? "" : ", ") + each;
    text += "#\n" + toml::comment(
                        "The templates read these variables of drcon's environment (Environment= of its unit), "
                        "when they are rendered: " +
                        names + ".");
  }
  return text + as_comments(found) + "\n";
}

}  // namespace

std::string translated(const settings& given, const import_surroundings& around, report& found) {
  asks asked;
  const auto sinks = sinks_of(given, around, asked, found);
  if (sinks.empty()) found.fault({.file = "the configuration"}, "it has no template, so there is nothing to render");
  std::vector<std::string> sources;
  auto text = sources_text(given, around, smallest(asked), sources, found);
  if (sources.empty() && !sinks.empty())
    found.fault({.file = "the configuration"},
                "no template asks for a service or a key: drcon renders when a source reports a change, so these files "
                "can be written once, by hand");
  const auto* keeper = keeper_of_program(given, sinks, found);
  const bool together = keeper != nullptr && are_fed_together(sinks);
  std::vector<std::string> names;
  for (const auto& each : sinks) {
    names.push_back(each.name);
    text += sink_text(each, &each == keeper ? supervise_of(given, found) : std::string(), around, found);
    if (!together) text += pipeline_text(each, sources, {each.name});
  }
  if (together) text += pipeline_text(*keeper, sources, names);
  if (!given.log_level.empty())
    found.remark({.file = "log_level"},
                 "in /etc/drcon/drcon.toml: [log] level, one of trace, debug, info, warning, error");
  if (!given.log_file.empty()) found.remark({.file = "log_file"}, "in /etc/drcon/drcon.toml: [log] file");
  while (text.ends_with("\n\n")) text.pop_back();
  return head(asked, found) + text;
}

}  // namespace drcon::importing
