#include "admin/routes.hpp"

#include "admin/dashboard.hpp"
#include "admin/openapi.hpp"
#include "admin/parameters.hpp"
#include "admin/target_lines.hpp"
#include "base/count_of.hpp"
#include "config/text.hpp"
#include "engine/engine.hpp"
#include "log/plugin_level.hpp"
#include "metrics/process.hpp"
#include "model/difference.hpp"
#include "model/snapshot.hpp"
#include "report/encode.hpp"
#include "report/explain.hpp"
#include "report/metric_samples.hpp"
#include "report/status.hpp"
#include "report/verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

namespace drcon::admin {
namespace {

std::optional<std::uint64_t> number(const asked& what, const char* name) {
  const auto at = what.query.find(name);
  if (at == what.query.end()) return {};
  std::uint64_t value = 0;
  const auto* end = at->second.data() + at->second.size();
  const auto read = std::from_chars(at->second.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return {};
  return value;
}

std::string word(const asked& what, const char* name) {
  const auto at = what.query.find(name);
  return at == what.query.end() ? std::string() : at->second;
}

// ---- what is ----

void dashboard_page(served_host&, const std::string&, const asked&, const reply& to) { to(dashboard()); }

void healthz(served_host&, const std::string&, const asked&, const reply& to) { to(text(200, "ok\n")); }

void readyz(served_host& about, const std::string&, const asked&, const reply& to) {
  const auto lines = report::unsettled(about.engine);
  // What sinks refuse has settled, and is not served all the same.
  const bool settled = about.engine.settled() && lines.empty();
  to(text(settled ? 200 : 503,
          lines.empty() ? (settled ? "ready\n" : "under way\n") : fmt::format("{}\n", fmt::join(lines, "\n"))));
}

void metrics_text(served_host& about, const std::string&, const asked&, const reply& to) {
  auto now = report::figures_of(about.engine);
  auto process = metrics::of_this_process();
  now.insert(now.end(), process.begin(), process.end());
  if (about.event_clients) now.push_back({&metrics::event_clients, {}, static_cast<double>(*about.event_clients)});
  auto made = text(200, about.figures.text(now));
  made.type = "text/plain; version=0.0.4; charset=utf-8";
  to(std::move(made));
}

void openapi_document(served_host&, const std::string&, const asked&, const reply& to) {
  to(json_answer(200, openapi()));
}

void status(served_host& about, const std::string&, const asked& what, const reply& to) {
  auto shown = report::encode(report::status_of(about.engine));
  shown["may_change"] = what.may_see_contents;  // the same clients may do both
  to(json_answer(200, shown));
}

void pipelines(served_host& about, const std::string&, const asked&, const reply& to) {
  to(json_answer(200, report::encode(report::pipelines_of(about.engine))));
}

void one_pipeline(served_host& about, const std::string& name, const asked& what, const reply& to) {
  auto shown = report::encode(report::detail_of(about.engine, name));
  if (!what.may_see_contents)
    for (auto& service : shown.at("services")) service.erase("values");
  to(json_answer(200, shown));
}

// Whether an entry is of a pipeline, or of one of its sources and sinks.
bool is_about(const engine::journal_entry& entry, const config::pipeline_config& pipeline) {
  const auto& name = entry.about.name;
  const auto has = [&](const std::vector<std::string>& names) { return std::ranges::count(names, name) > 0; };
  switch (entry.about.kind) {
    case base::subject_kind::pipeline: return name == pipeline.name;
    case base::subject_kind::sink: return has(pipeline.sinks);
    case base::subject_kind::source: return has(pipeline.sources);
    default: return true;  // the host's own, such as a reload
  }
}

void journal(served_host& about, const std::string&, const asked& what, const reply& to) {
  const auto after = number(what, "after").value_or(0);
  const auto limit = number(what, "limit").value_or(std::numeric_limits<std::uint64_t>::max());
  const auto& known = about.engine.config().pipelines;
  const auto pipeline = known.find(word(what, "pipeline"));
  if (pipeline == known.end() && what.query.contains("pipeline"))
    return to(refuse(404, "there is no pipeline '" + word(what, "pipeline") + "'", "see GET /v1/pipelines"));
  auto entries = nlohmann::json::array();
  const auto& all = about.engine.log().entries();
  for (auto at = all.rbegin(); at != all.rend() && at->number > after && entries.size() < limit; ++at)
    if (pipeline == known.end() || is_about(*at, pipeline->second)) entries.push_back(report::encode(*at));
  std::reverse(entries.begin(), entries.end());
  to(json_answer(200, {{"first", all.empty() ? 0 : all.front().number},
                       {"last", all.empty() ? 0 : all.back().number},
                       {"entries", std::move(entries)}}));
}

// ---- what a target says ----

// Asks every sink of the pipeline; `done` when the last has answered.
void ask_sinks(served_host& about, const std::string& pipeline,
               std::function<void(std::map<std::string, engine::inspection>)> done) {
  struct open_questions {
    std::size_t left;
    std::map<std::string, engine::inspection> found;
    std::function<void(std::map<std::string, engine::inspection>)> done;
  };
  const auto& sinks = about.engine.config().pipelines.at(pipeline).sinks;
  auto open = std::make_shared<open_questions>(open_questions{sinks.size(), {}, std::move(done)});
  for (const auto& sink : sinks)
    about.engine.inspect(sink, [open, sink](engine::inspection found) {
      open->found.insert_or_assign(sink, std::move(found));
      if (--open->left == 0) open->done(std::move(open->found));
    });
}

void explain(served_host& about, const std::string& name, const asked& what, const reply& to) {
  const auto endpoint = word(what, "endpoint");
  if (endpoint.empty())
    return to(
        refuse(400, "which endpoint is not said", "add ?endpoint=ID, ?endpoint=ADDRESS or ?endpoint=ADDRESS:PORT"));
  auto explained = report::explain(about.engine, name, endpoint, word(what, "service"));
  if (explained.matches.empty()) {
    const auto like = report::endpoints_like(about.engine, name, endpoint);
    return to(refuse(
        404, "no source of pipeline '" + name + "' has reported an endpoint '" + endpoint + "' that is remembered",
        like.empty() ? "it is named by its id, its address, or address:port; see GET /v1/pipelines/" + name
                     : fmt::format("there is {}", fmt::join(like, ", "))));
  }
  if (word(what, "target") == "0" || !what.may_see_contents) return to(json_answer(200, report::encode(explained)));
  ask_sinks(about, name,
            [explained = std::move(explained), to](const std::map<std::string, engine::inspection>& found) mutable {
              for (auto& match : explained.matches) add_target_lines(match, found);
              to(json_answer(200, report::encode(explained)));
            });
}

void diff(served_host& about, const std::string& name, const asked& what, const reply& to) {
  if (!what.may_see_contents)
    return to(refuse(403, "the content of targets is not shown over TCP without a token",
                     "set [admin] token, or use the unix socket: drcon does"));
  ask_sinks(about, name, [name, to](const std::map<std::string, engine::inspection>& found) {
    nlohmann::json shown{{"pipeline", name}, {"sinks", nlohmann::json::object()}};
    for (const auto& [sink, each] : found) {
      auto targets = nlohmann::json::array();
      for (const auto& target : each ? *each : std::vector<plugins::rendered_target>())
        targets.push_back({{"target", target.target},
                           {"wanted", target.wanted},
                           {"live", target.live ? nlohmann::json(*target.live) : nlohmann::json()},
                           {"equal", target.live == target.wanted}});
      shown["sinks"][sink] = {{"targets", std::move(targets)}, {"error", each ? "" : each.error().why}};
    }
    to(json_answer(200, shown));
  });
}

// ---- what people do ----

answer done(served_host& about, const std::string& pipeline, const std::string& what) {
  return json_answer(
      200,
      {{"done", what}, {"pipeline", report::encode(report::pipeline_of(about.engine, *about.engine.find(pipeline)))}});
}

// How long what was done lasts: said only where it holds.
std::string lasts(served_host& about) {
  return about.engine.config().host.state_directory.empty()
             ? "; only while drcon runs, since [host] state_directory is empty"
             : ", also through a restart";
}

// Answers when the engine has done it for good, or could not: with `what` was done, or that it was not.
engine::engine::steered answer_with(served_host& about, const std::string& name, const std::string& what,
                                    const std::string& not_done, const reply& to) {
  return [&about, name, what, not_done, to](const base::result<>& outcome) {
    if (outcome) return to(done(about, name, what));
    to(refuse(500, "pipeline " + name + " is not " + not_done + ": " + outcome.error().why,
              "nothing was changed; see that drcon can write to [host] state_directory, and try again"));
  };
}

// What is served in the pause may be less than what was decided: then that waits for the resume.
std::string paused(served_host& about, const std::string& name) {
  const auto& pipeline = *about.engine.find(name);
  auto said = "pipeline " + name + " is paused: its targets keep what they have until it is resumed" + lasts(about);
  for (const auto& sink : pipeline.paused()->behind)
    said += "; sink " + sink + " had not applied what was decided last, and keeps what it had before";
  if (pipeline.pending()) said += "; a change waits until then";
  return said;
}

void pause(served_host& about, const std::string& name, const asked& what, const reply& to) {
  constexpr std::size_t longest = 500;
  about.engine.pause(
      name, config::printable(word(what, "why"), longest),
      [&about, name, to](const base::result<>& outcome) {
        if (outcome) return to(done(about, name, paused(about, name)));
        to(refuse(500, "pipeline " + name + " is not paused: " + outcome.error().why,
                  "nothing was changed; when that has ended, or drcon can write to [host] state_directory again, try "
                  "again"));
      },
      what.who);
}

void resume(served_host& about, const std::string& name, const asked& what, const reply& to) {
  if (!about.engine.find(name)->paused())
    return to(refuse(409, "pipeline " + name + " is not paused", "nothing was changed"));
  about.engine.resume(name, answer_with(about, name, "pipeline " + name + " resumed", "resumed", to), what.who);
}

void resync(served_host& about, const std::string& name, const asked& what, const reply& to) {
  const auto begun = about.engine.resync(name, what.who);
  to(done(about, name,
          fmt::format("{} of {} compare their target with what is desired, and correct what differs{}", begun,
                      base::count_of(about.engine.config().pipelines.at(name).sinks.size(), "sink"),
                      begun == about.engine.config().pipelines.at(name).sinks.size()
                          ? ""
                          : "; the others are applying an update")));
}

void release_brake(served_host& about, const std::string& name, const asked& what, const reply& to) {
  const auto not_released = [to](const std::string& why) {
    to(refuse(409, why, "look at `drcon status`, and release what is held then, if it is meant"));
  };
  const auto answer =
      answer_with(about, name, "held change of pipeline " + name + " released; its sinks apply it now", "released", to);
  const auto begun = about.engine.release_brake(
      name, word(what, "service"), number(what, "number"),
      [&about, name, answer, not_released,
       seen = about.engine.find(name)->held_back().number](const base::result<>& outcome) {
        const auto* const now = about.engine.find(name);
        const bool has_changed = now != nullptr && now->held_back().number != seen;
        if (!outcome && has_changed) return not_released(outcome.error().why);
        answer(outcome);
      },
      what.who);
  if (!begun) not_released(begun.error().why);
}

// The revision that a rollback names, or why there can be none to it.
std::variant<std::uint64_t, answer> rollback_revision(const engine::pipeline& pipeline, const asked& what) {
  const auto& name = pipeline.name();
  const auto revision = number(what, "revision");
  if (!revision)
    return refuse(400, "to which revision is not said",
                  "add ?revision=N; GET /v1/pipelines/" + name + " lists them as history");
  const auto& now = pipeline.current().snapshot;
  if (now && now->revision() == *revision)
    return refuse(409, fmt::format("pipeline {1} is at revision {0} already", *revision, name), "nothing was changed");
  if (pipeline.remembers(*revision)) return *revision;
  std::vector<std::uint64_t> kept;
  for (const auto& each : pipeline.history()) kept.push_back(each.snapshot->revision());
  return refuse(409, fmt::format("revision {} of pipeline {} is not kept", *revision, name),
                fmt::format("nothing was changed; kept are {}", fmt::join(kept, ", ")));
}

void preview_rollback(served_host& about, const std::string& name, const asked& what, const reply& to) {
  constexpr std::size_t most_endpoints = 100;
  const auto& pipeline = *about.engine.find(name);
  auto found = rollback_revision(pipeline, what);
  if (auto* const refused = std::get_if<answer>(&found)) return to(std::move(*refused));
  const auto revision = std::get<std::uint64_t>(found);
  const auto earlier = pipeline.revision_of_history(revision)->snapshot;
  const auto changes = model::difference(pipeline.current().snapshot.get(), *earlier);
  const auto counts = model::count_endpoints(changes);
  to(json_answer(200, {{"revision", revision},
                       {"added", counts.added},
                       {"removed", counts.removed},
                       {"changed", counts.changed},
                       {"endpoints", report::encode(model::list_endpoints(changes, most_endpoints))}}));
}

void rollback(served_host& about, const std::string& name, const asked& what, const reply& to) {
  auto found = rollback_revision(*about.engine.find(name), what);
  if (auto* const refused = std::get_if<answer>(&found)) return to(std::move(*refused));
  const auto revision = std::get<std::uint64_t>(found);
  about.engine.roll_back(
      name, revision,
      answer_with(about, name,
                  fmt::format("pipeline {} serves what it had at revision {}, and is paused: drcon resume {} ends that",
                              name, revision, name),
                  "rolled back", to),
      what.who);
}

void reload(served_host& about, const std::string&, const asked& what, const reply& to) {
  const auto outcome = about.reload(what.who);
  if (outcome.taken) return to(json_answer(200, {{"done", "configuration reloaded"}, {"findings", outcome.findings}}));
  to(json_answer(422, {{"error", "the new configuration is not used; the previous one stays in effect"},
                       {"help", "fix the errors, then reload"},
                       {"code", refusal_code(422)},
                       {"findings", outcome.findings}}));
}

// ---- the log ----

constexpr std::array levels{"trace", "debug", "info", "warning", "error"};

nlohmann::json shown_levels() {
  nlohmann::json shown{{"level", log::name_of(log::current())}, {"plugins", nlohmann::json::object()}};
  for (const auto& [plugin, level] : log::plugin_levels()) shown["plugins"][plugin] = log::name_of(level);
  return shown;
}

void log_levels(served_host&, const std::string&, const asked&, const reply& to) {
  to(json_answer(200, shown_levels()));
}

std::set<std::string> plugins_in_use(const config::configuration& config) {
  std::set<std::string> names;
  for (const auto* all : {&config.sources, &config.sinks})
    for (const auto& [name, each] : *all) names.insert(each.plugin);
  return names;
}

// What was done.
std::string set_log_level(const std::string& plugin, const std::string& level) {
  if (plugin.empty()) {
    log::set_level(log::level_named(level));
    return "the general level is " + level;
  }
  auto own = log::plugin_levels();
  if (level == "general") own.erase(plugin);
  else own.insert_or_assign(plugin, log::level_named(level));
  log::set_plugin_levels(own);
  return "the level of plugin " + plugin + " is " + (level == "general" ? "the general one" : level);
}

void change_log(served_host& about, const std::string&, const asked& what, const reply& to) {
  const auto plugin = word(what, "plugin");
  const auto level = word(what, "level");
  const auto known = plugins_in_use(about.engine.config());
  if (std::ranges::find(levels, level) == levels.end() && (level != "general" || plugin.empty()))
    return to(refuse(400, level.empty() ? "the request names no log level" : "there is no level '" + level + "'",
                     fmt::format("add ?level= with one of {}; for a plugin also general", fmt::join(levels, ", "))));
  if (!plugin.empty() && !known.contains(plugin))
    return to(refuse(404, "no source and no sink is of plugin '" + plugin + "'",
                     fmt::format("there is {}", fmt::join(known, ", "))));
  const auto done = set_log_level(plugin, level);
  log::info(base::subject_kind::log, "{}, until the next reload", done);
  auto shown = shown_levels();
  shown["done"] = done + ", until the next reload or restart";
  to(json_answer(200, shown));
}

const parameter which_endpoint{"endpoint", "Its id, its address, or address:port.", true};

}  // namespace

const std::vector<route>& routes() {
  static const std::vector<route> all{
      {"GET",
       "/",
       "The dashboard: a page for people.",
       {},
       "",
       "text/html",
       {},
       dashboard_page,
       served_by::server_thread,
       true},
      {"GET",
       "/healthz",
       "Whether the engine's thread responds.",
       {},
       "",
       "text/plain",
       {503},
       healthz,
       served_by::engine_thread,
       true,
       limits::liveness_timeout},
      {"GET",
       "/readyz",
       "Whether all is settled; else one line for each thing that is not.",
       {},
       "",
       "text/plain",
       {503},
       readyz},
      {"GET", "/metrics", "All figures, in Prometheus' text format 0.0.4.", {}, "", "text/plain", {}, metrics_text},
      {"GET",
       "/v1/openapi.json",
       "This document: OpenAPI 3.1.",
       {},
       "OpenApi",
       "application/json",
       {},
       openapi_document},
      {"GET",
       "/v1/status",
       "Sources, pipelines and sinks, and what needs attention.",
       {},
       "Status",
       "application/json",
       {},
       status},
      {"GET", "/v1/pipelines", "All pipelines by name.", {}, "Pipelines", "application/json", {}, pipelines},
      {"GET",
       "/v1/pipelines/{name}",
       "One pipeline with its decided snapshot, its history, its sources and sinks.",
       {},
       "PipelineDetail",
       "application/json",
       {404},
       one_pipeline},
      {"GET",
       "/v1/pipelines/{name}/explain",
       "Whether an endpoint is in service at the targets, and why: from what each source reported to what the targets "
       "have now.",
       {which_endpoint, {"service", "Only of this service."}, {"target", "With 0 the targets are not asked."}},
       "Explanation",
       "application/json",
       {400, 404},
       explain},
      {"GET",
       "/v1/pipelines/{name}/diff",
       "What each sink of the pipeline would write, beside what its target has now.",
       {},
       "Difference",
       "application/json",
       {403, 404},
       diff},
      {"GET",
       "/v1/journal",
       "What changed, why, and what each sink did: oldest first.",
       {{"after", "Only entries with a higher number.", false, true},
        {"pipeline", "Only of this pipeline, its sources and sinks."},
        {"limit", "At most so many: the newest.", false, true}},
       "Journal",
       "application/json",
       {404},
       journal},
      {"GET",
       "/v1/events",
       "Server-sent events: `journal` for each entry, `state` (a Status) when anything in it changed, `lost` when "
       "entries were dropped.",
       {{"after", "Begin after this entry; so does the header Last-Event-ID. Without: with the next.", false, true}},
       "",
       "text/event-stream",
       {},
       nullptr,
       served_by::event_stream},
      {"POST",
       "/v1/pipelines/{name}/pause",
       "Decide nothing more; what is served stays, also through a restart. Answered when no update is being applied "
       "any more: what a sink has not applied by then waits for the resume.",
       {{"why", "A reason, shown while it is paused."}},
       "Done",
       "application/json",
       {404, 500},
       pause},
      {"POST", "/v1/pipelines/{name}/resume", "End a pause.", {}, "Done", "application/json", {404, 409, 500}, resume},
      {"POST",
       "/v1/pipelines/{name}/resync",
       "Have the sinks compare their targets with what is desired, and correct what differs.",
       {},
       "Done",
       "application/json",
       {404},
       resync},
      {"POST",
       "/v1/pipelines/{name}/release-brake",
       "Apply now what the brake holds.",
       {{"service", "Only what is held of this service."},
        {"number", "The `number` of the held loss as it was seen: refused if something else is held by now.", false,
         true}},
       "Done",
       "application/json",
       {400, 404, 409, 500},
       release_brake},
      {"GET",
       "/v1/pipelines/{name}/rollback",
       "What a rollback would change of what is served now. Changes nothing.",
       {{"revision", "One of the pipeline's history.", true, true}},
       "RollbackPreview",
       "application/json",
       {400, 404, 409},
       preview_rollback},
      {"POST",
       "/v1/pipelines/{name}/rollback",
       "Serve what an earlier revision had, and pause.",
       {{"revision", "One of the pipeline's history.", true, true}},
       "Done",
       "application/json",
       {400, 404, 409, 500},
       rollback},
      {"GET", "/v1/log", "Which levels of the log are written.", {}, "LogLevels", "application/json", {}, log_levels},
      {"POST",
       "/v1/log",
       "Change a level of the log, until the next reload or restart.",
       {{"level", "trace, debug, info, warning or error; of a plugin also general: no level of its own.", true},
        {"plugin", "Of what this plugin says; without: the general level."}},
       "LogLevels",
       "application/json",
       {400, 404},
       change_log},
      {"POST",
       "/v1/reload",
       "Reload the configuration, as SIGHUP does; a wrong one changes nothing.",
       {},
       "Reloaded",
       "application/json",
       {422},
       reload},
  };
  return all;
}

namespace {

// The name in the place of {name}, when the path fits.
std::optional<std::string> fits(const route& which, const std::vector<std::string>& path) {
  std::string name;
  std::string_view rest = which.path;
  for (const auto& segment : path) {
    if (!rest.starts_with('/')) return {};
    rest.remove_prefix(1);
    const auto part = rest.substr(0, rest.find('/'));
    if (part == "{name}") name = segment;
    else if (part != segment) return {};
    rest.remove_prefix(part.size());
  }
  if (rest.empty() || rest == "/") return name;
  return {};
}

void find_and_answer(served_host& about, const asked& what, const reply& to) {
  std::vector<std::string> methods;
  for (const auto& each : routes()) {
    const auto name = fits(each, what.path);
    if (!name) continue;
    if (each.method != what.method) {
      methods.emplace_back(each.method);
      continue;
    }
    if (!name->empty() && !about.engine.find(*name)) {
      std::vector<std::string> names;
      for (const auto& [pipeline, config] : about.engine.config().pipelines) names.push_back(pipeline);
      return to(
          refuse(404, "there is no pipeline '" + *name + "'", fmt::format("there is {}", fmt::join(names, ", "))));
    }
    if (auto fault = fault_of_parameters(each, what)) return to(std::move(*fault));
    if (each.handler) return each.handler(about, *name, what, to);
  }
  if (methods.empty()) return to(refuse(404, "there is no such route", "GET /v1/openapi.json lists them all"));
  auto refused =
      refuse(405, what.method + " is not understood here", fmt::format("use {}", fmt::join(methods, " or ")));
  refused.headers.emplace_back("Allow", fmt::format("{}", fmt::join(methods, ", ")));
  to(std::move(refused));
}

}  // namespace

// An empty value is refused: `?service=` of a script whose variable is empty would mean every service. So is a value
// that is no number where one is expected: a released loss must be the one that was seen. A route that changes
// something also refuses a parameter that it does not know, which may be a misspelt limit.
std::optional<answer> fault_of_parameters(const route& which, const asked& what) {
  const bool changes = std::string_view(which.method) == "POST";
  for (const auto& [name, value] : what.query) {
    const auto known = std::ranges::find_if(which.query, [&](const parameter& each) { return each.name == name; });
    if (known == which.query.end()) {
      if (!changes) continue;
      std::vector<std::string> names;
      for (const auto& each : which.query) names.emplace_back(each.name);
      return refuse(400, "there is no parameter '" + name + "' here",
                    names.empty() ? "nothing was changed; this route has none"
                                  : fmt::format("nothing was changed; there is {}", fmt::join(names, ", ")));
    }
    if (value.empty())
      return refuse(400, "the parameter '" + name + "' is empty",
                    "nothing was done; leave it out, or give it a value: " + std::string(known->meaning));
    if (known->is_number && !number(what, known->name))
      return refuse(400, "the parameter '" + name + "' is no number: '" + config::printable(value, 100) + "'",
                    "nothing was done; expected a whole number of 64 bits: " + std::string(known->meaning));
  }
  return {};
}

const route* find_route(const asked& request) {
  for (const auto& each : routes())
    if (each.method == request.method && fits(each, request.path)) return &each;
  return nullptr;
}

void handle(served_host& about, const asked& what, const reply& to) {
  try {
    find_and_answer(about, what, to);
  } catch (const std::exception& error) {
    // Nothing that is asked may end the host.
    log::error(base::subject_kind::admin, "{} /{}: {}", what.method, fmt::join(what.path, "/"), error.what());
    to(refuse(500, std::string("an error within drcon: ") + error.what(), "the log has it too; please report it"));
  }
}
}  // namespace drcon::admin
