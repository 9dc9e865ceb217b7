// With the rules as before, a template renders to the bytes that kainjow's library made of it. Templates are made at
// random from pieces that have to do with lines, blanks and contexts, where the two could differ.
#include "common/templating/mustache/template.hpp"

#include "bench/former/mustache.hpp"
#include "oracle/compare/cases.hpp"

#include <gtest/gtest.h>

#include <random>

namespace drcon::templating::mustache {
namespace {

using old_values = former::mustache_template::values;
using oracle::json;

// Numbers were texts there.
old_values old_value_of(const json& of) {
  if (of.is_boolean()) return former::mustache_flag(of.get<bool>());
  if (of.is_number()) return old_values(of.dump());
  if (of.is_string()) return old_values(of.get<std::string>());
  old_values result = of.is_array() ? old_values::type::list : old_values::type::object;
  for (const auto& [key, each] : of.items()) {
    if (of.is_array()) result.push_back(old_value_of(each));
    else result[key] = old_value_of(each);
  }
  return result;
}

const json& data() {
  static const auto all = json::parse(std::string(R"({
    "name": "web", "empty": "", "yes": true, "no": false, "count": 2, "none": [],
    "services": [{"name": "a", "first": true, "last": false, "tags": ["x", "<y>"], "endpoints": []},
                 {"name": "b", "first": false, "last": true, "tags": [], "count": 7,
                  "endpoints": [{"server": "10.0.0.1:80", "first": true, "last": true, "meta": {"zone": "z\nz"}}]}],
    "service": {"web": {"count": 1, "name": "inner"}, "a": {}},
    "key": {"a/b": "v", "c": ""}})"));
  return all;
}

std::string random_template(std::mt19937& random) {
  static const std::vector<std::string> pieces{"text",
                                               " ",
                                               "  ",
                                               "\n",
                                               "\n",
                                               "\n\n",
                                               "\r\n",
                                               "\t",
                                               "{{name}}",
                                               "{{{name}}}",
                                               "{{&name}}",
                                               "{{.}}",
                                               "{{count}}",
                                               "{{none}}",
                                               "{{yes}}",
                                               "{{service.web.count}}",
                                               "{{service.a.count}}",
                                               "{{key.a/b}}",
                                               "{{meta.zone}}",
                                               "{{service.web.name}}",
                                               "{{! note }}",
                                               "{{!note}}\n",
                                               "{{ name }}",
                                               "{{empty}}",
                                               "{{missing}}",

                                               "{{=<% %>=}}<%name%><%={{ }}=%>"};
  static const std::vector<std::string> names{"services",    "endpoints",  "tags",  "yes",    "no",
                                              "none",        "empty",      "name",  "first",  "last",
                                              "service.web", "service.no", "key.c", "missing"};
  const auto pick = [&](const auto& all) { return all[random() % all.size()]; };
  const auto blank = [&] { return std::vector<std::string>{"", "", " ", "\n", "  \n", "\n\n", "\t\n"}[random() % 7]; };
  const auto make = [&](const auto& self, int depth) -> std::string {
    std::string text;
    for (auto count = random() % 5; count > 0; --count) {
      if (depth == 0 || random() % 2 == 0) {
        text += pick(pieces);
        continue;
      }
      const auto name = pick(names);
      const auto* mark = random() % 4 == 0 ? "^" : "#";
      text += blank() + "{{" + mark + name + "}}" + blank() + self(self, depth - 1) + blank() + "{{/" + name + "}}" +
              blank();
    }
    return text;
  };
  return make(make, 3);
}

void escape_angle(std::string_view text, std::string& output) {
  for (const char c : text) output += c == '<' ? std::string("&lt;") : std::string(1, c);
}

TEST(MustacheAsBefore, IsWhatTheOldEngineMadeByteForByte) {
  std::mt19937 random(17);  // NOLINT: the same templates each time
  memory scratch(1U << 20U);
  const auto root = oracle::value_of(data(), scratch);
  const auto old_root = old_value_of(data());
  std::size_t rendered = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto text = random_template(random);
    SCOPED_TRACE(json(text).dump());
    const former::mustache_template old(text);
    auto read = text_template::read("t", text, rules::as_before);
    const auto* wrong = std::get_if<fault>(&read);
    ASSERT_EQ(wrong != nullptr, old.fault().has_value()) << (wrong != nullptr ? wrong->message() : *old.fault());
    if (wrong != nullptr) continue;  // which of several faults is named is another matter
    std::string output;
    const surroundings around;
    ASSERT_FALSE(std::get<text_template>(read).render(root, escape_angle, around, output));
    const auto wanted = old.render(old_root, [](const std::string& value) {
      std::string result;
      escape_angle(value, result);
      return result;
    });
    ASSERT_EQ(output, wanted);
    ++rendered;
  }
  EXPECT_GT(rendered, 4000U);
}

}  // namespace
}  // namespace drcon::templating::mustache
