// Steady requests while instances start, leave and are killed: none may fail, through nginx or through HAProxy.
#include "support/load.hpp"
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/haproxy_server.hpp"
#include "support/nginx_server.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <utility>

namespace drcon::test {
namespace {

constexpr auto length = 60s;
constexpr int requests_per_second = 100;  // to each proxy

TEST(Load, LosesNoRequestWhileInstancesStartLeaveAndAreKilled) {
  const consul_agent consul;
  nginx_server nginx(
      "server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; proxy_connect_timeout 1s; "
      "proxy_next_upstream error timeout http_502 http_503; } }",
      false);
  const haproxy_server haproxy("backend web\n  balance roundrobin\n  retry-on all-retryable-errors\n");
  std::deque<std::unique_ptr<backend>> running;
  int made = 0;
  const auto start_one = [&] {
    running.push_back(std::make_unique<backend>("b" + std::to_string(made++)));
    const auto& it = *running.back();
    consul.add("web", it.name(), it.address(), it.port(),
               {{"Check",
                 {{"TCP", it.address() + ":" + std::to_string(it.port())},
                  {"Interval", "1s"},
                  {"Timeout", "1s"},
                  {"Status", "passing"}}}});
  };
  for (int i = 0; i < 3; ++i) start_one();
  drcon_process drcon("[source.consul]\nplugin = \"consul-http\"\naddress = \"" + consul.url() +
                      "\"\nservice = [{ name = \"web\" }]\n[sink.nginx]\nplugin = \"nginx\"\n" + nginx.options() +
                      "[sink.haproxy]\nplugin = \"haproxy\"\n" + haproxy.options() +
                      "[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"nginx\", \"haproxy\"]\n");
  drcon.start();
  ASSERT_TRUE(wait_until([&] { return read_file(nginx.file()).find("server 127") != std::string::npos; }))
      << drcon.log();
  nginx.start();
  ASSERT_TRUE(drcon.settled()) << drcon.log();
  const auto worker = haproxy.worker();
  ASSERT_EQ(haproxy.get().status, 200);

  load over_nginx(nginx.port(), requests_per_second);
  load over_haproxy(haproxy.port(), requests_per_second);
  const auto end = std::chrono::steady_clock::now() + length;
  // On a machine with too much to do it takes longer to send enough of them.
  const auto enough = [&] { return over_nginx.sent() + over_haproxy.sent() > 2 * requests_per_second * 50; };
  for (int round = 0; std::chrono::steady_clock::now() < end || !enough(); ++round) {
    start_one();
    const auto name = running.back()->name();
    // Until the new one takes requests, so that there is always more than one.
    EXPECT_TRUE(wait_until([&] { return running.back()->requests() > 0; })) << drcon.log();
    const auto leaving = std::move(running.front());
    running.pop_front();
    if (round % 3 != 2) {
      consul.remove(leaving->name());
      // As a container's stop time-out: what it has begun ends, and it takes nothing new.
      std::uint64_t before = 0;
      EXPECT_TRUE(wait_until(
          [&] { return drcon.settled() && std::exchange(before, leaving->requests()) == leaving->requests(); }));
    }  // else it is killed: the proxies try another until Consul's check has found out
  }
  over_nginx.stop();
  over_haproxy.stop();
  EXPECT_EQ(over_nginx.failed(), 0) << over_nginx.last();
  EXPECT_EQ(over_haproxy.failed(), 0) << over_haproxy.last();
  EXPECT_GT(over_nginx.sent() + over_haproxy.sent(), 2 * requests_per_second * 50);
  EXPECT_EQ(haproxy.worker(), worker) << "no reload";
  std::printf("%d requests over nginx, %d over HAProxy, %d instances\n", over_nginx.sent(), over_haproxy.sent(), made);
}

}  // namespace
}  // namespace drcon::test
