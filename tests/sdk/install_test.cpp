// What an author of plugins gets without our source tree.
#include "sdk/installation.hpp"

#include <drcon/plugin.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <regex>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

TEST(Installation, IsTheProgramItsPluginsAndTheSdkAndNothingElse) {
  const installation drcon;
  EXPECT_EQ(drcon.files("bin"), std::set<std::string>{"drcon"});
  EXPECT_EQ(files_below(drcon.libraries() / "drcon/plugins"), files_below(DRCON_TEST_PLUGINS));
  EXPECT_EQ(drcon.files("include"), files_below(fs::path(DRCON_SOURCE_ROOT) / "sdk/include"));
  EXPECT_EQ(drcon.files("share/drcon/scaffold"), files_below(fs::path(DRCON_SOURCE_ROOT) / "sdk/scaffold"));
  auto examples = files_below(fs::path(DRCON_SOURCE_ROOT) / "config");
  for (const auto& each : files_below(fs::path(DRCON_SOURCE_ROOT) / "packaging/systemd/drop-ins"))
    examples.insert("systemd/" + each);
  EXPECT_EQ(drcon.files("share/doc/drcon/examples"), examples);
  EXPECT_EQ(drcon.files("etc/drcon"), files_below(fs::path(DRCON_SOURCE_ROOT) / "packaging/etc"));
  EXPECT_EQ(drcon.files("lib/systemd/system"), (std::set<std::string>{"drcon.service", "drcon@.service"}));
  for (const auto& file : drcon.files(".")) {
    EXPECT_FALSE(file.ends_with(".a")) << file;
    EXPECT_EQ(file.find("test_support"), std::string::npos) << file;
  }
}

// Who has the packages has no source tree.
TEST(Installation, EachLinkOfADocumentLeadsToWhatIsInstalled) {
  const installation drcon;
  const std::regex link(R"(\]\(([^)#\s]+)[^)]*\))");
  std::set<std::string> documents;
  for (const auto& file : drcon.files("share/doc")) {
    if (!file.ends_with(".md")) continue;
    documents.insert(file);
    const auto document = drcon.prefix() / "share/doc" / file;
    const auto text = read_file(document);
    for (std::sregex_iterator each(text.begin(), text.end(), link), end; each != end; ++each) {
      const auto target = (*each)[1].str();
      if (target.find("://") != std::string::npos) continue;
      EXPECT_TRUE(fs::exists(document.parent_path() / target)) << file << " links " << target;
    }
  }
  for (const auto* each : {"drcon/moving-over.md", "drcon/plugins/template/from-consul-template.md",
                           "drcon/plugins/nginx/README.md", "drcon-dev/README.md", "drcon-dev/examples/etcd/README.md"})
    EXPECT_TRUE(documents.contains(each)) << each;
}

TEST(Installation, FindsItsPluginsWhereverItIsInstalled) {
  const installation drcon;
  const auto listed = drcon.drcon({"plugins", "--json"});
  const auto all = nlohmann::json::parse(listed.out);
  EXPECT_EQ(all["plugins"].size(), files_below(DRCON_TEST_PLUGINS).size());
  EXPECT_TRUE(all["refused"].empty()) << listed.out;
  for (const auto& each : all["plugins"])
    EXPECT_EQ(fs::path(each["file"].get<std::string>()).parent_path(), drcon.libraries() / "drcon/plugins");
}

// asio.hpp, toml.hpp and testing.hpp want Boost, toml++ and nlohmann-json beside them; the others nothing.
TEST(InstalledSdk, EveryHeaderCompilesByItself) {
  const installation drcon;
  const auto flags = drcon.pkg_config("--cflags");
  const auto compiles = [&](std::vector<std::string> command, const std::string& header) {
    write_file(drcon.prefix() / "alone.inc", "#include <" + header + ">\n#include <" + header + ">\n");
    command.insert(command.end(), flags.begin(), flags.end());
    command.insert(command.end(), {"-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"});
    command.push_back((drcon.prefix() / "alone.inc").string());
    const auto done = run(command);
    EXPECT_EQ(done.code, 0) << header << ": " << done.err;
  };
  for (const auto& header : drcon.files("include")) {
    if (header.ends_with(".h")) {
      compiles({"gcc", "-std=c11", "-xc"}, header);
      compiles({"g++", "-std=c++17", "-xc++"}, header);
    } else {
      compiles({"g++", "-std=c++20", "-xc++"}, header);
    }
  }
}

TEST(InstalledSdk, PkgConfigIsEnoughForAPluginInC) {
  const installation drcon;
  EXPECT_EQ(drcon.pkg_config("--modversion"),
            std::vector{std::to_string(DRCON_ABI_MAJOR) + "." + std::to_string(DRCON_ABI_MINOR)});
  EXPECT_TRUE(fs::equivalent(drcon.pkg_config("--variable=plugindir").at(0), drcon.libraries() / "drcon/plugins"));
  const auto made = drcon.drcon({"plugin", "new", "--source", "--lang", "c", "by-hand", "--directory", drcon.prefix()});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto plugin = drcon.prefix() / "by-hand/by-hand.so";
  std::vector<std::string> command{"gcc",
                                   "-shared",
                                   "-fPIC",
                                   "-fvisibility=hidden",
                                   "-DPLUGIN_VERSION=\"1\"",
                                   "-Wl,-z,defs",
                                   "-Wl,--version-script=" + drcon.pkg_config("--variable=exportmap").at(0),
                                   drcon.prefix() / "by-hand/src/by-hand.c",
                                   "-o",
                                   plugin,
                                   "-pthread"};
  for (const auto& flag : drcon.pkg_config("--cflags")) command.push_back(flag);
  const auto built = run(command);
  ASSERT_EQ(built.code, 0) << built.err;
  EXPECT_THAT(drcon.drcon({"plugins", "--plugin-dir", plugin.parent_path()}).out, HasSubstr("by-hand          source"));
}

TEST(InstalledSdk, RefusesAProjectThatRequiresAnotherMajorOfTheAbi) {
  const installation drcon;
  const auto project = drcon.prefix() / "project";
  for (const auto& [version, fits] : {std::pair{DRCON_ABI_MAJOR, true}, {DRCON_ABI_MAJOR + 1, false}}) {
    write_file(project / "CMakeLists.txt",
               "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES C)\n"
               "find_package(drcon-sdk " +
                   std::to_string(version) + " REQUIRED)\n");
    const auto done = run({"cmake", "-S", project, "-B", project / "build"}, drcon.environment());
    EXPECT_EQ(done.code == 0, fits) << done.err;
  }
}

}  // namespace
}  // namespace drcon::test
