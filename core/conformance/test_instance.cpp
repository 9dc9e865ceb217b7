#include "conformance/test_instance.hpp"

#include "conformance/case_record.hpp"
#include "conformance/usage.hpp"

#include <drcon/testing/update.hpp>

#include <thread>

namespace drcon::conformance {
namespace {

std::vector<service> two_endpoints() {
  service web{.name = "web", .revision = 7, .endpoints = {}, .values = {}};
  web.endpoints.push_back({.id = "web-1", .node = "n1", .address = "127.0.0.1", .port = 8081, .tags = {}, .meta = {}});
  web.endpoints.push_back({.id = "web-2", .node = "n2", .address = "127.0.0.1", .port = 8082, .tags = {}, .meta = {}});
  return {web};
}

}  // namespace

test_instance::test_instance(const tested_plugin& plugin, kind kind, const nlohmann::json& options,
                             const recorder::host_behaviour& behaviour, std::string name)
    : source_(kind == kind::source ? plugin.entry().source : nullptr),
      sink_(kind == kind::sink ? plugin.entry().sink : nullptr),
      calls_(source_ ? calls{source_->create, source_->start, source_->stop, source_->destroy}
                     : calls{sink_->create, sink_->start, sink_->stop, sink_->destroy}),
      host_(&recorder::make(options, behaviour, std::move(name))) {}

drcon_result test_instance::try_create() {
  const within limit("create", at_once);
  const auto result = calls_.create(host_->table(), host_->instance(), host_->options(), &self_);
  host_->created();
  return result;
}

void test_instance::create() {
  const auto result = try_create();
  if (result == DRCON_OK) return;
  const auto [pointer, why] = host_->failure();
  throw breach("create answered " + std::to_string(result) +
               (why.empty() ? ", and host->failed was not called with a reason" : ": " + pointer + ": " + why));
}

drcon_result test_instance::try_start() {
  const within limit("start", at_once);
  return calls_.start(self_);
}

void test_instance::start() {
  constexpr int tries = 3;
  for (int i = 0; i < tries; ++i) {
    if (try_start() == DRCON_OK) return;
    std::this_thread::sleep_for(milliseconds(20));
  }
  throw not_tried("start does not answer DRCON_OK: " +
                  (host_->failure().why.empty() ? "it gave no reason" : host_->failure().why));
}

void test_instance::stop() {
  {
    const within limit("stop", stop_limit);
    calls_.stop(self_);
  }
  host_->close();
}

void test_instance::destroy() {
  const within limit("destroy", at_once);
  calls_.destroy(self_);
  self_ = nullptr;
}

void test_instance::apply(const drcon_update* update) {
  const within limit("apply", at_once);
  sink_->apply(self_, update);
}

drcon_result test_instance::render(const drcon_update* update) {
  const within limit("render", longest_answer);
  return sink_->render(self_, update);
}

std::vector<testing::answer> test_instance::answers(std::uint64_t ticket) const {
  auto all = host_->answers();
  std::erase_if(all, [ticket](const testing::answer& each) { return each.ticket != ticket; });
  return all;
}

testing::answer test_instance::answer(std::uint64_t ticket, milliseconds at_most) {
  busy_patience patience(at_most);
  const auto answered = [&] { return !answers(ticket).empty(); };
  while (!host_->wait_until(answered, milliseconds(100)) && !patience.is_over()) {
  }
  if (!answered())
    throw breach("update " + std::to_string(ticket) + " was not answered by host->done within " +
                 std::to_string(std::chrono::duration_cast<std::chrono::seconds>(at_most).count()) + " s");
  return answers(ticket).front();
}

void test_instance::work() {
  if (!is_sink()) {
    host_->wait_until([this] { return host_->said_anything(); }, std::chrono::seconds(2));
    return;
  }
  // Never freed: the plugin may read an update for as long as it has not answered it.
  const auto& update = *new testing::update(1, two_endpoints(), {});
  apply(update.get());
  host_->wait_until([this] { return !answers(1).empty(); }, std::chrono::seconds(2));
}

}  // namespace drcon::conformance
