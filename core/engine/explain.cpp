// Where an endpoint stands, and why: GET /v1/pipelines/NAME/explain. Followed the way of a change: what each source
// says, what merge and filter make of it, what brake and pause let through, what each sink did with it.
#include "engine/engine.hpp"
#include "engine/shown.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace drcon::engine {
namespace {

using nlohmann::json;

constexpr std::size_t most_matches = 20;

std::string place_of(const endpoint& each) {
  const bool v6 = each.address.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", each.address, v6 ? "]" : "", each.port);
}

bool is_meant(const endpoint& each, const std::string& asked) {
  return each.id == asked || each.address == asked || place_of(each) == asked ||
         each.address + ":" + std::to_string(each.port) == asked;
}

const endpoint* find_endpoint(const model::shared_service* in, const std::string& id) {
  if (!in) return nullptr;
  const auto at = std::ranges::lower_bound(in->endpoints(), id, {}, &endpoint::id);
  return at != in->endpoints().end() && at->id == id ? &*at : nullptr;
}

const endpoint* find_endpoint(const model::snapshot_ptr& in, const std::string& service, const std::string& id) {
  return in ? find_endpoint(in->find(service), id) : nullptr;
}

// What was asked for, wherever it was ever heard of: by (service, id), with its newest shape.
class search {
public:
  search(const std::string& asked, const std::string& service) : asked_(asked), service_(service) {}

  void look_at(const model::service_ptr& in) {
    if (!in || !seen_.insert(in.get()).second || (!service_.empty() && in->name() != service_)) return;
    for (const auto& each : in->endpoints())
      if (is_meant(each, asked_)) add(in->name(), each);
  }
  void look_at(const model::snapshot_ptr& in) {
    if (!in) return;
    for (const auto& each : in->services()) look_at(each);
  }
  void look_at(const std::vector<plugins::refusal>& in) {
    for (const auto& each : in)
      if (each.endpoint == asked_ && (service_.empty() || each.service == service_))
        add(each.service, endpoint{.id = each.endpoint, .node = {}, .address = {}, .tags = {}, .meta = {}});
  }
  const std::map<std::pair<std::string, std::string>, endpoint>& found() const { return found_; }

private:
  void add(const std::string& service, const endpoint& each) {
    if (found_.size() < most_matches) found_.try_emplace({service, each.id}, each);
  }
  const std::string& asked_;
  const std::string& service_;
  std::set<const model::shared_service*> seen_;
  std::map<std::pair<std::string, std::string>, endpoint> found_;
};

json what_source_says(const source_state& source, const std::string& service, const std::string& id) {
  const auto status = source.instance().status();
  const auto told = source.told(service);
  json said{{"source", source.name()},
            {"plugin", source.instance().plugin_name()},
            {"state", state_word(status.state)},
            {"text", status.text},
            {"known", source.known()},
            {"says", "absent"},
            {"why", ""},
            {"revision", 0},
            {"told", told ? base::to_seconds(*told) : 0},
            {"silent_since", 0}};
  const auto in = source.find(service);
  if (in) said["revision"] = in->revision();
  if (const auto* each = find_endpoint(in.get(), id)) {
    said["says"] = "present";
    said["health"] = drcon::to_string(each->health);
    said["weight"] = each->weight;
  } else if (const auto refused = source.instance().why_refused(service, id); !refused.empty()) {
    said["says"] = "left out";
    said["why"] = refused;
  } else if (!source.ready()) {
    said["says"] = "unknown";
    said["why"] = "it has not told all it watches yet";
  }
  if (const auto* silent = source.silent_on(service)) {
    const std::string of_what = source.all_unknown() ? "" : "of this service ";
    said["why"] = "its last word stands; " + of_what +
                  "it cannot tell now: " + (source.all_unknown() ? source.why_unknown() : silent->why);
    said["silent_since"] = base::to_seconds(silent->since);
  }
  return said;
}

// Since when the newest decision has it, or since when it has not.
json what_was_decided(const pipeline& by, const std::string& service, const std::string& id) {
  const auto& current = by.current();
  const auto* now = find_endpoint(current.snapshot, service, id);
  json decided{{"revision", current.snapshot ? current.snapshot->revision() : 0},
               {"present", now != nullptr},
               {"health", now ? json(drcon::to_string(now->health)) : json("")},
               {"weight", now ? now->weight : 0},
               {"since_revision", 0},
               {"since", 0},
               {"why", ""},
               {"gone_at", 0}};
  for (auto at = by.history().rbegin(); at != by.history().rend(); ++at) {
    const bool there = find_endpoint(at->snapshot, service, id) != nullptr;
    if (there != (now != nullptr)) break;
    decided["since_revision"] = at->snapshot->revision();
    decided["since"] = base::to_seconds(at->when);
    decided["why"] = at->why;
    if (!now && std::next(at) != by.history().rend() && find_endpoint(std::next(at)->snapshot, service, id))
      decided["gone_at"] = base::to_seconds(at->when);
  }
  return decided;
}

json what_sink_did(const sink_runner& sink, const std::string& service, const std::string& id) {
  return {{"sink", sink.name()},
          {"plugin", sink.instance().plugin_name()},
          {"present", find_endpoint(sink.applied(), service, id) != nullptr},
          {"applied", show_revision(sink.applied())},
          {"wanted", show_revision(sink.wanted())},
          {"up_to_date", sink.up_to_date()},
          {"last_answer", sink.last_answer()},
          {"why", sink.last_why()},
          {"refused", sink.instance().why_refused(service, id)},
          {"target", json::array()},
          {"target_error", ""}};
}

json journal_about(const journal& log, const std::string& service, const std::string& id) {
  auto entries = json::array();
  const auto names_it = [&](const model::endpoint_change& each) {
    return each.service == service && each.endpoint == id;
  };
  for (const auto& each : log.entries())
    if (std::ranges::any_of(each.endpoints, names_it)) entries.push_back(to_json(each));
  return entries;
}

// The first part with that value, or null.
const json* first_with(const json& list, const char* key, const json& value) {
  const auto at = std::ranges::find_if(list, [&](const json& each) { return each.at(key) == value; });
  return at == list.end() ? nullptr : &*at;
}

std::string word(const json& from, const char* key) { return from.at(key); }

// One sentence: the first thing on the way of a change that answers the question.
std::string verdict_of_absent(const json& match) {
  const auto& sources = match.at("sources");
  if (!word(match, "filter").empty()) return "left out: " + word(match, "filter");
  if (const auto* by = first_with(sources, "says", "left out"))
    return "left out: what source " + word(*by, "source") + " says of it cannot be used: " + word(*by, "why");
  if (first_with(sources, "says", "present")) {
    for (const char* key : {"paused", "brake", "merge"})
      if (!word(match, key).empty()) return word(match, key);
    return "its source lists it, and it is decided at any moment";
  }
  if (const auto* by = first_with(sources, "says", "unknown"))
    return "source " + word(*by, "source") + " has not told yet";
  return "no source lists it";
}

// Where one of several sinks goes its own way.
std::string verdict_of_others(const json& match, const std::string& but) {
  std::vector<std::string> names;
  for (const auto& sink : match.at("sinks"))
    if (sink.at("present").get<bool>() && word(sink, "refused").empty() && word(sink, "sink") != but)
      names.push_back(word(sink, "sink"));
  if (names.empty()) return {};
  return fmt::format("; in rotation at {}", fmt::join(names, ", "));
}

// What keeps one in rotation that is there for no other reason, and what else is to be known of it.
std::string verdict_of_present(const json& match) {
  auto text =
      fmt::format("in rotation since revision {}", match.at("decided").at("since_revision").get<std::uint64_t>());
  const auto& sources = match.at("sources");
  const auto absent = [](const json& each) { return each.at("says") == "absent"; };
  if (std::ranges::all_of(sources, absent)) text += ", though no source lists it any more";
  for (const auto& source : sources)
    if (source.at("silent_since") != 0)
      text += "; source " + word(source, "source") + " cannot tell now, and its last word stands";
  for (const char* key : {"brake", "paused"})
    if (!word(match, key).empty()) text += "; " + word(match, key);
  for (const auto& sink : match.at("sinks"))
    if (!sink.at("up_to_date").get<bool>())
      text += "; but sink " + word(sink, "sink") + " is not up to date (" + word(sink, "last_answer") + ")" +
              (word(sink, "why").empty() ? "" : ": " + word(sink, "why"));
  return text;
}

std::string verdict_of(json& match) {
  const auto& decided = match.at("decided");
  match["in_rotation"] = false;
  if (!decided.at("present").get<bool>()) {
    auto text = "not in rotation: " + verdict_of_absent(match);
    if (const auto* still = first_with(match.at("sinks"), "present", true))
      text += "; sink " + word(*still, "sink") + " still has it: " + word(*still, "last_answer");
    return text;
  }
  if (decided.at("weight") == 0) return "not in rotation: its weight is 0";
  const auto health = word(decided, "health");
  if (health != "passing" && health != "warning") return "not in rotation: its health is " + health;
  for (const auto& sink : match.at("sinks")) {
    if (!word(sink, "refused").empty())
      return "not in rotation at sink " + word(sink, "sink") + ", which leaves it out: " + word(sink, "refused");
    if (!sink.at("present").get<bool>())
      return "not in rotation at sink " + word(sink, "sink") + ", whose last answer is '" + word(sink, "last_answer") +
             "'" + (word(sink, "why").empty() ? "" : ": " + word(sink, "why")) +
             verdict_of_others(match, word(sink, "sink"));
  }
  match["in_rotation"] = true;
  return verdict_of_present(match);
}

std::string why_not_merged(const pipeline& by, const std::string& service, const endpoint& each) {
  for (const auto* source : by.sources()) {
    if (!find_endpoint(source->find(service).get(), each.id)) continue;
    if (by.preferred() && source != by.preferred())
      return "merge = \"prefer\": source " + by.preferred()->name() + " speaks, and the word of " + source->name() +
             " does not count";
  }
  if (!by.known()) return fmt::format("the pipeline waits for {}", fmt::join(by.waiting_for(), ", "));
  return {};
}

std::string why_not_taken(const pipeline& by, const std::string& service, const std::string& id) {
  for (const auto* source : by.sources()) {
    const auto* each = find_endpoint(source->find(service).get(), id);
    if (!each) continue;
    if (auto why = by.takes().why_not(service, *each); !why.empty()) return why;
    if (by.takes().has_limit() && by.known() && !find_endpoint(by.merged(service).get(), id))
      return "limit.endpoints takes others of this service";
  }
  return {};
}

}  // namespace

json engine::explain(const std::string& name, const std::string& asked, const std::string& service) const {
  const auto& by = *pipelines_.at(name);
  search found(asked, service);
  for (const auto* source : by.sources()) {
    for (const auto& [each, content] : source->services()) found.look_at(content);
    found.look_at(source->instance().refusals());
  }
  found.look_at(by.current().snapshot);
  for (auto at = by.history().rbegin(); at != by.history().rend(); ++at) found.look_at(at->snapshot);

  json shown{{"pipeline", name}, {"asked", asked}, {"matches", json::array()}};
  for (const auto& [key, each] : found.found()) {
    const auto& [of, id] = key;
    json match{{"service", of},
               {"id", id},
               {"address", each.address.empty() ? "" : place_of(each)},
               {"sources", json::array()},
               {"merge", why_not_merged(by, of, each)},
               {"filter", why_not_taken(by, of, id)},
               {"brake", by.held().empty() ? "" : "the brake holds an update: " + by.held()},
               {"paused", by.paused() ? "the pipeline is paused: " + by.paused()->why : ""},
               {"decided", what_was_decided(by, of, id)},
               {"sinks", json::array()},
               {"journal", journal_about(journal_, of, id)}};
    for (const auto* source : by.sources()) match["sources"].push_back(what_source_says(*source, of, id));
    for (const auto& sink : by.config().sinks) match["sinks"].push_back(what_sink_did(*sinks_.at(sink), of, id));
    match["verdict"] = verdict_of(match);
    shown["matches"].push_back(std::move(match));
  }
  return shown;
}

std::vector<std::string> engine::endpoints_like(const std::string& name, const std::string& asked) const {
  constexpr std::size_t enough = 5;
  std::vector<std::string> like;
  const auto& by = *pipelines_.at(name);
  if (!by.current().snapshot) return like;
  const auto start = asked.substr(0, asked.find_last_of(".:-"));
  for (const auto& service : by.current().snapshot->services())
    for (const auto& each : service->endpoints())
      if (like.size() < enough &&
          (each.id.find(start) != std::string::npos || each.address.find(start) != std::string::npos))
        like.push_back(each.id + " (" + place_of(each) + ")");
  return like;
}

}  // namespace drcon::engine
