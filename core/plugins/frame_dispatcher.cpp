#include "plugins/frame_dispatcher.hpp"

#include "config/text.hpp"
#include "plugins/frame_content.hpp"

#include <drcon/names.h>
#include <drcon/model.hpp>

#include <string>
#include <utility>

namespace drcon::plugins {
namespace {

// It is the process's own text, and goes to the log.
constexpr std::size_t longest_reason = 500;

// A frame carries each number in 8 bytes, and the ABI has smaller types. A number that is too large is truncated here.
// That is safe, because the host accepts every value of the smaller type.
drcon_result result_of(frame_reader& fields) { return static_cast<drcon_result>(fields.number()); }
std::int32_t int_of(frame_reader& fields) { return static_cast<std::int32_t>(fields.number()); }

// Among what is kept of services: no service that could be published has such a name.
std::string key_of_part(const std::string& part) { return "\n" + part; }

const drcon_names* names_ability(const plugin_surroundings& around) {
  if (around.host.ability == nullptr) return nullptr;
  return static_cast<const drcon_names*>(around.host.ability(around.instance, DRCON_NAMES));
}

}  // namespace

void frame_dispatcher::dispatch(std::string_view bytes) {
  frame_reader fields(bytes);
  frame_bytes_ = bytes.size();
  if (stopped_) return late_call_();
  switch (fields.type()) {
    // Answers to what the host has asked for.
    case frame::created: return answers_.on_created(result_of(fields));
    case frame::started: return answers_.on_started(result_of(fields));
    case frame::rendered_all: call_bytes_ = 0; return answers_.on_render_ended(result_of(fields));
    case frame::stopped: return stopped();
    // What the plugin says to the host.
    case frame::misbehaved: return around_.misbehaved(config::printable(fields.text(), longest_reason));
    case frame::log: return log(fields);
    case frame::status: return status(fields);
    case frame::metric:
      return get_metric(fields, [this](const drcon_metric& figure) { around_.host.metric(around_.instance, &figure); });
    case frame::failed: return failed(fields);
    case frame::publish: return publish(fields);
    case frame::withdraw: return withdraw(fields);
    case frame::ready: return ready();
    case frame::unknown: return unknown(fields);
    case frame::names_unknown: return names_unknown(fields);
    case frame::names_known: return names_known(std::string(fields.text()));
    case frame::done: return done(fields);
    case frame::rendered: return rendered(fields);
    case frame::refused: return refused(fields);
    case frame::found: return found(fields);
    case frame::probed: call_bytes_ = 0; return answers_.on_probed(fields.number() != 0);
    default: throw frame_fault("a frame of an unknown type");
  }
}

void frame_dispatcher::check_kept() const {
  if (kept_bytes_ > memory_ || call_bytes_ > memory_ - kept_bytes_)
    throw frame_fault("more than drcon keeps of it, which is as much as its process may use: " +
                      std::to_string(memory_ >> 20U) + " MiB");
}

void frame_dispatcher::keep(const std::string& service, std::size_t bytes) {
  auto& kept = kept_[service];
  kept_bytes_ += bytes - kept;
  kept = bytes;
  check_kept();
}

void frame_dispatcher::release(const std::string& service) {
  const auto kept = kept_.find(service);
  if (kept == kept_.end()) return;
  kept_bytes_ -= kept->second;
  kept_.erase(kept);
}

void frame_dispatcher::keep_for_call(std::size_t bytes) {
  call_bytes_ += bytes;
  check_kept();
}

void frame_dispatcher::process_ended() {
  in_outage_ = true;
  call_bytes_ = 0;
  published_before_.merge(published_now_);
  published_now_.clear();
  parts_before_.merge(parts_now_);
  parts_now_.clear();
  last_failure_.clear();
}

void frame_dispatcher::stopped() {
  stopped_ = true;
  answers_.on_stopped();
}

void frame_dispatcher::log(frame_reader& fields) {
  const auto level = int_of(fields);
  around_.host.log(around_.instance, level, c_string(fields.text()));
}

void frame_dispatcher::status(frame_reader& fields) {
  const auto state = int_of(fields);
  around_.host.status(around_.instance, state, c_string(fields.text()));
}

void frame_dispatcher::failed(frame_reader& fields) {
  const auto pointer = fields.text();
  const auto why = fields.text();
  last_failure_ = config::printable(why, longest_reason);
  around_.host.failed(around_.instance, c_string(pointer), c_string(why));
}

void frame_dispatcher::publish(frame_reader& fields) {
  const auto service = get_service(fields);
  keep(service.name, frame_bytes_);
  withdrawn_.erase(service.name);
  published_now_.insert(service.name);
  around_.host.publish(around_.instance, c_service(service).get());
}

void frame_dispatcher::withdraw(frame_reader& fields) {
  const std::string service(fields.text());
  release(service);
  if (in_outage_) {
    keep(service, frame_bytes_);
    withdrawn_.insert(service);
  }
  published_now_.erase(service);
  published_before_.erase(service);
  around_.host.withdraw(around_.instance, c_string(service));
}

// The source has published all that it watches. A service that only an earlier process published is not among it: it
// went while there was no process to withdraw it, and would stay for ever.
void frame_dispatcher::ready() {
  in_outage_ = false;
  for (const auto& each : withdrawn_) release(each);
  withdrawn_.clear();
  for (const auto& each : published_before_) {
    if (published_now_.contains(each)) continue;
    release(each);
    around_.host.withdraw(around_.instance, c_string(each));
  }
  published_before_.clear();
  // Nor did the process that is say of these parts that it does not know their names.
  for (const auto& each : std::exchange(parts_before_, {}))
    if (!parts_now_.contains(each)) names_known(each);
  around_.host.ready(around_.instance);
}

void frame_dispatcher::names_unknown(frame_reader& fields) {
  const std::string part(fields.text());
  const auto pattern = fields.text();
  const auto why = fields.text();
  keep(key_of_part(part), frame_bytes_);
  parts_now_.insert(part);
  if (const auto* names = names_ability(around_))
    names->unknown(around_.instance, c_string(part), c_string(pattern), c_string(why));
}

void frame_dispatcher::names_known(const std::string& part) {
  release(key_of_part(part));
  parts_now_.erase(part);
  parts_before_.erase(part);
  if (const auto* names = names_ability(around_)) names->known(around_.instance, c_string(part));
}

void frame_dispatcher::unknown(frame_reader& fields) {
  const std::string service(fields.text());
  const auto why = fields.text();
  // It is watched, though its state is not known: ready() must not withdraw it.
  if (service.empty()) {
    in_outage_ = true;
  } else {
    withdrawn_.erase(service);
    if (!kept_.contains(service)) keep(service, frame_bytes_);
    published_now_.insert(service);
  }
  around_.host.unknown(around_.instance, c_string(service), c_string(why));
}

void frame_dispatcher::done(frame_reader& fields) {
  const auto ticket = fields.number();
  const auto result = result_of(fields);
  const auto why = fields.text();
  call_bytes_ = 0;
  answers_.on_answered(ticket);
  around_.host.done(around_.instance, ticket, result, c_string(why));
}

void frame_dispatcher::rendered(frame_reader& fields) {
  keep_for_call(frame_bytes_);
  const auto target = fields.text();
  const auto desired = fields.text();
  const bool is_live_known = fields.number() != 0;
  const auto live = fields.text();
  around_.host.rendered(around_.instance, c_string(target), c_string(desired),
                        is_live_known ? c_string(live) : drcon_string{nullptr, 0});
}

// What a source leaves out is no part of a call: the host's list of that has a bound of its own, in entries.
void frame_dispatcher::refused(frame_reader& fields) {
  constexpr std::size_t usual_entry = 64 * 1024;
  if (kind_ == config::kind::sink || frame_bytes_ > usual_entry) keep_for_call(frame_bytes_);
  const auto service = fields.text();
  const auto endpoint = fields.text();
  const auto why = fields.text();
  around_.host.refused(around_.instance, c_string(service), c_string(endpoint), c_string(why));
}

void frame_dispatcher::found(frame_reader& fields) {
  keep_for_call(frame_bytes_);
  const auto subject = static_cast<std::uint32_t>(fields.number());
  const auto state = static_cast<std::uint32_t>(fields.number());
  const auto what = fields.text();
  const auto advice = fields.text();
  answers_.on_found(finding_of(subject, state, what, advice));
}

}  // namespace drcon::plugins
