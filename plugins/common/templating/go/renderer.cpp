#include "common/templating/go/renderer.hpp"

#include "common/templating/format/quote.hpp"

#include <utility>

namespace drcon::templating::go {

class renderer::frame {
public:
  frame(renderer& of, std::string_view name, const value& dot)
      : of_(of), base_(of.base_), size_(of.variables_.size()), running_(of.running_) {
    of.base_ = size_;
    of.running_ = name;
    of.variables_.push_back({.name = "$", .held = dot});
  }
  ~frame() {
    of_.variables_.resize(size_);
    of_.base_ = base_;
    if (is_done_) of_.running_ = running_;
  }
  frame(const frame&) = delete;
  frame& operator=(const frame&) = delete;
  /// Without it the name stays, for the message of the fault.
  void done() { is_done_ = true; }

private:
  renderer& of_;
  std::size_t base_;
  std::size_t size_;
  std::string_view running_;
  bool is_done_ = false;
};

class renderer::level {
public:
  explicit level(renderer& of) : of_(of) {
    if (of.depth_ >= of.around().bounds.depth)
      throw limit_reached("exceeded maximum template depth (" + std::to_string(of.around().bounds.depth) + ")");
    ++of.depth_;
  }
  ~level() { --of_.depth_; }
  level(const level&) = delete;
  level& operator=(const level&) = delete;

private:
  renderer& of_;
};

renderer::renderer(const tree& of, const surroundings& around, std::string& output)
    : invocation(around), tree_(of), output_(&output), cache_(of.numbered) {
  variables_.reserve(32);
}

position renderer::where() const { return now_ == nullptr ? position() : place_of(tree_.text, now_->offset); }

std::string renderer::context() const {
  const auto shown_name = go_quoted(running_);
  if (now_ == nullptr) return "executing " + shown_name + ": ";
  return "executing " + shown_name + " at <" + shown(*now_) + ">: ";
}

void renderer::write(std::string_view text) {
  if (output_->size() + text.size() > around().bounds.output)
    throw limit_reached("the output would be longer than " + std::to_string(around().bounds.output) + " bytes");
  output_->append(text);
}

void renderer::show(const value& shown_value) {
  if (nested_ > 0 && around().oversees != nullptr) {
    auto& known = around().oversees->known();
    executed_ = known.both(executed_, known.of(shown_value));
  }
  if (shown_value.is(kind::text)) return write(shown_value.text());
  const bool is_channel = shown_value.is(kind::list) && shown_value.type().starts_with("<-");
  if (shown_value.is(kind::function) || is_channel)
    throw failure("can't print " + shown(*now_) + " of type " + std::string(shown_value.type()));
  printer(*output_, scratch(), around().bounds.output).show(shown_value);
}

void renderer::run(const value& root) {
  running_ = tree_.name;
  const auto found = tree_.templates.find(tree_.name);
  run(tree_.name, *found->second, root);
}

void renderer::run(std::string_view name, const node& root, const value& dot) {
  frame mine(*this, name, dot);
  walk(root, dot);
  mine.done();
}

std::string renderer::execute(std::string_view name, const value& dot) {
  const auto found = tree_.templates.find(name);
  if (found == tree_.templates.end())
    throw failure("template: no template " + go_quoted(name) + " associated with template " + go_quoted(tree_.name));
  std::string result;
  auto* const output = std::exchange(output_, &result);
  const auto* const was = now_;
  const auto running = running_;
  ++nested_;
  try {
    run(found->first, *found->second, dot);
  } catch (const left_out&) {
    --nested_;
    output_ = output;
    now_ = was;
    running_ = running;
    throw;
  } catch (const failure& wrong) {
    --nested_;
    const std::string said = wrong.text();
    const fault inner{.name = tree_.name, .where = where(), .text = context() + said};
    output_ = output;
    now_ = was;
    running_ = running;
    throw failure(said.size() > longest_message ? said : inner.message());
  }
  --nested_;
  output_ = output;
  now_ = was;
  return result;
}

renderer::outcome renderer::walk(const node& list, const value& dot) {
  const level mine(*this);
  at(list);
  for (const auto* each : list.items)
    if (const auto result = walk_one(*each, dot); result != outcome::goes_on) return result;
  return outcome::goes_on;
}

renderer::outcome renderer::walk_one(const node& one, const value& dot) {
  spend(1);
  at(one);
  switch (one.type) {
    case node_type::text: write(one.text); break;
    case node_type::action: {
      const auto shown_value = pipe(one.pipe, dot);
      if (!one.pipe->declared.empty()) break;
      at(one);
      show(shown_value);
      break;
    }
    case node_type::if_branch:
    case node_type::with_branch: return walk_branch(one, dot);
    case node_type::range_branch: return walk_range(one, dot);
    case node_type::call_template: walk_template(one, dot); break;
    case node_type::break_out: return outcome::breaks;
    case node_type::continue_loop: return outcome::continues;
    default: throw failure("unknown node: " + shown(one));
  }
  return outcome::goes_on;
}

renderer::outcome renderer::walk_branch(const node& branch, const value& dot) {
  const auto mark = variables_.size();
  const auto given = pipe(branch.pipe, dot);
  auto result = outcome::goes_on;
  if (given.truth()) result = walk(*branch.body, branch.type == node_type::with_branch ? given : dot);
  else if (branch.otherwise != nullptr) result = walk(*branch.otherwise, dot);
  variables_.resize(mark);
  return result;
}

renderer::outcome renderer::walk_range(const node& branch, const value& dot) {
  const auto mark = variables_.size();
  const auto over = pipe(branch.pipe, dot);
  auto result = outcome::goes_on;
  if (!range_over(branch, over) && branch.otherwise != nullptr) result = walk(*branch.otherwise, dot);
  variables_.resize(mark);
  // A {{break}} in the {{else}} of a range ends that range, as in Go.
  return result == outcome::breaks ? outcome::goes_on : result;
}

bool renderer::range_over(const node& branch, const value& over) {
  const auto mark = variables_.size();
  switch (over.what()) {
    case kind::nothing:
    case kind::nil: return false;
    case kind::list:
      for (std::size_t i = 0; i < over.size(); ++i)
        if (!iterate(branch, value::integer(static_cast<std::int64_t>(i)), over.at(i, scratch()), mark)) break;
      return over.size() > 0;
    case kind::map: {
      const auto entries = unchanging(over);
      const auto count = entries.size();
      for (std::size_t i = 0; i < count; ++i) {
        const auto each = entries.entry(i, scratch());
        if (!iterate(branch, each.key, each.held, mark)) break;
      }
      return count > 0;
    }
    case kind::integer:
    case kind::integer64:
    case kind::byte:
    case kind::unsigned64: {
      if (branch.pipe->declared.size() > 1) {
        std::string number;
        printer(number, scratch(), 100).show(over);
        throw failure("can't use " + number + " to iterate over more than one variable");
      }
      if (over.is_signed() && over.whole() <= 0) return false;
      check_rounds(over);
      for (std::uint64_t i = 0; i < over.natural(); ++i) {
        const auto number = static_cast<std::int64_t>(i);
        const auto element = over.is(kind::integer)     ? value::integer(number)
                             : over.is(kind::integer64) ? value::integer64(number)
                             : over.is(kind::byte)      ? value::byte(static_cast<std::uint8_t>(i))
                                                        : value::unsigned64(i);
        if (!iterate(branch, value(), element.inherits(over.origin()), mark)) break;
      }
      return over.natural() > 0;
    }
    default: break;
  }
  std::string text;
  printer(text, scratch(), around().bounds.output).show(over);
  throw failure("range can't iterate over " + text);
}

// Who may write a number must not keep all the others from being written by a loop that never ends.
void renderer::check_rounds(const value& number) {
  const auto why = excess_of(std::span(&number, 1), number.natural(), "rounds");
  if (why.empty()) return;
  const auto reason = "range: " + why;
  if (around().oversees->leave_out(number.origin(), reason, scratch())) throw left_out(reason);
}

// The entries that a map has now: the body may put more into it.
value renderer::unchanging(const value& map) {
  if (&map.as_map() != &any_map_class || !scratch().owns(map.self())) return map;
  const auto& now = *static_cast<const map_span*>(map.self());
  return scratch().any_map(std::vector<map_entry>(now.begin(), now.end()));
}

// False when the loop ends.
bool renderer::iterate(const node& branch, const value& index, const value& element, std::size_t mark) {
  spend(1);
  const auto declared = branch.pipe->declared;
  if (branch.pipe->is_assignment) {
    if (declared.size() == 1) held_by(declared[0]->names[0]) = element;
    if (declared.size() == 2) {
      held_by(declared[0]->names[0]) = index;
      held_by(declared[1]->names[0]) = element;
    }
  } else {
    if (!declared.empty()) variables_[mark - 1].held = element;
    if (declared.size() > 1) variables_[mark - 2].held = index;
  }
  const auto result = walk_element(*branch.body, element);
  variables_.resize(mark);
  return result != outcome::breaks;
}

// What is left out was reported, and all is rendered again without it: going on finds what else is to be left out,
// which could be thousands, and each would take a rendering of its own.
renderer::outcome renderer::walk_element(const node& body, const value& element) {
  const auto depth = depth_;
  const auto running = running_;
  try {
    return walk(body, element);
  } catch (const left_out&) {
    depth_ = depth;
    running_ = running;
    return outcome::goes_on;
  }
}

void renderer::walk_template(const node& call, const value& dot) {
  const auto found = tree_.templates.find(call.text);
  if (found == tree_.templates.end()) throw failure("template " + go_quoted(call.text) + " not defined");
  const auto given = pipe(call.pipe, dot);
  run(found->first, *found->second, given);
}

value& renderer::held_by(std::string_view name) {
  for (auto i = variables_.size(); i > base_; --i)
    if (variables_[i - 1].name == name) return variables_[i - 1].held;
  throw failure("undefined variable: " + std::string(name));
}

}  // namespace drcon::templating::go
