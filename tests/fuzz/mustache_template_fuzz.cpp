// Any bytes as a mustache template, by both rules. It may call itself as the partial "self", and another one.
#include "common/templating/mustache/template.hpp"
#include "fuzz/template_fuzz.hpp"

namespace drcon::fuzz {
namespace {

using templating::mustache::rules;
using templating::mustache::text_template;

auto read(std::string_view input, rules by) {
  const auto partial = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "self") return std::string(input);
    if (name == "part") return "  <{{s}}>\n{{#l}}{{.}}{{/l}}\n";
    return {};
  };
  return text_template::read("t", std::string(input), by, partial);
}

void escape(std::string_view text, std::string& output) {
  for (const char c : text)
    if (c == '<') output += "&lt;";
    else output += c;
}

rendered render(const text_template& made) {
  rendered result;
  const auto around = template_surroundings();
  result.wrong = made.render(template_data(), escape, around, result.output);
  return result;
}

}  // namespace

bool is_sound(std::string_view input) {
  auto found = read(input, rules::standard);
  const auto* made = std::get_if<text_template>(&found);
  return made != nullptr && !render(*made).wrong;
}

void try_input(std::string_view input) {
  for (const auto by : {rules::standard, rules::as_before}) {
    auto found = read(input, by);
    if (const auto* wrong = std::get_if<templating::fault>(&found)) {
      if (wrong->text.empty()) broken("a template that cannot be read is refused with a reason");
      continue;
    }
    const auto& made = std::get<text_template>(found);
    made.mentions();
    check_rendering(input, [&] { return render(made); });
  }
}

}  // namespace drcon::fuzz
