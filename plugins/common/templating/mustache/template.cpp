#include "common/templating/mustache/template.hpp"

#include "common/templating/mustache/renderer.hpp"
#include "common/templating/mustache/tree.hpp"

#include <set>
#include <utility>

namespace drcon::templating::mustache {
namespace {

constexpr std::size_t most_partials = 1000;
constexpr std::size_t most_mentions = 100'000;  // a partial may be called twice by one that is called twice …

// Into partials, too, where they are called: their names are looked for there. One that calls itself is gone into once.
class collector {
public:
  collector(const tree& of, std::vector<mention>& result) : tree_(of), result_(result) {}

  void run(const source& in, const std::vector<node>& all, std::size_t within) {
    for (const auto& each : all) {
      if (result_.size() >= most_mentions) return;
      if (each.type == node_type::text || each.type == node_type::line_end) continue;
      if (each.type == node_type::partial) {
        call(in, each, within);
        continue;
      }
      const bool is_section = each.type == node_type::section || each.type == node_type::inverted;
      result_.push_back({.path = each.path,
                         .is_section = is_section,
                         .where = in.place(each.offset),
                         .source = in.name,
                         .within = within});
      const auto opened = each.type == node_type::section ? result_.size() : within;
      run(in, each.body, opened);
    }
  }

private:
  void call(const source& in, const node& at, std::size_t within) {
    const auto found = tree_.partials.find(at.text);
    if (found == tree_.partials.end())
      result_.push_back(
          {.path = {at.text}, .where = in.place(at.offset), .source = in.name, .is_partial = true, .within = within});
    else if (running_.insert(&found->second).second) {
      run(found->second, found->second.nodes, within);
      running_.erase(&found->second);
    }
  }

  const tree& tree_;
  std::vector<mention>& result_;
  std::set<const source*> running_;
};

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
  collector(*tree_, result).run(tree_->root, tree_->root.nodes, 0);
  return result;
}

}  // namespace drcon::templating::mustache
