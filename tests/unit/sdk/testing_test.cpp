// The recording host that authors of plugins test with.
#include <drcon/sink.hpp>
#include <drcon/source.hpp>
#include <drcon/testing.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace drcon {
namespace {

using namespace std::chrono_literals;

class clock_source final : public blocking_source {
public:
  static constexpr const char* schema = R"({"type": "object", "properties": {
    "name": {"type": "string"}, "interval": {"type": "string", "format": "duration", "default": "5ms"},
    "limits": {"type": "object", "properties": {"size": {"type": "string", "format": "size", "default": "64KiB"}}}}})";
  clock_source(context host, const drcon::options& options)
      : blocking_source(host), name_(options["name"].string()), interval_(options["interval"].duration()) {
    if (name_.empty()) throw config_error("/name", "a service needs a name");
    if (options["limits"]["size"].bytes() != 65536) throw config_error("/limits/size", "no default");
  }
  void run(std::stop_token stop) override {
    for (; !stop.stop_requested(); sleep(stop, interval_)) {
      service now{.name = name_, .revision = 1, .endpoints = {}, .values = {}};
      now.endpoints.push_back(
          {.id = "one", .node = "n1", .address = "127.0.0.1", .port = 80, .tags = {"a"}, .meta = {}});
      host().publish(now);
      host().ready();
    }
  }

private:
  std::string name_;
  std::chrono::nanoseconds interval_;
};

class last_sink final : public blocking_sink {
public:
  static constexpr const char* schema = R"({"type": "object"})";
  last_sink(context host, const drcon::options&) : blocking_sink(host) {}
  outcome apply(const update_view& update, std::stop_token stop) override {
    if (update.reconcile()) return retry("nothing to compare with");
    std::string changed;
    for (const auto change : update.changes()) {
      changed += change.added() ? '+' : change.removed() ? '-' : '~';
      changed += change.name();
    }
    if (changed == "+stuck")
      while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
    return {DRCON_OK, changed};
  }
  bool render(const update_view& update) override {
    host().rendered("memory", std::to_string(update.wanted().services().size()));
    return true;
  }
};

service named(std::string name, std::uint32_t port = 80) {
  service made{.name = std::move(name), .revision = 0, .endpoints = {}, .values = {}};
  made.endpoints.push_back({.id = "one", .node = {}, .address = "10.0.0.1", .port = port, .tags = {}, .meta = {}});
  return made;
}

TEST(TestingHost, RecordsWhatASourcePublishes) {
  auto clock = testing::source<clock_source>({{"name", "web"}});
  EXPECT_EQ(clock.start(), DRCON_OK);
  ASSERT_TRUE(clock.host().wait_until([&] { return clock.host().ready(); }));
  const auto web = clock.host().services().at("web");
  EXPECT_EQ(web.endpoints.at(0).tags, std::vector<std::string>{"a"});
  clock.stop();
  EXPECT_TRUE(clock.host().breaches().empty());
}

TEST(TestingHost, WaitsNoLongerThanItsDeadline) {
  auto clock = testing::source<clock_source>({{"name", "web"}});
  EXPECT_FALSE(clock.host().wait_until([&] { return clock.host().ready(); }, 20ms));
}

TEST(TestingHost, ReportsWhichOptionAConstructorRefused) {
  try {
    const auto clock = testing::source<clock_source>({{"name", ""}});
    FAIL() << "created from an empty name";
  } catch (const testing::create_refused& refused) {
    EXPECT_EQ(refused.pointer(), "/name");
    EXPECT_STREQ(refused.what(), "a service needs a name");
  }
}

TEST(TestingHost, GivesASinkWhatChangedSinceItsLastAnswer) {
  auto last = testing::sink<last_sink>();
  last.start();
  EXPECT_EQ(last.apply({named("b"), named("a")}).why, "+a+b");
  EXPECT_EQ(last.apply({named("b", 81), named("c")}).why, "-a~b+c");
  EXPECT_EQ(last.apply({named("b", 81), named("c")}).why, "");
  EXPECT_EQ(last.reconcile().result, DRCON_RETRY);
  EXPECT_EQ(last.host().answers().size(), 4);
}

TEST(TestingHost, CollectsWhatWouldBeWritten) {
  auto last = testing::sink<last_sink>();
  const auto targets = last.render({named("a"), named("b")});
  ASSERT_EQ(targets.size(), 1);
  EXPECT_EQ(targets[0].target, "memory");
  EXPECT_EQ(targets[0].wanted, "2");
  EXPECT_FALSE(targets[0].live);
}

TEST(TestingHost, StopsAnApplyUnderWay) {
  auto last = testing::sink<last_sink>();
  last.start();
  last.begin_apply({named("stuck")});
  last.stop();
  EXPECT_TRUE(last.host().breaches().empty());
}

// A plugin in C has no class; this one calls the host when it must not.
struct late {
  const drcon_host* host;
  drcon_instance* instance;
  const drcon_options* options;
};
const drcon_source_type late_type{
    .size = sizeof(drcon_source_type),
    .reserved = 0,
    .options = "{}",
    .create =
        [](const drcon_host* host, drcon_instance* instance, const drcon_options* options, void** self) {
          static late only;
          only = {host, instance, options};
          *self = &only;
          return drcon_result{DRCON_OK};
        },
    .start =
        [](void* self) {
          const auto* me = static_cast<late*>(self);
          drcon_value value{};
          value.size = sizeof value;
          me->host->option(me->options, c_string("/x"), &value);
          return static_cast<drcon_result>(value.type == DRCON_VALUE_NONE ? DRCON_OK : DRCON_RETRY);
        },
    .stop = [](void*) {},
    .destroy = [](void* self) { static_cast<late*>(self)->host->ready(static_cast<late*>(self)->instance); }};

TEST(TestingHost, DrivesAnEntryObjectAndNamesWhatItMustNotDo) {
  const auto entry = detail::entry("late", "1", "Calls too late.", &late_type, nullptr);
  auto driven = testing::source_of(entry, {{"x", 1}});
  EXPECT_EQ(driven.start(), DRCON_OK);
  driven.stop();
  driven.host().table()->ready(driven.host().instance());
  EXPECT_EQ(driven.host().breaches(),
            (std::vector<std::string>{"option after create had returned", "ready after stop had returned"}));
  EXPECT_FALSE(driven.host().ready());
  EXPECT_THROW(testing::sink_of(entry), std::logic_error);
}

}  // namespace
}  // namespace drcon
