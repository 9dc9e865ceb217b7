// The example source for etcd, alone against a real etcd, and with the program in front of nginx.
#include "support/backend.hpp"
#include "support/certificates.hpp"
#include "support/drcon_process.hpp"
#include "support/etcd_server.hpp"
#include "support/nginx_server.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <set>

namespace drcon::test {
namespace etcd_test {

using nlohmann::json;
using state = source_harness::state;
using ids = std::set<std::string>;

std::string endpoint_at(const std::string& address, int port = 80, json more = json::object()) {
  more.update({{"address", address}, {"port", port}});
  return more.dump();
}

ids ids_of(const state& from, const std::string& service) {
  const auto at = from.services.find(service);
  if (at == from.services.end()) return {"no such service"};
  ids all;
  for (const auto& each : at->second.endpoints) all.insert(each.id);
  return all;
}

class Etcd : public ::testing::Test {
protected:
  static constexpr const char* quick = "retry_max = \"500ms\"\ntimeout = \"1s\"\ncheck = \"300ms\"\n";

  void watch(const std::string& address, const std::string& more = {}) {
    source_ = std::make_unique<source_harness>("etcd", "address = [" + address + "]\n" + quick + more);
    source_->start();
  }
  static std::string quoted(const std::string& text) { return "\"" + text + "\""; }
  bool has(const ids& wanted, const std::string& service = "web") const {
    return source_->wait_for([&](const state& now) { return ids_of(now, service) == wanted; });
  }
  bool is_unknown() const {
    return source_->wait_for([](const state& now) { return !now.all_unknown.empty(); });
  }
  bool is_known() const {
    return source_->wait_for([](const state& now) { return now.ready && now.all_unknown.empty(); });
  }
  bool says(const std::string& text) const {
    return wait_until([&] { return source_->status().text.find(text) != std::string::npos; });
  }
  endpoint only(const std::string& service = "web") const {
    const auto all = source_->now().services.at(service).endpoints;
    return all.size() == 1 ? all.front() : endpoint{.id = "not one", .node = {}, .address = {}, .tags = {}, .meta = {}};
  }
  std::unique_ptr<source_harness> source_;
};

class EtcdAlone : public Etcd {
protected:
  void watch(const std::string& more = {}) { Etcd::watch(quoted(etcd_.url()), more); }
  void add(const std::string& id, const std::string& service = "web", std::int64_t lease = 0) const {
    etcd_.put("/services/" + service + "/" + id, endpoint_at("10.0.0.1"), lease);
  }
  void remove(const std::string& id, const std::string& service = "web") const {
    etcd_.remove("/services/" + service + "/" + id);
  }

  etcd_server etcd_;
};

TEST_F(EtcdAlone, FollowsKeysThatComeChangeAndGo) {
  add("a");
  watch();
  ASSERT_TRUE(is_known()) << source_->status().text;
  EXPECT_TRUE(has({"a"}));
  add("b");
  EXPECT_TRUE(has({"a", "b"}));
  etcd_.put("/services/web/b", endpoint_at("10.0.0.9", 81));
  EXPECT_TRUE(source_->wait_for([](const state& now) {
    return now.services.at("web").endpoints.back().address == "10.0.0.9" &&
           now.services.at("web").endpoints.back().port == 81;
  }));
  remove("a");
  EXPECT_TRUE(has({"b"}));
  add("x", "other");
  EXPECT_TRUE(has({"x"}, "other"));
  EXPECT_EQ(ids_of(source_->now(), "web"), ids{"b"});
  EXPECT_TRUE(source_->stop());
}

TEST_F(EtcdAlone, ReadsAllThatAValueSays) {
  etcd_.put("/services/web/a", endpoint_at("::1", 8080,
                                           {{"node", "rack-7"},
                                            {"weight", 7},
                                            {"priority", 1},
                                            {"health", "warning"},
                                            {"tags", {"v2", "a;b}"}},
                                            {"meta", {{"zone", "x"}}},
                                            {"unheard_of", {1, 2}}}));
  watch();
  ASSERT_TRUE(has({"a"}));
  const endpoint wanted{.id = "a",
                        .node = "rack-7",
                        .address = "::1",
                        .port = 8080,
                        .weight = 7,
                        .priority = 1,
                        .health = health::warning,
                        .tags = {"a;b}", "v2"},
                        .meta = {{"zone", "x"}}};
  auto found = only();
  std::ranges::sort(found.tags);
  EXPECT_EQ(found, wanted);
}

TEST_F(EtcdAlone, ReadsTheEndpointsOfEtcdsOwnGrpcNaming) {
  etcd_.put("svc/web/10.0.0.1:80", R"({"Op":0,"Addr":"10.0.0.1:80","Metadata":null})");
  etcd_.put("svc/web/six", R"({"Addr":"[::1]:8080","Metadata":{"zone":"x"}})");
  etcd_.put("svc/web/none", R"({"Addr":"10.0.0.1"})");
  watch("prefix = \"svc\"");
  ASSERT_TRUE(has({"10.0.0.1:80", "six"}));
  const auto all = source_->now().services.at("web").endpoints;
  EXPECT_EQ(all.front().address, "10.0.0.1");
  EXPECT_EQ(all.front().port, 80U);
  EXPECT_EQ(all.back().address, "::1");
  EXPECT_EQ(all.back().meta.at("zone"), "x");
}

TEST_F(EtcdAlone, LetsAnEndpointGoWhenItsLeaseRunsOutAndKeepsTheServiceWithoutEndpoints) {
  add("lasting");
  watch();
  add("leased", "web", etcd_.lease(1));
  ASSERT_TRUE(has({"lasting", "leased"}));
  EXPECT_TRUE(has({"lasting"}));
  remove("lasting");
  EXPECT_TRUE(has({})) << "known to have no endpoint, not known to be gone for good";
  add("a");
  EXPECT_TRUE(has({"a"}));
}

TEST_F(EtcdAlone, PublishesAServiceThatHasNoKeyYetWhenItIsNamed) {
  watch("service = [\"web\"]");
  ASSERT_TRUE(is_known());
  EXPECT_TRUE(has({}));
  EXPECT_EQ(source_->now().services.size(), 1U);
}

TEST_F(EtcdAlone, SeesNothingBesideItsPrefix) {
  etcd_.put("/servicesx/web/a", endpoint_at("10.0.0.1"));
  etcd_.put("/service/web/a", endpoint_at("10.0.0.1"));
  etcd_.put("/services0", endpoint_at("10.0.0.1"));
  watch();
  ASSERT_TRUE(is_known());
  etcd_.put("/services0/web/b", endpoint_at("10.0.0.1"));
  add("a", "one");
  EXPECT_TRUE(has({"a"}, "one"));
  EXPECT_EQ(source_->now().services.size(), 1U);
  EXPECT_EQ(source_->status().state, DRCON_STATE_OK) << source_->status().text;
}

TEST_F(EtcdAlone, TakesAllKeysOfOneTransactionTogether) {
  add("a");
  watch();
  ASSERT_TRUE(has({"a"}));
  add("b");
  ASSERT_TRUE(has({"a", "b"}));
  etcd_.remove_all("/services/web/");
  ASSERT_TRUE(source_->wait_for([](const state& now) { return ids_of(now, "web") != ids{"a", "b"}; }));
  EXPECT_EQ(ids_of(source_->now(), "web"), ids{});
}

TEST_F(EtcdAlone, LeavesOutWhatIsNoEndpointWithAReasonAndNothingElse) {
  const std::string prefix = "/services/web/";
  const auto bad = std::vector<std::pair<std::string, std::string>>{
      {prefix + "no-json", "10.0.0.1:80"},
      {prefix + "cut", R"({"address": "10.0.0.1", "po)"},
      {prefix + "empty", ""},
      {prefix + "list", "[1, 2]"},
      {prefix + "no-address", R"({"port": 80})"},
      {prefix + "no-port", R"({"address": "10.0.0.1"})"},
      {prefix + "port-0", endpoint_at("10.0.0.1", 0)},
      {prefix + "port-high", endpoint_at("10.0.0.1", 65536)},
      {prefix + "port-low", endpoint_at("10.0.0.1", -1)},
      {prefix + "port-huge", R"({"address": "10.0.0.1", "port": 18446744073709551615})"},
      {prefix + "port-text", R"({"address": "10.0.0.1", "port": "80"})"},
      {prefix + "port-part", R"({"address": "10.0.0.1", "port": 80.5})"},
      {prefix + "weight", endpoint_at("10.0.0.1", 80, {{"weight", -1}})},
      {prefix + "health", endpoint_at("10.0.0.1", 80, {{"health", "splendid"}})},
      {prefix + "tags", endpoint_at("10.0.0.1", 80, {{"tags", "v2"}})},
      {prefix + "tag", endpoint_at("10.0.0.1", 80, {{"tags", {1}}})},
      {prefix + "meta", endpoint_at("10.0.0.1", 80, {{"meta", {{"a", 1}}}})},
      {prefix + "bytes", "\xff\xfe\x00{"},
      {prefix + "deep", std::string(20000, '[')},
      {prefix, endpoint_at("10.0.0.1")},
      {"/services/web", endpoint_at("10.0.0.1")},
      {"/services//a", endpoint_at("10.0.0.1")}};
  for (const auto& [key, value] : bad) etcd_.put(key, value);
  add("good");
  watch();
  ASSERT_TRUE(is_known()) << source_->status().text;
  EXPECT_TRUE(has({"good"}));
  EXPECT_TRUE(says(std::to_string(bad.size()) + " keys are left out")) << source_->status().text;
  EXPECT_EQ(source_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(source_->metrics().find("left_out_keys{kind=\"source\",name=\"test\"} " + std::to_string(bad.size())),
            std::string::npos)
      << source_->metrics();
  etcd_.put(prefix + "cut", endpoint_at("10.0.0.1"));
  EXPECT_TRUE(has({"cut", "good"})) << "one that was mended is taken";
}

// These have the right form; the host itself judges addresses, names and tags.
TEST_F(EtcdAlone, HasHostileTextsJudgedByTheHost) {
  for (const std::string text : {"10.0.0.1; }", "a\nb", "$(id)", "\xc3\xa9 \x7f"})
    etcd_.put("/services/web/x" + std::to_string(text.size()), json{{"address", text}, {"port", 80}}.dump());
  etcd_.put(std::string("/services/\xff\xfe/a"), endpoint_at("10.0.0.1"));
  etcd_.put(std::string("/services/web/a\nb\xff"), endpoint_at("10.0.0.1"));
  add("good");
  watch();
  ASSERT_TRUE(is_known());
  EXPECT_TRUE(has({"good"}));
}

TEST_F(EtcdAlone, SpeaksOnlyOfServicesThatHaveChanged) {
  for (int i = 0; i < 20; ++i) add("a", "s" + std::to_string(i));
  watch();
  ASSERT_TRUE(is_known());
  const auto words = source_->now().words;
  add("b", "s7");
  ASSERT_TRUE(has({"a", "b"}, "s7"));
  EXPECT_EQ(source_->now().words, words + 1);
}

// ---- when things go wrong ----

TEST_F(EtcdAlone, KeepsWhatItKnewWhileEtcdIsUnreachableAndFollowsWhenItIsBack) {
  add("a");
  watch();
  ASSERT_TRUE(has({"a"}));
  etcd_.kill9();
  ASSERT_TRUE(is_unknown());
  EXPECT_EQ(source_->status().state, DRCON_STATE_AWAY);
  EXPECT_EQ(ids_of(source_->now(), "web"), ids{"a"});
  etcd_.start(true);
  EXPECT_TRUE(is_known());
  EXPECT_EQ(ids_of(source_->now(), "web"), ids{"a"});
  add("b");
  EXPECT_TRUE(has({"a", "b"})) << source_->status().text;
  EXPECT_EQ(source_->status().state, DRCON_STATE_OK) << source_->status().text;
}

TEST_F(EtcdAlone, IsNeverReadyBeforeItHasReadAllKeys) {
  add("a");
  etcd_.stop();
  watch();
  ASSERT_TRUE(is_unknown());
  EXPECT_FALSE(source_->now().ready);
  EXPECT_TRUE(source_->now().services.empty());
  etcd_.start(true);
  EXPECT_TRUE(is_known());
  EXPECT_EQ(ids_of(source_->now(), "web"), ids{"a"});
}

TEST_F(EtcdAlone, TakesTheWordOfAnEtcdThatLostItsDataAndFollowsItsNewRevisions) {
  for (int i = 0; i < 20; ++i) add("a");  // the revision runs ahead
  watch();
  ASSERT_TRUE(has({"a"}));
  etcd_.kill9();
  ASSERT_TRUE(is_unknown());
  EXPECT_EQ(ids_of(source_->now(), "web"), ids{"a"});
  etcd_.start(false);
  EXPECT_TRUE(has({})) << "it says that there are none; the pipeline's brake judges";
  add("b");
  EXPECT_TRUE(has({"b"})) << source_->status().text;
}

TEST_F(EtcdAlone, ReadsAllAgainWhenWhatItMissedWasCompacted) {
  add("a");
  add("b");
  watch();
  ASSERT_TRUE(has({"a", "b"}));
  etcd_.pause();
  ASSERT_TRUE(is_unknown());
  etcd_.kill9();
  etcd_.start(true);
  remove("a");
  add("c");
  add("d");
  etcd_.compact(etcd_.remove("/services/web/d"));
  EXPECT_TRUE(has({"b", "c"})) << source_->status().text;
  EXPECT_TRUE(is_known());
}

TEST_F(EtcdAlone, NoticesAnEtcdThatFellSilent) {
  add("a");
  watch();
  ASSERT_TRUE(has({"a"}));
  etcd_.pause();
  EXPECT_TRUE(is_unknown());
  EXPECT_EQ(ids_of(source_->now(), "web"), ids{"a"});
  etcd_.resume();
  EXPECT_TRUE(is_known());
  add("b");
  EXPECT_TRUE(has({"a", "b"}));
}

TEST_F(EtcdAlone, ChangesNothingOnAnAnswerThatIsTooLarge) {
  add("a");
  watch("max_answer = \"64KiB\"");
  ASSERT_TRUE(has({"a"}));
  etcd_.put("/services/web/b", endpoint_at("10.0.0.2", 80, {{"meta", {{"x", std::string(100000, 'x')}}}}));
  ASSERT_TRUE(is_unknown());
  EXPECT_TRUE(says("max_answer")) << source_->status().text;
  EXPECT_EQ(ids_of(source_->now(), "web"), ids{"a"});
  remove("b");
  EXPECT_TRUE(is_known());
}

TEST_F(EtcdAlone, TriesItsAddressesInOrder) {
  add("a");
  Etcd::watch("\"http://127.0.0.1:" + std::to_string(free_port()) + "\", " + quoted(etcd_.url()));
  EXPECT_TRUE(has({"a"})) << source_->status().text;
  EXPECT_TRUE(is_known());
}

TEST_F(EtcdAlone, PublishesFiveHundredServicesAndEachChange) {
  constexpr int count = 500;
  const auto name = [](int i) { return "s" + std::to_string(i); };
  for (int i = 0; i < count; ++i) add("a", name(i));
  watch();
  ASSERT_TRUE(is_known());
  EXPECT_EQ(source_->now().services.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) add("b", name(i));
  EXPECT_TRUE(source_->wait_for([&](const state& now) {
    for (int i = 0; i < count; ++i)
      if (ids_of(now, name(i)) != ids{"a", "b"}) return false;
    return true;
  }));
  EXPECT_EQ(source_->status().state, DRCON_STATE_OK) << source_->status().text;
}

TEST_F(EtcdAlone, RefusesOptionsThatMakeNoSense) {
  for (const auto* options :
       {"address = []", R"(address = ["127.0.0.1:2379"])", R"(address = ["ftp://127.0.0.1:2379"])",
        R"(address = ["http://me:secret@127.0.0.1:2379"])", R"(address = ["http://127.0.0.1:2379/path"])",
        R"(user = "me")", R"(password = "x")", R"(check = "1ms")", R"(prefix = "")",
        "address = [\"https://127.0.0.1:2379\"]\ntls = { ca_file = \"/nowhere/ca.pem\" }"})
    EXPECT_ANY_THROW(source_harness("etcd", options)) << options;
}

TEST(EtcdCluster, WithoutALeaderIsAwayAndChangesNothing) {
  auto members = etcd_server::cluster(3);
  std::string addresses;
  for (const auto& each : members) addresses += "\"" + each->url() + "\", ";
  source_harness source("etcd", "address = [" + addresses + "]\nretry_max = \"500ms\"\ntimeout = \"2s\"\n");
  source.start();
  const auto has = [&](const ids& wanted) {
    return source.wait_for([&](const state& now) { return now.all_unknown.empty() && ids_of(now, "web") == wanted; });
  };
  members[0]->put("/services/web/a", endpoint_at("10.0.0.1"));
  ASSERT_TRUE(has({"a"})) << source.status().text;
  members[0]->kill9();
  ASSERT_TRUE(wait_until([&] { return members[1]->answers(); })) << "it has no leader";
  members[1]->put("/services/web/b", endpoint_at("10.0.0.1"));
  ASSERT_TRUE(has({"a", "b"})) << "another member tells: " << source.status().text;
  members[1]->kill9();
  ASSERT_TRUE(source.wait_for([](const state& now) { return !now.all_unknown.empty(); }));
  ASSERT_TRUE(wait_until([&] { return source.status().text.find(members[2]->url()) != std::string::npos; }))
      << "the one that lives has no leader: " << source.status().text;
  EXPECT_EQ(ids_of(source.now(), "web"), (ids{"a", "b"}));
  members[0]->start(true);
  members[0]->remove("/services/web/a");
  EXPECT_TRUE(has({"b"})) << source.status().text;
}

// ---- an etcd that wants to know whom it talks to ----

class EtcdWithUsers : public Etcd {
protected:
  EtcdWithUsers() {
    etcd_.put("/services/web/a", endpoint_at("10.0.0.1"));
    etcd_.call("/v3/auth/user/add", {{"name", "root"}, {"password", "top \"secret\""}});
    etcd_.call("/v3/auth/user/grant", {{"user", "root"}, {"role", "root"}});
    etcd_.call("/v3/auth/enable", json::object());
  }
  void watch(const std::string& password) {
    Etcd::watch(quoted(etcd_.url()), "user = \"root\"\npassword = '" + password + "'\n");
  }

  etcd_server etcd_{{"--auth-token-ttl=1", "--bcrypt-cost=4"}};
};

TEST_F(EtcdWithUsers, AreWatchedWithAPassword) {
  watch("top \"secret\"");
  EXPECT_TRUE(has({"a"})) << source_->status().text;
}

TEST_F(EtcdWithUsers, AreLoggedInAgainWhenTheTokenHasRunOut) {
  source_ = std::make_unique<source_harness>(
      "etcd", "address = [\"" + etcd_.url() + "\"]\nuser = \"root\"\npassword = 'top \"secret\"'\ncheck = \"3s\"\n");
  source_->start();
  ASSERT_TRUE(has({"a"}));
  // The server forgets a token of 1 s that nobody used; the checks after it must go on by themselves.
  EXPECT_TRUE(wait_until([this] {
    return source_->metrics().find("logins_total{kind=\"source\",name=\"test\"} 3") != std::string::npos;
  })) << source_->metrics();
  EXPECT_EQ(source_->metrics().find("losses_total"), std::string::npos) << source_->metrics();
  EXPECT_EQ(source_->status().state, DRCON_STATE_OK) << source_->status().text;
}

TEST_F(EtcdWithUsers, RefuseAWrongPasswordWithoutQuotingIt) {
  watch("not this");
  ASSERT_TRUE(is_unknown());
  EXPECT_TRUE(says("login")) << source_->status().text;
  EXPECT_EQ(source_->status().text.find("not this"), std::string::npos);
  EXPECT_FALSE(source_->now().ready);
}

TEST_F(EtcdWithUsers, RefuseWhoDoesNotLogIn) {
  Etcd::watch(quoted(etcd_.url()));
  EXPECT_TRUE(says("user name is empty")) << source_->status().text;
  EXPECT_FALSE(source_->now().ready);
}

class EtcdOverTls : public Etcd {
protected:
  EtcdOverTls() { etcd_.put("/services/web/a", endpoint_at("10.0.0.1")); }
  void watch(const std::string& tls, const std::string& host = "127.0.0.1") {
    Etcd::watch(quoted("https://" + host + ":" + std::to_string(port_)), "tls = { " + tls + " }\n");
  }
  std::string ca() const { return "ca_file = \"" + files_.ca() + "\""; }
  std::string client() const {
    return ", cert_file = \"" + files_.client() + "\", key_file = \"" + files_.client_key() + "\"";
  }

  certificates files_;
  std::uint16_t port_ = free_port();
  etcd_server etcd_{{"--cert-file=" + files_.server(), "--key-file=" + files_.server_key(),
                     "--trusted-ca-file=" + files_.ca(), "--client-cert-auth"},
                    port_};
};

TEST_F(EtcdOverTls, IsWatchedWithItsCertificateCheckedAndOurOwnShown) {
  watch(ca() + client());
  EXPECT_TRUE(has({"a"})) << source_->status().text;
  etcd_.put("/services/web/b", endpoint_at("10.0.0.2"));
  EXPECT_TRUE(has({"a", "b"})) << source_->status().text;
}

TEST_F(EtcdOverTls, IsNotTrustedWhenNobodyKnowsItsCertificateOrItIsForAnother) {
  watch("");
  EXPECT_TRUE(says("certificate verify failed")) << source_->status().text;
  watch(ca() + client(), "localhost");
  EXPECT_TRUE(says("certificate verify failed")) << source_->status().text;
  EXPECT_FALSE(source_->now().ready);
}

TEST_F(EtcdOverTls, RefusesWhoShowsNoCertificate) {
  watch(ca());
  EXPECT_TRUE(is_unknown());
  EXPECT_FALSE(source_->now().ready);
}

// ---- the program ----

TEST(DrconEtcd, RoutesWhatIsRegisteredThroughNginxAndKeepsItWhileEtcdIsUnreachable) {
  etcd_server etcd;
  nginx_server nginx;
  const backend a("a");
  const backend b("b");
  const auto add = [&](const backend& each) {
    etcd.put("/services/web/" + each.name(), endpoint_at(each.address(), each.port()));
  };
  add(a);
  drcon_process drcon("host.plugin_directories = [\"" DRCON_TEST_EXAMPLES
                      "\"]\n[source.etcd]\nplugin = \"etcd\"\nretry_max = \"500ms\"\ncheck = \"500ms\"\n"
                      "address = [\"" +
                      etcd.url() + "\"]\n[sink.edge]\nplugin = \"nginx\"\n" + nginx.options() +
                      "[pipeline.web]\nsources = [\"etcd\"]\nsinks = [\"edge\"]\n");
  drcon.start();
  ASSERT_TRUE(wait_until([&] { return read_file(nginx.file()).find("upstream web") != std::string::npos; }))
      << drcon.log();
  nginx.serve("server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; } }");
  nginx.reload();
  const auto routes_to = [&](const ids& names) {
    return wait_until([&] { return nginx.serves_alone() && answerers(nginx.port(), 12) == names; });
  };
  EXPECT_TRUE(routes_to({"a"})) << drcon.log();
  add(b);
  EXPECT_TRUE(routes_to({"a", "b"})) << drcon.log();
  const auto source_is = [&](const std::string& what) {
    return wait_until([&] { return drcon.status()["sources"]["etcd"]["state"] == what; });
  };
  etcd.kill9();
  EXPECT_TRUE(source_is("away")) << drcon.log();
  // Waited for, because a worker of nginx's former generation may still answer; what had been removed would not return.
  EXPECT_TRUE(routes_to({"a", "b"})) << drcon.log();
  etcd.start(false);
  EXPECT_TRUE(wait_until([&] { return drcon.status()["pipelines"]["web"]["held"] != ""; }))
      << "an etcd that lost its data says that there is nothing, and the brake holds: " << drcon.log();
  EXPECT_TRUE(routes_to({"a", "b"})) << drcon.log();
  add(a);
  add(b);
  EXPECT_TRUE(wait_until([&] { return drcon.status()["pipelines"]["web"]["held"] == ""; })) << drcon.log();
  etcd.remove("/services/web/a");
  EXPECT_TRUE(routes_to({"b"})) << drcon.log();
}

}  // namespace etcd_test
}  // namespace drcon::test
