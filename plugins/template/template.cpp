// The template sink: the schema of its options, and the plugin object.
#include "common/backoff.hpp"
#include "common/shortest_pause.hpp"
#include "template/probe.hpp"
#include "template/requests.hpp"
#include "template/settings.hpp"
#include "template/supervise_sink.hpp"

#include <drcon/probe.hpp>
#include <drcon/sink.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace drcon::templates {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["file"],
  "description": "Renders files from templates in mustache or in Go's language, has them checked, puts them in place together, and reloads the programs that read them.",
  "properties": {
    "file": { "type": "array", "minItems": 1, "description": "The files; all of them change, or none.",
      "items": { "type": "object", "additionalProperties": false, "required": ["path", "template", "escape"],
        "properties": {
          "path": { "type": "string", "format": "path", "minLength": 1, "target": true, "any_name": "{{name}}", "description": "The file to write. With for_each its name holds {{name}}, and no name may make it the file of another entry or sink." },
          "for_each": { "type": "string", "enum": ["service", "key", "tag"],
            "description": "Renders the template once for each service, setting or tag, into a file of its own; it appears and goes with it. {{name}} in the path is its name (of a setting, the last part of its path). Files that this sink has not written are not touched. In the template: item." },
          "template": { "type": "string", "format": "path", "minLength": 1, "reads": "always",
            "description": "The template. It is read again when it changes. /usr/share/doc/drcon/plugins/template/README.md has what it can say." },
          "language": { "type": "string", "enum": ["auto", "mustache", "go"], "default": "auto",
            "description": "The template's language: mustache, or Go's text/template with Consul Template's functions. auto: Go's when the template's name ends in .ctmpl or .tmpl, else mustache." },
          "delimiters": { "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "string", "minLength": 1 },
            "description": "What stands before and after an action of a template in Go's language. Default: {{ and }}." },
          "error_on_missing_key": { "type": "boolean", "default": false,
            "description": "Whether a field of a map that the map does not have keeps the file as it is, in a template in Go's language, as in Consul Template. Otherwise it is empty. A function that asks for one, such as index, has an empty value in both." },
          "escape": { "type": "string", "enum": ["nginx", "haproxy", "json", "shell", "toml", "yaml", "html", "none"],
            "description": "The file's language: how {{values}} of mustache are escaped in it. An endpoint with a text that cannot be written in it is left out; in a template in Go's language, where nothing is escaped, one with a text that the template reads and that cannot stand in it as it is. none: as they are, without control characters; to a template in Go's language a setting may have several lines." },
          "mode": { "type": "string", "pattern": "^0?[0-7]{3}$", "description": "Permissions, in octal. Default: those of the file that is there, 0644 when it is new." },
          "owner": { "type": "string", "minLength": 1, "description": "User the file belongs to. Default: as it is; drcon's when it is new." },
          "group": { "type": "string", "minLength": 1, "description": "Group the file belongs to. Default: as it is; drcon's when it is new." },
          "backup": { "type": "boolean", "default": false, "target": "{path}.bak", "description": "Whether the version before is kept as PATH.bak. No other sink may write that file." },
          "check": { "type": "object", "additionalProperties": false,
            "description": "A command that must end with code 0 for the new file to be put in place. It sees the new file under another name, {file}, in the same directory.",
            "properties": {
              "command": { "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "Program and arguments, without a shell; one holds {file}." },
              "shell": { "type": "string", "minLength": 1, "description": "The same as a line for /bin/sh; the file is also $DRCON_FILE." },
              "user": { "type": "string", "minLength": 1, "description": "User to run it as; drcon must be root. Of drcon's environment it gets PATH, TZ, TERM and the language. Default: drcon's user, with all of its environment." },
              "environment": { "type": "object", "additionalProperties": { "type": "string" }, "description": "More variables." },
              "timeout": { "type": "string", "format": "duration", "description": "It is killed, with all it started, when it takes longer. Default: 10s." } } }
        } } },
    "reload": { "type": "object", "additionalProperties": false,
      "description": "What makes the programs that read the files load them: run once after all that changed together are in place. When it fails the old files are put back and it is run again; where there were none, the new ones stay and it is retried.",
      "properties": {
        "command": { "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "Program and arguments, without a shell." },
        "shell": { "type": "string", "minLength": 1, "description": "The same as a line for /bin/sh." },
        "signal": { "type": "string", "enum": ["HUP", "USR1", "USR2", "WINCH", "TERM", "INT"], "description": "A signal instead of a command. All but TERM and INT are sent once the process listens to them: one that starts, or executes its program again as HAProxy does, would be ended by them or lose them." },
        "pid_file": { "type": "string", "format": "path", "minLength": 1, "description": "Where the process that gets the signal has its id." },
        "user": { "type": "string", "minLength": 1, "description": "User to run the command as; drcon must be root. Of drcon's environment it gets PATH, TZ, TERM and the language. Default: drcon's user, with all of its environment." },
        "environment": { "type": "object", "additionalProperties": { "type": "string" }, "description": "More variables." },
        "timeout": { "type": "string", "format": "duration", "description": "It is killed, with all it started, when it takes longer. Default: 10s." } } },
    "supervise": { "type": "object", "additionalProperties": false,
      "description": "A program that drcon keeps for as long as it runs, as Consul Template's exec mode does, such as the server of a container. It is started once every sink of the pipelines of this sink has applied for the first time, unless `after` says otherwise (other sinks that keep a program are not waited for). When files of this sink have changed, it gets reload_signal or is restarted. When it ends by itself, drcon stops its other sinks and sources, and ends with its exit code. When drcon stops, it gets kill_signal, and drcon waits for it. See the plugin's README for signals and exit codes.",
      "properties": {
        "command": { "type": "array", "minItems": 1, "items": { "type": "string", "minLength": 1 }, "description": "Program and arguments, without a shell. It stays in the foreground, as `nginx -g 'daemon off;'` does, and gets drcon's output and environment." },
        "shell": { "type": "string", "minLength": 1, "description": "The same as a line for /bin/sh. A shell does not pass signals on, and would be ended by reload_signal, which therefore needs `exec` before the last command of the line. kill_signal goes to all that the line has started." },
        "environment": { "type": "object", "additionalProperties": { "type": "string" }, "description": "More variables." },
        "reload_signal": { "type": "string", "enum": ["HUP", "USR1", "USR2", "WINCH", "TERM", "INT", "QUIT"], "description": "What the program gets when files have changed, once it listens to it. Default: it is ended and started again." },
        "kill_signal": { "type": "string", "enum": ["TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "WINCH", "KILL"], "description": "How the program is asked to end: when drcon stops, or when it is restarted. Default: TERM." },
        "kill_timeout": { "type": "string", "format": "duration", "description": "How long the program, and all in its group, may take to end; then it gets SIGKILL. The stop of drcon may take longer by this time than stop_deadline of [host]. Default: 30s." },
        "after": { "type": "string", "enum": ["all", "own"], "description": "When the program is started first. all: when every sink of the pipelines of this sink has applied. own: when the files of this sink are in place; for where another sink of the pipelines, such as one of plugin nginx or haproxy, cannot apply before the program runs. Default: all." },
        "splay": { "type": "string", "format": "duration", "description": "A change is loaded after a random time of at most this, so that many machines do not reload at once. Neither the first start nor a stop waits for it. Default: 0s." } } },
    "absent": { "type": "string", "enum": ["refuse", "empty"], "default": "refuse",
      "description": "What a template gets that asks for a service which is not in the pipeline, and was not since the start (in mustache: that shows a value of it, without a section for it). refuse: the file stays as it is, and the service is reported. empty: no endpoints; for sources where services come and go by themselves, such as docker." },
    "plugin_timeout": { "type": "string", "format": "duration", "default": "10s",
      "description": "How long a program may take that a template in Go's language runs with `plugin`. Rendering waits for it." },
    "write_below": { "type": "array", "targets_below": true, "items": { "type": "string", "format": "path", "minLength": 1 }, "default": [],
      "description": "Directories below which templates in Go's language may write files with `writeToFile`; without any it is refused. Such a file is written before the others are checked and put in place, and is not taken back with them. Its change alone runs `reload`, too. Another sink's files must not be below them." },
    "watch": { "type": "string", "format": "duration", "default": "1s",
      "description": "How often drcon looks whether a template was edited, and whether a file that it wrote was edited or removed; then the files are rendered, or put in place, again." }
  }
})JSON";

class sink final : public blocking_sink {
public:
  static constexpr const char* schema = schema_text;

  sink(context host, const options& table)
      : blocking_sink(host),
        watch_(common::pause_of_at_least(std::chrono::milliseconds(10), table["watch"])),
        settings_(read_settings(table, host)),
        applier_(settings_, host) {
    if (auto settings = read_supervise(table["supervise"])) program_.emplace(host, std::move(*settings));
  }

  outcome apply(const update_view& update, std::stop_token stop) override {
    last_ = std::make_shared<desired_state>(desired_from(update));
    auto how = apply_and_load(stop);
    in_step_ = how.result == DRCON_OK;
    lost_ = false;
    if (in_step_) {
      edited_ = false;
      patience_.reset();
      not_before_ = {};
    }
    return how;
  }

  /// Templates are edited by people, who expect to see what they did. So are the files: the host would notice that at
  /// its next resync only.
  std::chrono::nanoseconds tend(const std::stop_token& stop) override {
    if (program_) program_->begin(stop);
    if (program_ && last_) applier_.show_also(program_->text());
    if (!last_) return watch_;
    if (applier_.reread_templates()) {
      edited_ = true;
      patience_.reset();
      not_before_ = {};
    }
    lost_ |= in_step_ && !applier_.is_as_left();  // when it is not in step, the host retries
    const bool owed = in_step_ && applier_.is_to_be_retried();
    if (!edited_ && !lost_ && !owed) return watch_;
    // What fails may take its whole time for that, such as a template that does not end.
    if (clock::now() < not_before_) return watch_;
    last_->added.clear();
    last_->changed.clear();
    last_->removed.clear();
    // The host knows nothing of this change, so that it will not retry it: the next call does.
    const auto how = apply_and_load(stop, applier::wanted_by::edit);
    const bool failed = how.result != DRCON_OK;
    edited_ &= failed;
    lost_ &= failed;
    if (failed || applier_.is_to_be_retried()) not_before_ = clock::now() + patience_.next();
    else patience_.reset();
    if (stop.stop_requested()) return watch_;
    // The target is not what it is to be, and no change of the registry is needed for that.
    if (failed) host().status_away(how.why);
    return watch_;
  }

  void probe(const probing& into) const { probe_files(settings_, into); }

  /// What its templates ask for by name.
  void asks(const probing& into) const {
    for (const auto& file : settings_.files)
      for (const auto& each : requests_of(file.form)) {
        if (each.what == asked::service && settings_.absent_is_empty) continue;
        if (each.is_needed) into.needs(each.what, each.name, each.why);
        else into.would_use(each.what, each.name, each.why);
      }
  }

  bool render(const update_view& update) override {
    std::string why;
    const auto all = applier_.preview(desired_from(update), why);
    if (!why.empty()) failed(why);
    for (const auto& each : all) {
      if (each.live) host().rendered(each.path, each.bytes, *each.live);
      else host().rendered(each.path, each.bytes);
    }
    return why.empty();
  }

private:
  using clock = std::chrono::steady_clock;

  // A program that is kept is part of the target: without it the files serve nobody.
  outcome apply_and_load(const std::stop_token& stop, applier::wanted_by who = applier::wanted_by::host) {
    // A change of files must find the program that the instance before has left.
    if (program_) program_->begin(stop);
    const auto before = applier_.changes();
    auto how = applier_.apply(last_, stop, who);
    if (!program_) return how;
    if (applier_.changes() != before) program_->note_change();
    // What one item of many, or a reload, fails for must not keep the program from the files that are there: the reload
    // may need the program.
    if (!applier_.files_are_in_place()) return how;
    const auto why = program_->load(stop);
    applier_.show_also(program_->text());
    return why.empty() || how.result != DRCON_OK ? how : retry(why);
  }

  const std::chrono::nanoseconds watch_;
  const apply_settings settings_;
  applier applier_;
  std::optional<program_of_sink> program_;
  std::shared_ptr<desired_state> last_;
  bool in_step_ = false;  // the last update was applied
  bool lost_ = false;     // and a file has changed since
  bool edited_ = false;   // a template was edited, and what it renders is not in place yet
  // When such a change, which the host knows nothing of, is tried again after it has failed.
  common::backoff patience_{watch_, std::max<std::chrono::nanoseconds>(watch_, std::chrono::seconds(30))};
  clock::time_point not_before_{};
};

}  // namespace
}  // namespace drcon::templates

DRCON_PROBED_SINK("template", "0.1.0", "Renders files from templates and reloads the programs that read them.",
                  drcon::templates::sink)
