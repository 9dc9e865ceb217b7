#include "plugins/host_functions.hpp"

#include "base/build_facts.hpp"
#include "plugins/call_gate.hpp"
#include "plugins/host_abilities.hpp"
#include "plugins/instance.hpp"
#include "plugins/options.hpp"
#include "plugins/program_keepers.hpp"
#include "plugins/validation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace drcon::plugins {
namespace {

void option(const drcon_options* options, drcon_string pointer, drcon_value* out) {
  read_option(*options, pointer, *out);
}
drcon_string key(const drcon_options* options, drcon_string pointer, size_t i) {
  return option_key(*options, pointer, i);
}
drcon_string name(drcon_instance* self) { return c_string(call_gate::of(self).name()); }
int32_t log_enabled(drcon_instance* self, int32_t level) {
  return call_gate::of(self).would_log(static_cast<log::level>(level)) ? 1 : 0;
}

void log_line(drcon_instance* self, int32_t level, drcon_string text) {
  call_gate::of(self).with([&](instance& target) { target.on_log(level, view(text)); });
}
void status(drcon_instance* self, int32_t state, drcon_string text) {
  call_gate::of(self).with([&](instance& target) { target.on_status({state, printable(view(text), 1000)}); });
}
void metric(drcon_instance* self, const drcon_metric* figure) {
  call_gate::of(self).with([&](instance& target) { target.on_metric(*figure); });
}
void failed(drcon_instance* self, drcon_string pointer, drcon_string why) {
  call_gate::of(self).with([&](instance& target) { target.on_failed(view(pointer), view(why)); });
}
void publish(drcon_instance* self, const drcon_service* service) {
  auto& of = call_gate::of(self);
  if (of.insist([&](instance& target) { target.on_publish(*service); })) return;
  // What was published is lost: the service's state is not known until it is published again.
  of.insist(
      [&](instance& target) { target.on_unknown(view(service->name), "drcon could not take what was published"); });
}
void withdraw(drcon_instance* self, drcon_string service) {
  call_gate::of(self).insist([&](instance& target) { target.on_withdraw(view(service)); });
}
void ready(drcon_instance* self) {
  call_gate::of(self).insist([](instance& target) { target.on_ready(); });
}
void unknown(drcon_instance* self, drcon_string service, drcon_string why) {
  call_gate::of(self).insist([&](instance& target) { target.on_unknown(view(service), view(why)); });
}
void done(drcon_instance* self, uint64_t ticket, drcon_result result, drcon_string why) {
  auto& of = call_gate::of(self);
  if (!of.with([&](instance& target) { target.on_done(ticket, result, view(why)); }))
    of.insist([&](instance& target) { target.on_lost(ticket); });
}
void rendered(drcon_instance* self, drcon_string target, drcon_string wanted, drcon_string live) {
  call_gate::of(self).with([&](instance& sink) {
    rendered_target all{printable(view(target), 4096), std::string(view(wanted)), std::nullopt};
    if (live.data != nullptr) all.live = std::string(view(live));
    sink.on_rendered(std::move(all));
  });
}
void refused(drcon_instance* self, drcon_string service, drcon_string endpoint, drcon_string why) {
  call_gate::of(self).with([&](instance& target) {
    target.on_refused({printable(view(service)), printable(view(endpoint)), printable(view(why), 500)});
  });
}
drcon_string configuration_file(drcon_instance* self) { return c_string(call_gate::of(self).configuration()); }
void names_unknown(drcon_instance* self, drcon_string part, drcon_string pattern, drcon_string why) {
  call_gate::of(self).insist([&](instance& target) { target.on_names_unknown(view(part), view(pattern), view(why)); });
}
void names_known(drcon_instance* self, drcon_string part) {
  call_gate::of(self).insist([&](instance& target) { target.on_names_known(view(part)); });
}

const void* ability(drcon_instance*, const char* name) {
  static constexpr host_abilities all(&configuration_file, &names_unknown, &names_known);
  return std::string_view(name) == DRCON_PROCESS ? &process_ability() : all.find(name);
}

}  // namespace

const drcon_host& host_functions() {
  static constexpr drcon_host table{.size = sizeof(drcon_host),
                                    .abi_minor = DRCON_ABI_MINOR,
                                    .version = build::version,
                                    .option = &option,
                                    .option_key = &key,
                                    .name = &name,
                                    .log_enabled = &log_enabled,
                                    .log = &log_line,
                                    .status = &status,
                                    .metric = &metric,
                                    .failed = &failed,
                                    .publish = &publish,
                                    .withdraw = &withdraw,
                                    .ready = &ready,
                                    .unknown = &unknown,
                                    .done = &done,
                                    .rendered = &rendered,
                                    .refused = &refused,
                                    .ability = &ability};
  return table;
}

}  // namespace drcon::plugins
