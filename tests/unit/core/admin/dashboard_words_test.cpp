// The page has the words of the command line: it gets the words for programs, and its own tables are compared here.
#include "admin/dashboard.hpp"

#include "engine/journal_words.hpp"
#include "model/plugin_state.hpp"
#include "model/sink_answer.hpp"

#include <gtest/gtest.h>

namespace drcon::admin {
namespace {

// The line of the page's script that begins so: `const NAME = { code: "words", ... };`
std::string table(const std::string& name) {
  const auto page = dashboard().body;
  const auto at = page.find("const " + name + " = {");
  return at == std::string::npos ? "" : page.substr(at, page.find('\n', at) - at);
}

template <class Codes>
void expect_words(const std::string& name, const Codes& all) {
  const auto found = table(name);
  ASSERT_NE(found, "") << name;
  for (const auto each : all) {
    const std::string code = to_string(each);
    const std::string words = to_words(each);
    const bool is_named = found.find(" " + code + ": \"" + words + "\"") != std::string::npos;
    EXPECT_EQ(is_named, code != words) << name << ": " << code << " is \"" << words << "\"";
  }
}

TEST(DashboardWords, AreThoseOfTheCommandLine) {
  expect_words("spokenStates", model::all_plugin_states);
  expect_words("spokenAnswers", model::all_sink_answers);
  std::vector<engine::journal_entry::kind> kinds;
  for (const auto& each : engine::journal_words()) kinds.push_back(each.what);
  expect_words("spokenEntries", kinds);
}

}  // namespace
}  // namespace drcon::admin
