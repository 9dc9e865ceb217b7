// Any source with any sink, by TOML alone: the same story on real servers for each pair.
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/haproxy_server.hpp"
#include "support/nginx_server.hpp"
#include "support/ports.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <tuple>

namespace drcon::test {
namespace {

// Consul, a file of endpoints, and both proxies; what is registered is known to Consul and to the file alike.
class World {
public:
  World() { write_file_source(); }

  void add(const backend& each) {
    consul_.add("web", each.name(), each.address(), each.port());
    known_.insert(&each);
    write_file_source();
  }
  void remove(const backend& each) {
    consul_.remove(each.name());
    known_.erase(&each);
    write_file_source();
  }

  std::string consul_http(const std::string& more = {}) const {
    return "[source.http]\nplugin = \"consul-http\"\nretry_max = \"1s\"\naddress = \"" + consul_.url() + "\"\n" + more +
           "service = [{ name = \"web\" }]\n";
  }
  std::string consul_dns() const {
    return "[source.dns]\nplugin = \"consul-dns\"\nserver = [\"127.0.0.1:" + std::to_string(consul_.dns_port()) +
           "\"]\ninterval = { min = \"50ms\", max = \"50ms\" }\nabsent_after = \"500ms\"\nservice = [{ name = \"web\" "
           "}]\n";
  }
  std::string file() const {
    return "[source.file]\nplugin = \"file\"\npath = \"" + (directory_ / "endpoints.toml").string() + "\"\n";
  }
  std::string nginx_sink(bool live = false) const {
    return "[sink.nginx]\nplugin = \"nginx\"\n" + nginx_.options() +
           (live ? "mode = \"live\"\nlive_module = \"" DRCON_SOURCE_ROOT "/plugins/nginx/lua/drcon.lua\"\n" : "");
  }
  std::string haproxy_sink(bool slots) const {
    return "[sink.haproxy]\nplugin = \"haproxy\"\n" + haproxy_.options() +
           (slots ? "mode = \"slots\"\nbackend = \"slots\"\n" : "backend = \"web\"\n");
  }
  static std::string pipeline(const std::string& sources, const std::string& sinks,
                              const std::string& more = no_brake) {
    return "[pipeline.web]\nsources = [" + sources + "]\nsinks = [" + sinks + "]\n" + more;
  }

  void start(const std::string& config) {
    drcon_ = std::make_unique<drcon_process>(config);
    drcon_->start();
    ASSERT_TRUE(drcon_->settled()) << drcon_->log();
    nginx_.serve("server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; proxy_connect_timeout 1s; } }");
  }
  void serve_by_nginx() const { nginx_.reload(); }

  std::set<std::string> by(std::uint16_t port) const { return answerers(port, 16); }

  consul_agent consul_;
  temp_dir directory_;
  nginx_server nginx_;
  std::uint16_t slots_port_ = free_port();
  haproxy_server haproxy_{
      "backend web\n  balance roundrobin\nbackend slots\n  server-template drcon 1-5 127.0.0.1:1 disabled\n"
      "frontend s\n  bind 127.0.0.1:" +
      std::to_string(slots_port_) + "\n  default_backend slots\n"};
  std::unique_ptr<drcon_process> drcon_;

private:
  void write_file_source() const {
    std::string text = known_.empty() ? "service = []\n" : "[[service]]\nname = \"web\"\n";
    for (const auto* each : known_)
      text +=
          "[[service.endpoint]]\naddress = \"" + each->address() + "\"\nport = " + std::to_string(each->port()) + "\n";
    write_file(directory_ / "next", text);
    std::filesystem::rename(directory_ / "next", directory_ / "endpoints.toml");
  }
  std::set<const backend*> known_;
};

enum class from { consul_http, consul_dns, file, two_merged };
enum class to { nginx, nginx_live, haproxy_dynamic, haproxy_slots };

class Matrix : public ::testing::TestWithParam<std::tuple<from, to>> {
protected:
  std::string sources() const {
    switch (std::get<0>(GetParam())) {
      case from::consul_http: return world_.consul_http();
      case from::consul_dns: return world_.consul_dns();
      case from::file: return world_.file();
      case from::two_merged: return world_.consul_http() + world_.file();
    }
    return {};
  }
  const char* source_names() const {
    constexpr std::array names{"\"http\"", "\"dns\"", "\"file\"", "\"http\", \"file\""};
    return names.at(static_cast<std::size_t>(std::get<0>(GetParam())));
  }
  to sink() const { return std::get<1>(GetParam()); }
  bool to_nginx() const { return sink() == to::nginx || sink() == to::nginx_live; }
  std::uint16_t port() const {
    return to_nginx()                      ? world_.nginx_.port()
           : sink() == to::haproxy_dynamic ? world_.haproxy_.port()
                                           : world_.slots_port_;
  }
  bool routes_to(const std::set<std::string>& names) const {
    return wait_until([&] { return world_.by(port()) == names; });
  }
  World world_;
};

std::string name_of(const ::testing::TestParamInfo<std::tuple<from, to>>& each) {
  constexpr std::array sources{"ConsulHttp", "ConsulDns", "File", "TwoMerged"};
  constexpr std::array sinks{"Nginx", "NginxLive", "HaproxyDynamic", "HaproxySlots"};
  return std::string(sources.at(static_cast<std::size_t>(std::get<0>(each.param)))) + "To" +
         sinks.at(static_cast<std::size_t>(std::get<1>(each.param)));
}

INSTANTIATE_TEST_SUITE_P(
    Each, Matrix,
    ::testing::Combine(::testing::Values(from::consul_http, from::consul_dns, from::file, from::two_merged),
                       ::testing::Values(to::nginx, to::nginx_live, to::haproxy_dynamic, to::haproxy_slots)),
    name_of);

TEST_P(Matrix, FollowsWhatComesAndGoesAndOutlivesItsSource) {
  const backend a("a");
  const backend b("b");
  const backend c("c");
  world_.add(a);
  if (sink() == to::nginx_live) {
    world_.nginx_.stop();
    world_.nginx_.load_lua();
    world_.nginx_.start();
  }
  const auto sinks =
      to_nginx() ? world_.nginx_sink(sink() == to::nginx_live) : world_.haproxy_sink(sink() == to::haproxy_slots);
  world_.start(sources() + sinks + World::pipeline(source_names(), to_nginx() ? "\"nginx\"" : "\"haproxy\""));
  if (to_nginx()) world_.serve_by_nginx();
  EXPECT_TRUE(routes_to({"a"})) << world_.drcon_->log();
  world_.add(b);
  EXPECT_TRUE(routes_to({"a", "b"})) << world_.drcon_->log();
  world_.add(c);
  world_.remove(a);
  EXPECT_TRUE(routes_to({"b", "c"})) << world_.drcon_->log();
  // Consul dies, the file is broken: what was true goes on being served, by a drcon that is restarted as well.
  world_.consul_.kill9();
  write_file(world_.directory_ / "endpoints.toml", "[[service");
  world_.drcon_->stop();
  world_.drcon_->start();
  ASSERT_TRUE(wait_until([&] { return !world_.drcon_->status()["sinks"].empty(); }));
  EXPECT_TRUE(routes_to({"b", "c"})) << world_.drcon_->log();
  if (sink() == to::nginx_live) {
    EXPECT_EQ(world_.nginx_.reloads(), 2) << "drcon's first one, and the test's";
  }
}

TEST(Shapes, OneSourceFeedsBothSinksAndEachPipelineFilters) {
  World world;
  const backend a("a");
  const backend b("b");
  world.consul_.add("web", "a", a.address(), a.port(), {{"Tags", {"green"}}});
  world.consul_.add("web", "b", b.address(), b.port(), {{"Tags", {"blue"}}});
  world.start(world.consul_http() + world.nginx_sink() + world.haproxy_sink(false) +
              "[pipeline.green]\nsources = [\"http\"]\nsinks = [\"nginx\"]\nfilter = { tags = [\"green\"], datacenter "
              "= [\"dc1\"] }\n" +
              no_brake + "[pipeline.all]\nsources = [\"http\"]\nsinks = [\"haproxy\"]\n" + no_brake);
  world.serve_by_nginx();
  EXPECT_TRUE(wait_until([&] { return world.by(world.nginx_.port()) == std::set<std::string>{"a"}; }));
  EXPECT_TRUE(wait_until([&] { return world.by(world.haproxy_.port()) == std::set<std::string>{"a", "b"}; }));
  // A reload of the configuration that changes the filter only.
  world.drcon_->reload(
      world.consul_http() + world.nginx_sink() + world.haproxy_sink(false) +
      "[pipeline.green]\nsources = [\"http\"]\nsinks = [\"nginx\"]\nfilter = { without_tags = [\"green\"] }\n" +
      no_brake +
      "[pipeline.all]\nsources = [\"http\"]\nsinks = [\"haproxy\"]\nlimit = { endpoints = 1, key = \"x\" }\n" +
      no_brake);
  EXPECT_TRUE(wait_until([&] { return world.by(world.nginx_.port()) == std::set<std::string>{"b"}; }))
      << world.drcon_->log();
  EXPECT_TRUE(wait_until([&] { return world.by(world.haproxy_.port()).size() == 1; })) << world.drcon_->log();
}

TEST(Shapes, DnsSpeaksWhileConsulsHttpIsAway) {
  World world;
  const backend a("a");
  const backend b("b");
  world.add(a);
  const auto http =
      "[source.http]\nplugin = \"consul-http\"\naddress = \"http://127.0.0.1:" + std::to_string(free_port()) +
      "\"\nservice = [{ name = \"web\" }]\n";
  world.start(
      http + world.consul_dns() + world.haproxy_sink(false) +
      World::pipeline("\"http\", \"dns\"", "\"haproxy\"", "merge = \"prefer\"\nprefer_grace = \"200ms\"\n" + no_brake));
  EXPECT_TRUE(wait_until([&] { return world.by(world.haproxy_.port()) == std::set<std::string>{"a"}; }))
      << world.drcon_->log();
  world.add(b);
  EXPECT_TRUE(wait_until([&] {
    return world.by(world.haproxy_.port()) == std::set<std::string>{"a", "b"};
  })) << world.drcon_->log();
}

}  // namespace
}  // namespace drcon::test
