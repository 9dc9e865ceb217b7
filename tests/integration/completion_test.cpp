// What the shells offer while somebody types, by the shells themselves.
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace drcon::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

const std::string scripts = DRCON_SOURCE_ROOT "/packaging/completions/";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

// The candidates for these words, without their meanings.
std::vector<std::string> offered(std::vector<std::string> words) {
  words.insert(words.begin(), {DRCON_BINARY, "complete", "--"});
  auto all = lines_of(run(words).out);
  for (auto& each : all) each = each.substr(0, each.find('\t'));
  return all;
}

TEST(Completion, OffersVerbsOptionsAndWhatTheyTake) {
  EXPECT_THAT(offered({"re"}), IsSupersetOf({"render", "reload", "resync", "reference"}));
  EXPECT_THAT(offered({""}), Not(Contains("plugin-process"))) << "not for people";
  EXPECT_THAT(offered({"plugin", ""}), Contains("test"));
  EXPECT_THAT(offered({"render", "--d"}), ElementsAre("--diff"));
  EXPECT_THAT(offered({"reference", "--format", ""}), ElementsAre("text", "markdown", "man"));
  EXPECT_THAT(offered({"run", "--config", ""}), ElementsAre(":files"));
  EXPECT_THAT(offered({"run", "--plugin-dir", "x"}), ElementsAre(":directories"));
  EXPECT_THAT(offered({"plugin", "new", "--so"}), ElementsAre("--source"));
  EXPECT_THAT(offered({"nonsense", "--x", "ref"}), ElementsAre("reference"));
}

TEST(Completion, OffersPluginsByName) {
  EXPECT_THAT(offered({"reference", "ng"}), ElementsAre("nginx"));
  EXPECT_THAT(offered({"plugins", "show", "ha"}), ElementsAre("haproxy"));
  EXPECT_THAT(offered({"plugin", "new", "ng"}), IsEmpty()) << "a new one has no name yet";
}

class Shell : public ::testing::Test {
protected:
  // The program is found by its name, as a user's.
  static std::vector<std::string> environment() {
    return {"PATH=" + std::filesystem::path(DRCON_BINARY).parent_path().string() + ":/usr/bin:/bin", "TERM=dumb"};
  }
  static std::string said(const std::vector<std::string>& command) {
    const auto done = run(command, environment());
    return done.out + done.err;
  }
};

TEST_F(Shell, Bash) {
  const auto in_bash = [](const std::string& words, int current) {
    return said({"bash", "--norc", "-c",
                 ". " + scripts + "drcon.bash; COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(current) +
                     "; _drcon; printf '%s\\n' \"${COMPREPLY[@]}\""});
  };
  EXPECT_EQ(in_bash("drcon ren", 1), "render\n");
  EXPECT_EQ(in_bash("drcon reference ng", 2), "nginx\n");
  EXPECT_EQ(in_bash("drcon run --config /etc/host.con", 3), "/etc/host.conf\n");
  EXPECT_EQ(in_bash("drcon run --plugin-dir /us", 3), "/usr\n");
  // Bash splits words at colons, and takes what begins behind the last one for the word.
  const auto colons = said({"bash", "--norc", "-c",
                            ". " + scripts +
                                "drcon.bash; drcon() { printf 'a:80\\tx\\n'; printf '%s|' \"$@\" >&2; }; "
                                "COMP_WORDS=(drcon explain web a : 8); COMP_CWORD=5; _drcon 2>&1; "
                                "printf '%s\\n' \"${COMPREPLY[@]}\""});
  EXPECT_EQ(colons, "80\n");
}

TEST_F(Shell, Fish) {
  const auto in_fish = [](const std::string& line) {
    return said({"fish", "--no-config", "-c", "source " + scripts + "drcon.fish; complete -C '" + line + "'"});
  };
  EXPECT_THAT(in_fish("drcon ren"), HasSubstr("render\tPrint what would be written"));
  EXPECT_THAT(in_fish("drcon reference ng"), HasSubstr("nginx"));
  EXPECT_THAT(in_fish("drcon run --config /etc/host.con"), HasSubstr("/etc/host.conf"));
}

// In a terminal of its own, as somebody who presses the tabulator.
TEST_F(Shell, Zsh) {
  const temp_dir directory;
  std::filesystem::create_directory(directory / "functions");
  std::filesystem::copy_file(scripts + "_drcon", directory / "functions/_drcon");
  write_file(directory / "type.zsh", R"(
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "fpath=($1/functions \$fpath); autoload -Uz compinit; compinit -u -d $1/dump; PROMPT=be''gun"
    zpty -r -m shell said '*begun*'
    zpty -w -n shell $'drcon rend\t'
    zpty -r -m shell said '*rend*er *' && print verb
    zpty -w -n shell $'--di\t'
    zpty -r -m shell said '*--di*ff *' && print option
    zpty -d shell)");
  EXPECT_EQ(said({"timeout", "100", "zsh", "-f", directory / "type.zsh", directory.path().string()}), "verb\noption\n");
}

}  // namespace
}  // namespace drcon::test
