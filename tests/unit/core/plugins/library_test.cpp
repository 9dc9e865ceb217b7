// What is refused before, at and after loading, each with its one line.
#include "plugins/library.hpp"

#include "plugins/registry.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>

namespace drcon::plugins {
namespace {

namespace fs = std::filesystem;

class Library : public testing::Test {
protected:
  // A library made of C, with the entry object that `entry` writes.
  fs::path compile(const std::string& name, const std::string& source) {
    const auto from = directory_ / (name + ".c");
    const auto to = directory_ / (name + ".so");
    test::write_file(from, "#include <drcon/plugin.h>\n" + source);
    const auto built = test::run({"cc", "-std=c11", "-shared", "-fPIC", "-I" DRCON_SOURCE_ROOT "/sdk/include", "-o",
                                  to.string(), from.string()});
    EXPECT_EQ(built.code, 0) << built.err;
    fs::permissions(to, fs::perms(0644));
    return to;
  }
  static std::string source_with(const std::string& entry) {
    return "static drcon_result create(const drcon_host *h, drcon_instance *i, const drcon_options *o, void **s)"
           "{ (void)h; (void)i; (void)o; *s = s; return DRCON_OK; }\n"
           "static drcon_result start(void *s) { (void)s; return DRCON_OK; }\nstatic void stop(void *s) { (void)s; }\n"
           "static const drcon_source_type type = {.size = sizeof type, .options = \"{}\", .create = create, .start = "
           "start,"
           ".stop = stop, .destroy = stop};\n"
           "const drcon_plugin drcon_plugin_entry = {.magic = DRCON_MAGIC, .size = sizeof(drcon_plugin), "
           ".abi_major = DRCON_ABI_MAJOR, .abi_minor = DRCON_ABI_MINOR, .name = \"in-c\", .version = \"1\", .summary = "
           "\"s\", "
           ".source = &type, " +
           entry + "};\n";
  }
  std::string refusal(const fs::path& file) {
    std::string why;
    EXPECT_FALSE(load_library(file, why).has_value());
    return why;
  }

  test::temp_dir directory_;
};

TEST_F(Library, LoadsAPluginWrittenInC) {
  std::string why;
  const auto loaded = load_library(compile("good", source_with("")), why);
  ASSERT_TRUE(loaded) << why;
  EXPECT_EQ(loaded->name(), "in-c");
  EXPECT_TRUE(loaded->source_schema);
  EXPECT_FALSE(loaded->sink_schema);
}

TEST_F(Library, RefusesAFileThatIsNoLibrary) {
  const auto file = directory_ / "script.so";
  test::write_file(file, "#!/bin/sh\n");
  EXPECT_EQ(refusal(file), "is not an ELF shared library (it starts with \"#!/bin/s\")");
  test::write_file(file, "");
  EXPECT_EQ(refusal(file), "is not an ELF shared library (it is empty)");
  EXPECT_EQ(refusal(directory_.path()), "is not a regular file");
  EXPECT_NE(refusal(directory_ / "none.so").find("cannot be found"), std::string::npos);
}

TEST_F(Library, RefusesATruncatedLibraryInsteadOfDyingOfIt) {
  const auto whole = test::read_file(compile("whole", source_with("")));
  const auto file = directory_ / "cut.so";
  for (const std::size_t length :
       {std::size_t{5}, std::size_t{40}, std::size_t{64}, std::size_t{300}, whole.size() / 2}) {
    test::write_file(file, whole.substr(0, length));
    EXPECT_NE(refusal(file), "") << length;
  }
}

TEST_F(Library, RefusesAnotherArchitectureByName) {
  auto bytes = test::read_file(compile("other", source_with("")));
  bytes[18] = bytes[18] == '\xb7' ? '\x3e' : '\xb7';  // e_machine
  const auto file = directory_ / "arch.so";
  test::write_file(file, bytes);
  EXPECT_NE(refusal(file).find("is built for "), std::string::npos);
}

TEST_F(Library, RefusesAnExecutable) { EXPECT_NE(refusal(DRCON_BINARY).find("is an executable"), std::string::npos); }

TEST_F(Library, RefusesALibraryWithoutAnEntry) {
  EXPECT_EQ(refusal(compile("empty", "int nothing;")), "is not a drcon plugin: it does not export drcon_plugin_entry");
}

TEST_F(Library, RefusesAnUnresolvedSymbolByName) {
  const auto why = refusal(compile(
      "unresolved", "void missing_function(void);\n" + source_with("") + "void use(void) { missing_function(); }\n"));
  EXPECT_NE(why.find("missing_function"), std::string::npos) << why;
}

TEST_F(Library, RefusesAnotherMagicAbiOrSize) {
  EXPECT_NE(refusal(compile("magic", source_with(".magic = \"NOTOURS\""))).find("not \"DRCONPL\""), std::string::npos);
  EXPECT_NE(refusal(compile("major", source_with(".abi_major = 99"))).find("has plugin ABI 99."), std::string::npos);
  EXPECT_NE(refusal(compile("minor", source_with(".abi_minor = 99"))).find("; this drcon has "), std::string::npos);
  EXPECT_NE(refusal(compile("size", source_with(".size = 24"))).find("has an entry object of 24 bytes"),
            std::string::npos);
}

TEST_F(Library, RefusesANameThatIsNone) {
  EXPECT_NE(refusal(compile("name", source_with(".name = \"../Etc\""))).find("has a name"), std::string::npos);
  EXPECT_NE(refusal(compile("null", source_with(".name = 0"))).find("has a name"), std::string::npos);
}

TEST_F(Library, RefusesOneThatOffersNothing) {
  EXPECT_EQ(refusal(compile("nothing", source_with(".source = 0"))), "offers neither a source nor a sink");
}

TEST_F(Library, RefusesWhatOthersMayWriteToWhenRunByRoot) {
  if (::geteuid() != 0) GTEST_FAIL() << "this test must run as root, like all of ./check";
  const auto file = compile("open", source_with(""));
  fs::permissions(file, fs::perms(0666));
  EXPECT_NE(refusal(file).find("others than its owner may write to it"), std::string::npos);
}

TEST_F(Library, KeepsTheFirstOfTwoPluginsWithOneName) {
  compile("a", source_with(""));
  compile("b", source_with(""));
  registry all;
  all.load_directories({directory_.path(), "/nowhere"});
  EXPECT_EQ(all.all().size(), 1U);
  ASSERT_EQ(all.refused().size(), 1U);
  EXPECT_NE(all.refused()[0].find("b.so: its name 'in-c' is taken by"), std::string::npos) << all.refused()[0];
}

}  // namespace
}  // namespace drcon::plugins
