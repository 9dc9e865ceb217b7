// Any bytes as a template in Go's language, with all functions of Consul Template, rendered with data of each type.
#include "common/templating/functions/functions.hpp"
#include "common/templating/go/template.hpp"
#include "fuzz/template_fuzz.hpp"

namespace drcon::fuzz {
namespace {

using templating::go::text_template;

const templating::function_table& functions() {
  static const auto all = [] {
    auto table = templating::every_function();
    table.add(oracle::data_function);
    return table;
  }();
  return all;
}

auto read(std::string_view input) { return text_template::read("t", std::string(input), functions()); }

}  // namespace

bool is_sound(std::string_view input) {
  auto found = read(input);
  if (std::holds_alternative<templating::fault>(found)) return false;
  auto around = template_surroundings();
  around.host = &template_data();
  std::string output;
  return !std::get<text_template>(found).render(template_data(), around, output);
}

void try_input(std::string_view input) {
  auto found = read(input);
  if (const auto* wrong = std::get_if<templating::fault>(&found)) {
    if (wrong->text.empty()) broken("a template that cannot be read is refused with a reason");
    return;
  }
  const auto& made = std::get<text_template>(found);
  for (const auto& each : made.mentions())
    if (each.function.empty()) broken("what a template mentions has a name");
  check_rendering(input, [&] {
    auto around = template_surroundings();
    around.host = &template_data();
    rendered result;
    result.wrong = made.render(template_data(), around, result.output);
    return result;
  });
}

}  // namespace drcon::fuzz
