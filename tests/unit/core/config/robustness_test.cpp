// Whatever a config file holds, load() answers.
#include "known_plugins.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>
#include <string_view>

namespace drcon::config {
namespace {

using namespace std::string_view_literals;

const std::string whole = R"(include = ["none.d/*.toml"]

[host]
plugin_directories = ["/opt/drcon"]
stop_deadline = "10s"
journal_size = 1_000

[log]
level = "info"   # a comment
format = 'json'

[source.consul]
plugin = "consul-http"
address = "http://127.0.0.1:8500"
wait = "55s"
token = { env = "PATH" }
connections = 0x40
service = [
  { name = "simple", tag = ["v2", "grün"], health = "passing" },
  { match = "^web-(a|b)+$" },
]
tls.verify = false

[sink."edge"]
plugin = "nginx"
file = """/etc/nginx/conf.d/drcon.conf"""
mode = "0644"

[pipeline.web]
sources = ["consul"]
sinks = ["edge"]
wait = { min = "20ms", max = "500ms" }
brake = { max_removed = "50%", min_endpoints = 1, hold = "5m" }
)";

class AnyText : public ::testing::Test {
protected:
  // True when it loads; either way there is a result or an error, never both, never neither.
  bool loads(const std::string& text) {
    std::filesystem::remove(dir_ / "drcon.toml");  // some file systems wait for the disk when a file is overwritten
    test::write_file(dir_ / "drcon.toml", text);
    diagnostics found;
    const auto made = load(dir_ / "drcon.toml", known_plugins(), found);
    EXPECT_NE(made.has_value(), found.has_errors()) << text;
    return made.has_value();
  }
  test::temp_dir dir_;
};

TEST_F(AnyText, CutShortAtAnyByteIsAnswered) {
  ASSERT_TRUE(loads(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) loads(whole.substr(0, length));
}

TEST_F(AnyText, WithBytesChangedIsAnswered) {
  std::mt19937 random(20'26);  // NOLINT: the same changes each time
  constexpr auto alphabet = "[]{}=\"'.,#\\\n\t -_0123456789abcxyz\x00\x1f\x7f\x80\xc3\xff"sv;
  int loaded = 0;
  constexpr int rounds = 4000;
  for (int i = 0; i < rounds; ++i) {
    auto text = whole;
    for (auto changes = random() % 3 + 1; changes > 0; --changes) {
      const auto at = random() % text.size();
      const char byte = alphabet[random() % alphabet.size()];
      switch (random() % 4) {
        case 0: text[at] = byte; break;
        case 1: text.insert(at, 1, byte); break;
        case 2: text.erase(at, 1 + random() % 8); break;
        default: text.insert(at, text.substr(random() % text.size(), random() % 40)); break;
      }
    }
    loaded += loads(text) ? 1 : 0;
  }
  EXPECT_GT(loaded, 0);  // comments and spaces may change
  EXPECT_LT(loaded, rounds / 2);
}

}  // namespace
}  // namespace drcon::config
