// The template sink: its options, and the plugin object.
#include "template/publisher.hpp"

#include <grp.h>
#include <pwd.h>

#include <set>

namespace drcon::templates {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["file"],
  "description": "Draws files from mustache templates, has them checked, puts them in place together, and reloads who reads them.",
  "properties": {
    "file": { "type": "array", "minItems": 1, "description": "The files; all of them change, or none.",
      "items": { "type": "object", "additionalProperties": false, "required": ["path", "template", "escape"],
        "properties": {
          "path": { "type": "string", "format": "path", "minLength": 1, "description": "The file to write." },
          "template": { "type": "string", "format": "path", "minLength": 1,
            "description": "The mustache template. It is read again when it changes. See the plugin's README for its values." },
          "escape": { "type": "string", "enum": ["nginx", "haproxy", "json", "shell", "toml", "yaml", "html", "none"],
            "description": "The file's language: how {{values}} are made harmless in it. An endpoint with words that cannot be written in it is left out. none: as they are, without control characters." },
          "mode": { "type": "string", "pattern": "^0?[0-7]{3}$", "description": "Permissions, in octal. Default: those of the file that is there, 0644 when it is new." },
          "owner": { "type": "string", "minLength": 1, "description": "User the file belongs to. Default: as it is; drcon's when it is new." },
          "group": { "type": "string", "minLength": 1, "description": "Group the file belongs to. Default: as it is; drcon's when it is new." },
          "backup": { "type": "boolean", "default": false, "description": "Whether the version before is kept as PATH.bak." },
          "check": { "type": "object", "additionalProperties": false,
            "description": "A command that must end with code 0 for the new file to be put in place. It sees the new file under another name, {file}, in the same directory.",
            "properties": {
              "command": { "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "Program and arguments, without a shell; one holds {file}." },
              "shell": { "type": "string", "minLength": 1, "description": "The same as a line for /bin/sh; the file is also $DRCON_FILE." },
              "user": { "type": "string", "minLength": 1, "description": "User to run it as; drcon must be root. Default: drcon's." },
              "environment": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Variables besides drcon's own." },
              "timeout": { "type": "string", "format": "duration", "description": "It is killed, with all it started, when it takes longer. Default: 10s." } } }
        } } },
    "reload": { "type": "object", "additionalProperties": false,
      "description": "What makes the reader of the files take them: run once after all that changed together are in place. When it fails the old files are put back and it is run again.",
      "properties": {
        "command": { "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "Program and arguments, without a shell." },
        "shell": { "type": "string", "minLength": 1, "description": "The same as a line for /bin/sh." },
        "signal": { "type": "string", "enum": ["HUP", "USR1", "USR2", "WINCH", "TERM", "INT"], "description": "A signal instead of a command. All but TERM and INT are sent once the process listens to them: one that starts, or executes itself anew as HAProxy does, would be ended by them or lose them." },
        "pid_file": { "type": "string", "format": "path", "minLength": 1, "description": "Where the process that gets the signal has its id." },
        "user": { "type": "string", "minLength": 1, "description": "User to run the command as; drcon must be root. Default: drcon's." },
        "environment": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Variables besides drcon's own." },
        "timeout": { "type": "string", "format": "duration", "description": "It is killed, with all it started, when it takes longer. Default: 10s." } } }
  }
})JSON";

common::mustache_template read_template(const options& from) {
  const auto path = from.string();
  std::string why;
  auto text = common::read_file(path, why);
  if (!text) throw config_error(from.pointer(), why.empty() ? "there is no " + path : why);
  if (text->empty()) throw config_error(from.pointer(), path + " is empty");
  common::mustache_template form(std::move(*text));
  if (const auto fault = form.fault()) throw config_error(from.pointer(), path + ":" + *fault);
  return form;
}

common::file_attributes read_attributes(const options& from) {
  common::file_attributes to;
  if (from["mode"].present()) to.mode = static_cast<mode_t>(std::stoul(from["mode"].string(), nullptr, 8));
  if (from["owner"].present()) {
    const auto* user = ::getpwnam(from["owner"].string().c_str());
    if (user == nullptr)
      throw config_error(from["owner"].pointer(), "there is no user '" + from["owner"].string() + "'");
    to.owner = user->pw_uid;
  }
  if (from["group"].present()) {
    const auto* group = ::getgrnam(from["group"].string().c_str());
    if (group == nullptr)
      throw config_error(from["group"].pointer(), "there is no group '" + from["group"].string() + "'");
    to.group = group->gr_gid;
  }
  return to;
}

// A check that does not look at the new file judges the old one, and is always content.
void need_file_mark(const options& from, const command& check) {
  for (const auto& each : check.argv)
    if (each.find("{file}") != std::string::npos || each.find("DRCON_FILE") != std::string::npos) return;
  throw config_error(from.pointer(), "no argument holds {file}, the name of the new file: it would judge the old one");
}

file_options read_file_options(const options& from) {
  file_options to{.path = from["path"].string(),
                  .template_path = from["template"].string(),
                  .form = read_template(from["template"]),
                  .in = language_of(from["escape"].string()).value(),
                  .attributes = read_attributes(from),
                  .backup = from["backup"].boolean(),
                  .check = read_command(from["check"])};
  if (to.check) need_file_mark(from["check"], *to.check);
  return to;
}

publisher_options read_options(const options& from, const context& host) {
  publisher_options to{.sink = std::string(host.name()), .files = {}, .reload = read_command(from["reload"])};
  std::set<std::string> paths;
  for (std::size_t i = 0; i < from["file"].count(); ++i) {
    auto one = read_file_options(from["file"][i]);
    if (!paths.insert(one.path).second)
      throw config_error(from["file"][i]["path"].pointer(), one.path + " is written by another entry already");
    to.files.push_back(std::move(one));
  }
  return to;
}

wanted_state state_of(const update_view& update) {
  wanted_state to;
  to.revision = update.wanted().revision();
  for (const auto each : update.wanted().services()) to.services.push_back(each.copy());
  for (const auto each : update.changes()) {
    auto& list = each.added() ? to.added : each.removed() ? to.removed : to.changed;
    list.emplace_back(each.name());
  }
  return to;
}

class sink final : public blocking_sink {
public:
  static constexpr const char* schema = schema_text;

  sink(context host, const options& from) : blocking_sink(host), publisher_(read_options(from, host), host) {}

  outcome apply(const update_view& update, std::stop_token stop) override {
    last_ = state_of(update);
    auto how = publisher_.publish(*last_, stop);
    if (how.result == DRCON_OK) edited_ = false;
    return how;
  }

  /// Templates are edited by people, who expect to see what they did.
  std::chrono::nanoseconds tend(const std::stop_token& stop) override {
    constexpr auto look_every = std::chrono::seconds(2);
    if (!last_) return look_every;
    edited_ |= publisher_.reread_templates();
    if (!edited_) return look_every;
    last_->added.clear();
    last_->changed.clear();
    last_->removed.clear();
    // The host knows nothing of it: what is refused is tried again from here.
    const auto how = publisher_.publish(*last_, stop);
    edited_ = how.result != DRCON_OK;
    if (edited_ && !stop.stop_requested()) host().status_degraded(how.why);
    return look_every;
  }

  bool render(const update_view& update) override {
    for (const auto& each : publisher_.preview(state_of(update))) {
      if (each.live) host().rendered(each.path, each.bytes, *each.live);
      else host().rendered(each.path, each.bytes);
    }
    return true;
  }

private:
  publisher publisher_;
  std::optional<wanted_state> last_;
  bool edited_ = false;  // a template has been, and what it draws is not in place yet
};

}  // namespace
}  // namespace drcon::templates

DRCON_SINK("template", "0.1.0", "Draws files from templates and reloads who reads them.", drcon::templates::sink)
