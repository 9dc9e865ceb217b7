// A night in which everything goes wrong once, and what each witness tells of it at three in the morning: status,
// explain, the journal, the figures, the shipped alerts judging those figures, and the dashboard in a real Chromium.
#include "support/backend.hpp"
#include "support/browser.hpp"
#include "support/consul_agent.hpp"
#include "support/consul_pair.hpp"
#include "support/drcon_process.hpp"
#include "support/haproxy_server.hpp"
#include "support/nginx_server.hpp"
#include "support/ports.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <parsed_json.hpp>

#include <deque>
#include <filesystem>
#include <set>
#include <sstream>

namespace drcon::test {
namespace night_test {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using names = std::set<std::string>;

constexpr auto patience = 60s;  // for what takes a second on a machine with nothing else to do
const std::string secret = "0123456789abcdef";
const std::string well = "In sync";
const std::string trouble = "Needs attention";

// One pipeline from a Consul to an nginx and a HAProxy, with four instances behind them.
class Night : public ::testing::Test {
protected:
  // In sync when it returns, and that is what later figures are compared with.
  void begin(const consul_agent& consul, const std::string& pipeline = {}, const std::string& nginx = {}) {
    consul_ = &consul;
    for (const auto* name : {"a", "b", "c", "d"}) add(name);
    drcon_ = std::make_unique<drcon_process>(
        "admin.listen = \"127.0.0.1:" + std::to_string(port_) + "\"\nadmin.token = \"" + secret +
        "\"\n[source.consul]\nplugin = \"consul-http\"\nretry_max = \"1s\"\nwait = \"2s\"\naddress = \"" +
        consul.url() + "\"\nservice = [{ name = \"web\" }, { match = \"api\" }]\n[sink.nginx]\nplugin = \"nginx\"\n" +
        nginx_.options() + nginx + "[sink.haproxy]\nplugin = \"haproxy\"\n" + haproxy_.options() +
        "[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"nginx\", \"haproxy\"]\n" + pipeline);
    drcon_->start();
    ASSERT_TRUE(wait_until([&] { return read_file(nginx_.file()).find("server 127") != std::string::npos; }, patience))
        << drcon_->log();
    nginx_.start();
    ASSERT_TRUE(drcon_->settled(patience)) << drcon_->log();
    browser_ = process({"node", std::string(DRCON_SOURCE_ROOT) + "/tests/dashboard/night.mjs",
                        "http://127.0.0.1:" + std::to_string(port_) + "/", secret, scratch_.path().string(),
                        browser_modules().string()});
    before_ = figures();
    is_in_sync("1-quiet", {"a", "b", "c", "d"});
  }

  backend& add(const std::string& name, const std::string& service = "web") {
    const auto& made = instances_.emplace_back(std::make_unique<backend>(name));
    register_again(*made, service);
    return *made;
  }
  void register_again(const backend& each, const std::string& service = "web") const {
    consul_->add(service, each.name(), each.address(), each.port());
  }
  const backend& instance(std::size_t number) const { return *instances_.at(number); }

  // ---- the witnesses ----

  std::string status() const { return drcon_->verb("status").out; }
  bool status_says(const std::string& what) const {
    return wait_until([&] { return status().find(what) != std::string::npos; }, patience);
  }
  run_result explain(const backend& which) const {
    return drcon_->verb("explain", {"web", "127.0.0.1:" + std::to_string(which.port()), "--all"});
  }
  std::string journal() const { return drcon_->verb("journal").out; }
  // As Prometheus gets them.
  std::string figures() const {
    return http("GET", port_, "/metrics", {}, {{"Authorization", "Bearer " + secret}}).body;
  }
  // The empty text when there is no such figure.
  std::string figure(const std::string& series) const {
    std::istringstream lines(figures());
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
    return {};
  }
  // Exactly these of the shipped alerts fire when what is now lasts.
  void alerts(const names& wanted) const {
    write_file(scratch_ / "before", before_);
    write_file(scratch_ / "now", figures());
    std::vector<std::string> argv{std::string(DRCON_SOURCE_ROOT) + "/tests/prometheus/fires", DRCON_SOURCE_ROOT,
                                  scratch_.path().string(), scratch_ / "before", scratch_ / "now"};
    argv.insert(argv.end(), wanted.begin(), wanted.end());
    const auto judged = run(argv);
    EXPECT_EQ(judged.code, 0) << judged.out << judged.err;
  }
  // The page that has been open all night reads so; a picture of it is kept.
  void page(const std::string& act, const std::string& verdict, const std::vector<std::string>& sees) {
    fs::create_directories(DRCON_NIGHT_PICTURES);
    const auto look = "look-" + std::to_string(++looks_);
    const json asked{
        {"verdict", verdict}, {"sees", sees}, {"picture", fs::path(DRCON_NIGHT_PICTURES) / (act + ".png")}};
    write_file(scratch_ / "asked", asked.dump());
    fs::rename(scratch_ / "asked", scratch_ / (look + ".json"));
    ASSERT_TRUE(wait_until([&] { return fs::exists(scratch_ / (look + ".done")) || !browser_.running(); }, patience))
        << browser_.text();
    EXPECT_EQ(read_file(scratch_ / (look + ".done")), "") << act << browser_.text();
  }
  bool both_route_to(const names& wanted) const {
    return wait_until(
        [&] { return answerers(nginx_.port(), 24) == wanted && answerers(haproxy_.port(), 24) == wanted; }, patience);
  }
  void is_in_sync(const std::string& act, const names& served) {
    EXPECT_TRUE(status_says("in sync")) << status();
    EXPECT_EQ(drcon_->verb("status").code, 0);
    EXPECT_EQ(parsed_json(drcon_->verb("status", {"--json"}).out)["unsettled"], json::array());
    EXPECT_TRUE(both_route_to(served)) << drcon_->log();
    EXPECT_EQ(explain(instance(0)).code, 0);
    EXPECT_THAT(explain(instance(0)).out, ContainsRegex("^[^\n]*: in rotation since revision [0-9]+\n"));
    EXPECT_EQ(figure("drcon_settled"), "1");
    page(act, well, {"consul", "nginx", "haproxy"});
  }

  temp_dir scratch_;
  const std::uint16_t port_ = free_port();
  nginx_server nginx_{
      "server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; proxy_connect_timeout 1s; } }", false};
  haproxy_server haproxy_{"backend web\n  balance roundrobin\nbackend api\n  balance roundrobin\n"};
  const consul_agent* consul_ = nullptr;
  std::deque<std::unique_ptr<backend>> instances_;
  std::unique_ptr<drcon_process> drcon_;
  process browser_;
  int looks_ = 0;
  std::string before_;
};

const names four{"a", "b", "c", "d"};

TEST_F(Night, ConsulLosesItsLeaderAndTheLastKnownDataIsUsed) {
  consul_pair consul;
  begin(consul.agent());
  alerts({});
  const auto file = read_file(nginx_.file());
  consul.lose_leader();
  const std::string why = "Consul answers 500: No cluster leader";
  ASSERT_TRUE(wait_until([&] { return figure("drcon_source_known{source=\"consul\"}") == "0"; }, patience)) << status();
  ASSERT_TRUE(status_says(why)) << status();

  EXPECT_THAT(status(), AllOf(Not(HasSubstr("in sync")), HasSubstr("source consul"), HasSubstr("unreachable")));
  const auto kept = explain(instance(0));
  EXPECT_EQ(kept.code, 0) << "traffic goes on";
  EXPECT_THAT(kept.out, HasSubstr("in rotation since revision 1; source consul is unreachable; using last known "
                                  "data\n"));
  EXPECT_THAT(kept.out,
              ContainsRegex("since [0-9:.]+ [A-Z0-9+-]+ unreachable; using last known data: [^\n]*No cluster leader"));
  EXPECT_THAT(journal(),
              AllOf(ContainsRegex("source +consul: unreachable: Consul answers 500: "), Not(HasSubstr("away"))));
  EXPECT_EQ(figure("drcon_source_state{plugin=\"consul-http\",source=\"consul\"}"), "2");
  EXPECT_EQ(figure("drcon_sink_up_to_date{sink=\"nginx\"}"), "1");
  EXPECT_EQ(figure("drcon_endpoints_in_service{pipeline=\"web\"}"), "4");
  alerts({"DrconNeedsAttention", "DrconSourceAway", "DrconSourceUnreachable"});
  page("2-no-leader", trouble, {why, "unreachable"});
  EXPECT_TRUE(both_route_to(four));
  EXPECT_EQ(read_file(nginx_.file()), file);

  consul.elect_leader();
  ASSERT_TRUE(wait_until([&] { return figure("drcon_source_known{source=\"consul\"}") == "1"; }, patience)) << status();
  add("e");
  is_in_sync("2-leader-again", {"a", "b", "c", "d", "e"});
  EXPECT_THAT(journal(), ContainsRegex("source +consul: reachable again"));
  alerts({});
}

TEST_F(Night, HalfOfTheInstancesDeregisterByMistakeAndTheBrakeHolds) {
  const consul_agent consul;
  begin(consul, "brake = { max_removed = \"20%\" }\n");
  for (const auto* each : {"c", "d"}) consul.remove(each);
  const std::string why = "2 of 4 endpoints in service would be removed (50%; max_removed is 20%)";
  ASSERT_TRUE(status_says("pipeline web is held by its brake: service web: " + why)) << status();

  EXPECT_EQ(drcon_->verb("status").code, 3);
  EXPECT_THAT(status(), AllOf(HasSubstr("needs attention"), HasSubstr("brake holds since"), HasSubstr("4 of 4")));
  const auto loss = parsed_json(drcon_->verb("status", {"--json"}).out)["pipelines"]["web"]["held_loss"];
  EXPECT_EQ(loss["endpoints"][0]["endpoint"], "n1/c");
  const auto missing = explain(instance(2));
  EXPECT_EQ(missing.code, 0) << "it is in rotation still";
  EXPECT_THAT(missing.out,
              AllOf(HasSubstr("in rotation since revision 1, though no source lists it any more; the brake "
                              "holds an update: 2 of 4"),
                    HasSubstr("source consul (consul-http, ok): absent")));
  EXPECT_THAT(journal(), ContainsRegex("held +pipeline web revision 2 \\(\\+0 -2 ~0\\)"));
  EXPECT_EQ(figure("drcon_brake_holding{pipeline=\"web\"}"), "1");
  EXPECT_EQ(figure("drcon_endpoints_in_service{pipeline=\"web\"}"), "4");
  alerts({"DrconBrakeHolding", "DrconNeedsAttention"});
  page("3-brake-holds", trouble, {why, "Release the brake"});
  EXPECT_TRUE(both_route_to(four));

  for (const auto at : {2, 3}) register_again(instance(at));
  is_in_sync("3-registered-again", four);
  EXPECT_THAT(journal(), ContainsRegex("hold ended +pipeline web revision 1: the endpoints returned"));
  EXPECT_EQ(figure("drcon_pipeline_revision{pipeline=\"web\"}"), "1") << "nothing was ever taken out";
  alerts({});
}

TEST_F(Night, SomebodyBreaksNginxsConfigurationAndHaproxyGoesOn) {
  const consul_agent consul;
  begin(consul);
  nginx_.break_config();
  const auto& fresh = add("e");
  ASSERT_TRUE(status_says("no_such_directive")) << status();
  ASSERT_TRUE(wait_until([&] { return answerers(haproxy_.port(), 24).contains("e"); }, patience)) << drcon_->log();
  ASSERT_TRUE(status_says("haproxy: serves 2")) << status();

  EXPECT_EQ(drcon_->verb("status").code, 3);
  EXPECT_THAT(status(), AllOf(ContainsRegex("sink nginx: [^\n]*unknown directive[^\n]*; serves revision 1; [^\n]*now: "
                                            "drcon resync web; look: drcon doctor\n"),
                              HasSubstr("has 1")));
  const auto kept = explain(instance(0));
  EXPECT_EQ(kept.code, 0);
  EXPECT_THAT(
      kept.out,
      HasSubstr(
          "in rotation since revision 1; but sink nginx is not up to date (not applied, retrying): nginx -t fails "
          "even with the previous file: "));
  const auto half = explain(fresh);
  EXPECT_EQ(half.code, 3);
  EXPECT_THAT(half.out, ContainsRegex("not in rotation at sink nginx [^\n]*no_such_directive[^\n]*; in rotation at "
                                      "haproxy\n"));
  EXPECT_THAT(journal(), AllOf(ContainsRegex("not applied +sink nginx revision 2: [^\n]*unknown directive"),
                               ContainsRegex("applied +sink haproxy revision 2")));
  EXPECT_EQ(figure("drcon_sink_up_to_date{sink=\"nginx\"}"), "0");
  EXPECT_EQ(figure("drcon_sink_up_to_date{sink=\"haproxy\"}"), "1");
  alerts({"DrconNeedsAttention", "DrconSinkNotUpToDate"});
  page("4-nginx-is-broken", trouble, {"no_such_directive", "the old file is back"});
  EXPECT_EQ(answerers(nginx_.port(), 24), four) << "what it had is served";

  nginx_.fix_config();
  is_in_sync("4-nginx-is-fixed", {"a", "b", "c", "d", "e"});
  EXPECT_THAT(journal(), ContainsRegex("applied +sink nginx revision 2"));
  alerts({});
}

TEST_F(Night, NginxRefusesANewServiceAndTheOthersGoOn) {
  const consul_agent consul;
  nginx_.serve(
      "upstream api { server 127.0.0.1:1; } server { listen 127.0.0.1:@PORT@; location / { proxy_pass "
      "http://web; proxy_connect_timeout 1s; } }");  // somebody did by hand what drcon does
  begin(consul, "resync = \"2s\"\n");
  add("e", "api");
  ASSERT_TRUE(status_says("sink nginx leaves out service api: ")) << status();
  ASSERT_TRUE(status_says("nginx: serves 2, haproxy: serves 2")) << status();
  EXPECT_THAT(status(), HasSubstr("duplicate upstream \"api\""));
  page("7-nginx-leaves-out", "OK, with warnings", {"leaves out", "duplicate upstream"});
  EXPECT_EQ(answerers(nginx_.port(), 24), four);
}

// A template that puts a label into its file as it is: nginx names a parameter and a line, and not which service is at
// fault, so that none can be left out.
TEST_F(Night, NginxRefusesAWholeChangeAndHaproxyGoesOn) {
  const consul_agent consul;
  write_file(scratch_ / "form.mustache",
             "{{#services}}upstream {{name}} { {{#endpoints}}server {{server}}{{#meta.extra}} "
             "{{meta.extra}}{{/meta.extra}};{{/endpoints}} }\n{{/services}}");
  begin(consul, {}, "template = \"" + (scratch_ / "form.mustache").string() + "\"\n");
  const std::string why = "invalid parameter \"no_such_parameter\"";
  const auto& fresh = *instances_.emplace_back(std::make_unique<backend>("e"));
  const auto put = [&](const std::string& extra) {
    consul.add("api", fresh.name(), fresh.address(), fresh.port(), {{"Meta", {{"extra", extra}}}});
  };
  put("no_such_parameter");
  ASSERT_TRUE(status_says("sink nginx: revision 2 rejected: ")) << status();
  ASSERT_TRUE(status_says("haproxy: serves 2")) << status();

  EXPECT_EQ(drcon_->verb("status").code, 3);
  EXPECT_THAT(status(), AllOf(HasSubstr("needs attention"), HasSubstr(why), HasSubstr("the old file is back")));
  EXPECT_EQ(explain(instance(0)).code, 0);
  EXPECT_THAT(journal(), AllOf(ContainsRegex("rejected +sink nginx revision 2: [^\n]*no_such_parameter"),
                               ContainsRegex("applied +sink haproxy revision 2")));
  EXPECT_EQ(figure("drcon_sink_up_to_date{sink=\"nginx\"}"), "0");
  EXPECT_THAT(figure("drcon_applies_total{result=\"rejected\",sink=\"nginx\"}"), ContainsRegex("^[1-9]"));
  alerts({"DrconApplyRejected", "DrconNeedsAttention", "DrconSinkNotUpToDate"});
  page("6-nginx-rejects", trouble, {"no_such_parameter", "the old file is back"});
  EXPECT_EQ(answerers(nginx_.port(), 24), four) << "what it had is served";

  put("max_fails=2");
  ASSERT_TRUE(status_says("nginx: serves 3, haproxy: serves 3")) << status();
  is_in_sync("6-nginx-takes-it", four);
  alerts({"DrconApplyRejected"});  // it is about the last five minutes
}

TEST_F(Night, HaproxyRestartsAndGetsBackWhatItForgot) {
  const consul_agent consul;
  begin(consul);
  haproxy_.stop();
  ASSERT_TRUE(status_says("sink haproxy: revision 1 has to be applied again: ")) << status();

  EXPECT_EQ(drcon_->verb("status").code, 3);
  EXPECT_THAT(
      status(),
      AllOf(HasSubstr("haproxy: not applied, retrying, has 1"), HasSubstr("nginx: serves 1"),
            ContainsRegex("since [^\n]*: sink haproxy: revision 1 has to be applied again: [^\n]*; (next "
                          "retry [^\n]*, then every 5s at most|retrying now|what its target serves is not known; "
                          "retried every 5s at most); now: drcon resync web; "
                          "look: drcon doctor\n")));
  const auto half = explain(instance(0));
  EXPECT_THAT(half.out,
              HasSubstr("in rotation since revision 1; but sink haproxy is not up to date (not applied, retrying): "));
  EXPECT_THAT(journal(), ContainsRegex("not applied +sink haproxy revision 1: "));
  EXPECT_EQ(figure("drcon_sink_up_to_date{sink=\"haproxy\"}"), "0");
  EXPECT_EQ(figure("drcon_sink_state{plugin=\"haproxy\",sink=\"haproxy\"}"), "2");
  alerts({"DrconNeedsAttention", "DrconSinkNotUpToDate"});
  page("5-haproxy-is-down", trouble, {haproxy_.socket().string()});
  EXPECT_EQ(answerers(nginx_.port(), 24), four);

  haproxy_.start();
  is_in_sync("5-haproxy-is-back", four);
  EXPECT_THAT(journal(),
              ContainsRegex("applied +sink haproxy revision 1: [^\n]*HAProxy was reloaded or restarted \\(pid"));
  EXPECT_EQ(figure("drcon_haproxy_process_changes_total{kind=\"sink\",name=\"haproxy\"}"), "1");
  alerts({});
}

// Too fast for anybody to find it away, and all that was set is gone nevertheless.
TEST_F(Night, AReloadOfHaproxyIsReportedThoughItIsOverAtOnce) {
  const consul_agent consul;
  begin(consul);
  haproxy_.reload();
  const auto is_told = [&] {
    return figure("drcon_haproxy_process_changes_total{kind=\"sink\",name=\"haproxy\"}") == "1";
  };
  ASSERT_TRUE(wait_until(is_told, patience)) << drcon_->log();
  is_in_sync("5-haproxy-reloaded", four);
  // Which of the two it meets first is a race: the process that ends, or the new one with nothing set.
  EXPECT_THAT(journal(),
              AllOf(ContainsRegex("not applied +sink haproxy revision 1: [^\n]*(has forgotten what was set|is "
                                  "ending; its successor takes over)"),
                    ContainsRegex("applied +sink haproxy revision 1: all is set again: HAProxy was reloaded")));
  alerts({});
}

}  // namespace night_test
}  // namespace drcon::test
