#include "support/fake_plugins.hpp"

#include <drcon/detail/entry.hpp>

#include <parsed_json.hpp>

#include <algorithm>
#include <set>

namespace drcon::test {
namespace {

constexpr const char* any_options = R"({"type": "object", "properties": {"note": {"type": "string"}}})";

std::mutex all_mutex;
std::map<std::string, std::vector<std::shared_ptr<fake_instance>>> all;
std::set<std::string> sinks;  // the names of those instances that may have one beside them that is only asked
std::string target_has;

std::shared_ptr<fake_instance> enrol(context host) {
  auto made = std::make_shared<fake_instance>(host);
  const std::lock_guard lock(all_mutex);
  all[std::string(host.name())].push_back(made);
  return made;
}

class fake_base {
public:
  fake_base(context host, const options& from) : mine_(enrol(host)) {
    if (from["note"].present() && from["note"].string() == "refuse") throw config_error("/note", "refused by the fake");
  }
  void start() { set(mine_->started); }
  void failed(std::string_view why) const { mine_->host.failed(why); }
  void stop() {
    set(mine_->stopped);
    std::unique_lock lock(mine_->mutex);
    mine_->changed.wait(lock, [this] { return !mine_->stop_hangs; });
  }

protected:
  void set(std::atomic<bool>& flag) {
    const std::lock_guard lock(mine_->mutex);
    flag = true;
    mine_->changed.notify_all();
  }
  std::shared_ptr<fake_instance> mine_;
};

class fake_source : public fake_base {
public:
  static constexpr const char* schema = any_options;
  using fake_base::fake_base;
};

class fake_sink : public fake_base {
public:
  static constexpr const char* schema = any_options;
  fake_sink(context host, const options& table) : fake_base(host, table) {
    const std::lock_guard lock(all_mutex);
    sinks.emplace(host.name());
  }

  void begin_apply(const update_view& update) {
    outcome how;
    {
      const std::lock_guard lock(mine_->mutex);
      ++mine_->applies;
      mine_->last.clear();
      for (const auto& each : update.wanted().services()) mine_->last.push_back(each.copy());
      mine_->reconciles.push_back(update.reconcile());
      how = mine_->answer;
      if (!mine_->answers) mine_->open_ticket = update.ticket();
      mine_->changed.notify_all();
      if (!mine_->answers) return;
    }
    const auto& host = mine_->host;
    host.host()->done(host.instance(), update.ticket(), how.result, c_string(how.why));
  }
  bool render(const update_view& update) {
    ++renders;
    if (!mine_->started) mine_->is_asked_only = true;
    wait_until([] { return !renders_hang; });
    if (renders_fail) return false;
    std::string desired;
    for (const auto& service : update.wanted().services())
      for (const auto& each : service.copy().endpoints) desired += each.id + " ";
    const std::lock_guard lock(all_mutex);
    mine_->host.rendered("the target", desired, target_has);
    return true;
  }
};

}  // namespace

void fake_instance::answer_open_update() {
  std::uint64_t ticket = 0;
  {
    const std::lock_guard lock(mutex);
    answers = true;
    ticket = open_ticket.value_or(0);
  }
  host.host()->done(host.instance(), ticket, DRCON_OK, {});
}

std::shared_ptr<fake_instance> fake(const std::string& name) {
  const std::lock_guard lock(all_mutex);
  const auto found = all.find(name);
  if (found == all.end()) return nullptr;
  if (!sinks.contains(name)) return found->second.back();
  const auto last = [&made = found->second](auto fits) {
    const auto each = std::find_if(made.rbegin(), made.rend(), [&](const auto& one) { return fits(*one); });
    return each == made.rend() ? nullptr : *each;
  };
  if (auto each = last([](const auto& one) { return one.started && !one.stopped; })) return each;
  if (auto each = last([](const auto& one) { return !one.started && !one.stopped && !one.is_asked_only; })) return each;
  if (auto each = last([](const auto& one) { return one.started.load(); })) return each;
  return found->second.back();
}

std::shared_ptr<fake_instance> fake_made_last(const std::string& name) {
  const std::lock_guard lock(all_mutex);
  const auto found = all.find(name);
  return found == all.end() ? nullptr : found->second.back();
}

int fakes_made(const std::string& name) {
  const std::lock_guard lock(all_mutex);
  return static_cast<int>(all[name].size());
}

void set_target(std::string has) {
  const std::lock_guard lock(all_mutex);
  target_has = std::move(has);
}

void forget_fakes() {
  const std::lock_guard lock(all_mutex);
  target_has.clear();
  sinks.clear();
  all.clear();
}

void add_fake_plugins(plugins::registry& to) {
  static constexpr auto source_type = detail::source_type<fake_source>();
  static constexpr auto sink_type = detail::sink_type<fake_sink>();
  static constexpr auto source = detail::entry("fake-source", "1", "A fake.", &source_type, nullptr);
  static constexpr auto sink = detail::entry("fake-sink", "1", "A fake.", nullptr, &sink_type);
  const auto schema = parsed_json(any_options);
  to.add({.file = "fake-source", .entry = &source, .source_schema = schema, .sink_schema = {}});
  to.add({.file = "fake-sink", .entry = &sink, .source_schema = {}, .sink_schema = schema});
}

service service_of(const std::string& name, int endpoints) {
  service made{.name = name, .revision = 1, .endpoints = {}};
  for (int i = 1; i <= endpoints; ++i)
    made.endpoints.push_back({.id = name + "-" + std::to_string(i),
                              .node = "n1",
                              .address = "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256),
                              .port = 80,
                              .tags = {},
                              .meta = {}});
  return made;
}

}  // namespace drcon::test
