// The dashboard of the running program in a real Chromium; what is looked at is in tests/dashboard/dashboard.mjs.
#include "support/browser.hpp"
#include "support/hosts_page.hpp"
#include "support/ports.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const char* const token = "0123456789abcdef";

class Dashboard : public hosts_page {
protected:
  void SetUp() override {
    // The sink is at work for as long as there is a file "hold".
    start("admin.listen = \"127.0.0.1:" + std::to_string(port_) + "\"\nadmin.token = \"" + token + "\"\n",
          R"(check = { command = ["/bin/sh", "-c", "while [ -e ${0%/*}/hold ]; do sleep 0.02; done", "{file}"] })");
  }
  process look() const {
    const auto* const name = testing::UnitTest::GetInstance()->current_test_info()->name();
    return process({"node", std::string(DRCON_SOURCE_ROOT) + "/tests/dashboard/dashboard.mjs", name,
                    "http://127.0.0.1:" + std::to_string(port_) + "/", token, drcon_->directory().path().string(),
                    modules_});
  }
  void holds() const {
    auto looking = look();
    ASSERT_EQ(looking.wait(120s).value_or(-1), 0) << looking.text();
  }
  bool is_there(const std::string& file) const {
    return wait_until([&] { return fs::exists(drcon_->directory() / file); }, 60s);
  }

  const std::uint16_t port_ = free_port();
  const std::string modules_ = browser_modules().string();
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

// The pictures are kept for people to look at.
TEST_F(Dashboard, FitsPhonesEyesAndReaders) {
  holds();
  for (const auto* each : {"phone-light.png", "phone-dark.png", "desk-light.png", "desk-dark.png"})
    fs::copy_file(drcon_->directory() / each, fs::path(modules_) / each, fs::copy_options::overwrite_existing);
}

TEST_F(Dashboard, ALostConnectionIsShownAndFoundAgain) {
  auto looking = look();
  ASSERT_TRUE(is_there("opened")) << looking.text();
  drcon_->stop();
  ASSERT_TRUE(is_there("told")) << looking.text();
  drcon_->start();
  write_file(drcon_->directory() / "again", "");
  ASSERT_EQ(looking.wait(120s).value_or(-1), 0) << looking.text();
}

}  // namespace
}  // namespace drcon::test
