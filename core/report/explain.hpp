// Where an endpoint stands, and why, followed along the way of a change: what each source says, what merge and filter
// make of it, what brake and pause let through, what each sink did with it.
//
// Thread rule: the engine's thread makes an explanation; it is a value and may then go anywhere.
#pragma once

#include "engine/engine.hpp"
#include "model/plugin_state.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace drcon::report {

/// What a source says of an endpoint.
enum class source_claim {
  present,   ///< it lists the endpoint
  absent,    ///< it has reported all it watches, and the endpoint is not among it
  unknown,   ///< it has not reported all it watches yet
  left_out,  ///< what it says of the endpoint cannot be used, or it leaves the endpoint out by its own options
};
/// "present", "absent", "unknown" or "left out".
const char* to_string(source_claim claim);

struct source_finding {
  std::string source;
  std::string plugin;
  model::plugin_state state = model::plugin_state::ok;
  std::string text;
  bool known = false;
  source_claim claim = source_claim::absent;
  std::string why;
  bool is_omitted = false;                                            ///< left out by the source itself
  std::uint64_t revision = 0;                                         ///< the source's own, of the service
  std::optional<std::chrono::system_clock::time_point> reported;      ///< when it last changed the service
  std::optional<std::chrono::system_clock::time_point> silent_since;  ///< set while its last known data is used
  std::optional<drcon::health> health;                                ///< set if it lists the endpoint
  std::uint32_t weight = 0;
};

/// What the newest decision has of the endpoint, and since when.
struct decision_finding {
  std::uint64_t revision = 0;
  bool present = false;
  std::optional<drcon::health> health;  ///< set if present
  std::uint32_t weight = 0;
  std::uint64_t since_revision = 0;
  std::chrono::system_clock::time_point since{};
  std::string why;
  std::optional<std::chrono::system_clock::time_point> gone_at;
};

/// What one target of a sink has now.
struct target_finding {
  std::string name;
  bool known = false;
  std::vector<std::string> lines;    ///< those that name the endpoint
  std::vector<std::string> desired;  ///< the same of what the sink would have there
};

struct sink_finding {
  std::string sink;
  std::string plugin;
  bool present = false;  ///< in the snapshot that the sink applied last
  std::optional<std::uint64_t> applied;
  std::optional<std::uint64_t> desired;
  bool up_to_date = false;
  model::sink_answer last_answer = model::sink_answer::none;
  std::string why;
  std::string refused;                  ///< why the sink leaves the endpoint out; empty if it does not
  std::vector<target_finding> targets;  ///< filled in by admin/target_lines.hpp, which asks the plugin
  std::string target_error;
};

/// All about one endpoint of one service. Of merge, filter, brake, paused, earlier_configuration and last_good, those
/// are empty that are not in its way.
struct endpoint_finding {
  std::string service;
  std::string id;
  std::string address;  ///< "address:port"; empty if it is known by its id only
  std::string verdict;  ///< one sentence
  bool in_rotation = false;
  std::vector<source_finding> sources;
  std::string merge;
  std::string filter;
  std::string brake;
  std::string paused;
  std::string earlier_configuration;  ///< the targets have the answer to another one
  std::string last_good;              ///< what is served is from before the sources have reported
  decision_finding decided;
  std::vector<std::string> also_of;  ///< other services at this address: a target's lines may be theirs
  std::vector<sink_finding> sinks;
  std::vector<engine::journal_entry> journal;  ///< the entries that name it
};

struct explanation {
  std::string pipeline;
  std::string asked;
  std::vector<endpoint_finding> matches;  ///< empty if no source ever reported such an endpoint; at most twenty
  bool has_more = false;                  ///< than these twenty
};

/// Explains what `asked` names by id, address or address:port, within `service` if that is not empty. `pipeline` must
/// be the name of one.
explanation explain(const engine::engine& engine, const std::string& pipeline, const std::string& asked,
                    const std::string& service);

/// The nearest that there is to an endpoint that is not, for a hint.
std::vector<std::string> endpoints_like(const engine::engine& engine, const std::string& pipeline,
                                        const std::string& asked);

/// Fills in `verdict` and `in_rotation` from the rest of the finding.
void set_verdict(endpoint_finding& finding);

/// Corrects both by what the targets have now, once that is filled in: what was applied may have been edited, removed
/// or ended since.
void follow_targets(endpoint_finding& finding);

}  // namespace drcon::report
