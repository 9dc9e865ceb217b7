// The dashboard of the running program in a real Chromium; what is looked at is in tests/dashboard/dashboard.mjs.
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
    const auto source = std::string(DRCON_SOURCE_ROOT) + "/tests/dashboard";
    const auto script =
        "mkdir -p " + modules_ + " && cp " + source + "/package*.json " + modules_ + " && cd " + modules_ +
        " && exec 9>lock && flock 9 && { cmp -s package-lock.json installed || npm ci --ignore-scripts; } && "
        "cp package-lock.json installed";
    const auto installed = run({"/bin/sh", "-c", script}, {}, 150s);
    ASSERT_EQ(installed.code, 0) << installed.out << installed.err;
    start("admin.listen = \"127.0.0.1:" + std::to_string(port_) + "\"\nadmin.token = \"" + token + "\"\n");
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
  const std::string modules_ = DRCON_DASHBOARD_MODULES;
};

TEST_F(Dashboard, AChangeAppearsWithoutAReload) { holds(); }
TEST_F(Dashboard, TheBrakeIsReleasedByKeyboard) { holds(); }
TEST_F(Dashboard, APauseAndARollbackAreButtons) { holds(); }
TEST_F(Dashboard, AHostileNameIsText) { holds(); }

// The pictures are kept for people to look at.
TEST_F(Dashboard, FitsPhonesEyesAndReaders) {
  holds();
  for (const auto* each : {"phone-light.png", "phone-dark.png", "desk-light.png", "desk-dark.png"})
    fs::copy_file(drcon_->directory() / each, fs::path(modules_) / each, fs::copy_options::overwrite_existing);
}

TEST_F(Dashboard, ALostConnectionIsToldAndFoundAgain) {
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
