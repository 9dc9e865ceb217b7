#include "common/templating/mustache/renderer.hpp"

#include "common/templating/format/print.hpp"

namespace drcon::templating::mustache {
namespace {

bool is_empty(const value& of) {
  switch (of.what()) {
    case kind::nothing:
    case kind::nil: return true;
    case kind::boolean: return !of.flag();
    case kind::list: return of.size() == 0;
    default: return false;  // an empty text is there, too
  }
}

}  // namespace

void renderer::run(const value& root) {
  contexts_.push_back({.held = root});
  walk(tree_.root.nodes);
  if (tree_.by == rules::as_before) end_line();
}

void renderer::walk(const std::vector<node>& all) {
  if (depth_ >= around().bounds.depth)
    throw failure("more than " + std::to_string(around().bounds.depth) + " sections and partials in one another");
  ++depth_;
  for (const auto& each : all) walk_one(each);
  --depth_;
}

void renderer::walk_one(const node& one) {
  spend(1);
  now_ = &one;
  switch (one.type) {
    case node_type::text: text(one); break;
    case node_type::line_end: line_end(one); break;
    case node_type::variable:
    case node_type::unescaped: variable(one); break;
    case node_type::section: section(one); break;
    case node_type::inverted: inverted(one); break;
    case node_type::partial: partial(one); break;
  }
}

void renderer::write(std::string_view text) {
  if (output_.size() + text.size() > around().bounds.output)
    throw failure("the output would be longer than " + std::to_string(around().bounds.output) + " bytes");
  output_ += text;
}

void renderer::begin_line() {
  if (is_at_line_start_ && !indentation_.empty()) write(indentation_);
  is_at_line_start_ = false;
}

// By the rules of the standard a text may go over several lines. Within a partial that has a line of its own, each of
// them begins as that line does.
void renderer::text(const node& of) {
  if (indentation_.empty() || tree_.by == rules::as_before) {
    is_at_line_start_ = of.text.ends_with('\n');
    return write(of.text);
  }
  for (auto rest = of.text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    begin_line();
    write(rest.substr(0, end));
    is_at_line_start_ = rest[end - 1] == '\n';
    rest.remove_prefix(end);
  }
}

void renderer::line_end(const node& of) {
  begin_line();
  if (tree_.by == rules::standard) {
    write(of.text);
    is_at_line_start_ = of.text.ends_with('\n');
    return;
  }
  const bool was_dropped = had_section_ && output_.find_first_not_of(" \t", line_start_) == std::string::npos;
  end_line();
  if (!was_dropped) write(of.text);
  line_start_ = output_.size();
}

// A line in which a section began or ended, and in which nothing but blanks came out, is left out.
void renderer::end_line() {
  if (had_section_ && output_.find_first_not_of(" \t", line_start_) == std::string::npos) output_.resize(line_start_);
  had_section_ = false;
  line_start_ = output_.size();
}

value renderer::member(const value& of, std::string_view name) {
  if (of.is(kind::object)) {
    const auto* found = of.as_object().find(name);
    return found == nullptr || found->get == nullptr ? value() : found->get(of.self(), scratch());
  }
  if (!of.is(kind::map)) return {};
  const auto& how = of.as_map();
  return how.key == kind::text || how.key == kind::nothing ? how.find(of.self(), value(name), scratch()) : value();
}

const field* renderer::field_of(const node& of, const object_class& how, std::string_view name) {
  const auto place = (reinterpret_cast<std::uintptr_t>(&of) / sizeof(node) * 7 +
                      reinterpret_cast<std::uintptr_t>(&how) / alignof(object_class)) %
                     cache_.size();
  auto& known = cache_[place];
  if (known.tag != &of || known.how != &how) known = {.tag = &of, .how = &how, .found = how.find(name)};
  return known.found;
}

value renderer::member(const node& of, const context& in, std::string_view name) {
  if (!in.held.is(kind::object)) return member(in.held, name);
  if (const auto* known = field_of(of, in.held.as_object(), name); known != nullptr)
    if (const auto found = known->get == nullptr ? value() : known->get(in.held.self(), scratch());
        !found.is(kind::nothing) || in.count == 0)
      return found;
  if (in.count == 0) return {};
  if (name == "first") return value(in.index == 0);
  if (name == "last") return value(in.index + 1 == in.count);
  if (name == "index") return value::integer(static_cast<std::int64_t>(in.index));
  return {};
}

value renderer::find(const node& of) {
  if (of.path.empty()) return contexts_.back().held;
  for (auto each = contexts_.rbegin(); each != contexts_.rend(); ++each) {
    auto found = member(of, *each, of.path[0]);
    if (found.is(kind::nothing)) continue;
    for (std::size_t i = 1; i < of.path.size() && !found.is(kind::nothing); ++i) found = member(found, of.path[i]);
    if (!found.is(kind::nothing) || tree_.by == rules::standard) return found;
  }
  return {};
}

void renderer::variable(const node& of) {
  const auto found = find(of);
  begin_line();
  if (!found.is_there()) return;
  auto text = std::string_view();
  if (found.is(kind::text)) {
    text = found.text();
  } else {
    const bool is_plain = found.is_whole() || found.is(kind::real) || found.is(kind::boolean);
    if (tree_.by == rules::as_before && (!is_plain || found.is(kind::boolean))) return;
    shown_.clear();
    printer(shown_, scratch(), around().bounds.output).show(found);
    text = shown_;
  }
  if (of.type == node_type::unescaped) return write(text);
  if (output_.size() + text.size() > around().bounds.output) return write(text);  // which refuses
  escape_(text, output_);
}

void renderer::section(const node& of) {
  const auto found = find(of);
  if (is_empty(found)) return;
  if (!found.is(kind::list)) return enter(of, {.held = found});
  const auto count = found.size();
  for (std::size_t i = 0; i < count; ++i) enter(of, {.held = found.at(i, scratch()), .index = i, .count = count});
}

void renderer::inverted(const node& of) {
  const auto found = find(of);
  if (!is_empty(found)) return;
  // The engine before took what is false, or empty, for the context.
  const bool takes_it = tree_.by == rules::as_before && found.is_there();
  const auto in = takes_it ? context{.held = found} : contexts_.back();
  enter(of, in);
}

void renderer::enter(const node& of, const context& in) {
  had_section_ = true;
  contexts_.push_back(in);
  walk(of.body);
  contexts_.pop_back();
  had_section_ = true;
}

void renderer::partial(const node& of) {
  const auto found = tree_.partials.find(of.text);
  if (found == tree_.partials.end()) return;
  const auto* const was = running_;
  running_ = &found->second;
  const auto indentation = indentation_.size();
  indentation_ += of.indentation;
  walk(found->second.nodes);
  indentation_.resize(indentation);
  running_ = was;
}

}  // namespace drcon::templating::mustache
