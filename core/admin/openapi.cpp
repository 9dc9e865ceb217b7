#include "admin/openapi.hpp"

#include "admin/routes.hpp"
#include "base/build_facts.hpp"
#include "report/pipeline_state.hpp"
#include "report/remark.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>

namespace drcon::admin {
namespace {

using nlohmann::json;

// Every property is there always, unless it is in "optional". Times are seconds since the epoch, 0 for never; durations
// are seconds.
const char* const shapes = R"JSON({
  "Error": { "properties": { "error": { "type": "string", "description": "What was wrong." }, "help": { "type": "string", "description": "What to do, or what follows." }, "code": { "enum": [], "description": "For programs, by the status." } } },
  "Finding": { "properties": { "code": { "enum": [] }, "severity": { "enum": ["open", "warning"] }, "text": { "type": "string" },
    "kind": { "enum": ["host", "pipeline", "source", "sink"], "description": "What it is about." }, "subject": { "type": "string", "description": "Its name; empty: the host." }, "since": { "type": "number", "description": "0: nothing has begun that would last, or it is not known when." } } },
  "Names": { "type": "array", "items": { "type": "string" } },
  "Refusal": { "properties": { "service": { "type": "string" }, "endpoint": { "type": "string", "description": "Its id; empty: the whole service." }, "why": { "type": "string" } } },
  "Change": { "properties": { "service": { "type": "string" }, "endpoint": { "type": "string" }, "address": { "type": "string" }, "change": { "enum": ["added", "removed", "changed"] } } },
  "Source": { "optional": ["why_unknown"], "properties": {
    "plugin": { "type": "string" }, "isolation": { "enum": ["none", "process"] }, "state": { "enum": ["ok", "degraded", "away"] },
    "text": { "type": "string", "description": "What the plugin says of its state." }, "pipelines": { "$ref": "Names" },
    "refused": { "type": "array", "items": { "$ref": "Refusal" }, "description": "The first hundred." }, "refused_count": { "type": "integer" },
    "ready": { "type": "boolean", "description": "Has reported all its services, at least once." }, "known": { "type": "boolean", "description": "Ready, and reachable now." },
    "services": { "type": "integer" }, "endpoints": { "type": "integer" },
    "unknown": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Services of which it has no current data, and why; their last known data is used." },
    "nameless": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Parts, such as datacentres, whose services it cannot name at present, and why; what was served of them stays." },
    "why_unknown": { "type": "string", "description": "Why it is unreachable at present." },
    "unknown_since": { "type": "number", "description": "Since when it is unreachable; 0: it is not." }, "last_word": { "type": "number" } } },
  "Loss": { "properties": { "added": { "type": "integer" }, "removed": { "type": "integer" }, "changed": { "type": "integer" },
    "number": { "type": "integer", "description": "Of what is held: another one when something else is held. release-brake takes it." },
    "endpoints": { "type": "array", "items": { "$ref": "Change" }, "description": "The first hundred." } } },
  "Hold": { "properties": { "service": { "type": "string", "description": "Empty: the pipeline as a whole would lose too much." }, "why": { "type": "string" },
    "before": { "type": "integer", "description": "Endpoints in service when the hold began." }, "after": { "type": "integer", "description": "The fewest that the sources had since then." },
    "since": { "type": "number" }, "until": { "type": "number" } } },
  "Health": { "properties": { "passing": { "type": "integer" }, "warning": { "type": "integer" }, "critical": { "type": "integer" }, "maintenance": { "type": "integer" } } },
  "Pipeline": { "optional": ["speaks"], "properties": {
    "sources": { "$ref": "Names" }, "sinks": { "$ref": "Names" }, "merge": { "enum": ["union", "prefer"] }, "speaks": { "type": "string", "description": "merge = prefer: the source that is used." },
    "known": { "type": "boolean" }, "waiting_for": { "$ref": "Names" },
    "earlier_configuration": { "type": "string", "description": "Why what the targets have is the answer to an earlier configuration; empty: it is not." }, "held": { "type": "string", "description": "Why the brake holds an update; empty: it does not." },
    "held_until": { "type": "number", "description": "The update is applied then, unless endpoints return." }, "held_loss": { "anyOf": [ { "type": "null" }, { "$ref": "Loss" } ] },
    "holds": { "type": "array", "items": { "$ref": "Hold" }, "description": "What the brake holds, each for itself: the first hundred." }, "holds_count": { "type": "integer" },
    "would_hold": { "type": "string", "description": "While it is paused: why the brake would hold what waits; empty: it would not." }, "would_hold_loss": { "anyOf": [ { "type": "null" }, { "$ref": "Loss" } ] },
    "paused": { "type": "string", "description": "Why it is paused; empty: it is not." }, "paused_by": { "type": "string", "description": "Who has paused it; empty: not known." }, "paused_since": { "type": "number" },
    "pending": { "type": "boolean", "description": "A change waits: for the pace, the brake, or the end of a pause." },
    "revision": { "type": "integer", "description": "Of the decided snapshot; 0: none yet." }, "why": { "type": "string" }, "decided": { "type": "number", "description": "Also of a last good state that a restart serves: when it was decided before that. 0: never, or not known." },
    "services_count": { "type": "integer" }, "endpoints": { "type": "integer" }, "in_service": { "type": "integer" }, "health": { "$ref": "Health" }, "state": { "$ref": "PipelineState" } } },
  "PipelineState": { "description": "The worst of the pipeline, its sources and its sinks.", "properties": { "code": { "enum": [] }, "kind": { "enum": ["ok", "caveats", "under_way", "wrong"], "description": "As the state of a Status." },
    "words": { "type": "string", "description": "The same for people." }, "of": { "type": "string", "description": "The source or sink that it is about; empty: the pipeline itself." }, "since": { "type": "number", "description": "0: not known." } } },
  "Sink": { "properties": {
    "plugin": { "type": "string" }, "isolation": { "enum": ["none", "process"] }, "state": { "enum": ["ok", "degraded", "away"] }, "text": { "type": "string" }, "pipelines": { "$ref": "Names" },
    "refused": { "type": "array", "items": { "$ref": "Refusal" }, "description": "The first hundred." }, "refused_count": { "type": "integer" }, "wanted": { "type": ["integer", "null"] }, "applied": { "type": ["integer", "null"] },
    "up_to_date": { "type": "boolean" }, "in_flight": { "type": "boolean" }, "last_answer": { "enum": ["none", "applied", "away", "rejected", "unanswered"] },
    "why": { "type": "string" }, "failing_since": { "type": "number", "description": "Since when its answers are not \"applied\"; 0: its last one was." }, "next_retry": { "type": "number", "description": "When the target is tried again; 0: the sink does not wait for that." },
    "last_applied": { "type": "number" }, "applies": { "type": "integer" } } },
  "Sources": { "type": "object", "additionalProperties": { "$ref": "Source" } },
  "Pipelines": { "type": "object", "additionalProperties": { "$ref": "Pipeline" } },
  "Sinks": { "type": "object", "additionalProperties": { "$ref": "Sink" } },
  "Status": { "optional": ["may_change"], "properties": {
    "version": { "type": "string" }, "host": { "type": "string", "description": "The name of the machine that drcon runs on." },
    "may_change": { "type": "boolean", "description": "This client may change something: it came over the unix socket, or has the token. Not in events, which all clients share." }, "started": { "type": "number" }, "now": { "type": "number" }, "settled": { "type": "boolean" },
    "state": { "enum": ["ok", "caveats", "under_way", "wrong"], "description": "The verdict as a word for programs. ok and caveats: every sink serves what it should." },
    "verdict": { "description": "The same as a phrase for people.", "enum": ["in sync", "OK, with warnings", "under way", "needs attention"] },
    "unsettled": { "$ref": "Names", "description": "What is still open: sentences." },
    "caveats": { "$ref": "Names", "description": "Why it is not \"in sync\" though nothing is open: sentences." },
    "findings": { "type": "array", "items": { "$ref": "Finding" }, "description": "unsettled (open) and caveats (warning) once more, each with a code for programs." },
    "journal": { "properties": { "first": { "type": "integer" }, "last": { "type": "integer" } } },
    "sources": { "$ref": "Sources" }, "pipelines": { "$ref": "Pipelines" }, "sinks": { "$ref": "Sinks" } } },
  "Endpoint": { "optional": ["kept_by", "at_source", "left_out"], "properties": {
    "left_out": { "type": "array", "items": { "properties": { "sink": { "type": "string" }, "why": { "type": "string" } } }, "description": "The sinks that leave it out, and why: HAProxy's own check may have it down." },
    "kept_by": { "enum": ["brake", "pause"], "description": "It is served only because of that: no source has it in service any more." }, "at_source": { "enum": ["gone", "passing", "warning", "critical", "maintenance"], "description": "Of one that is kept: its health there." },
    "id": { "type": "string" }, "node": { "type": "string" }, "address": { "type": "string" }, "port": { "type": "integer" }, "weight": { "type": "integer" },
    "priority": { "type": "integer" }, "health": { "enum": ["passing", "warning", "critical", "maintenance"] }, "tags": { "$ref": "Names" }, "meta": { "type": "object", "additionalProperties": { "type": "string" } } } },
  "Service": { "optional": ["values"], "properties": { "name": { "type": "string" }, "revision": { "type": "integer", "description": "The source's own, such as Consul's index." },
    "endpoints": { "type": "array", "items": { "$ref": "Endpoint" } }, "values": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Settings instead of endpoints." } } },
  "Decision": { "properties": { "revision": { "type": "integer" }, "decided": { "type": "number" }, "why": { "type": "string" }, "endpoints": { "type": "integer" }, "in_service": { "type": "integer" } } },
  "PipelineDetail": { "of": "Pipeline", "properties": { "services": { "type": "array", "items": { "$ref": "Service" } }, "history": { "type": "array", "items": { "$ref": "Decision" }, "description": "What rollback can go back to, newest last." },
    "sources_state": { "$ref": "Sources" }, "sinks_state": { "$ref": "Sinks" } } },
  "Entry": { "optional": ["stages"], "properties": { "number": { "type": "integer" }, "time": { "type": "number" },
    "what": { "enum": ["decided", "held", "released", "applied", "away", "rejected", "refused", "steered", "source", "reloaded"] },
    "kind": { "enum": ["pipeline", "sink", "source", "host"] }, "subject": { "type": "string" }, "revision": { "type": "integer" }, "why": { "type": "string" }, "who": { "type": "string", "description": "steered, reloaded: whose order it was; empty: not known." },
    "added": { "type": "integer" }, "removed": { "type": "integer" }, "changed": { "type": "integer" },
    "endpoints": { "type": "array", "items": { "$ref": "Change" }, "description": "The first twenty." }, "seconds": { "type": "number", "description": "decided: since the source reported it; a sink's: since it was handed the update." },
    "stages": { "$ref": "Stages", "description": "Of a change that a sink applied." } } },
  "Stages": { "description": "The way of a change, as drcon_stage_seconds and drcon_change_to_applied_seconds have it.", "properties": {
    "published": { "type": "number", "description": "From the source's report to the engine." }, "decided": { "type": "number", "description": "From the source's report, too, to a decided snapshot." },
    "applied": { "type": "number", "description": "From there until the sink was handed the update; the last time, when its target was unreachable." }, "verified": { "type": "number", "description": "From there to its answer that its target serves it." },
    "whole": { "type": "number", "description": "decided, applied and verified together." } } },
  "Journal": { "properties": { "first": { "type": "integer", "description": "The oldest entry in memory; 0: none." }, "last": { "type": "integer" }, "entries": { "type": "array", "items": { "$ref": "Entry" } } } },
  "Explanation": { "properties": { "pipeline": { "type": "string" }, "asked": { "type": "string" }, "matches": { "type": "array", "items": { "$ref": "Match" }, "description": "The first twenty." }, "more": { "type": "boolean", "description": "There are more than these." } } },
  "Match": { "properties": { "service": { "type": "string" }, "id": { "type": "string" }, "address": { "type": "string" }, "verdict": { "type": "string", "description": "One sentence." }, "in_rotation": { "type": "boolean" },
    "sources": { "type": "array", "items": { "$ref": "SaidBySource" } }, "merge": { "type": "string" }, "filter": { "type": "string" }, "brake": { "type": "string" }, "paused": { "type": "string" },
    "earlier_configuration": { "type": "string", "description": "What is served, if the source has not answered to the present configuration." },
    "decided": { "$ref": "Decided" }, "also_of": { "$ref": "Names", "description": "Other services with an endpoint at this address: lines of a target may be theirs. The first five." }, "sinks": { "type": "array", "items": { "$ref": "DoneBySink" } }, "journal": { "type": "array", "items": { "$ref": "Entry" } } } },
  "SaidBySource": { "optional": ["health", "weight"], "properties": { "source": { "type": "string" }, "plugin": { "type": "string" }, "state": { "enum": ["ok", "degraded", "away"] }, "text": { "type": "string" }, "known": { "type": "boolean" },
    "says": { "enum": ["present", "absent", "unknown", "left out"] }, "why": { "type": "string" }, "revision": { "type": "integer" }, "told": { "type": "number", "description": "When it last changed the service." }, "silent_since": { "type": "number", "description": "Since then it has no current data of the service, and its last known data is used; 0: it has." }, "health": { "type": "string" }, "weight": { "type": "integer" } } },
  "Decided": { "properties": { "revision": { "type": "integer" }, "present": { "type": "boolean" }, "health": { "type": "string" }, "weight": { "type": "integer" }, "since_revision": { "type": "integer" }, "since": { "type": "number" }, "why": { "type": "string" }, "gone_at": { "type": "number" } } },
  "DoneBySink": { "properties": { "sink": { "type": "string" }, "plugin": { "type": "string" }, "present": { "type": "boolean" }, "applied": { "type": ["integer", "null"] }, "wanted": { "type": ["integer", "null"] }, "up_to_date": { "type": "boolean" },
    "last_answer": { "type": "string" }, "why": { "type": "string" }, "refused": { "type": "string" }, "target_error": { "type": "string" },
    "target": { "type": "array", "items": { "properties": { "name": { "type": "string" }, "known": { "type": "boolean" }, "lines": { "$ref": "Names", "description": "What it has now, as far as that names the endpoint." } } } } } },
  "Difference": { "properties": { "pipeline": { "type": "string" }, "sinks": { "type": "object", "additionalProperties": { "properties": { "error": { "type": "string" },
    "targets": { "type": "array", "items": { "properties": { "target": { "type": "string" }, "wanted": { "type": "string" }, "live": { "type": ["string", "null"], "description": "null: not known." }, "equal": { "type": "boolean" } } } } } } } } },
  "RollbackPreview": { "properties": { "revision": { "type": "integer" }, "added": { "type": "integer" }, "removed": { "type": "integer" }, "changed": { "type": "integer" },
    "endpoints": { "type": "array", "items": { "$ref": "Change" }, "description": "The first hundred." } } },
  "Done": { "properties": { "done": { "type": "string", "description": "What was done, and what follows." }, "pipeline": { "$ref": "Pipeline" } } },
  "LogLevels": { "optional": ["done"], "properties": { "level": { "$ref": "LogLevel", "description": "The general one." },
    "plugins": { "type": "object", "additionalProperties": { "$ref": "LogLevel" }, "description": "Of plugins that have one of their own." }, "done": { "type": "string", "description": "What was changed." } } },
  "LogLevel": { "enum": ["trace", "debug", "info", "warning", "error"] },
  "Reloaded": { "properties": { "done": { "type": "string" }, "findings": { "$ref": "Names" } } },
  "OpenApi": { "type": "object" }
})JSON";

// Strict objects, and references as OpenAPI has them.
void complete(json& shape) {
  if (shape.is_array())
    for (auto& each : shape) complete(each);
  if (!shape.is_object()) return;
  if (const auto at = shape.find("$ref"); at != shape.end() && at->is_string())
    *at = "#/components/schemas/" + at->get<std::string>();
  for (auto& [key, value] : shape.items()) complete(value);
  const auto properties = shape.find("properties");
  if (properties == shape.end() || !properties->is_object() || shape.contains("required")) return;
  auto required = json::array();
  const auto optional = shape.value("optional", json::array());
  for (const auto& [name, value] : properties->items())
    if (std::find(optional.begin(), optional.end(), name) == optional.end()) required.push_back(name);
  shape.erase("optional");
  shape["type"] = "object";
  shape["required"] = std::move(required);
  shape["additionalProperties"] = false;
}

json schemas() {
  auto all = parsed_json(shapes);
  for (const auto& [status, code] : refusal_codes()) all["Error"]["properties"]["code"]["enum"].push_back(code);
  for (const auto& each : report::remark_codes()) all["Finding"]["properties"]["code"]["enum"].push_back(each.code);
  for (const auto each : report::all_conditions())
    all["PipelineState"]["properties"]["code"]["enum"].push_back(to_string(each));
  for (auto& [name, shape] : all.items()) {
    if (!shape.contains("of")) continue;
    auto base = all.at(shape["of"].get<std::string>());
    base["properties"].update(shape["properties"]);
    shape = std::move(base);
  }
  for (auto& [name, shape] : all.items()) complete(shape);
  return all;
}

json reference(const char* schema) { return {{"$ref", std::string("#/components/schemas/") + schema}}; }

json parameters(const route& of) {
  auto all = json::array();
  if (std::string_view(of.path).find("{name}") != std::string_view::npos)
    all.push_back({{"name", "name"},
                   {"in", "path"},
                   {"required", true},
                   {"description", "Of the pipeline."},
                   {"schema", {{"type", "string"}}}});
  for (const auto& each : of.query)
    all.push_back({{"name", each.name},
                   {"in", "query"},
                   {"required", each.required},
                   {"description", each.meaning},
                   {"schema", each.is_number ? json{{"type", "integer"}, {"minimum", 0}}
                                             : json{{"type", "string"}, {"minLength", 1}}}});
  return all;
}

json operation(const route& of) {
  json answers;
  const json schema = *of.schema ? reference(of.schema) : json{{"type", "string"}};
  answers["200"] = {{"description", of.summary}, {"content", {{of.type, {{"schema", schema}}}}}};
  const auto refused = [](const char* why) {
    return json{{"description", why}, {"content", {{"application/json", {{"schema", reference("Error")}}}}}};
  };
  if (!of.query.empty() || std::string_view(of.method) == "POST")
    answers["400"] = refused("A parameter is empty, is no number, or is missing or unknown here; the body says which.");
  for (const int each : of.refuses) answers[std::to_string(each)] = refused("Refused; the body says why.");
  answers["401"] = refused("Over TCP: the token is missing or wrong.");
  answers["421"] = refused("Over TCP without a token: the host of the URL is neither an address nor localhost.");
  if (std::string_view(of.method) == "POST") answers["403"] = refused("Over TCP without a token: nothing is changed.");
  answers["503"] = refused("Too many connections, or the engine's thread does not answer.");
  // A route that has answers of this kind of its own gives them in its own form.
  if (std::ranges::find(of.refuses, 503) != of.refuses.end())
    answers["503"]["content"][of.type] = {{"schema", {{"type", "string"}}}};
  return {{"summary", of.summary}, {"parameters", parameters(of)}, {"responses", std::move(answers)}};
}

json document() {
  json made{{"openapi", "3.1.0"},
            {"info",
             {{"title", "drcon"},
              {"version", std::string(build::version)},
              {"description", "The admin interface of drcon: over its unix socket, or over TCP with [admin] listen."}}},
            {"components",
             {{"schemas", schemas()}, {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
            {"security", json::array({json::object(), {{"token", json::array()}}})}};
  for (const auto& each : routes()) {
    std::string method(each.method);
    for (auto& letter : method) letter = static_cast<char>(std::tolower(letter));
    made["paths"][each.path][method] = operation(each);
  }
  return made;
}

}  // namespace

const nlohmann::json& openapi() {
  static const auto made = document();
  return made;
}

}  // namespace drcon::admin
