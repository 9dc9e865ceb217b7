// The plugin's end of an isolated instance.
//
// Two threads: the main one is the instance's lane; another reads frames, so that this process ends when drcon does,
// whatever the plugin is doing on its lane.
#include "plugins/plugin_process.hpp"

#include "base/build_facts.hpp"
#include "base/last_catch.hpp"
#include "model/snapshot.hpp"
#include "plugins/call_gate.hpp"
#include "plugins/calls.hpp"
#include "plugins/child.hpp"
#include "plugins/frame.hpp"
#include "plugins/frame_content.hpp"
#include "plugins/host_abilities.hpp"
#include "plugins/options.hpp"
#include "plugins/validation.hpp"

#include <fcntl.h>

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace drcon::plugins {
namespace {

class process final : public drcon_instance {
public:
  explicit process(frame_channel& channel) : channel_(channel) {}

  int run();

  // Sends what the plugin says, on any thread. It is sent as it is; drcon checks it.
  void send(frame_writer& what) { channel_.send(what.take()); }
  const std::string& name() const { return name_; }
  const std::string& configuration() const { return configuration_; }
  bool would_log(int level) const { return level >= log_level_; }
  void done(std::uint64_t ticket, drcon_result result, std::string_view why);

  static process& of(drcon_instance* raw) { return static_cast<process&>(*raw); }

private:
  bool create(frame_reader& fields);
  std::shared_ptr<const update_package> get_update(frame_reader& fields);
  void read_frames();
  std::string next_job();
  void handle(frame_reader& fields);
  void probe(frame_reader& fields);
  void stop();

  frame_channel& channel_;
  std::string name_;
  std::string configuration_;
  std::atomic<int> log_level_{DRCON_LOG_INFO};
  std::unique_ptr<calls> calls_;                        // main thread
  std::map<std::string, model::service_ptr> services_;  // main thread: of the last update

  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::deque<std::string> jobs_;
  std::shared_ptr<const update_package> in_flight_;
  model::snapshot_ptr applied_;
};

// ---- the host's functions, at this end: each sends a frame ----

using frame_type = frame;

void send_frame(drcon_instance* self, frame_writer what) { process::of(self).send(what); }

void option(const drcon_options* options, drcon_string pointer, drcon_value* out) {
  read_option(*options, pointer, *out);
}
drcon_string key(const drcon_options* options, drcon_string pointer, size_t i) {
  return option_key(*options, pointer, i);
}
drcon_string name(drcon_instance* self) { return c_string(process::of(self).name()); }
int32_t log_enabled(drcon_instance* self, int32_t level) { return process::of(self).would_log(level) ? 1 : 0; }
void log_line(drcon_instance* self, int32_t level, drcon_string text) {
  if (process::of(self).would_log(level))
    send_frame(self, frame_writer(frame_type::log).number(static_cast<std::uint32_t>(level)).text(view(text)));
}
void status(drcon_instance* self, int32_t state, drcon_string text) {
  send_frame(self, frame_writer(frame_type::status).number(static_cast<std::uint32_t>(state)).text(view(text)));
}
void metric(drcon_instance* self, const drcon_metric* figure) {
  frame_writer what(frame_type::metric);
  put(what, *figure);
  send_frame(self, std::move(what));
}
void failed(drcon_instance* self, drcon_string pointer, drcon_string why) {
  send_frame(self, frame_writer(frame_type::failed).text(view(pointer)).text(view(why)));
}
void publish(drcon_instance* self, const drcon_service* service) {
  if (const auto fault = fault_of_layout(*service))
    return send_frame(self, frame_writer(frame_type::misbehaved).text("it published " + *fault));
  frame_writer what(frame_type::publish);
  put(what, service_view(service));
  send_frame(self, std::move(what));
}
void withdraw(drcon_instance* self, drcon_string service) {
  send_frame(self, frame_writer(frame_type::withdraw).text(view(service)));
}
void ready(drcon_instance* self) { send_frame(self, frame_writer(frame_type::ready)); }
void unknown(drcon_instance* self, drcon_string service, drcon_string why) {
  send_frame(self, frame_writer(frame_type::unknown).text(view(service)).text(view(why)));
}
void done(drcon_instance* self, uint64_t ticket, drcon_result result, drcon_string why) {
  process::of(self).done(ticket, result, view(why));
}
void rendered(drcon_instance* self, drcon_string target, drcon_string wanted, drcon_string live) {
  send_frame(self, frame_writer(frame_type::rendered)
                       .text(view(target))
                       .text(view(wanted))
                       .number(live.data != nullptr ? 1 : 0)
                       .text(view(live)));
}
void refused(drcon_instance* self, drcon_string service, drcon_string endpoint, drcon_string why) {
  send_frame(self, frame_writer(frame_type::refused).text(view(service)).text(view(endpoint)).text(view(why)));
}
drcon_string configuration_file(drcon_instance* self) { return c_string(process::of(self).configuration()); }
void names_unknown(drcon_instance* self, drcon_string part, drcon_string pattern, drcon_string why) {
  send_frame(self, frame_writer(frame_type::names_unknown).text(view(part)).text(view(pattern)).text(view(why)));
}
void names_known(drcon_instance* self, drcon_string part) {
  send_frame(self, frame_writer(frame_type::names_known).text(view(part)));
}
const void* ability(drcon_instance*, const char* name) {
  static constexpr host_abilities all(&configuration_file, &names_unknown, &names_known);
  return all.find(name);
}

constexpr drcon_host here{.size = sizeof(drcon_host),
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

// ---- the process ----

bool process::create(frame_reader& fields) {
  const bool is_source = fields.number() == 0;
  const std::string file(fields.text());
  name_ = fields.text();
  configuration_ = fields.text();
  log_level_ = static_cast<int>(fields.number());
  const drcon_options options{nlohmann::json::from_cbor(fields.text())};
  const auto loaded = load_library_checked_before(library_in_child, file);
  if (!loaded) {
    failed(this, {}, c_string(file + " " + loaded.error().why));
    send_frame(this, frame_writer(frame::created).number(DRCON_CONFIG));
    return false;
  }
  calls_ = direct_calls(is_source ? loaded->entry->source : nullptr, is_source ? nullptr : loaded->entry->sink,
                        probe_ability(*loaded->entry),
                        {.host = here, .instance = this, .misbehaved = [this](const std::string& how) {
                           send_frame(this, frame_writer(frame::misbehaved).text(how));
                         }});
  const auto result = calls_->create(options);
  send_frame(this,
             frame_writer(frame::created)
                 .number(static_cast<std::uint32_t>(result == DRCON_OK && !calls_->is_made() ? DRCON_CONFIG : result)));
  return result == DRCON_OK && calls_->is_made();
}

std::shared_ptr<const update_package> process::get_update(frame_reader& fields) {
  const auto ticket = fields.number();
  const bool reconcile = fields.number() != 0;
  const bool knows_applied = fields.number() != 0;
  const auto revision = fields.number();
  get_difference(fields, services_);
  std::vector<model::service_ptr> all;
  all.reserve(services_.size());
  for (const auto& [name, service] : services_) all.push_back(service);
  auto wanted = std::make_shared<const model::snapshot>(revision, std::move(all));
  const std::lock_guard lock(mutex_);
  if (!knows_applied) applied_.reset();
  return std::make_shared<const update_package>(ticket, reconcile, std::move(wanted), applied_);
}

// The update is freed here, as it is in drcon: a plugin that reads an update after its answer then fails in the same
// way with and without isolation.
void process::done(std::uint64_t ticket, drcon_result result, std::string_view why) {
  std::shared_ptr<const update_package> answered;  // freed without the lock
  {
    const std::lock_guard lock(mutex_);
    if (in_flight_ && in_flight_->view.ticket == ticket) answered = std::exchange(in_flight_, nullptr);
    if (answered && result == DRCON_OK) applied_ = answered->wanted;
  }
  frame_writer what(frame::done);
  send(what.number(ticket).number(static_cast<std::uint32_t>(result)).text(why));
}

void process::stop() {
  calls_->stop();
  send_frame(this, frame_writer(frame::stopped));
  calls_->destroy();
  std::_Exit(EXIT_SUCCESS);  // ends a thread that the plugin left behind as well
}

void process::probe(frame_reader& fields) {
  probe_question question;
  question.timeout = std::chrono::nanoseconds(fields.number());
  question.process = static_cast<std::int64_t>(fields.number());
  question.is_of_asks = fields.number() != 0;
  const auto answer = calls_->probe(question);
  if (answer)
    for (const auto& each : *answer)
      send_frame(this, frame_writer(frame::found)
                           .number(number_of(each.code))
                           .number(number_of(each.state))
                           .text(each.what)
                           .text(each.advice));
  send_frame(this, frame_writer(frame::probed).number(answer ? 1 : 0));
}

void process::handle(frame_reader& fields) {
  switch (fields.type()) {
    case frame::start: {
      const auto result = calls_->start();
      return send_frame(this, frame_writer(frame::started).number(static_cast<std::uint32_t>(result)));
    }
    case frame::apply: {
      auto update = get_update(fields);
      {
        const std::lock_guard lock(mutex_);
        in_flight_ = update;
      }
      return calls_->apply(update);
    }
    case frame::render: {
      const auto result = calls_->render(get_update(fields));
      return send_frame(this, frame_writer(frame::rendered_all).number(static_cast<std::uint32_t>(result)));
    }
    case frame::probe: return probe(fields);
    case frame::stop: return stop();
    default: throw frame_fault("a frame of a type that is not for this end");
  }
}

void process::read_frames() {
  while (const auto bytes = channel_.next()) {
    frame_reader fields(*bytes);
    if (fields.type() == frame::log_level) {  // also while the plugin blocks its lane
      log_level_ = static_cast<int>(fields.number());
      continue;
    }
    const std::lock_guard lock(mutex_);
    jobs_.emplace_back(*bytes);
    wake_.notify_one();
  }
  std::_Exit(EXIT_SUCCESS);  // drcon has ended, or has hung up
}

std::string process::next_job() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return !jobs_.empty(); });
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

int process::run() {
  const auto first = channel_.next();
  if (!first) return EXIT_SUCCESS;
  frame_reader reader(*first);
  if (reader.type() != frame::create) throw frame_fault("the first frame is not create");
  if (!create(reader)) return EXIT_SUCCESS;
  std::thread([this] {
    // Without its frames this process is of no use: drcon starts another.
    base::caught_last("plugin process " + std::to_string(::getpid()) + " ends; every pipeline of drcon goes on",
                      [this] { read_frames(); });
    std::_Exit(EXIT_FAILURE);
  }).detach();
  for (;;) {
    const auto job = next_job();
    frame_reader fields(job);
    handle(fields);
  }
}

// drcon stops this process; a signal to the whole group must not. They are ignored by a handler and not by SIG_IGN,
// which the programs that a plugin starts would inherit.
void leave_signals_to_drcon() {
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  nothing.sa_flags = SA_RESTART;
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) ::sigaction(signal, &nothing, nullptr);
}

}  // namespace

int plugin_process() {
  leave_signals_to_drcon();
  // A program that the plugin starts must not hold the socket: drcon would not see the end of this process.
  for (const int each : {socket_in_child, library_in_child}) ::fcntl(each, F_SETFD, FD_CLOEXEC);
  frame_channel channel(socket_in_child);
  // Never destroyed: the plugin's threads may call it until the process has ended.
  return (new process(channel))->run();
}

}  // namespace drcon::plugins
