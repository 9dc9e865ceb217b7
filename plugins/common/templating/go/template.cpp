#include "common/templating/go/template.hpp"

#include "common/templating/go/parser.hpp"
#include "common/templating/go/renderer.hpp"

#include <utility>

namespace drcon::templating::go {
namespace {

void collect(const tree& of, const node* in, std::vector<mention>& result);

void collect_command(const tree& of, const node& command, std::vector<mention>& result) {
  const auto& first = *command.items[0];
  if (first.type == node_type::identifier) {
    mention found{.function = first.function->name, .arguments = {}, .where = place_of(of.text, first.offset)};
    for (const auto* each : command.items.subspan(1)) found.arguments.push_back(each->constant);
    result.push_back(std::move(found));
  } else {
    collect(of, &first, result);
  }
  for (const auto* each : command.items.subspan(1)) {
    // A function without arguments may stand as one.
    if (each->type == node_type::identifier)
      result.push_back({.function = each->function->name, .arguments = {}, .where = place_of(of.text, each->offset)});
    else collect(of, each, result);
  }
}

void collect(const tree& of, const node* in, std::vector<mention>& result) {
  if (in == nullptr) return;
  if (in->type == node_type::command) return collect_command(of, *in, result);
  if (in->type == node_type::chain && in->pipe->type == node_type::identifier)
    result.push_back(
        {.function = in->pipe->function->name, .arguments = {}, .where = place_of(of.text, in->pipe->offset)});
  else collect(of, in->pipe, result);
  for (const auto* each : in->items) collect(of, each, result);
  collect(of, in->body, result);
  collect(of, in->otherwise, result);
}

void collect_fields(const node* in, std::set<std::string_view>& result) {
  if (in == nullptr) return;
  if (in->type == node_type::field || in->type == node_type::chain) result.insert(in->names.begin(), in->names.end());
  if (in->type == node_type::variable && in->names.size() > 1) result.insert(in->names.begin() + 1, in->names.end());
  collect_fields(in->pipe, result);
  for (const auto* each : in->items) collect_fields(each, result);
  collect_fields(in->body, result);
  collect_fields(in->otherwise, result);
}

}  // namespace

std::variant<text_template, fault> text_template::read(std::string name, std::string text,
                                                       const function_table& functions, const delimiters& marks) {
  auto parsed = parse(std::move(name), std::move(text), functions, marks);
  if (auto* wrong = std::get_if<fault>(&parsed)) return std::move(*wrong);
  return text_template(std::get<std::unique_ptr<const tree>>(std::move(parsed)));
}

std::optional<fault> text_template::render(const value& root, const surroundings& around, std::string& output) const {
  renderer walker(*tree_, around, output);
  try {
    walker.run(root);
  } catch (const failure& wrong) {
    return fault{.name = tree_->name, .where = walker.where(), .text = walker.context() + wrong.text()};
  }
  return {};
}

std::vector<mention> text_template::mentions() const {
  std::vector<mention> result;
  for (const auto& [name, root] : tree_->templates) collect(*tree_, root, result);
  return result;
}

std::set<std::string_view> text_template::fields() const {
  std::set<std::string_view> result;
  for (const auto& [name, root] : tree_->templates) collect_fields(root, result);
  return result;
}

}  // namespace drcon::templating::go
