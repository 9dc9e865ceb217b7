// drcon/testing/host.hpp: a host that only records, for the unit tests of a plugin.
//
//   drcon::testing::host host({{"name", "web"}});
//   plugin.source->create(host.table(), host.instance(), host.options(), &self);
//
// drcon/testing.hpp drives a whole instance and needs less of this. Needs nlohmann/json.
// Thread rule: what a plugin may call from any thread may come from any thread; so may every member, except that
// end_create() and close() belong to the thread that stands in for the lane.
#pragma once

#include <drcon/detail/json_options.hpp>
#include <drcon/update.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drcon::testing {

/// What a sink said of one ticket.
struct answer {
  std::uint64_t ticket = 0;
  drcon_result result = DRCON_OK;
  std::string why;
};

/// What a sink left out. An empty endpoint means the whole service.
struct refusal {
  std::string service, endpoint, why;
};

/// What a sink would write; `live` is what is there now, where that is known.
struct rendered {
  std::string target, wanted;
  std::optional<std::string> live;
};

struct message {
  std::int32_t level = DRCON_LOG_INFO;
  std::string text;
};

struct status {
  std::int32_t state = DRCON_STATE_OK;
  std::string text;
};

struct figure {
  std::uint32_t kind = DRCON_METRIC_GAUGE;
  std::string name;
  double value = 0;
  std::map<std::string, std::string> labels;
};

/// Why a create, start or render failed, and the option at fault.
struct failure {
  std::string pointer, why;
};

class host {
public:
  explicit host(nlohmann::json options = nlohmann::json::object(), std::string name = "test")
      : host(functions(), std::move(options), std::move(name)) {}
  /// With a table of the caller's own, which must outlive it.
  host(const drcon_host& table, nlohmann::json options, std::string name)
      : table_(&table), name_(std::move(name)), options_(std::make_unique<nlohmann::json>(std::move(options))) {}
  virtual ~host() = default;
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  const drcon_host* table() const noexcept { return table_; }
  drcon_instance* instance() noexcept { return reinterpret_cast<drcon_instance*>(this); }
  const drcon_options* options() const noexcept { return reinterpret_cast<const drcon_options*>(this); }
  static host& of(drcon_instance* raw) { return *reinterpret_cast<host*>(raw); }

  /// Create has returned: the options are gone, and all strings that came from them.
  void end_create() {
    const std::lock_guard lock(mutex_);
    options_.reset();
  }
  /// Stop has returned: whatever is said from now on is a breach, and is not recorded otherwise.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }

  /// Sources: what was published and not withdrawn.
  std::map<std::string, service> services() const { return copy(services_); }
  /// Sources: why a service is unknown; that of "" is for all of them.
  std::map<std::string, std::string> unknown() const { return copy(unknown_); }
  bool ready() const { return copy(ready_); }
  /// Sources: how often anything was published.
  std::size_t publishes() const { return copy(publishes_); }
  /// Sinks: every answer, in order.
  std::vector<testing::answer> answers() const { return copy(answers_); }
  std::vector<refusal> refusals() const { return copy(refusals_); }
  std::vector<testing::rendered> rendered() const { return copy(rendered_); }

  std::vector<message> messages() const { return copy(messages_); }
  testing::status status() const { return copy(status_); }
  std::vector<figure> figures() const { return copy(figures_); }
  testing::failure failure() const { return copy(failure_); }
  /// What the plugin must never do and did, such as "publish after stop had returned".
  std::vector<std::string> breaches() const { return copy(breaches_); }

  /// Waits until `holds()` is true; false when the time is up. It is asked whenever the plugin says something, and
  /// every few milliseconds for what is seen elsewhere.
  template <class Condition>
  bool wait_until(Condition holds, std::chrono::milliseconds at_most = std::chrono::seconds(10)) const {
    const auto end = std::chrono::steady_clock::now() + at_most;
    auto seen = copy(changes_);
    while (!holds()) {
      const auto now = std::chrono::steady_clock::now();
      if (now >= end) return false;
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, std::min(end, now + std::chrono::milliseconds(10)), [&] { return changes_ != seen; });
      seen = changes_;
    }
    return true;
  }

  /// The table of functions that record. For a table of your own: copy it and replace what you need.
  static const drcon_host& functions() {
    static const drcon_host table{.size = sizeof(drcon_host),
                                  .abi_minor = DRCON_ABI_MINOR,
                                  .version = "testing",
                                  .option = &option,
                                  .option_key = &option_key,
                                  .name = &name_of,
                                  .log_enabled = [](drcon_instance*, std::int32_t) -> std::int32_t { return 1; },
                                  .log = &log,
                                  .status = &set_status,
                                  .metric = &metric,
                                  .failed = &failed,
                                  .publish = &publish,
                                  .withdraw = &withdraw,
                                  .ready = &set_ready,
                                  .unknown = &set_unknown,
                                  .done = &done,
                                  .rendered = &set_rendered,
                                  .refused = &refused,
                                  .ability = [](drcon_instance*, const char*) -> const void* { return nullptr; }};
    return table;
  }

  /// Notes a breach of the contract.
  void breach(std::string what) {
    record(nullptr, [&] { breaches_.push_back(std::move(what)); });
  }

private:
  template <class Value>
  Value copy(const Value& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  // Runs `note` under the lock, unless `call` comes after close(); a null `call` is never late.
  template <class Note>
  void record(const char* call, Note note) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ && call != nullptr) breaches_.push_back(std::string(call) + " after stop had returned");
      else note();
      ++changes_;
    }
    changed_.notify_all();
  }

  static std::string text(drcon_string from) { return std::string(view(from)); }

  // ---- the functions of the table

  static host& of(const drcon_options* raw) {
    return *const_cast<host*>(reinterpret_cast<const host*>(raw));  // it was made from one that is not const
  }
  // The options as long as there are some.
  const nlohmann::json* open_options(const char* call) {
    const std::lock_guard lock(mutex_);
    if (!options_) breaches_.push_back(std::string(call) + " after create had returned");
    return options_.get();
  }
  static void option(const drcon_options* from, drcon_string pointer, drcon_value* out) {
    static const nlohmann::json nothing = nlohmann::json::object();
    const auto* all = of(from).open_options("option");
    detail::read_option(all ? *all : nothing, all ? view(pointer) : "/", *out);
  }
  static drcon_string option_key(const drcon_options* from, drcon_string pointer, std::size_t i) {
    const auto* all = of(from).open_options("option_key");
    return all ? detail::option_key(*all, view(pointer), i) : drcon_string{};
  }
  static drcon_string name_of(drcon_instance* self) { return c_string(of(self).name_); }

  static void log(drcon_instance* self, std::int32_t level, drcon_string line) {
    auto& to = of(self);
    to.record("log", [&] { to.messages_.push_back({level, text(line)}); });
  }
  static void set_status(drcon_instance* self, std::int32_t state, drcon_string why) {
    auto& to = of(self);
    to.record("status", [&] { to.status_ = {state, text(why)}; });
  }
  static void metric(drcon_instance* self, const drcon_metric* from) {
    auto& to = of(self);
    figure made{.kind = from->kind, .name = text(from->name), .value = from->value, .labels = {}};
    for (std::size_t i = 0; i < from->label_count; ++i)
      made.labels.emplace(text(from->labels[i].key), text(from->labels[i].value));
    to.record("metric", [&] { to.figures_.push_back(std::move(made)); });
  }
  static void failed(drcon_instance* self, drcon_string pointer, drcon_string why) {
    auto& to = of(self);
    to.record("failed", [&] { to.failure_ = {text(pointer), text(why)}; });
  }
  static void publish(drcon_instance* self, const drcon_service* from) {
    auto& to = of(self);
    auto made = service_view{from}.copy();
    to.record("publish", [&] {
      ++to.publishes_;
      to.unknown_.erase(made.name);
      auto name = made.name;
      to.services_.insert_or_assign(std::move(name), std::move(made));
    });
  }
  static void withdraw(drcon_instance* self, drcon_string service) {
    auto& to = of(self);
    to.record("withdraw", [&] {
      to.services_.erase(text(service));
      to.unknown_.erase(text(service));
    });
  }
  static void set_ready(drcon_instance* self) {
    auto& to = of(self);
    to.record("ready", [&] {
      to.ready_ = true;
      to.unknown_.erase("");
    });
  }
  static void set_unknown(drcon_instance* self, drcon_string service, drcon_string why) {
    auto& to = of(self);
    to.record("unknown", [&] {
      to.unknown_.insert_or_assign(text(service), text(why));
      if (service.size == 0) to.ready_ = false;
    });
  }
  static void done(drcon_instance* self, std::uint64_t ticket, drcon_result result, drcon_string why) {
    auto& to = of(self);
    to.record("done", [&] { to.answers_.push_back({ticket, result, text(why)}); });
  }
  static void set_rendered(drcon_instance* self, drcon_string target, drcon_string wanted, drcon_string live) {
    auto& to = of(self);
    testing::rendered made{.target = text(target), .wanted = text(wanted), .live = {}};
    if (live.data != nullptr) made.live = text(live);
    to.record("rendered", [&] { to.rendered_.push_back(std::move(made)); });
  }
  static void refused(drcon_instance* self, drcon_string service, drcon_string endpoint, drcon_string why) {
    auto& to = of(self);
    to.record("refused", [&] { to.refusals_.push_back({text(service), text(endpoint), text(why)}); });
  }

  const drcon_host* const table_;
  const std::string name_;

  mutable std::mutex mutex_;  // guards all below
  mutable std::condition_variable changed_;
  std::unique_ptr<nlohmann::json> options_;
  bool closed_ = false;
  std::uint64_t changes_ = 0;
  std::map<std::string, service> services_;
  std::map<std::string, std::string> unknown_;
  bool ready_ = false;
  std::size_t publishes_ = 0;
  std::vector<testing::answer> answers_;
  std::vector<refusal> refusals_;
  std::vector<testing::rendered> rendered_;
  std::vector<message> messages_;
  testing::status status_;
  std::vector<figure> figures_;
  testing::failure failure_;
  std::vector<std::string> breaches_;
};

}  // namespace drcon::testing
