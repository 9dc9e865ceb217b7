#include "common/templating/mustache/template.hpp"

#include "common/templating/mustache/renderer.hpp"
#include "common/templating/mustache/tree.hpp"

#include <utility>

namespace drcon::templating::mustache {
namespace {

constexpr std::size_t most_partials = 1000;

void collect(const source& of, const std::vector<node>& all, std::vector<mention>& result) {
  for (const auto& each : all) {
    if (each.type == node_type::text || each.type == node_type::line_end || each.type == node_type::partial) continue;
    const bool is_section = each.type == node_type::section || each.type == node_type::inverted;
    result.push_back({.path = each.path, .is_section = is_section, .where = place_of(of.text, each.offset)});
    collect(of, each.body, result);
  }
}

}  // namespace

std::variant<text_template, fault> text_template::read(std::string name, std::string text, rules by,
                                                       const partials& more) {
  auto result = std::make_shared<tree>();
  result->by = by;
  result->root.name = std::move(name);
  result->root.text = std::move(text);
  std::vector<std::string> wanted;
  if (auto wrong = parse(result->root, by, wanted)) return std::move(*wrong);
  while (!wanted.empty()) {
    const auto next = std::move(wanted.back());
    wanted.pop_back();
    if (result->partials.contains(next)) continue;
    auto found = more ? more(next) : std::nullopt;
    if (!found) continue;
    if (result->partials.size() >= most_partials)
      return fault{.name = next, .where = {}, .text = "More than " + std::to_string(most_partials) + " partials"};
    // In its place at once: the nodes point into its text.
    auto& made = result->partials[next];
    made.name = next;
    made.text = std::move(*found);
    if (auto wrong = parse(made, by, wanted)) return std::move(*wrong);
  }
  return text_template(std::move(result));
}

std::optional<fault> text_template::render(const value& root, const escape& with, const surroundings& around,
                                           std::string& output) const {
  renderer walker(*tree_, with, around, output);
  try {
    walker.run(root);
  } catch (const failure& wrong) {
    return fault{.name = walker.running().name, .where = walker.where(), .text = wrong.text()};
  }
  return {};
}

std::vector<mention> text_template::mentions() const {
  std::vector<mention> result;
  collect(tree_->root, tree_->root.nodes, result);
  for (const auto& [name, each] : tree_->partials) collect(each, each.nodes, result);
  return result;
}

}  // namespace drcon::templating::mustache
