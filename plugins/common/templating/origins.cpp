#include "common/templating/origins.hpp"

#include "common/templating/memory.hpp"

namespace drcon::templating {
namespace {

// A template that joins texts in a loop makes a node each time; beyond these the origin of a text is `unknown`.
constexpr std::size_t most_nodes = 1'000'000;
// How many nodes are followed for one value; a value with more has an unknown origin.
constexpr std::size_t most_visits = 100'000;

bool is_whole(const value& of) { return of.is(kind::list) || of.is(kind::map); }

}  // namespace

origins::number origins::add(const node& made) {
  if (nodes_.size() >= most_nodes) return unknown;
  nodes_.push_back(made);
  return own_ + static_cast<number>(nodes_.size());
}

origins::number origins::both(number left, number right) {
  if (left == none || left == right) return right;
  if (right == none) return left;
  if (left == unknown || right == unknown) return unknown;
  return add({.left = left, .right = right, .whole = {}});
}

origins::number origins::of(const value& whole) {
  if (whole.origin() != none || !is_whole(whole) || whole.size() == 0) return whole.origin();
  return add({.left = none, .right = none, .whole = whole, .is_whole = true});
}

origins::number origins::of_all(std::span<const value> all) {
  number result = none;
  for (const auto& each : all) result = both(result, of(each));
  return result;
}

origins::things origins::behind(number origin, memory& scratch) const {
  things result;
  if (origin == unknown) return {.all = {}, .are_known = false};
  std::vector<number> open{origin};
  std::vector<value> wholes;
  std::set<number> seen;
  const auto is_too_much = [&] { return seen.size() + wholes.size() > most_visits; };
  const auto look_into = [&](const value& each) {
    if (each.origin() != none) open.push_back(each.origin());
    else if (is_whole(each)) wholes.push_back(each);
  };
  while (!open.empty() || !wholes.empty()) {
    if (is_too_much()) return {.all = std::move(result.all), .are_known = false};
    if (open.empty()) {
      const auto whole = wholes.back();
      wholes.pop_back();
      for (std::size_t i = 0; i < whole.size() && !is_too_much(); ++i) {
        if (whole.is(kind::list)) {
          look_into(whole.at(i, scratch));
          continue;
        }
        const auto entry = whole.entry(i, scratch);
        look_into(entry.key);
        look_into(entry.held);
      }
      continue;
    }
    const auto next = open.back();
    open.pop_back();
    if (next == none || !seen.insert(next).second) continue;
    if (next == unknown) result.are_known = false;
    else if (next <= own_) result.all.insert(next);
    else if (const auto& made = nodes_[next - own_ - 1]; made.is_whole) wholes.push_back(made.whole);
    else open.insert(open.end(), {made.left, made.right});
  }
  return result;
}

}  // namespace drcon::templating
