// A template of Go's language, rendered with every function there is and no data.
#pragma once

#include "common/templating/functions/functions.hpp"
#include "common/templating/go/template.hpp"

#include <string>
#include <variant>

namespace drcon::templating {

/// What was wrong, or what came out.
inline std::string render(const std::string& text, const surroundings& around) {
  static const auto functions = every_function();
  auto read = go::text_template::read("t", text, functions);
  if (const auto* wrong = std::get_if<fault>(&read)) return wrong->message();
  std::string output;
  const auto wrong = std::get<go::text_template>(read).render({}, around, output);
  return wrong ? wrong->message() : output;
}

}  // namespace drcon::templating
