// Every figure of the host itself: name, kind, meaning, labels. The one place where they are defined; GET /metrics and
// the reference pages are made from it.
//
// Names and labels are stable: dashboards and alerts are built on them. Units are in the name, as Prometheus has it:
// seconds, bytes, and seconds since the epoch for a timestamp. A plugin's own figures are called drcon_PLUGIN_….
#pragma once

#include <array>
#include <string_view>

namespace drcon::metrics {

struct figure {
  enum class kind { gauge, counter, histogram };
  const char* name;
  kind what;
  const char* help;
  const char* labels;  ///< for people: the names of its labels, with their values where they are few
};

// ---- the host ----
inline constexpr figure build_info{"drcon_build_info", figure::kind::gauge, "1, with the version.", "version"};
inline constexpr figure settled{"drcon_settled", figure::kind::gauge,
                                "1 when every pipeline has decided and every sink serves what is desired.", ""};
inline constexpr figure needs_attention{"drcon_needs_attention", figure::kind::gauge,
                                        "1 while drcon status needs attention: something is in the way of a change, or "
                                        "what is served may be out of date.",
                                        ""};
inline constexpr figure reload_refused{"drcon_reload_refused", figure::kind::gauge,
                                       "1 from a refused reload to the next good one: a restart would not start.", ""};
inline constexpr figure reloads{"drcon_reloads_total", figure::kind::counter, "Reloads of drcon's configuration.",
                                "result=taken|refused"};
inline constexpr figure log_lines_dropped{
    "drcon_log_lines_dropped_total", figure::kind::counter,
    "Lines of the log that were not written, since whoever reads it did not take them in time.", ""};
inline constexpr figure event_clients{"drcon_event_clients", figure::kind::gauge, "Clients of GET /v1/events.", ""};
inline constexpr figure admin_requests{"drcon_admin_requests_total", figure::kind::counter,
                                       "Answers of the admin interface, by HTTP status.", "code"};
inline constexpr figure queue_depth{"drcon_queue_depth", figure::kind::gauge,
                                    "Calls that wait for the thread of an instance.", "kind=source|sink, name"};

// ---- sources ----
inline constexpr figure source_state{"drcon_source_state", figure::kind::gauge,
                                     "What a source says of itself: 0 ok, 1 degraded, 2 unreachable.",
                                     "source, plugin"};
inline constexpr figure source_ready{"drcon_source_ready", figure::kind::gauge,
                                     "1 when a source has reported all its services, at least once.", "source"};
inline constexpr figure source_known{"drcon_source_known", figure::kind::gauge,
                                     "1 when a source is ready and reachable now.", "source"};
inline constexpr figure source_last_word{"drcon_source_last_word_timestamp_seconds", figure::kind::gauge,
                                         "When a source last said anything of its services; 0: never.", "source"};
inline constexpr figure source_services{"drcon_source_services", figure::kind::gauge,
                                        "Services that a source has reported.", "source"};
inline constexpr figure source_endpoints{"drcon_source_endpoints", figure::kind::gauge,
                                         "Endpoints that a source has reported.", "source"};
inline constexpr figure refused{"drcon_refused_total", figure::kind::counter,
                                "Endpoints and services left out because of what they carry. A service without "
                                "endpoints in service, whose last servers a sink keeps, is none of them.",
                                "kind=source|sink, name"};

// ---- pipelines ----
inline constexpr figure pipeline_known{"drcon_pipeline_known", figure::kind::gauge,
                                       "1 when the sources have reported enough to decide.", "pipeline"};
inline constexpr figure pipeline_revision{"drcon_pipeline_revision", figure::kind::gauge,
                                          "Revision of the decided snapshot; 0: none yet.", "pipeline"};
inline constexpr figure pipeline_paused{"drcon_pipeline_paused", figure::kind::gauge,
                                        "1 while it is paused, by a rollback too.", "pipeline"};
inline constexpr figure pipeline_pending{"drcon_pipeline_pending", figure::kind::gauge,
                                         "1 while a change waits: for the pace, the brake, or the end of a pause.",
                                         "pipeline"};
inline constexpr figure services{"drcon_services", figure::kind::gauge, "Services of the decided snapshot.",
                                 "pipeline"};
inline constexpr figure endpoints{"drcon_endpoints", figure::kind::gauge, "Endpoints of the decided snapshot.",
                                  "pipeline, health=passing|warning|critical|maintenance"};
inline constexpr figure endpoints_in_service{"drcon_endpoints_in_service", figure::kind::gauge,
                                             "Endpoints of the decided snapshot that may get traffic: passing or "
                                             "warning, weight above 0, and left out by no sink.",
                                             "pipeline"};
inline constexpr figure brake_holding{"drcon_brake_holding", figure::kind::gauge,
                                      "1 while the brake refuses an update.", "pipeline"};
inline constexpr figure brake_held_services{"drcon_brake_held_services", figure::kind::gauge,
                                            "Services whose removals the brake holds.", "pipeline"};
inline constexpr figure brake_holds{"drcon_brake_holds_total", figure::kind::counter, "Updates that the brake refused.",
                                    "pipeline"};

// ---- sinks ----
inline constexpr figure sink_state{"drcon_sink_state", figure::kind::gauge,
                                   "What a sink says of itself: 0 ok, 1 degraded, 2 unreachable.", "sink, plugin"};
inline constexpr figure sink_up_to_date{"drcon_sink_up_to_date", figure::kind::gauge,
                                        "1 when the target serves what is desired.", "sink"};
inline constexpr figure sink_in_flight{"drcon_sink_in_flight", figure::kind::gauge,
                                       "1 while an update is with the sink.", "sink"};
inline constexpr figure sink_wanted{"drcon_sink_revision_wanted", figure::kind::gauge,
                                    "Revision that the target should serve; 0: none yet.", "sink"};
inline constexpr figure sink_applied{"drcon_sink_revision_applied", figure::kind::gauge,
                                     "Revision that the target serves; 0: none yet.", "sink"};
inline constexpr figure sink_last_applied{"drcon_sink_last_applied_timestamp_seconds", figure::kind::gauge,
                                          "When the sink last answered that its target serves an update; 0: never.",
                                          "sink"};
inline constexpr figure applies{"drcon_applies_total", figure::kind::counter, "Answers of sinks, by result.",
                                "sink, result=applied|away|rejected"};
inline constexpr figure retries{"drcon_retries_total", figure::kind::counter,
                                "Updates handed over again because the last try was not applied.", "sink"};

// ---- the way of a change ----
inline constexpr figure stage{"drcon_stage_seconds", figure::kind::histogram,
                              "How long a change took for one stage of its way. published: from the source's report to "
                              "the engine; decided: from the report to a decided snapshot; applied: from there until "
                              "the update was handed to the sink; verified: from there to the sink's answer that its "
                              "target serves it.",
                              "stage=published, source | stage=decided, pipeline | stage=applied|verified, sink"};
inline constexpr figure change_to_applied{"drcon_change_to_applied_seconds", figure::kind::histogram,
                                          "Propagation time: from a source's report to a target that serves it.",
                                          "sink"};
inline constexpr figure sink_apply{"drcon_sink_apply_seconds", figure::kind::histogram,
                                   "From handing any update to a sink to its answer, whatever that is.", "sink"};

// ---- plugins ----
inline constexpr figure plugin_misbehaviour{"drcon_plugin_misbehaviour_total", figure::kind::counter,
                                            "Breaches of the plugin contract.", "plugin, kind=source|sink, name"};
inline constexpr figure plugin_late_calls{"drcon_plugin_late_calls_total", figure::kind::counter,
                                          "Calls that plugins made after their stop had returned; they are refused.",
                                          "plugin, kind=source|sink, name"};
inline constexpr figure plugin_crashes{"drcon_plugin_crashes_total", figure::kind::counter,
                                       "Ends of plugins' own processes that were not asked for.",
                                       "plugin, kind=source|sink, name"};

// ---- the process, by the names that Prometheus' own libraries use ----
inline constexpr figure process_start{"process_start_time_seconds", figure::kind::gauge,
                                      "When the process was started.", ""};
inline constexpr figure process_cpu{"process_cpu_seconds_total", figure::kind::counter,
                                    "Processor time, of the user and the system.", ""};
inline constexpr figure process_resident{"process_resident_memory_bytes", figure::kind::gauge, "Resident memory.", ""};
inline constexpr figure process_virtual{"process_virtual_memory_bytes", figure::kind::gauge, "Virtual memory.", ""};
inline constexpr figure process_open_files{"process_open_fds", figure::kind::gauge, "Open file descriptors.", ""};
inline constexpr figure process_max_files{"process_max_fds", figure::kind::gauge,
                                          "How many file descriptors may be open.", ""};
inline constexpr figure process_threads{"process_threads", figure::kind::gauge, "Threads.", ""};

/// All of them, in the order of the reference page.
inline constexpr std::array all_figures{&build_info,
                                        &settled,
                                        &needs_attention,
                                        &reload_refused,
                                        &reloads,
                                        &log_lines_dropped,
                                        &event_clients,
                                        &admin_requests,
                                        &queue_depth,
                                        &source_state,
                                        &source_ready,
                                        &source_known,
                                        &source_last_word,
                                        &source_services,
                                        &source_endpoints,
                                        &refused,
                                        &pipeline_known,
                                        &pipeline_revision,
                                        &pipeline_paused,
                                        &pipeline_pending,
                                        &services,
                                        &endpoints,
                                        &endpoints_in_service,
                                        &brake_holding,
                                        &brake_held_services,
                                        &brake_holds,
                                        &sink_state,
                                        &sink_up_to_date,
                                        &sink_in_flight,
                                        &sink_wanted,
                                        &sink_applied,
                                        &sink_last_applied,
                                        &applies,
                                        &retries,
                                        &stage,
                                        &change_to_applied,
                                        &sink_apply,
                                        &plugin_misbehaviour,
                                        &plugin_late_calls,
                                        &plugin_crashes,
                                        &process_start,
                                        &process_cpu,
                                        &process_resident,
                                        &process_virtual,
                                        &process_open_files,
                                        &process_max_files,
                                        &process_threads};

}  // namespace drcon::metrics
