#include "config/document.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

namespace drcon::config {
namespace {

namespace fs = std::filesystem;
using test::write_file;

class Documents : public ::testing::Test {
protected:
  documents read(const std::string& main) {
    write_file(dir_ / "drcon.toml", main);
    return read_documents(dir_ / "drcon.toml", found_);
  }
  void file(const std::string& name, const std::string& text) {
    fs::create_directories((dir_ / name).parent_path());
    write_file(dir_ / name, text);
  }
  // What was found, with paths from the directory.
  std::string text() const {
    auto all = found_.text();
    const auto prefix = dir_.path().string() + "/";
    for (auto at = all.find(prefix); at != std::string::npos; at = all.find(prefix)) all.erase(at, prefix.size());
    return all;
  }
  std::vector<std::string> names(const documents& from) const {
    std::vector<std::string> all;
    for (const auto& each : from.all) all.push_back(each.file.lexically_relative(dir_.path()).string());
    return all;
  }

  test::temp_dir dir_;
  diagnostics found_;
};

using names_list = std::vector<std::string>;

TEST_F(Documents, AreReadInOrderOfNameFromTheIncludingFilesDirectory) {
  file("d/b.toml", "include = [\"deep/x.toml\"]\n");
  file("d/a.toml", "");
  file("d/deep/x.toml", "");
  file("d/no.txt", "not toml");
  const auto all = read("include = [\"d/*.toml\"]\n");
  EXPECT_EQ(names(all), (names_list{"drcon.toml", "d/a.toml", "d/b.toml", "d/deep/x.toml"}));
  EXPECT_TRUE(all.is_complete);
  EXPECT_TRUE(all.has_main);
  EXPECT_EQ(all.all[3].directory, dir_ / "d/deep");
  EXPECT_EQ(text(), "");
}

TEST_F(Documents, KeepThePlaceOfKeysAndValues) {
  const auto all = read("[source.consul]\n  \"schlüssel\"   = \"wert\"\nlist = [1,\n  2]\n");
  const auto& table = *all.all[0].table["source"]["consul"].as_table();
  EXPECT_EQ(place(table).line, 1);
  EXPECT_EQ(place(table).column, 1);
  const auto at = table.find("schlüssel");
  EXPECT_EQ(place(at->first), (position{(dir_ / "drcon.toml").string(), 2, 3}));
  EXPECT_EQ(place(at->second), (position{(dir_ / "drcon.toml").string(), 2, 19}));
  EXPECT_EQ(place(*table["list"].as_array()->get(1)).line, 4);
  EXPECT_EQ(place(*table["list"].as_array()->get(1)).column, 3);
}

TEST_F(Documents, ThatAPatternDoesNotFindAreNoFault) {
  EXPECT_TRUE(read("include = [\"none.d/*.toml\", \"*.tml\"]\n").is_complete);
  EXPECT_EQ(text(), "");
}

TEST_F(Documents, ThatAreNamedAndMissingAreAFault) {
  const auto all = read("include = [\n  \"gone.toml\",\n]\n");
  EXPECT_EQ(text(), "drcon.toml:2:3: error: 'gone.toml' cannot be read: No such file or directory\n");
  EXPECT_FALSE(all.is_complete);
  EXPECT_TRUE(all.has_main);
}

TEST_F(Documents, ThatDefineATableTwiceNameTheFirst) {
  read("[a]\nx = 1\n  [pipeline.web]\n[b]\n[pipeline.web]\n");
  EXPECT_NE(text().find("it is defined at drcon.toml:3 already: give one of them another name"), std::string::npos)
      << text();
}

TEST_F(Documents, ThatIncludeThemselvesAreReported) {
  file("a.toml", "include = [\"./sub/../drcon.toml\"]\n");
  fs::create_directory(dir_ / "sub");
  const auto all = read("include = [\"a.toml\"]\n");
  EXPECT_EQ(names(all), (names_list{"drcon.toml", "a.toml"}));
  EXPECT_EQ(text(), "a.toml:1:12: error: './sub/../drcon.toml' includes itself, directly or through other files\n");
}

TEST_F(Documents, ThatIncludeThemselvesThroughALinkAreReported) {
  fs::create_symlink(dir_ / "drcon.toml", dir_ / "link.toml");
  read("include = [\"link.toml\"]\n");
  EXPECT_EQ(text(), "drcon.toml:1:12: error: 'link.toml' includes itself, directly or through other files\n");
}

TEST_F(Documents, ThatAreNamedTwiceAreReadOnce) {
  file("a.toml", "x = 1\n");
  EXPECT_EQ(read("include = [\"a.toml\", \"a*.toml\"]\n").all.size(), 2U);
  EXPECT_EQ(text(), "");
}

TEST_F(Documents, InAChainWithoutEndAreStopped) {
  for (int i = 0; i < 50; ++i)
    file(std::to_string(i) + ".toml", "include = [\"" + std::to_string(i + 1) + ".toml\"]\n");
  file("50.toml", "");
  EXPECT_EQ(read("include = [\"0.toml\"]\n").all.size(), 32U);
  EXPECT_EQ(text(), "30.toml:1:12: error: '31.toml' is more than 32 includes deep\n");
}

TEST_F(Documents, AfterABrokenOneAreReadAllTheSame) {
  file("a.toml", "x = \n");
  file("b.toml", "y = 1\n");
  const auto all = read("include = [\"a.toml\", \"b.toml\"]\n");
  EXPECT_EQ(names(all), (names_list{"drcon.toml", "b.toml"}));
  EXPECT_FALSE(all.is_complete);
  EXPECT_EQ(text().substr(0, 25), "a.toml:1:5: error: not va") << text();
}

TEST_F(Documents, InADirectoryWithPatternCharactersAreFound) {
  fs::create_directory(dir_ / "[x]*");
  write_file(dir_ / "[x]*/drcon.toml", "include = [\"d.*\"]\n");
  write_file(dir_ / "[x]*/d.toml", "");
  EXPECT_EQ(read_documents(dir_ / "[x]*/drcon.toml", found_).all.size(), 2U);
  EXPECT_EQ(text(), "");
}

TEST_F(Documents, NeedAnIncludeOfStrings) {
  read("include = [ 5, \"\", \"a\\u0000b\", [] ]\n");
  const std::string what = ": error: 'include': expected a path or a pattern, such as \"pipelines.d/*.toml\"\n";
  EXPECT_EQ(text(),
            "drcon.toml:1:13" + what + "drcon.toml:1:16" + what + "drcon.toml:1:20" + what + "drcon.toml:1:32" + what);
}

TEST_F(Documents, ThatAreNoFilesAreRefusedWithoutWaiting) {
  EXPECT_FALSE(read_documents(dir_.path(), found_).has_main);
  ASSERT_EQ(::mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(read_documents(dir_ / "pipe", found_).has_main);
  EXPECT_FALSE(read_documents("/dev/zero", found_).has_main);
  EXPECT_FALSE(read_documents("", found_).has_main);
  const auto told = found_.text();
  EXPECT_NE(told.find("is a directory, not a file"), std::string::npos) << told;
  EXPECT_NE(told.find("pipe' is not a regular file"), std::string::npos) << told;
  EXPECT_NE(told.find("'/dev/zero' is not a regular file"), std::string::npos) << told;
  EXPECT_NE(told.find("'' cannot be read"), std::string::npos) << told;
}

TEST_F(Documents, OfHugeSizeAreRefused) {
  EXPECT_FALSE(read(std::string((16U << 20U) + 1, '\n')).has_main);
  EXPECT_EQ(text(), "drcon.toml: error: 'drcon.toml' is larger than 16777216 bytes\n");
}

// Each is made within its test: GoogleTest makes and prints every parameter whenever the program starts, which it does
// once for each of its tests.
struct hostile_text {
  const char* name;
  std::string (*make)();
};
void PrintTo(const hostile_text& text, std::ostream* out) { *out << text.name; }

class HostileText : public ::testing::TestWithParam<hostile_text> {};

TEST_P(HostileText, IsAFaultAtItsPlaceAndNoCrash) {
  test::temp_dir dir;
  write_file(dir / "drcon.toml", GetParam().make());
  diagnostics found;
  EXPECT_FALSE(read_documents(dir / "drcon.toml", found).has_main);
  ASSERT_EQ(found.sorted().size(), 1U);
  EXPECT_EQ(found.sorted()[0].where.line, 1);
  EXPECT_GT(found.sorted()[0].where.column, 0);
}

std::string repeated(const std::string& part, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += part;
  return all;
}

const hostile_text hostile_texts[] = {
    {"InvalidByteInAValue", [] { return std::string("a = \"\xff\""); }},
    {"CharacterCutShort", [] { return std::string("# \xc3"); }},
    {"ZeroByteInAValue", [] { return std::string("a = \"\0\"", 7); }},
    {"ZeroByteAlone", [] { return std::string("\0", 1); }},
    {"ByteOrderMarkOfAnotherEncoding", [] { return std::string("\xff\xfe"); }},
    {"DeepArrays", [] { return "a = " + repeated("[", 100'000); }},
    {"DeepInlineTables", [] { return "a = " + repeated("{b=", 100'000); }},
    {"DeepKey", [] { return "a" + repeated(".a", 200'000) + " = 1"; }},
    {"DeepHeader", [] { return "[a" + repeated(" . a", 200'000) + "]"; }},
    {"DeepQuotedKey", [] { return "a" + repeated(".\"b\"", 200'000) + " = 1"; }},
    {"DeepKeyInAnInlineTable", [] { return "a = {b" + repeated(".'c'", 200'000) + " = 1}"; }},
};

INSTANTIATE_TEST_SUITE_P(All, HostileText, ::testing::ValuesIn(hostile_texts),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace drcon::config
