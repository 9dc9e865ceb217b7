#include "common/templating/go/template.hpp"

#include "common/templating/go/parser.hpp"
#include "common/templating/go/renderer.hpp"

#include <utility>

namespace drcon::templating::go {
namespace {

// Finds every call of a function, in order of place.
class mention_collector {
public:
  explicit mention_collector(const tree& of) : of_(of) {}

  void collect(const node* in, bool is_conditional) {
    if (in == nullptr) return;
    if (in->type == node_type::command) return collect_command(*in, is_conditional);
    if (in->type == node_type::chain && in->pipe->type == node_type::identifier) add(*in->pipe, is_conditional);
    else collect(in->pipe, is_conditional);
    for (const auto* each : in->items) collect(each, is_conditional);
    collect(in->body, true);
    collect(in->otherwise, true);
  }

  std::vector<mention> take() { return std::move(found_); }

private:
  void collect_command(const node& command, bool is_conditional) {
    const auto& first = *command.items[0];
    if (first.type == node_type::identifier) {
      auto& call = add(first, is_conditional);
      for (const auto* each : command.items.subspan(1)) call.arguments.push_back(each->constant);
    } else {
      collect(&first, is_conditional);
    }
    const bool stops_early =
        first.type == node_type::identifier && (first.function->name == "and" || first.function->name == "or");
    for (std::size_t i = 1; i < command.items.size(); ++i) {
      const auto& each = *command.items[i];
      const bool may_be_left_out = is_conditional || (stops_early && i > 1);
      // A function without arguments may stand as one.
      if (each.type == node_type::identifier) add(each, may_be_left_out);
      else collect(&each, may_be_left_out);
    }
  }

  mention& add(const node& identifier, bool is_conditional) {
    found_.push_back({.function = identifier.function->name,
                      .arguments = {},
                      .where = place_of(of_.text, identifier.offset),
                      .is_conditional = is_conditional});
    return found_.back();
  }

  const tree& of_;
  std::vector<mention> found_;
};

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
  mention_collector all(*tree_);
  for (const auto& [name, root] : tree_->templates) all.collect(root, name != tree_->name);
  return all.take();
}

std::set<std::string_view> text_template::fields() const {
  std::set<std::string_view> result;
  for (const auto& [name, root] : tree_->templates) collect_fields(root, result);
  return result;
}

}  // namespace drcon::templating::go
