#include "template/form.hpp"

#include <utility>

namespace drcon::templates {

using templating::fault;
namespace mustache = templating::mustache;

form::form(std::string text, mustache::text_template parsed) : text_(std::move(text)), parsed_(std::move(parsed)) {
  for (const auto& each : parsed_.mentions()) names_.insert(each.path.begin(), each.path.end());
}

std::variant<form, fault> form::read(std::string name, std::string text) {
  auto parsed = mustache::text_template::read(std::move(name), text, mustache::rules::as_before);
  if (auto* wrong = std::get_if<fault>(&parsed)) return std::move(*wrong);
  return form(std::move(text), std::get<mustache::text_template>(std::move(parsed)));
}

std::optional<fault> form::render(const subject& of, language in, std::string& output) const {
  const auto escape = [in](std::string_view text, std::string& result) { append_escaped(text, in, result); };
  const templating::surroundings around;
  return parsed_.render(view_of(of), escape, around, output);
}

std::string report(const fault& wrong) {
  return wrong.name + ":" + std::to_string(wrong.where.line) + ":" + std::to_string(wrong.where.column) + ": " +
         wrong.text;
}

}  // namespace drcon::templates
