// The dashboard of the running program in a real Chromium; what is looked at is in tests/dashboard/dashboard.mjs.
#include "support/browser.hpp"
#include "support/hosts_page.hpp"
#include "support/ports.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const char* const token = "0123456789abcdef";

// The page of drcon_, and the case in tests/dashboard that is called like the test.
class page_test : public hosts_page {
protected:
  std::string listens() const { return "admin.listen = \"127.0.0.1:" + std::to_string(port_) + "\"\n"; }
  process look() const {
    const auto* const name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    return process({"node", std::string(DRCON_SOURCE_ROOT) + "/tests/dashboard/dashboard.mjs", name,
                    "http://127.0.0.1:" + std::to_string(port_) + "/", token, drcon_->directory().path().string(),
                    modules_});
  }
  void holds() const {
    auto looking = look();
    ASSERT_EQ(looking.wait(120s).value_or(-1), 0) << looking.text();
    std::cout << looking.text();
  }
  // For people to look at.
  void keep(const std::vector<std::string>& pictures) const {
    for (const auto& each : pictures)
      fs::copy_file(drcon_->directory() / each, fs::path(modules_) / each, fs::copy_options::overwrite_existing);
  }
  bool is_there(const std::string& file) const {
    return wait_until([&] { return fs::exists(drcon_->directory() / file); }, 60s);
  }

  const std::uint16_t port_ = free_port();
  const std::string modules_ = browser_modules().string();
};

class Dashboard : public page_test {
protected:
  void SetUp() override {
    // The sink is at work for as long as there is a file "hold", and its target cannot be written while there is "bad".
    start(
        listens() + "admin.token = \"" + token + "\"\n",
        R"(check = { command = ["/bin/sh", "-c", "while [ -e ${0%/*}/hold ]; do sleep 0.02; done; test ! -e ${0%/*}/bad", "{file}"] })");
  }
};

class DashboardWithoutToken : public page_test {
protected:
  void SetUp() override { start(listens()); }
};

// Twenty sources, and two hundred pipelines of ten services with three endpoints each.
class DashboardAtScale : public page_test {
protected:
  void SetUp() override {
    std::string config = listens() + "admin.token = \"" + token + "\"\n";
    for (int i = 0; i < sources; ++i)
      config += fmt::format("[source.dc{0}]\nplugin = \"file\"\npath = \"dc{0}.toml\"\n", i);
    for (int i = 0; i < pipelines; ++i)
      config += fmt::format(
          "[sink.edge{0:03}]\nplugin = \"template\"\nfile = [{{ template = \"page.mustache\", path = "
          "\"edge{0:03}.conf\", escape = \"nginx\" }}]\n[pipeline.app{0:03}]\nsources = [\"dc{1}\"]\nsinks = "
          "[\"edge{0:03}\"]\nfilter = {{ service = \"app{0:03}-.*\" }}\nwait = {{ min = \"1ms\", max = \"10ms\" }}\n",
          i, i % sources);
    drcon_ = std::make_unique<drcon_process>(config);
    for (int i = 0; i < sources; ++i) write_file(drcon_->directory() / fmt::format("dc{}.toml", i), services_of(i));
    write_file(drcon_->directory() / "page.mustache",
               "{{#services}}{{#endpoints}}server {{address}}:{{port}};\n{{/endpoints}}{{/services}}");
    drcon_->start();
    ASSERT_TRUE(drcon_->settled(60s)) << drcon_->log();
  }

private:
  static constexpr int sources = 20;
  static constexpr int pipelines = 200;

  static std::string services_of(int source) {
    std::string text;
    for (int pipeline = source; pipeline < pipelines; pipeline += sources)
      for (int service = 0; service < 10; ++service) {
        text += fmt::format("[[service]]\nname = \"app{:03}-{}\"\n", pipeline, service);
        for (int endpoint = 1; endpoint <= 3; ++endpoint)
          text += fmt::format("[[service.endpoint]]\naddress = \"10.{}.{}.{}\"\nport = 8080\n", pipeline, service,
                              endpoint);
      }
    return text;
  }
};

// What the README shows: a few pipelines, one of which is held by its brake.
class DashboardForTheReadme : public page_test {
protected:
  void SetUp() override {
    std::string config =
        listens() + "admin.token = \"" + token + "\"\n[source.inventory]\nplugin = \"file\"\npath = \"hosts.toml\"\n";
    for (const auto* each : {"api", "auth", "mail", "search", "shop"})
      config += fmt::format(
          "[sink.edge-{0}]\nplugin = \"template\"\nfile = [{{ template = \"page.mustache\", path = \"{0}.conf\", "
          "escape "
          "= \"nginx\" }}]\n[pipeline.{0}]\nsources = [\"inventory\"]\nsinks = [\"edge-{0}\"]\nfilter = {{ service = "
          "\"{0}(-.*)?\" }}\nwait = {{ min = \"1ms\", max = \"10ms\" }}\n",
          each);
    drcon_ = std::make_unique<drcon_process>(config);
    write_file(drcon_->directory() / "page.mustache",
               "{{#services}}{{#endpoints}}server {{address}}:{{port}};\n{{/endpoints}}{{/services}}");
    write_file(drcon_->directory() / "hosts.toml", "service = []\n");
    drcon_->start();
    ASSERT_TRUE(drcon_->settled()) << drcon_->log();
  }
};

TEST_F(Dashboard, AChangeAppearsWithoutAReload) { holds(); }
TEST_F(Dashboard, TheBrakeIsReleasedByKeyboard) { holds(); }
TEST_F(Dashboard, APauseAndARollbackAreButtons) { holds(); }
TEST_F(Dashboard, AHostileNameIsText) { holds(); }
TEST_F(Dashboard, DirectionMarksAreShownAndTurnNothing) { holds(); }
TEST_F(Dashboard, SettledIsNotCalledWellWhenItIsNot) { holds(); }
TEST_F(Dashboard, ASinkAtWorkIsNoFault) { holds(); }
TEST_F(Dashboard, AButtonSaysThatNobodyAnswers) { holds(); }
TEST_F(Dashboard, EndpointsThatCouldNotBeReadAreReadAgain) { holds(); }
TEST_F(Dashboard, AnAnswerThatComesLateDoesNotHideANewerOne) { holds(); }
TEST_F(Dashboard, EachEntryIsShownOnce) { holds(); }
TEST_F(Dashboard, ARefusedTokenIsSaidAndForgotten) { holds(); }
TEST_F(Dashboard, TheWayOfAChangeIsShownStageByStage) { holds(); }
TEST_F(Dashboard, AChangeThatTheBrakeHeldIsNoPropagationTime) { holds(); }
TEST_F(Dashboard, FewChangesHaveNoP99) { holds(); }
TEST_F(Dashboard, APauseAsksForAReason) { holds(); }
TEST_F(Dashboard, EndpointsAreFilteredByHealthAndService) { holds(); }
TEST_F(Dashboard, HeldEndpointsAreNotCalledPassing) { holds(); }
TEST_F(Dashboard, AnEndpointThatASinkLeavesOutIsNotCalledPassing) { holds(); }
TEST_F(Dashboard, AClickOnARowExplainsIt) { holds(); }
TEST_F(Dashboard, AHeldLossAnswersWhatAnOperatorAsks) { holds(); }
TEST_F(Dashboard, AnUpdateThatIsNotAppliedAnswersWhatAnOperatorAsks) { holds(); }
TEST_F(Dashboard, ALostSourceAnswersWhatAnOperatorAsks) { holds(); }
TEST_F(Dashboard, ARefusedReloadStaysInSight) { holds(); }
TEST_F(Dashboard, AButtonIsNotReplacedWhileItIsPressed) { holds(); }
TEST_F(Dashboard, FindingsOfAnyOtherKindAndWhoPausedAreShown) { holds(); }
TEST_F(DashboardWithoutToken, WithoutATokenTheButtonsAreOff) { holds(); }
TEST_F(DashboardAtScale, AnEventIsRenderedWithinATenthOfASecond) { holds(); }

TEST_F(DashboardAtScale, OfTwoHundredPipelinesThoseThatFailComeFirst) {
  holds();
  keep({"many.png", "many-phone.png"});
}

TEST_F(Dashboard, FitsPhonesEyesAndReaders) {
  holds();
  keep({"phone-light.png", "phone-dark.png", "desk-light.png", "desk-dark.png"});
}

TEST_F(Dashboard, NothingIsCutOffOnAPhone) {
  holds();
  keep({"phone-brake-light.png", "phone-brake-dark.png"});
}

TEST_F(Dashboard, PicturesAreTakenOfCalmHoldAndUnreachable) {
  holds();
  keep({"calm.png", "brake.png", "dark.png", "phone.png", "unreachable.png"});
}

TEST_F(DashboardForTheReadme, ShowsAHeldLossAmongOthers) {
  holds();
  keep({"readme.png"});
}

TEST_F(Dashboard, ALostConnectionIsShownAndFoundAgain) {
  auto looking = look();
  ASSERT_TRUE(is_there("opened")) << looking.text();
  drcon_->stop();
  ASSERT_TRUE(is_there("lost")) << looking.text();
  drcon_->start();
  write_file(drcon_->directory() / "again", "");
  ASSERT_EQ(looking.wait(120s).value_or(-1), 0) << looking.text();
}

}  // namespace
}  // namespace drcon::test
