#include "report/explain.hpp"

#include "base/ago.hpp"
#include "base/bracketed.hpp"
#include "base/by_whom.hpp"
#include "model/snapshot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace drcon::report {
namespace {

constexpr std::size_t most_matches = 20;

std::string place_of(std::string_view address, std::uint32_t port) {
  return fmt::format("{}:{}", base::bracketed(address), port);
}

// By its id, or by what the registry calls it: sources put the node and a slash in front.
bool is_called(std::string_view id, const std::string& asked) {
  const auto slash = id.find('/');
  return id == asked || (slash != std::string_view::npos && id.substr(slash + 1) == asked);
}

// By its name, or by its place.
bool is_meant(const endpoint_view& each, const std::string& asked) {
  return is_called(each.id(), asked) || each.address() == asked || place_of(each.address(), each.port()) == asked ||
         fmt::format("{}:{}", each.address(), each.port()) == asked;
}

bool is_at_one_place(const endpoint& left, const endpoint& right) {
  return left.address == right.address && left.port == right.port;
}

// Merging puts the name of a source before an id that another source has at another place.
bool is_one_id(std::string_view merged, const std::string& id) { return merged == id || merged.ends_with("/" + id); }

// An id alone does not tell: two machines of one name, each in its own datacentre, have the same.
std::optional<endpoint_view> find_endpoint(const model::shared_service* service, const endpoint& asked) {
  if (!service) return {};
  std::optional<endpoint_view> found;
  for (const auto each : service->endpoints()) {
    const bool is_there = each.address() == asked.address && each.port() == asked.port;
    if (asked.address.empty() ? each.id() == asked.id : is_there) {
      if (each.id() == asked.id) return each;
      if (!found || is_one_id(each.id(), asked.id)) found = each;
    }
  }
  return found;
}

std::optional<endpoint_view> find_endpoint(const model::snapshot_ptr& snapshot, const std::string& service,
                                           const endpoint& asked) {
  if (!snapshot) return {};
  return find_endpoint(snapshot->find(service), asked);
}

// Collects what was asked for, wherever it was ever reported, with its newest shape.
class search {
public:
  search(const std::string& asked, const std::string& service) : asked_(asked), service_(service) {}

  // What the sources report: endpoints of one id at two places are two.
  void look_at_source(const model::service_ptr& service) {
    look_at(service, [](const endpoint& known, const endpoint& each) {
      return known.id == each.id && is_at_one_place(known, each);
    });
  }
  // What was decided: an id that the sources have elsewhere by now has moved, and is the same endpoint.
  void look_at(const model::snapshot_ptr& snapshot) {
    if (!snapshot) return;
    for (const auto& each : snapshot->services())
      look_at(each, [](const endpoint& known, const endpoint& decided) {
        return known.id == decided.id || (is_at_one_place(known, decided) && is_one_id(decided.id, known.id));
      });
  }
  void look_at(const std::vector<plugins::refusal>& refusals) {
    for (const auto& each : refusals)
      if (is_called(each.endpoint, asked_) && is_meant_service(each.service))
        add(each.service, endpoint{.id = each.endpoint, .node = {}, .address = {}, .tags = {}, .meta = {}},
            [](const endpoint& known, const endpoint& refused) { return known.id == refused.id; });
  }
  /// By service.
  const std::multimap<std::string, endpoint>& found() const { return found_; }
  /// More is meant than was taken.
  bool has_more() const { return has_more_; }

private:
  bool is_meant_service(const std::string& name) const { return service_.empty() || service_ == name; }
  template <class IsKnown>
  void look_at(const model::service_ptr& service, IsKnown is_known) {
    if (!service || !seen_.insert(service.get()).second || !is_meant_service(service->name())) return;
    for (const auto each : service->endpoints())
      if (is_meant(each, asked_)) add(service->name(), each.copy(), is_known);
  }
  // The first one found stays: the sources are searched before the history, so it is the newest.
  template <class IsKnown>
  void add(const std::string& service, const endpoint& each, IsKnown is_known) {
    const auto [first, last] = found_.equal_range(service);
    if (std::any_of(first, last, [&](const auto& known) { return is_known(known.second, each); })) return;
    if (found_.size() < most_matches) found_.emplace(service, each);
    else has_more_ = true;
  }

  const std::string& asked_;
  const std::string& service_;
  std::set<const model::shared_service*> seen_;  // snapshots share services: each is searched once
  std::multimap<std::string, endpoint> found_;
  bool has_more_ = false;
};

// What the source claims, and why it claims that.
void add_claim(const engine::source_state& source, const std::string& service, const endpoint& asked,
               source_finding& finding) {
  const auto current = source.find(service);
  if (current) finding.revision = current->revision();
  if (const auto each = find_endpoint(current.get(), asked)) {
    finding.claim = source_claim::present;
    finding.health = each->health();
    finding.weight = each->weight();
  } else if (auto refused = source.instance().why_refused(service, asked.id); !refused.empty()) {
    finding.claim = source_claim::left_out;
    finding.why = std::move(refused);
  } else if (auto omitted = source.instance().why_omitted(service, asked.id); !omitted.empty()) {
    finding.claim = source_claim::left_out;
    finding.is_omitted = true;
    finding.why = std::move(omitted);
  } else if (!source.ready()) {
    finding.claim = source_claim::unknown;
    finding.why = "it has not reported all its services yet";
  }
}

source_finding find_in_source(const engine::source_state& source, const std::string& service, const endpoint& asked) {
  auto status = source.instance().status();
  source_finding finding{.source = source.name(),
                         .plugin = source.instance().plugin_name(),
                         .state = model::plugin_state_of(status.state),
                         .text = std::move(status.text),
                         .known = source.known(),
                         .why = {},
                         .reported = source.reported(service)};
  add_claim(source, service, asked, finding);
  if (const auto* silent = source.silent_on(service)) {
    const bool on_all = source.all_unknown().has_value();
    finding.why =
        fmt::format("{}; using last known data: {}", on_all ? "unreachable" : "no current data of this service",
                    on_all ? source.why_unknown() : silent->why);
    finding.silent_since = silent->since;
  }
  return finding;
}

// Since when the newest decision has the endpoint, or since when it has not.
decision_finding find_in_decisions(const engine::pipeline& pipeline, const std::string& service,
                                   const endpoint& asked) {
  const auto& current = pipeline.current();
  const auto& history = pipeline.history();
  const auto now = find_endpoint(current.snapshot, service, asked);
  decision_finding finding{
      .revision = current.snapshot ? current.snapshot->revision() : 0, .present = now.has_value(), .why = {}};
  if (now) {
    finding.health = now->health();
    finding.weight = now->weight();
  }
  for (auto each = history.rbegin(); each != history.rend(); ++each) {
    const bool there = find_endpoint(each->snapshot, service, asked).has_value();
    if (there != finding.present) break;
    finding.since_revision = each->snapshot->revision();
    finding.since = each->when;
    finding.why = each->why;
    const auto earlier = std::next(each);
    if (!now && earlier != history.rend() && find_endpoint(earlier->snapshot, service, asked))
      finding.gone_at = each->when;
  }
  return finding;
}

sink_finding find_in_sink(const engine::sink_runner& sink, const std::string& service, const endpoint& asked) {
  return {.sink = sink.name(),
          .plugin = sink.instance().plugin_name(),
          .present = find_endpoint(sink.applied(), service, asked).has_value(),
          .applied = revision_of(sink.applied()),
          .desired = revision_of(sink.desired()),
          .up_to_date = sink.up_to_date(),
          .last_answer = sink.last_answer(),
          .why = sink.last_why(),
          .refused = sink.instance().why_refused(service, asked.id),
          .targets = {},
          .target_error = {}};
}

std::vector<engine::journal_entry> find_in_journal(const engine::journal& journal, const std::string& service,
                                                   const std::string& id) {
  std::vector<engine::journal_entry> entries;
  const auto names_it = [&](const model::endpoint_change& each) {
    return each.service == service && each.endpoint == id;
  };
  for (const auto& each : journal.entries())
    if (std::ranges::any_of(each.endpoints, names_it)) entries.push_back(each);
  return entries;
}

std::string why_not_merged(const engine::pipeline& pipeline, const std::string& service, const endpoint& each) {
  for (const auto* source : pipeline.sources()) {
    if (!find_endpoint(source->find(service).get(), each)) continue;
    if (pipeline.preferred() && source != pipeline.preferred())
      return "merge = \"prefer\": source " + pipeline.preferred()->name() + " is used, source " + source->name() +
             " is not";
  }
  if (!pipeline.known()) return fmt::format("the pipeline waits for {}", fmt::join(pipeline.waiting_for(), ", "));
  return {};
}

std::string why_not_taken(const engine::pipeline& pipeline, const std::string& service, const endpoint& asked) {
  for (const auto* source : pipeline.sources()) {
    const auto current = source->find(service);
    const auto each = find_endpoint(current.get(), asked);
    if (!each) continue;
    if (auto why = pipeline.takes().why_not(service, *each); !why.empty()) return why;
    if (pipeline.takes().has_limit() && pipeline.known() && !find_endpoint(pipeline.merged(service).get(), asked))
      return "limit.endpoints takes others of this service";
  }
  return {};
}

// The first of them. One address may be registered under several names.
std::vector<std::string> others_at_its_place(const engine::pipeline& pipeline, const std::string& service,
                                             const endpoint& asked) {
  constexpr std::size_t most = 5;
  std::vector<std::string> names;
  const auto& snapshot = pipeline.current().snapshot;
  if (!snapshot || asked.address.empty()) return names;
  for (const auto& each : snapshot->services())
    if (names.size() < most && each->name() != service && find_endpoint(each.get(), asked))
      names.push_back(each->name());
  return names;
}

std::string why_held(const engine::pipeline& pipeline, const std::string& service) {
  if (const auto why = pipeline.held(service); !why.empty()) return "the brake holds an update: " + why;
  const auto& behind_pause = pipeline.would_hold();
  if (!behind_pause || !std::ranges::binary_search(behind_pause->services, service)) return {};
  return "the brake would hold an update if the pipeline was resumed: " + behind_pause->why;
}

std::string why_earlier(const engine::pipeline& pipeline) {
  const auto why = pipeline.earlier_configuration();
  if (why.empty()) return {};
  return (pipeline.current().snapshot ? "what is served is" : "the targets stay as they are, with") +
         (" the answer to an earlier configuration: " + why);
}

endpoint_finding find(const engine::engine& engine, const engine::pipeline& pipeline, const std::string& service,
                      const endpoint& each) {
  endpoint_finding finding{
      .service = service,
      .id = each.id,
      .address = each.address.empty() ? "" : place_of(each.address, each.port),
      .verdict = {},
      .sources = {},
      .merge = why_not_merged(pipeline, service, each),
      .filter = why_not_taken(pipeline, service, each),
      .brake = why_held(pipeline, service),
      .paused = pipeline.paused()
                    ? "the pipeline is paused: " + pipeline.paused()->why + base::by_whom(pipeline.paused()->who)
                    : "",
      .earlier_configuration = why_earlier(pipeline),
      .last_good = pipeline.serves_last_good()
                       ? "what is served is the last good state, decided " + base::ago(pipeline.current().when)
                       : "",
      .decided = find_in_decisions(pipeline, service, each),
      .also_of = others_at_its_place(pipeline, service, each),
      .sinks = {},
      .journal = find_in_journal(engine.log(), service, each.id)};
  for (const auto* source : pipeline.sources()) finding.sources.push_back(find_in_source(*source, service, each));
  // Sinks know it by the id that merging gave it.
  const auto merged = find_endpoint(pipeline.current().snapshot, service, each);
  for (const auto& sink : pipeline.config().sinks)
    finding.sinks.push_back(find_in_sink(*engine.sinks().at(sink), service, merged ? merged->copy() : each));
  set_verdict(finding);
  return finding;
}

}  // namespace

const char* to_string(source_claim claim) {
  switch (claim) {
    case source_claim::present: return "present";
    case source_claim::unknown: return "unknown";
    case source_claim::left_out: return "left out";
    case source_claim::absent: break;
  }
  return "absent";
}

explanation explain(const engine::engine& engine, const std::string& name, const std::string& asked,
                    const std::string& service) {
  const auto& pipeline = *engine.pipelines().at(name);
  search found(asked, service);
  for (const auto* source : pipeline.sources()) {
    for (const auto& [each, content] : source->services()) found.look_at_source(content);
    found.look_at(source->instance().refusals());
    found.look_at(source->instance().omissions());
  }
  found.look_at(pipeline.current().snapshot);
  const auto& history = pipeline.history();
  for (auto each = history.rbegin(); each != history.rend(); ++each) found.look_at(each->snapshot);

  explanation made{.pipeline = name, .asked = asked, .matches = {}, .has_more = found.has_more()};
  for (const auto& [in, each] : found.found()) made.matches.push_back(find(engine, pipeline, in, each));
  return made;
}

std::vector<std::string> endpoints_like(const engine::engine& engine, const std::string& name,
                                        const std::string& asked) {
  constexpr std::size_t enough = 5;
  std::vector<std::string> like;
  const auto& snapshot = engine.pipelines().at(name)->current().snapshot;
  if (!snapshot) return like;
  const auto start = asked.substr(0, asked.find_last_of(".:-"));
  for (const auto& service : snapshot->services())
    for (const auto each : service->endpoints())
      if (like.size() < enough &&
          (each.id().find(start) != std::string::npos || each.address().find(start) != std::string::npos))
        like.push_back(fmt::format("{} ({})", each.id(), place_of(each.address(), each.port())));
  return like;
}

}  // namespace drcon::report
