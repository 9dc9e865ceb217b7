#include "import/walk.hpp"

#include "common/templating/format/unicode.hpp"

#include <algorithm>

namespace drcon::importing {

using templating::go::node_type;

namespace {

constexpr std::size_t most_steps = 2'000'000;  // nodes; a template that calls itself twice would be walked for ever
constexpr std::size_t deepest_call = 12;       // templates in one another: one that calls itself adds nothing later
constexpr std::size_t most_rounds = 4;         // of a loop whose variables change, until nothing is known of them

bool is_blank(const templating::go::node* of) {
  if (of == nullptr) return true;
  if (of->type == node_type::text) return templating::trim_space(of->text).empty();
  return of->type == node_type::list && std::ranges::all_of(of->items, is_blank);
}

// The word of consul-http's option `details` for a field of an endpoint; empty where it needs none.
std::string_view detail_of(std::string_view field) {
  if (field == "NodeID" || field == "NodeAddress" || field == "NodeMeta") return "node";
  if (field == "NodeTaggedAddresses" || field == "ServiceTaggedAddresses") return "addresses";
  return field == "Checks" ? "checks" : "";
}

}  // namespace

asks walk::run() {
  if (const auto root = tree_.templates.find(tree_.name); root != tree_.templates.end())
    call_template(tree_.name, held{});
  for (const auto& each : catalogues_) {
    const auto add = [&](std::vector<choice> which) {
      asks_.services.push_back({.where = each.where,
                                .call = each.call,
                                .which = std::move(which),
                                .tag = {},
                                // The catalogue has services without a passing instance, and their tags, too.
                                .least = health::any,
                                .datacenter = each.datacenter});
    };
    if (each.as_a_whole) add({});
    else
      for (const auto& which : each.narrowed) add(which);
  }
  return std::move(asks_);
}

bool walk::goes_on() {
  if (++steps_ == most_steps)
    report_.fault(
        {.file = file_, .where = {1, 1}},
        "the templates in it call one another so often that the import has stopped here: check what it found, "
        "and add what is missing by hand");
  return steps_ < most_steps;
}

walk::variable* walk::find(std::string_view name) {
  const auto found =
      std::find_if(variables_.rbegin(), variables_.rend(), [name](const variable& each) { return each.name == name; });
  return found == variables_.rend() ? nullptr : &*found;
}

// It may be assigned on one way of a condition alone: what it was before stays possible.
void walk::assign(std::string_view name, const held& value) {
  if (auto* known = find(name)) known->value = either(known->value, value);
}

void walk::list(const node& of, const held& dot) {
  const auto known = variables_.size();
  for (const auto* each : of.items) one(*each, dot);
  variables_.resize(known);
}

void walk::one(const node& of, const held& dot) {
  if (!goes_on()) return;
  switch (of.type) {
    case node_type::action: {
      const auto value = pipe(*of.pipe, dot);
      if (of.pipe->declared.empty()) used_as_a_whole({&value, 1});
      return;
    }
    case node_type::if_branch:
    case node_type::with_branch: return if_or_with(of, dot);
    case node_type::range_branch: return range(of, dot);
    case node_type::call_template: {
      const auto given = of.pipe == nullptr ? held{} : pipe(*of.pipe, dot);
      return call_template(of.text, given);
    }
    default: return;
  }
}

void walk::otherwise(const node& of, const held& dot) {
  if (of.otherwise != nullptr) list(*of.otherwise, dot);
}

void walk::if_or_with(const node& of, const held& dot) {
  const auto known = variables_.size();
  const auto value = pipe(*of.pipe, dot);
  const auto held_before = conditions_.size();
  conditions_.insert(conditions_.end(), value.implies.begin(), value.implies.end());
  const bool is_with = of.type == node_type::with_branch;
  if (!is_with) used_as_a_whole({&value, 1});
  list(*of.body, is_with ? value : dot);
  conditions_.resize(held_before);
  otherwise(of, dot);
  variables_.resize(known);
}

void walk::range(const node& of, const held& dot) {
  const auto known = variables_.size();
  const auto over = pipe(*of.pipe, dot);
  variables_.resize(known);
  held element;
  switch (over.what) {
    case held::kind::catalogue: loop_over_catalogue(of, over); break;
    case held::kind::listed_tags: loop(of, {}, held::of(held::kind::listed_tag, over.item)); break;
    case held::kind::texts: loop(of, {}, held::of(held::kind::text, over.forms)); break;
    case held::kind::endpoints: loop(of, {}, held::of(held::kind::endpoint, over.forms)); break;
    case held::kind::pairs: loop(of, {}, held::of(held::kind::pair, over.forms)); break;
    default: loop(of, {}, {});
  }
  otherwise(of, dot);
  variables_.resize(known);
}

void walk::loop(const node& of, const held& key, const held& element) {
  const auto& declared = of.pipe->declared;
  const auto known = variables_.size();
  for (std::size_t round = 0; goes_on(); ++round) {
    const auto before = variables_;
    const auto kept_before = scratch_;
    if (declared.size() == 2) variables_.push_back({declared[0]->names[0], key});
    if (!declared.empty()) variables_.push_back({declared.back()->names[0], element});
    list(*of.body, element);
    variables_.resize(known);
    if (variables_ == before && scratch_ == kept_before) return;
    if (round < most_rounds) continue;
    for (std::size_t i = 0; i < known; ++i)
      if (variables_[i] != before[i]) variables_[i].value = {};
    for (auto& [name, kept] : scratch_) kept = {};
  }
}

void walk::loop_over_catalogue(const node& of, const held& over) {
  const auto found = std::ranges::find(loops_, &of);
  const auto item = static_cast<std::size_t>(found - loops_.begin());
  if (found == loops_.end()) loops_.push_back(&of);
  const auto element = held::of(held::kind::listed_service, item);
  const auto known = variables_.size();
  const auto& declared = of.pipe->declared;
  if (declared.size() == 2) variables_.push_back({declared[0]->names[0], {}});
  if (!declared.empty()) variables_.push_back({declared.back()->names[0], element});
  std::vector<std::vector<choice>> narrowed;
  // What is rendered for a service that is not chosen needs its name, and so does the way of no service at all.
  const bool all_is_chosen = narrow(*of.body, element, item, narrowed) && is_blank(of.otherwise);
  variables_.resize(known);
  auto& called = catalogues_[over.item];
  if (!all_is_chosen) called.as_a_whole = true;
  called.narrowed.insert(called.narrowed.end(), narrowed.begin(), narrowed.end());
  loop(of, {}, element);
}

// Whether all that the loop's body renders is under a condition on the service that the loop is at.
bool walk::narrow(const node& body, const held& dot, std::size_t item, std::vector<std::vector<choice>>& narrowed) {
  const auto known = variables_.size();
  bool all = true;
  for (const auto* each : body.items)
    if (!narrow_one(*each, dot, item, narrowed)) all = false;
  variables_.resize(known);
  return all;
}

bool walk::narrow_one(const node& of, const held& dot, std::size_t item, std::vector<std::vector<choice>>& narrowed) {
  if (is_blank(&of)) return true;
  if (of.type == node_type::action) {
    pipe(*of.pipe, dot);
    return !of.pipe->declared.empty();
  }
  if (of.type == node_type::if_branch && is_blank(of.otherwise)) {
    const auto value = pipe(*of.pipe, dot);
    for (const auto& each : value.implies)
      if (each.item == item) {
        narrowed.push_back(each.any_of);
        return true;
      }
    return false;
  }
  if (of.type == node_type::range_branch && is_blank(of.otherwise)) {
    const auto known = variables_.size();
    const auto over = pipe(*of.pipe, dot);
    variables_.resize(known);
    if (!over.is(held::kind::listed_tags) || over.item != item) return false;
    const auto tag = held::of(held::kind::listed_tag, item);
    if (!of.pipe->declared.empty()) variables_.push_back({of.pipe->declared.back()->names[0], tag});
    const bool all = narrow(*of.body, tag, item, narrowed);
    variables_.resize(known);
    return all;
  }
  return false;
}

void walk::call_template(std::string_view name, const held& dot) {
  const auto found = tree_.templates.find(name);
  if (found == tree_.templates.end() || depth_ >= deepest_call || !goes_on()) return;
  ++depth_;
  auto outer = std::exchange(variables_, {{"$", dot}});
  list(*found->second, dot);
  variables_ = std::move(outer);
  --depth_;
}

held walk::pipe(const node& of, const held& dot) {
  held value;
  const held* last = nullptr;
  for (const auto* each : of.items) {
    value = command(*each, dot, last);
    last = &value;
  }
  for (const auto* each : of.declared) {
    if (of.is_assignment) assign(each->names[0], value);
    else variables_.push_back({each->names[0], value});
  }
  return value;
}

held walk::command(const node& of, const held& dot, const held* last) {
  const auto& first = *of.items[0];
  std::vector<held> given;
  for (const auto* each : of.items.subspan(1)) given.push_back(word(*each, dot));
  if (last != nullptr) given.push_back(*last);
  const auto* outer = std::exchange(command_, &of);
  held result;
  if (first.type == node_type::identifier) {
    result = call(first, given);
  } else if (first.type == node_type::chain && first.pipe->type == node_type::identifier &&
             first.pipe->text == "scratch") {
    result = scratch(first.names[0], given);
  } else {
    result = word(first, dot);
  }
  command_ = outer;
  return result;
}

held walk::word(const node& of, const held& dot) {
  if (!goes_on()) return {};
  switch (of.type) {
    case node_type::pipe: return pipe(of, dot);
    case node_type::dot: return dot;
    case node_type::field: return fields(dot, of.names);
    case node_type::variable: {
      const auto* known = find(of.names[0]);
      return known == nullptr ? held{} : fields(known->value, of.names.subspan(1));
    }
    case node_type::chain: return fields(word(*of.pipe, dot), of.names);
    case node_type::identifier: return call(of, {});
    case node_type::string: return held::text(shape(of.constant.text()));
    case node_type::number:
      return of.constant.is_signed() ? held::text(shape(std::to_string(of.constant.whole()))) : held{};
    default: return {};
  }
}

held walk::fields(held of, std::span<const std::string_view> names) {
  for (const auto& name : names) {
    if (const auto detail = detail_of(name); !detail.empty()) asks_.details.emplace(detail);
    if (of.is(held::kind::listed_service) && name == "Name") of = held::text(shape::listed_name(of.item));
    else if (of.is(held::kind::listed_service) && name == "Tags") of = held::of(held::kind::listed_tags, of.item);
    else if (of.is(held::kind::endpoint) && name == "Name") of = held::of(held::kind::text, of.forms);
    else if (of.is(held::kind::pair) && name == "Path")
      of = held::of(held::kind::text, joined(of.forms, {shape::anything()}));
    else of = {};
  }
  return of;
}

asks find_asks(const templating::go::tree& of, const std::string& file, report& found) {
  return walk(of, file, found).run();
}

}  // namespace drcon::importing
