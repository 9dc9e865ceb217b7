// What an operator does to nginx and HAProxy while 200 requests a second go through them and servers change: a reload,
// a reload with a broken file, a restart. Counted is what failed, in each of drcon's modes.
#include "support/backend.hpp"
#include "support/haproxy_server.hpp"
#include "support/load.hpp"
#include "support/nginx_server.hpp"
#include "support/plugin_harness.hpp"
#include "support/service_at.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace drcon::test {
namespace reload_under_load_test {

constexpr int requests_per_second = 200;

class balancer {
public:
  virtual ~balancer() = default;
  virtual std::uint16_t port() const = 0;
  virtual void reload() = 0;
  /// Of a configuration that cannot be read; it is as before afterwards.
  virtual void fail_to_reload() = 0;
  virtual void restart() = 0;
  virtual std::string log() const = 0;

  sink_harness& sink() { return *sink_; }

protected:
  void start_sink(const std::string& plugin, const std::string& options) {
    sink_ = std::make_unique<sink_harness>(plugin, options);
    sink_->start();
  }
  std::unique_ptr<sink_harness> sink_;
};

class nginx final : public balancer {
public:
  explicit nginx(bool is_live, const std::vector<service>& first) {
    server_.load_lua(is_live, 2);
    server_.start();
    start_sink("nginx", server_.options() + (is_live ? "mode = \"live\"\nlive_module = \"" + lua_module + "\"\n" : ""));
    if (const auto how = sink_->apply(first); how.result != DRCON_OK) throw std::runtime_error(how.why);
    server_.serve("server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; } }");
    server_.replace_workers();
  }
  std::uint16_t port() const override { return server_.port(); }
  void reload() override { server_.replace_workers(); }
  void fail_to_reload() override {
    const auto errors = [this] { return server_.times_logged("unknown directive"); };
    const auto before = errors();
    server_.break_config();
    server_.reload();
    if (!wait_until([&] { return errors() > before; })) throw std::runtime_error("nginx reloads what is broken");
    server_.fix_config();
  }
  void restart() override {
    server_.stop();
    server_.start();
  }
  std::string log() const override { return server_.log(); }

private:
  nginx_server server_{"server { listen 127.0.0.1:@PORT@; location / { return 200 \"none\\n\"; } }", false};
};

class haproxy : public balancer {
public:
  std::uint16_t port() const override { return server_->port(); }
  void reload() override { server_->reload(); }
  void fail_to_reload() override { server_->fail_to_reload(); }
  void restart() override {
    server_->stop();
    server_->start();
  }
  std::string log() const override { return server_->log(); }

protected:
  void serve(const std::string& options, const std::vector<service>& first) {
    start_sink("haproxy", server_->options() + options);
    static_cast<void>(sink_->apply(first));  // it writes the file, and HAProxy may have to be started with it
    if (server_->worker() == 0) server_->start();
    if (!wait_until([this] { return sink_->reconcile().result == DRCON_OK; }))
      throw std::runtime_error("HAProxy is not as desired: " + sink_->status().text);
  }
  std::unique_ptr<haproxy_server> server_;
};

// With the file of sections that HAProxy reads at its start.
class haproxy_dynamic final : public haproxy {
public:
  explicit haproxy_dynamic(const std::vector<service>& first) {
    server_ = std::make_unique<haproxy_server>(
        "defaults of-drcon\n  mode http\n  balance roundrobin\n  timeout connect 1s\n  timeout server 30s\n"
        "  retries 3\n  option redispatch\n",
        "", false);
    const auto file = server_->directory() / "drcon.cfg";
    server_->read_also(file);
    serve("config_file = \"" + file.string() + "\"\nconfig_defaults = \"of-drcon\"\n", first);
  }
};

// With the file of states that HAProxy reads at its start.
class haproxy_slots final : public haproxy {
public:
  explicit haproxy_slots(const std::vector<service>& first) {
    const auto file = (directory_ / "servers.state").string();
    server_ = std::make_unique<haproxy_server>(
        "backend web\n  load-server-state-from-file global\n  server-template drcon 1-4 127.0.0.1:1 disabled\n",
        "  server-state-file " + file + "\n");
    serve("mode = \"slots\"\nstate_file = \"" + file + "\"\n", first);
  }

private:
  temp_dir directory_;
};

using maker = std::function<std::unique_ptr<balancer>(const std::vector<service>&)>;
struct mode {
  const char* name;
  maker make;
};
void PrintTo(const mode& each, std::ostream* out) { *out << each.name; }

class ReloadUnderLoad : public ::testing::TestWithParam<mode> {
protected:
  void SetUp() override { balancer_ = GetParam().make({service_at("web", {&a_})}); }

  // While requests come and servers change, `act` does something to the balancer; afterwards it has the newest servers.
  // What failed, of all that was asked, and of what was answered.
  struct counted {
    int sent, failed, answered_with_a_failure;
  };
  counted while_servers_change(const std::string& what, const std::function<void()>& act) {
    load requests(balancer_->port(), requests_per_second);
    {
      const std::jthread changes([this](const std::stop_token& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
          const std::vector<const backend*> one{&b_}, two{&a_, &b_};
          const auto how = balancer_->sink().apply({service_at("web", i % 2 == 0 ? one : two)});
          if (how.result == DRCON_OK) ++applied_;
          std::this_thread::sleep_for(50ms);  // such as between two changes of a registry
        }
      });
      wait_for_more(requests);
      act();
      wait_for_more(requests);
    }
    const auto is_newest = [this] {
      return balancer_->sink().apply({service_at("web", {&c_})}).result == DRCON_OK &&
             answerers(balancer_->port(), 12) == std::set<std::string>{"c"};
    };
    EXPECT_TRUE(wait_until(is_newest)) << balancer_->log();
    requests.stop();
    const counted all{requests.sent(), requests.failed(), requests.answered_with_a_failure()};
    std::cout << GetParam().name << ", " << what << ": " << all.sent << " requests, " << all.failed << " failed, "
              << all.answered_with_a_failure << " of them answered with a status\n";
    EXPECT_GT(all.sent, 0);
    return all;
  }
  void wait_for_more(const load& requests) {
    const auto applied = applied_.load();
    const auto sent = requests.sent();
    if (!wait_until([&] { return applied_ > applied + 1 && requests.sent() > sent + requests_per_second / 4; }))
      throw std::runtime_error("no change is applied: " + balancer_->log());
  }

  const backend a_{"a"};
  const backend b_{"b"};
  const backend c_{"c"};
  std::unique_ptr<balancer> balancer_;
  std::atomic<int> applied_ = 0;
};

TEST_P(ReloadUnderLoad, FailsNoRequest) {
  const auto reloaded = while_servers_change("a reload", [this] { balancer_->reload(); });
  EXPECT_EQ(reloaded.failed, 0) << balancer_->log();
  const auto broken = while_servers_change("a reload with a broken file", [this] { balancer_->fail_to_reload(); });
  EXPECT_EQ(broken.failed, 0) << balancer_->log();
  // Nobody listens for a while, and who had a request of the old one gets no answer: no matter of drcon's. An answer
  // that there is no server would be.
  const auto restarted = while_servers_change("a restart", [this] { balancer_->restart(); });
  EXPECT_EQ(restarted.answered_with_a_failure, 0) << balancer_->log();
}

INSTANTIATE_TEST_SUITE_P(
    Mode, ReloadUnderLoad,
    ::testing::Values(mode{"NginxReload", [](const auto& first) { return std::make_unique<nginx>(false, first); }},
                      mode{"NginxLive", [](const auto& first) { return std::make_unique<nginx>(true, first); }},
                      mode{"HaproxyDynamic",
                           [](const auto& first) { return std::make_unique<haproxy_dynamic>(first); }},
                      mode{"HaproxySlots", [](const auto& first) { return std::make_unique<haproxy_slots>(first); }}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace reload_under_load_test
}  // namespace drcon::test
