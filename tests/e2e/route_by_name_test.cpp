// The shipped configurations that route by name, with no more changed than paths and ports.
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/http.hpp"
#include "support/nginx_server.hpp"
#include "support/ports.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

namespace drcon::test {
namespace {

std::string shipped(const std::string& file) {
  return read_file(std::filesystem::path(DRCON_SOURCE_ROOT) / "config" / file);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  EXPECT_NE(text.find(what), std::string::npos) << what << " in\n" << text;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

class RouteByName : public ::testing::Test {
protected:
  void add(const std::string& service, const backend& at, const std::string& tag = "routed") const {
    consul_.add(service, at.name(), at.address(), at.port(), {{"Tags", {tag}}});
  }
  std::string by_host(const std::string& name) const {
    const auto answer = http("GET", port_, "/", {}, {{"Host", name + ".apps.example"}});
    return answer.status == 200 ? answer.body : std::to_string(answer.status);
  }
  std::string by_path(const std::string& name) const {
    const auto answer = get(port_, "/" + name + "/");
    return answer.status == 200 ? answer.body : std::to_string(answer.status);
  }
  bool reaches(const std::string& service, const backend& at) const {
    return wait_until([&] { return by_host(service) == at.name() + "\n" && by_path(service) == at.name() + "\n"; });
  }
  // What both proxies must do, in any order of events.
  void expect_routes() {
    add("api", b_);
    EXPECT_TRUE(reaches("api", b_)) << by_host("api") << by_path("api") << drcon_->log();
    EXPECT_TRUE(reaches("web", a_)) << drcon_->log();
    const backend c("c");
    add("hidden", c, "other");
    add("shop", c);
    EXPECT_TRUE(reaches("shop", c)) << drcon_->log();
    EXPECT_EQ(by_host("hidden"), "404");
    EXPECT_EQ(by_path("hidden"), "404");
    consul_.remove("b");
    EXPECT_TRUE(wait_until([this] { return by_path("api") == "404"; })) << by_path("api") << drcon_->log();
    EXPECT_TRUE(reaches("web", a_)) << drcon_->log();
    expect_no_name_to_stop_the_others(c);
  }
  // Names that the proxies refuse, take for something of their own, or give the requests of another service.
  void expect_no_name_to_stop_the_others(const backend& other) {
    const auto long_name = std::string(190, 'x');
    int count = 0;
    for (const auto& name :
         {std::string("drcon_no_such_service"), std::string("drcon_routes"), std::string("no_such_service"),
          std::string("-x"), std::string("x-"), std::string("a."), std::string("."), std::string(".."),
          std::string("_"), std::string("WEB"), std::string("default"), std::string("localhost"),
          std::string("127.0.0.1"), std::string("1"), std::string("drcon_connection"), std::string("web.apps.example"),
          std::string("mine"), long_name}) {
      // By the agent's own interface: a name such as ".." is no path.
      consul_.put("/v1/agent/service/register", {{"Name", name},
                                                 {"ID", "odd" + std::to_string(++count)},
                                                 {"Address", "127.0.0.1"},
                                                 {"Port", 9},
                                                 {"Tags", {"routed"}}});
      const auto last = "after" + std::to_string(count);
      add(last, other);  // one id: it moves from service to service
      EXPECT_TRUE(reaches(last, other)) << name << drcon_->log();
    }
    EXPECT_TRUE(reaches("web", a_)) << drcon_->log();
  }

  consul_agent consul_;
  std::uint16_t port_ = free_port();
  temp_dir directory_;
  backend a_{"a"};
  backend b_{"b"};
  std::unique_ptr<drcon_process> drcon_;
};

TEST_F(RouteByName, WithNginx) {
  nginx_server nginx;
  const auto form = directory_ / "form";
  write_file(form, replaced(shipped("templates/route-by-name.conf.mustache"), "listen 80",
                            "listen 127.0.0.1:" + std::to_string(port_)));
  auto config = replaced(shipped("route-by-name-nginx.toml"), "\"templates/route-by-name.conf.mustache\"",
                         "\"" + form.string() + "\"");
  config = replaced(config, "file     = \"/etc/nginx/conf.d/drcon-routes.conf\"\n", nginx.options("drcon-routes.conf"));
  config = replaced(config, "plugin  = \"consul-http\"\n",
                    "plugin  = \"consul-http\"\naddress = \"" + consul_.url() + "\"\n");
  add("web", a_);
  drcon_ = std::make_unique<drcon_process>(config + "brake = { hold = \"0s\" }\n");
  drcon_->start();
  EXPECT_TRUE(reaches("web", a_)) << drcon_->log();
  expect_routes();
}

TEST_F(RouteByName, WithHaproxy) {
  const auto path = [this](const std::string& name) { return (directory_ / name).string(); };
  write_file(path("haproxy.cfg"),
             "global\n  stats socket " + path("admin.sock") + " level admin\n  server-state-file " + path("state") +
                 "\n  hard-stop-after 10s\ndefaults\n  timeout connect 1s\n  timeout client 10s\n  timeout server 10s\n"
                 "  load-server-state-from-file global\nbackend mine\n");
  write_file(path("form"), replaced(shipped("templates/route-by-name.cfg.mustache"), "bind :80",
                                    "bind 127.0.0.1:" + std::to_string(port_)));
  auto config = shipped("route-by-name-haproxy.toml");
  for (const auto& [from, to] :
       {std::pair{"/etc/haproxy/haproxy.cfg", "haproxy.cfg"}, std::pair{"/etc/haproxy/drcon-routes.cfg", "routes.cfg"},
        std::pair{"templates/route-by-name.cfg.mustache", "form"}, std::pair{"/run/haproxy.pid", "pid"},
        std::pair{"/run/haproxy/admin.sock", "admin.sock"}, std::pair{"/var/lib/haproxy/drcon.state", "state"}})
    config = replaced(config, from, path(to));
  config = replaced(config, "plugin  = \"consul-http\"\n",
                    "plugin  = \"consul-http\"\naddress = \"" + consul_.url() + "\"\n");
  add("web", a_);
  drcon_ = std::make_unique<drcon_process>(config + "brake = { hold = \"0s\" }\n");
  drcon_->start();
  ASSERT_TRUE(wait_until([&] { return read_file(path("routes.cfg")).find("backend drcon_web") != std::string::npos; }))
      << drcon_->log();
  process haproxy({"haproxy", "-W", "-p", path("pid"), "-f", path("haproxy.cfg"), "-f", path("routes.cfg")},
                  path("log"));
  EXPECT_TRUE(reaches("web", a_)) << drcon_->log() << haproxy.text();
  expect_routes();
  haproxy.terminate();
}

}  // namespace
}  // namespace drcon::test
