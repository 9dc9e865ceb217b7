// A template cannot hang or exhaust the host, whatever it says.
#include "common/templating/functions/functions.hpp"
#include "common/templating/go/template.hpp"

#include "oracle/compare/cases.hpp"
#include "unit/plugins/common/templating/go_rendered.hpp"

#include <gtest/gtest.h>

namespace drcon::templating::go {
namespace {

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

surroundings with(const limits& bounds) {
  surroundings result;
  result.bounds = bounds;
  return result;
}

TEST(TemplateLimits, EndATemplateThatCallsItself) {
  const auto said = render("{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}", {});
  EXPECT_NE(said.find("exceeded maximum template depth (1000)"), std::string::npos) << said;
  const auto by_function = render("{{define \"a\"}}{{executeTemplate \"a\"}}{{end}}{{template \"a\"}}", {});
  EXPECT_NE(by_function.find("exceeded maximum template depth (1000)"), std::string::npos);
}

TEST(TemplateLimits, EndALoopThatTakesTooLong) {
  const auto said = render("{{range loop 1000000000000}}{{end}}", with({.steps = 100'000}));
  EXPECT_NE(said.find("the template takes more than 100000 steps"), std::string::npos) << said;
  const auto late = render("{{range loop 1000000000000}}{{end}}", with({.time = std::chrono::milliseconds(1)}));
  EXPECT_NE(late.find("the template takes longer than 1 ms"), std::string::npos) << late;
}

TEST(TemplateLimits, BoundTheOutput) {
  const auto said = render("{{range loop 1000000}}0123456789{{end}}", with({.output = 1000}));
  EXPECT_NE(said.find("the output would be longer than 1000 bytes"), std::string::npos) << said;
  EXPECT_NE(render("{{printf \"%1000000d\" 1}}", with({.output = 1000})).find("longer than 1000 bytes"),
            std::string::npos);
}

TEST(TemplateLimits, BoundWhatFunctionsMake) {
  const auto said = render("{{$s := \"x\"}}{{range loop 60}}{{$s = print $s $s}}{{end}}", with({.memory = 1U << 20U}));
  EXPECT_NE(said.find("the template's values take more than 1048576 bytes"), std::string::npos) << said;
  const auto replaced =
      render("{{$s := \"aaaaaaaa\"}}{{range loop 30}}{{$s = replaceAll \"a\" \"aaaaaaaa\" $s}}{{end}}",
             with({.memory = 1U << 20U}));
  EXPECT_NE(replaced.find("error calling replaceAll"), std::string::npos) << replaced;
}

// Each of these asks for some gigabytes, which a mebibyte must not become while the text or list is made.
TEST(TemplateLimits, BoundListsAndTextsBeforeTheyAreMade) {
  for (const char* text :
       {"{{sprig_repeat 1000000000 \"x\"}}", "{{sprig_until 1000000000 | sprig_reverse}}",
        "{{sprig_join \",\" (sprig_until 1000000000)}}", "{{sprig_seq 1000000000}}",
        "{{sprig_indent 1000000000 \"x\"}}", "{{split \",\" (sprig_repeat 500000 \"x,\")}}",
        "{{sprig_splitList \"\" (sprig_repeat 500000 \"x\")}}", "{{sprig_split \"x\" (sprig_repeat 500000 \"x\")}}",
        "{{sprig_regexFindAll \"x\" (sprig_repeat 500000 \"x\") -1}}",
        "{{sprig_regexSplit \"x\" (sprig_repeat 500000 \"x\") -1}}",
        "{{parseJSON (print \"[1\" (sprig_repeat 200000 \",1\") \"]\")}}",
        "{{parseYAML (print \"[1\" (sprig_repeat 200000 \",1\") \"]\")}}", "{{toYAML (sprig_until 1000000000)}}",
        "{{toTOML (sprig_until 1000000000)}}", "{{toJSON (sprig_until 1000000000)}}",
        "{{spew_sdump (sprig_until 1000000000)}}",
        "{{$m := sprig_dict}}{{range sprig_until 100000}}{{$_ := sprig_set $m (print .) .}}{{end}}"}) {
    const auto said = render(text, with({.memory = 1U << 20U, .steps = 2'000'000}));
    EXPECT_NE(said.find("error calling"), std::string::npos) << text << ": " << said.substr(0, 200);
    EXPECT_LT(said.size(), 2'000'000U) << text;
  }
}

TEST(TemplateLimits, EndAliasesOfYamlThatMultiply) {
  std::string text = "a: &a [x,x,x,x,x,x,x,x,x,x]\\n";
  for (char name = 'b'; name < 'j'; ++name) {
    const std::string before(1, static_cast<char>(name - 1));
    text += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 10; ++i) text += (i > 0 ? ",*" : "*") + before;
    text += "]\\n";
  }
  const auto said = render("{{parseYAML \"" + text + "\"}}", {});
  EXPECT_NE(said.find("document contains excessive aliasing"), std::string::npos) << said.substr(0, 200);
}

TEST(TemplateLimits, EndALoopThatPutsIntoTheMapItGoesThrough) {
  EXPECT_EQ(render("{{$m := sprig_dict \"a\" 1}}{{range $k, $v := $m}}{{$_ := sprig_set $m (print $k \"a\") 1}}{{end}}"
                   "{{len $m}}",
                   {}),
            "2");
}

TEST(TemplateLimits, LeaveTheHostsMapsAsTheyAre) {
  memory host_memory(1U << 20U);
  const auto data = host_memory.any_map({{.key = value(std::string_view("a")), .held = value::integer(1)}});
  static const auto functions = every_function();
  const auto read = text_template::read("t", "{{sprig_set . \"b\" 2}}", functions);
  std::string output;
  const auto wrong = std::get<text_template>(read).render(data, {}, output);
  ASSERT_TRUE(wrong);
  EXPECT_NE(wrong->text.find("that the template has not made itself"), std::string::npos) << wrong->text;
  EXPECT_EQ(data.size(), 1U);
}

TEST(TemplateLimits, BoundHowDeepATemplateIs) {
  EXPECT_NE(render(repeated("{{if 1}}", 10'000), {}).find("more than 200 blocks in one another"), std::string::npos);
  EXPECT_NE(render("{{if 1}}" + repeated("{{else if 1}}", 10'000) + "{{end}}", {}).find("more than 200 blocks"),
            std::string::npos);
  EXPECT_NE(render("{{" + repeated("(", 10'000), {}).find("max expression depth exceeded"), std::string::npos);
  EXPECT_NE(render("{{parseJSON \"" + repeated("[", 10'000) + "\"}}", {}).find("more than 200 levels"),
            std::string::npos);
}

TEST(TemplateLimits, RefuseAnAddress) {
  const auto said = render("{{printf \"%p\" (split \",\" \"a\")}}", {});
  EXPECT_NE(said.find("%p would print an address"), std::string::npos) << said;
}

TEST(TemplateMentions, AreTheCallsWithTheirConstants) {
  static const auto functions = every_function();
  const auto read = text_template::read(
      "t",
      "{{range split \",\" \"a,b\"}}\n{{if env \"X\"}}{{end}}{{. | toUpper}}{{end}}{{define \"d\"}}{{env .}}{{end}}",
      functions);
  std::vector<std::string> found;
  for (const auto& each : std::get<text_template>(read).mentions()) {
    std::string one(each.function);
    for (const auto& argument : each.arguments)
      one += argument.is(kind::text) ? " " + std::string(argument.text()) : " ?";
    found.push_back(one + " " + std::to_string(each.where.line));
  }
  EXPECT_EQ(found, (std::vector<std::string>{"env ? 2", "split , a,b 1", "env X 2", "toUpper 2"}));
}

}  // namespace
}  // namespace drcon::templating::go
