#include "common/templating/pattern/pattern.hpp"

#include "common/templating/fault.hpp"
#include "common/templating/format/unicode.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace drcon::templating {
namespace {

constexpr auto nowhere = std::numeric_limits<std::size_t>::max();

bool is_word(char32_t c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool pattern::character_set::has(char32_t one) const {
  const auto is_in = [&](char32_t c) {
    return std::ranges::any_of(ranges, [&](const range& each) { return each.first <= c && c <= each.last; });
  };
  const bool found = is_in(one) || (ignores_case && (is_in(lower(one)) || is_in(upper(one))));
  return found != is_negated;
}

// Follows all ways through the instructions at once, in order of preference: each instruction is taken at most once for
// each character.
class pattern::machine {
public:
  machine(const program& of, std::string_view text, const cost& spend)
      : program_(of), text_(text), spend_(spend), seen_(of.instructions.size(), nowhere) {}

  // The first match from `start` on. Empty when there is none.
  places find(std::size_t start) {
    std::fill(seen_.begin(), seen_.end(), nowhere);
    places best;
    threads now;
    threads next;
    for (auto at = start;;) {
      if (best.empty()) add(now, 0, at, places(2 * program_.names.size(), nowhere));
      if (now.empty() && !best.empty()) return best;
      const auto one = first_of(text_.substr(at));
      if (spend_) spend_(now.size() / 8 + 1);
      step(now, next, at, one, best);
      now.swap(next);
      next.clear();
      if (one.bytes == 0) return best;
      at += one.bytes;
    }
  }

private:
  struct thread {
    std::uint32_t place = 0;
    places kept;
  };
  using threads = std::vector<thread>;

  void step(const threads& now, threads& next, std::size_t at, character one, places& best) {
    for (const auto& each : now) {
      const auto& what = program_.instructions[each.place];
      if (what.what == operation::match) {
        best = each.kept;
        return;  // those behind it are preferred less
      }
      if (one.bytes > 0 && program_.sets[what.x].has(one.number)) add(next, each.place + 1, at + one.bytes, each.kept);
    }
  }

  bool holds(operation what, std::size_t at) const {
    const auto before = at == 0 ? U'\0' : last_of(text_.substr(0, at)).number;
    const auto after = at == text_.size() ? U'\0' : first_of(text_.substr(at)).number;
    const bool is_edge = (at > 0 && is_word(before)) != (at < text_.size() && is_word(after));
    switch (what) {
      case operation::begin_text: return at == 0;
      case operation::end_text: return at == text_.size();
      case operation::begin_line: return at == 0 || before == '\n';
      case operation::end_line: return at == text_.size() || after == '\n';
      case operation::word_edge: return is_edge;
      default: return !is_edge;
    }
  }

  // A thread for each instruction that takes a character and can be reached from here without one.
  void add(threads& all, std::uint32_t first, std::size_t at, places kept) {
    struct pending {
      std::uint32_t place;
      places kept;
    };
    std::vector<pending> open;
    open.push_back({first, std::move(kept)});
    while (!open.empty()) {
      auto now = std::move(open.back());
      open.pop_back();
      if (seen_[now.place] == at) continue;
      seen_[now.place] = at;
      const auto& what = program_.instructions[now.place];
      switch (what.what) {
        case operation::set:
        case operation::match: all.push_back({.place = now.place, .kept = std::move(now.kept)}); break;
        case operation::jump: open.push_back({what.x, std::move(now.kept)}); break;
        case operation::split:
          open.push_back({what.y, now.kept});
          open.push_back({what.x, std::move(now.kept)});
          break;
        case operation::save:
          now.kept[what.x] = at;
          open.push_back({now.place + 1, std::move(now.kept)});
          break;
        default:
          if (holds(what.what, at)) open.push_back({now.place + 1, std::move(now.kept)});
      }
    }
  }

  const program& program_;
  std::string_view text_;
  const cost& spend_;
  places seen_;  // at which place of the text each instruction was taken last
};

pattern::pattern(std::string_view text) : program_(compile(text)) {}

bool pattern::matches(std::string_view text, const cost& spend) const {
  return !machine(program_, text, spend).find(0).empty();
}

void pattern::expand(std::string& result, std::string_view by, std::string_view text, const places& found,
                     std::size_t limit) const {
  const auto add = [&](std::string_view more) {
    if (result.size() + more.size() > limit)
      throw failure("the text would be longer than " + std::to_string(limit) + " bytes");
    result += more;
  };
  const auto add_group = [&](std::string_view name) {
    std::size_t group = 0;
    if (!name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos && name.size() < 9 &&
        (name.size() == 1 || name[0] != '0')) {
      for (const char c : name) group = group * 10 + static_cast<std::size_t>(c - '0');
    } else {
      group = static_cast<std::size_t>(std::ranges::find(program_.names, name) - program_.names.begin());
    }
    if (2 * group + 1 < found.size() && found[2 * group] != nowhere && found[2 * group + 1] != nowhere)
      add(text.substr(found[2 * group], found[2 * group + 1] - found[2 * group]));
  };
  for (;;) {
    const auto mark = by.find('$');
    add(by.substr(0, mark));
    if (mark == std::string_view::npos) return;
    by.remove_prefix(mark + 1);
    if (by.starts_with('$')) {
      add("$");
      by.remove_prefix(1);
      continue;
    }
    const bool has_braces = by.starts_with('{');
    const auto inner = by.substr(has_braces ? 1 : 0);
    std::size_t length = 0;
    for (auto rest = inner; !rest.empty();) {
      const auto one = first_of(rest);
      if (!is_letter(one.number) && !is_digit(one.number) && one.number != '_') break;
      length += one.bytes;
      rest.remove_prefix(one.bytes);
    }
    if (length == 0 || (has_braces && !inner.substr(length).starts_with('}'))) {
      add("$");
      continue;
    }
    add_group(inner.substr(0, length));
    by.remove_prefix(length + (has_braces ? 2 : 0));
  }
}

std::string pattern::replace(std::string_view text, const expansion& expand, const cost& spend) const {
  machine runner(program_, text, spend);
  std::string result;
  std::size_t copied = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const auto found = runner.find(at);
    if (found.empty()) break;
    result += text.substr(copied, found[0] - copied);
    // An empty match right behind the last one is none.
    if (found[1] > copied || found[0] == 0) expand(result, found);
    copied = found[1];
    const auto width = first_of(text.substr(at)).bytes;
    if (at + width > found[1]) at += width;
    else if (at + 1 > found[1]) ++at;
    else at = found[1];
  }
  result += text.substr(copied);
  return result;
}

std::string pattern::replace_all(std::string_view text, std::string_view by, std::size_t limit,
                                 const cost& spend) const {
  const auto by_template = [&](std::string& result, const places& found) { expand(result, by, text, found, limit); };
  return replace(text, by_template, spend);
}

std::string pattern::replace_all_literally(std::string_view text, std::string_view by, std::size_t limit,
                                           const cost& spend) const {
  const auto by_text = [&](std::string& result, const places&) {
    if (result.size() + by.size() > limit)
      throw failure("the text would be longer than " + std::to_string(limit) + " bytes");
    result += by;
  };
  return replace(text, by_text, spend);
}

std::vector<pattern::groups> pattern::find_all(std::string_view text, std::int64_t most, std::size_t limit,
                                               const cost& spend) const {
  machine runner(program_, text, spend);
  std::vector<groups> all;
  auto last_end = nowhere;
  for (std::size_t at = 0; at <= text.size() && (most < 0 || std::cmp_less(all.size(), most));) {
    const auto found = runner.find(at);
    if (found.empty()) break;
    // An empty match right behind the last one is none.
    const bool counts = found[1] != at || found[0] != last_end;
    if (found[1] != at) at = found[1];
    else if (const auto width = first_of(text.substr(at)).bytes; width > 0) at += width;
    else at = text.size() + 1;
    last_end = found[1];
    if (!counts) continue;
    if (all.size() >= limit) throw failure("more than " + std::to_string(limit) + " matches");
    auto& one = all.emplace_back();
    for (std::size_t i = 0; i + 1 < found.size(); i += 2)
      one.push_back(found[i] == nowhere ? std::string_view() : text.substr(found[i], found[i + 1] - found[i]));
  }
  return all;
}

}  // namespace drcon::templating
