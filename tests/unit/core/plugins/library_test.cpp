// The gates: what is refused before, at and after loading, each with its one line and its help.
#include "plugins/library.hpp"

#include "plugins/registry.hpp"
#include "plugins/validation.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace drcon::plugins {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Library : public ::testing::Test {
protected:
  // A library made of C.
  fs::path compile(const std::string& name, const std::string& source, const std::vector<std::string>& more = {}) {
    const auto from = directory_ / (name + ".c");
    const auto to = directory_ / (name + ".so");
    test::write_file(from, "#include <drcon/plugin.h>\n" + source);
    std::vector<std::string> command{"cc", "-std=gnu11", "-shared",    "-fPIC", "-I" DRCON_SOURCE_ROOT "/sdk/include",
                                     "-o", to.string(),  from.string()};
    command.insert(command.end(), more.begin(), more.end());
    const auto built = test::run(command);
    EXPECT_EQ(built.code, 0) << built.err;
    fs::permissions(to, fs::perms(0644));
    return to;
  }
  // Nothing but an entry object that is as it should be but for what `entry` writes over it.
  static std::string source_with(const std::string& entry) {
    return R"c(
static drcon_result create(const drcon_host* h, drcon_instance* i, const drcon_options* o, void** self) {
  *self = self;
  return DRCON_OK;
}
static drcon_result start(void* self) { return DRCON_OK; }
static void stop(void* self) {}
#define TYPE(name, ...) static const drcon_source_type name = {.size = sizeof(drcon_source_type), .options = "{}", \
  .create = create, .start = start, .stop = stop, .destroy = stop, __VA_ARGS__}
TYPE(type);
TYPE(short_type, .size = 16);
TYPE(without_start, .start = 0);
TYPE(schema_is_text, .options = "none");
TYPE(schema_is_wrong, .options = "{\"type\": \"object\", \"properties\": {\"port\": {\"type\": \"intger\"}}}");
const drcon_plugin drcon_plugin_entry = {.magic = DRCON_MAGIC, .size = sizeof(drcon_plugin),
  .abi_major = DRCON_ABI_MAJOR, .abi_minor = DRCON_ABI_MINOR, .name = "in-c", .version = "1", .summary = "s",
  .source = &type, )c" +
           entry + "};\n";
  }
  // Why the file is refused. Whoever is refused is told what to do about it.
  std::string refusal(const fs::path& file) {
    const auto loaded = load_library(file, trust::unknown);
    if (loaded) return "it was loaded";
    const auto& fault = loaded.error();
    EXPECT_FALSE(fault.help.empty()) << fault.why;
    EXPECT_TRUE(is_plain_text(fault.why)) << fault.why;
    return fault.why;
  }
  std::string refusal(const std::string& name, const std::string& entry) {
    return refusal(compile(name, source_with(entry)));
  }
  bool loads(const std::string& name, const std::string& entry) {
    const auto loaded = load_library(compile(name, source_with(entry)), trust::unknown);
    EXPECT_TRUE(loaded) << loaded.error().why;
    return loaded.has_value();
  }

  test::temp_dir directory_;
};

TEST_F(Library, LoadsAPluginWrittenInC) {
  const auto loaded = load_library(compile("good", source_with("")), trust::unknown);
  ASSERT_TRUE(loaded) << loaded.error().why;
  EXPECT_EQ(loaded->name(), "in-c");
  EXPECT_TRUE(loaded->source_schema);
  EXPECT_FALSE(loaded->sink_schema);
}

TEST_F(Library, LoadsOneOfANewerMinorAndALargerEntry) {
  EXPECT_TRUE(loads("newer", ".abi_minor = 99, .size = sizeof(drcon_plugin) + 64"));
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
  const auto why = refusal(
      compile("unresolved", "void _ZN3foo3barEv(void);\n" + source_with("") + "void use(void) { _ZN3foo3barEv(); }\n"));
  EXPECT_EQ(why, "refers to foo::bar(), which nothing provides");
}

TEST_F(Library, RefusesOneWhoseOwnLibraryIsNotThereAndNamesIt) {
  const auto needed = compile("libneeded", "void needed(void) {}\n");
  const auto user =
      compile("user", "void needed(void);\n" + source_with("") + "void use(void) { needed(); }\n", {needed.string()});
  fs::remove(needed);
  EXPECT_NE(refusal(user).find("libneeded.so, which is not there"), std::string::npos) << refusal(user);
}

TEST_F(Library, RefusesOneThatCrashesWhileItIsLoadedAndLivesOn) {
  const auto with = [this](const std::string& name, const std::string& body) {
    return refusal(compile(name, "#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n" + source_with("") +
                                     "__attribute__((constructor)) static void early(void) { " + body + " }\n"));
  };
  EXPECT_EQ(with("aborts", R"(fputs("out of luck\n", stderr); abort();)"),
            "crashes while it is loaded: SIGABRT (it said: out of luck)");
  EXPECT_NE(with("exits", "_exit(3);").find("ends the process while it is loaded: exit code 3"), std::string::npos);
  EXPECT_NE(with("hangs", "for (;;) pause();").find("does not finish loading"), std::string::npos);
}

// With SIGCHLD ignored the kernel keeps no exit status of the child that loads it first.
TEST_F(Library, RefusesOneWhoseTrialCannotBeJudged) {
  const auto file = compile("exits", "#include <unistd.h>\n" + source_with("") +
                                         "__attribute__((constructor)) static void early(void) { _exit(3); }\n");
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const auto why = refusal(file);
  std::signal(SIGCHLD, before);
  EXPECT_NE(why.find("whose end cannot be known"), std::string::npos) << why;
}

TEST_F(Library, RefusesAnotherMagic) {
  EXPECT_NE(refusal("magic", ".magic = \"NOTOURS\"").find("not \"DRCONPL\""), std::string::npos);
}

TEST_F(Library, RefusesAnotherMajorAndNamesBoth) {
  EXPECT_NE(refusal("new", ".abi_major = 2, .abi_minor = 5").find("has plugin ABI 2.5; this drcon "),
            std::string::npos);
  EXPECT_NE(refusal("old", ".abi_major = 0, .abi_minor = 2").find("has plugin ABI 0.2; this drcon "),
            std::string::npos);
}

TEST_F(Library, RefusesStructsThatAreCutShort) {
  EXPECT_NE(refusal("entry", ".size = 24").find("has an entry object of 24 bytes; ABI 1.0 has 72"), std::string::npos);
  EXPECT_NE(refusal("type", ".source = &short_type").find("its source has 16 bytes; ABI 1.0 has 48"),
            std::string::npos);
  EXPECT_NE(refusal("lacks", ".source = &without_start").find("its source lacks options, create, start"),
            std::string::npos);
}

TEST_F(Library, RefusesANameThatIsNone) {
  EXPECT_NE(refusal("name", ".name = \"../Etc\"").find("has a name"), std::string::npos);
  EXPECT_NE(refusal("null", ".name = 0").find("has a name"), std::string::npos);
}

TEST_F(Library, RefusesOneThatOffersNothing) {
  EXPECT_EQ(refusal("nothing", ".source = 0"), "offers neither a source nor a sink");
}

TEST_F(Library, RefusesASchemaThatIsNone) {
  EXPECT_EQ(refusal("text", ".source = &schema_is_text"), "the option schema of its source is not JSON");
  const auto why = refusal("wrong", ".source = &schema_is_wrong");
  EXPECT_NE(why.find("the option schema of its source cannot be used: "), std::string::npos) << why;
  EXPECT_NE(why.find("/properties/port"), std::string::npos) << why;
}

TEST_F(Library, RefusesWhatOthersMayWriteToWhenRunByRoot) {
  if (::geteuid() != 0) GTEST_FAIL() << "this test must run as root, like all of ./check";
  const auto file = compile("open", source_with(""));
  fs::permissions(file, fs::perms(0666));
  EXPECT_NE(refusal(file).find("others than its owner may write to it"), std::string::npos);
  fs::permissions(file, fs::perms(0644));
  fs::permissions(directory_.path(), fs::perms(0777));
  EXPECT_NE(refusal(file).find("others than its owner may write to its directory"), std::string::npos);
  fs::permissions(directory_.path(), fs::perms(0755));
  ASSERT_EQ(::chown(file.c_str(), 65534, 0), 0);
  EXPECT_NE(refusal(file).find("it belongs to user 65534"), std::string::npos);
}

TEST_F(Library, RefusesADirectoryAboveItThatIsSomebodyElsesWhenRunByRoot) {
  if (::geteuid() != 0) GTEST_FAIL() << "this test must run as root, like all of ./check";
  const auto inner = directory_ / "theirs" / "mine";
  fs::create_directories(inner);
  const auto file = inner / "in-c.so";
  fs::copy_file(compile("in-c", source_with("")), file);
  ASSERT_TRUE(load_library(file, trust::unknown));
  ASSERT_EQ(::chown(inner.parent_path().c_str(), 65534, 0), 0);
  EXPECT_NE(
      refusal(file).find("its directory " + fs::canonical(inner.parent_path()).string() + " belongs to user 65534"),
      std::string::npos)
      << refusal(file);
  ASSERT_EQ(::chown(inner.parent_path().c_str(), 0, 0), 0);
  fs::permissions(inner.parent_path(), fs::perms(0777));
  EXPECT_NE(refusal(file).find("others than its owner may write to its directory"), std::string::npos);
  fs::permissions(inner.parent_path(), fs::perms(01777));
  EXPECT_EQ(refusal(file), "it was loaded") << "in a sticky directory nobody else can exchange it";
}

TEST_F(Library, RefusesOneThatDemandsAnExecutableStack) {
  EXPECT_EQ(refusal(compile("stack", source_with(""), {"-Wl,-z,execstack"})),
            "demands an executable stack, which would make the stack of every thread of drcon executable");
}

// ---- the file that was checked is the one that is loaded ----

// The library's own constructor, which runs in the child that tries it, puts another file in its place: between the
// check and the load, and without a race.
TEST_F(Library, LoadsTheFileThatWasCheckedWhenAnotherTakesItsNameMeanwhile) {
  const auto ran = directory_ / "foreign-ran";
  const auto foreign = compile("foreign", "#include <fcntl.h>\n" + source_with(".name = \"foreign\"") +
                                              "__attribute__((constructor)) static void early(void) { open(\"" +
                                              ran.string() + "\", O_CREAT | O_WRONLY, 0600); }\n");
  const auto file =
      compile("checked", "#include <stdio.h>\n" + source_with("") +
                             "__attribute__((constructor)) static void early(void) { rename(\"" + foreign.string() +
                             "\", \"" + (directory_ / "checked.so").string() + "\"); }\n");
  const auto loaded = load_library(file, trust::unknown);
  ASSERT_TRUE(loaded) << loaded.error().why;
  ASSERT_FALSE(fs::exists(foreign)) << "the files were not exchanged";
  EXPECT_EQ(loaded->name(), "in-c");
  EXPECT_FALSE(fs::exists(ran)) << "code ran that nobody had checked";
}

// The loader of the C library takes two files for one that were loaded by the same name, as that of a descriptor.
TEST_F(Library, DoesNotTakeOneForAnotherThatWasLoadedAndRefusedBefore) {
  EXPECT_EQ(refusal(compile("first", "int nothing;")), "is not a drcon plugin: it does not export drcon_plugin_entry");
  EXPECT_TRUE(loads("second", ".name = \"second\""));
  EXPECT_TRUE(loads("third", ".name = \"third\""));
}

TEST_F(Library, FindsALibraryThatIsBesideIt) {
  const auto needed = compile("libbeside", "void beside(void) {}\n");
  const auto file = compile("finds", "void beside(void);\n" + source_with("") + "void use(void) { beside(); }\n",
                            {"-L" + directory_.path().string(), "-lbeside", "-Wl,-rpath,$ORIGIN"});
  const auto loaded = load_library(file, trust::unknown);
  EXPECT_TRUE(loaded) << loaded.error().why;
}

TEST_F(Library, LeavesNoDescriptorOpenForAFileThatItRefuses) {
  const auto open_files = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); };
  const auto file = directory_ / "script.so";
  test::write_file(file, "#!/bin/sh\n");
  const auto before = open_files();
  refusal(file);
  EXPECT_EQ(open_files(), before);
}

// ---- among others ----

TEST_F(Library, KeepsTheFirstOfTwoPluginsWithOneName) {
  compile("a", source_with(""));
  compile("b", source_with(""));
  registry all;
  all.load_directories({directory_.path(), "/nowhere"});
  EXPECT_EQ(all.all().size(), 1U);
  ASSERT_EQ(all.refused().size(), 1U);
  EXPECT_NE(all.refused()[0].text().find("b.so has the name 'in-c', which is that of the plugin "), std::string::npos)
      << all.refused()[0].text();
}

TEST_F(Library, GivesANameToTheFileThatIsCalledByItAmongTwoInOneDirectory) {
  compile("a", source_with(""));
  const auto named = compile("in-c", source_with(""));
  registry all;
  all.load_directories({directory_.path()});
  EXPECT_EQ(all.find("in-c")->file, fs::canonical(named));
  ASSERT_EQ(all.refused().size(), 1U);
  EXPECT_EQ(all.refused()[0].file.filename(), "a.so");
}

TEST_F(Library, LeavesANameToTheBundledPluginThatHasItThoughThatIsNotLoadedYet) {
  test::temp_dir bundled;
  fs::copy_file(compile("in-c", source_with("")), bundled / "in-c.so");
  registry all;
  all.offer_bundled(bundled.path());
  all.load_directories({directory_.path()});
  EXPECT_EQ(all.find("in-c"), nullptr);
  ASSERT_EQ(all.refused().size(), 1U);
  EXPECT_NE(all.refused()[0].fault.why.find("which is that of the bundled plugin "), std::string::npos);
  ASSERT_NE(all.load("in-c"), nullptr);
  EXPECT_EQ(all.find("in-c")->file.parent_path(), fs::canonical(bundled.path()));
}

TEST_F(Library, LoadsOfTheBundledPluginsThoseThatAreAskedFor) {
  compile("one", source_with(".name = \"one\""));
  compile("two", source_with(".name = \"two\""));
  test::write_file(directory_ / "broken.so", "this is no library");
  registry all;
  all.offer_bundled(directory_.path());
  ASSERT_NE(all.load("one"), nullptr);
  EXPECT_EQ(all.all().size(), 1U);
  EXPECT_TRUE(all.refused().empty()) << "nobody has asked for what is broken";
  EXPECT_EQ(all.load("broken"), nullptr);
  ASSERT_EQ(all.refused().size(), 1U);
  EXPECT_EQ(all.refused()[0].file.filename(), "broken.so");
  all.load_all();
  EXPECT_EQ(all.load("broken"), nullptr);
  EXPECT_EQ(all.refused().size(), 1U) << "the same fault is reported once";
}

TEST_F(Library, TriesABundledPluginAgainThatCouldNotBeLoaded) {
  const auto whole = compile("in-c", source_with(""));
  test::temp_dir bundled;
  test::write_file(bundled / "in-c.so", "half of it");
  registry all;
  all.offer_bundled(bundled.path());
  EXPECT_EQ(all.load("in-c"), nullptr);
  fs::copy_file(whole, bundled / "in-c.so", fs::copy_options::overwrite_existing);
  EXPECT_NE(all.load("in-c"), nullptr) << all.refused().back().text();
}

TEST_F(Library, DoesNotTakeABundledPluginForAThirdPartysWhenItsDirectoryIsNamedTwice) {
  compile("in-c", source_with(""));
  registry all;
  all.offer_bundled(directory_.path());
  all.load_directories({directory_.path()});
  EXPECT_TRUE(all.refused().empty()) << all.refused()[0].text();
  EXPECT_NE(all.load("in-c"), nullptr);
}

TEST_F(Library, FindsABundledPluginWhoseFileIsCalledOtherwise) {
  compile("other", source_with(""));
  registry all;
  all.offer_bundled(directory_.path());
  EXPECT_NE(all.load("in-c"), nullptr);
}

TEST_F(Library, NamesEveryBundledPluginToWhomTheNameThatIsAskedForIsUnknown) {
  compile("in-c", source_with(""));
  registry all;
  all.offer_bundled(directory_.path());
  const auto catalog = all.catalog();
  EXPECT_FALSE(catalog.schema(config::kind::source, "in-d"));
  EXPECT_EQ(catalog.names(config::kind::source), std::vector<std::string>{"in-c"});
}

TEST_F(Library, RefusesALinkThatLeadsOutOfThePluginDirectories) {
  test::temp_dir elsewhere;
  fs::rename(compile("away", source_with("")), elsewhere / "away.so");
  fs::create_symlink(elsewhere / "away.so", directory_ / "away.so");
  registry all;
  all.load_directories({directory_.path()});
  EXPECT_TRUE(all.all().empty());
  ASSERT_EQ(all.refused().size(), 1U);
  EXPECT_NE(all.refused()[0].fault.why.find("lies outside of the plugin directories"), std::string::npos);

  registry both;
  both.load_directories({elsewhere.path(), directory_.path()});
  EXPECT_TRUE(both.refused().empty());
}

// What the configuration is told of a plugin that it names, and that was looked for in one directory.
class MissingPlugin : public Library {
protected:
  std::string faults_with(const fs::path& plugins) {
    test::write_file(file_,
                     "[source.s]\nplugin = \"in-c\"\n[sink.t]\nplugin = \"in-c\"\n"
                     "[pipeline.p]\nsources = [\"s\"]\nsinks = [\"t\"]\n");
    registry all;
    all.load_directories({plugins});
    config::diagnostics found;
    EXPECT_FALSE(config::load(file_, all.catalog(), found));
    return found.text();
  }

  const fs::path file_ = directory_ / "drcon.toml";
  const std::string unknown_ = "unknown plugin 'in-c' in [source.s]: ";
};

TEST_F(MissingPlugin, MayBeInADirectoryThatCannotBeRead) {
  const auto plugins = directory_ / "plugins";
  fs::create_directory(plugins);
  fs::permissions(plugins, fs::perms(0700));
  fs::permissions(directory_.path(), fs::perms(0777));
  ASSERT_EQ(::seteuid(65534), 0) << "this suite runs as root";
  const auto faults = faults_with(plugins);
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_THAT(faults, HasSubstr(unknown_ + "the plugin directory " + plugins.string() +
                                " cannot be listed: Permission denied"));
  EXPECT_THAT(faults, HasSubstr("make it a directory that the user whom drcon runs as, uid 65534, may list"));
}

TEST_F(MissingPlugin, MayBeInADirectoryThatIsNoneOrNotThere) {
  const auto plugins = directory_ / "plugins";
  EXPECT_THAT(faults_with(plugins), HasSubstr(unknown_ + "the plugin directory " + plugins.string() +
                                              " cannot be listed: No such file or directory"));
  test::write_file(plugins, "");
  EXPECT_THAT(faults_with(plugins),
              HasSubstr(unknown_ + "the plugin directory " + plugins.string() + " cannot be listed: Not a directory"));
}

TEST_F(MissingPlugin, MayBeTheOneThatWasRefused) {
  test::write_file(directory_ / "in-c.so", "this is no library");
  const auto faults = faults_with(directory_.path());
  EXPECT_THAT(faults, HasSubstr(unknown_ + (directory_ / "in-c.so").string() + " "));
}

TEST_F(MissingPlugin, IsOnlyUnknownWhenAllDirectoriesWereRead) {
  EXPECT_THAT(faults_with(directory_.path()), HasSubstr("unknown plugin 'in-c' in [source.s]\n"));
}

}  // namespace
}  // namespace drcon::plugins
