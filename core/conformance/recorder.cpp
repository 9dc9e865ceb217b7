#include "conformance/recorder.hpp"

#include "conformance/judge.hpp"
#include "conformance/traps.hpp"
#include "model/plugin_state.hpp"

#include <algorithm>
#include <cstring>

namespace drcon::conformance {
namespace {

constexpr auto options_gone =
    "it read the text of an option after create had returned: such text belongs to the host, who copies keeps";

// The table of a later host: functions that this plugin cannot know follow those that it knows.
struct newer_table {
  drcon_host known;
  void (*later[4])();
};

}  // namespace

struct recorder::own {
  static recorder& of(drcon_instance* raw) { return static_cast<recorder&>(host::of(raw)); }
  static recorder& of(const drcon_options* raw) {
    return *static_cast<recorder*>(const_cast<host*>(reinterpret_cast<const host*>(raw)));
  }

  static void option(const drcon_options* from, drcon_string pointer, drcon_value* out) {
    functions().option(from, pointer, out);
    if (out->type == DRCON_VALUE_STRING) out->string = of(from).handed_out(out->string);
  }
  static drcon_string option_key(const drcon_options* from, drcon_string pointer, std::size_t i) {
    return of(from).handed_out(functions().option_key(from, pointer, i));
  }

  static void publish(drcon_instance* self, const drcon_service* service) {
    auto& to = of(self);
    to.said_anything_ = true;
    if (const auto fault = fault_of_layout(*service)) {
      to.note(to.malformed_, *fault);
      return;
    }
    for (auto& each : faults_of_content(*service)) to.note(to.malformed_, std::move(each));
    if (service->endpoint_count == 0 && service->value_count == 0) to.said_empty_ = true;
    functions().publish(self, service);
  }
  static void withdraw(drcon_instance* self, drcon_string service) {
    of(self).said_anything_ = true;
    functions().withdraw(self, service);
  }
  static void ready(drcon_instance* self) {
    of(self).said_anything_ = true;
    functions().ready(self);
  }
  static void unknown(drcon_instance* self, drcon_string service, drcon_string why) {
    of(self).said_anything_ = true;
    of(self).said_unknown_ = true;
    functions().unknown(self, service, why);
  }
  static void status(drcon_instance* self, std::int32_t state, drcon_string text) {
    if (state != DRCON_STATE_OK) of(self).said_anything_ = true;
    functions().status(self, state, text);
  }

  static void done(drcon_instance* self, std::uint64_t ticket, drcon_result result, drcon_string why) {
    auto& to = of(self);
    // The trap comes before the record: a thread that waits for the record may then free the update.
    if (to.on_done) to.on_done();
    functions().done(self, ticket, result, why);
  }
  static void failed(drcon_instance* self, drcon_string pointer, drcon_string why) {
    if (!of(self).is_lane()) of(self).note(of(self).off_lane_, "failed");
    functions().failed(self, pointer, why);
  }
  static void rendered(drcon_instance* self, drcon_string target, drcon_string wanted, drcon_string live) {
    if (!of(self).is_lane()) of(self).note(of(self).off_lane_, "rendered");
    functions().rendered(self, target, wanted, live);
  }

  static drcon_host table() {
    auto made = functions();
    made.version = "conformance";
    made.option = &option;
    made.option_key = &option_key;
    made.publish = &publish;
    made.withdraw = &withdraw;
    made.ready = &ready;
    made.unknown = &unknown;
    made.status = &status;
    made.done = &done;
    made.failed = &failed;
    made.rendered = &rendered;
    return made;
  }
  static drcon_host mute_table() {
    auto made = functions();
    made.log_enabled = [](drcon_instance*, std::int32_t) -> std::int32_t { return 0; };
    made.log = [](drcon_instance*, std::int32_t, drcon_string) {};
    made.status = made.log;
    made.metric = [](drcon_instance*, const drcon_metric*) {};
    made.failed = [](drcon_instance*, drcon_string, drcon_string) {};
    made.publish = [](drcon_instance* self, const drcon_service*) { of(self).said_anything_ = true; };
    made.withdraw = [](drcon_instance*, drcon_string) {};
    made.ready = [](drcon_instance* self) { of(self).said_anything_ = true; };
    made.unknown = [](drcon_instance* self, drcon_string, drcon_string) { of(self).said_anything_ = true; };
    made.refused = [](drcon_instance*, drcon_string, drcon_string, drcon_string) {};
    made.done = [](drcon_instance* self, std::uint64_t, drcon_result, drcon_string) { ++of(self).done_count_; };
    return made;
  }
};

const drcon_host& recorder::table_for(const host_behaviour& behaviour) {
  static const drcon_host exact = own::table();
  static const drcon_host mute = own::mute_table();
  static const newer_table newer = [] {
    newer_table made{.known = own::table(), .later = {}};
    made.known.size = sizeof made;
    made.known.abi_minor = DRCON_ABI_MINOR + 7;
    return made;
  }();
  return behaviour.mute ? mute : behaviour.newer ? newer.known : exact;
}

recorder::recorder(const drcon_host& table, const nlohmann::json& options, const host_behaviour& behaviour,
                   std::string name)
    : host(table, options, std::move(name)), behaviour_(behaviour) {}

recorder& recorder::make(const nlohmann::json& options, const host_behaviour& behaviour, std::string name) {
  static auto& all = *new std::vector<recorder*>;  // reachable, so that leak checkers agree
  return *all.emplace_back(new recorder(table_for(behaviour), options, behaviour, std::move(name)));
}

void recorder::created() {
  if (!behaviour_.takes_strings) return;
  end_create();
  if (handed_out_) handed_out_->trap_all(options_gone);
}

drcon_string recorder::handed_out(drcon_string text) {
  if (text.size == 0 || (!behaviour_.guards_strings && !behaviour_.takes_strings)) return text;
  const std::lock_guard lock(own_mutex_);
  const auto [at, is_new] = copies_.try_emplace(std::string(view(text)));
  if (is_new) at->second = behaviour_.guards_strings ? guarded_copy(view(text)) : kept_apart(view(text));
  return at->second;
}

// Under own_mutex_.
drcon_string recorder::kept_apart(std::string_view text) {
  if (!handed_out_) handed_out_.emplace(std::size_t{1} << 20U);
  auto* const at = handed_out_->begin() + handed_out_used_;
  if (text.size() > static_cast<std::size_t>(handed_out_->end() - at)) return {};
  std::memcpy(at, text.data(), text.size());
  handed_out_used_ += text.size();
  return {reinterpret_cast<const char*>(at), text.size()};
}

void recorder::note(std::vector<std::string>& to, std::string what) {
  const std::lock_guard lock(own_mutex_);
  if (to.size() < 20 && std::ranges::find(to, what) == to.end()) to.push_back(std::move(what));
}

std::vector<std::string> recorder::malformed() const {
  const std::lock_guard lock(own_mutex_);
  return malformed_;
}

std::vector<std::string> recorder::off_lane() const {
  const std::lock_guard lock(own_mutex_);
  return off_lane_;
}

std::string recorder::last_words() const {
  std::string text;
  const auto said = messages();
  for (auto i = said.size() > 5 ? said.size() - 5 : 0; i < said.size(); ++i) text += "log: " + said[i].text + "\n";
  const auto now = status();
  if (!now.text.empty())
    text += std::string("state: ") + to_string(model::plugin_state_of(now.state)) + ": " + now.text + "\n";
  for (const auto& [service, why] : unknown())
    text += "unknown: " + (service.empty() ? "all services" : service) + ": " + why + "\n";
  return text;
}

}  // namespace drcon::conformance
