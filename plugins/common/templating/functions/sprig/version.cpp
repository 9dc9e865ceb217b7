#include "common/templating/functions/sprig/version.hpp"

#include "common/templating/fault.hpp"
#include "common/templating/format/number.hpp"
#include "common/templating/format/quote.hpp"
#include "common/templating/pattern/pattern.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace drcon::templating::sprig {
namespace {

constexpr std::size_t longest = 4096;  // bytes of conditions: an expression is matched against them

using groups = pattern::groups;
const pattern::cost no_cost;

const std::string version_parts = R"((-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?)";
const std::string condition_version = R"(v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?)" + version_parts;
const std::string operators = R"(=||!=|>|<|>=|=>|<=|=<|~|~>|\^)";

std::optional<groups> first_match(const pattern& of, std::string_view text) {
  auto found = of.find_all(text, 1, 1, no_cost);
  return found.empty() ? std::nullopt : std::optional(std::move(found[0]));
}

std::string_view without_dot(std::string_view text) { return text.starts_with('.') ? text.substr(1) : text; }

std::uint64_t segment(std::string_view digits) {
  if (digits.empty()) return 0;
  const auto read = read_unsigned(digits, 10);
  if (!read)
    throw failure("Error parsing version segment: strconv.ParseUint: parsing " + go_quoted(digits) +
                  ": value out of range");
  return read.number;
}

template <typename Visit>
void each_part(std::string_view text, Visit visit) {
  for (;;) {
    const auto dot = text.find('.');
    visit(text.substr(0, dot));
    if (dot == std::string_view::npos) return;
    text.remove_prefix(dot + 1);
  }
}

bool is_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

int sign(bool is_less) { return is_less ? -1 : 1; }

int compare_part(std::string_view left, std::string_view right) {
  if (left == right) return 0;
  if (left.empty() || right.empty()) return sign(left.empty());
  const auto number_left = read_unsigned(left, 10);
  const auto number_right = read_unsigned(right, 10);
  // A number is less than a word.
  if (!number_left && !number_right) return sign(left < right);
  if (!number_left || !number_right) return sign(static_cast<bool>(number_left));
  return sign(number_left.number <= number_right.number);
}

int compare_before(std::string_view left, std::string_view right) {
  std::vector<std::string_view> all;
  std::vector<std::string_view> others;
  each_part(left, [&](std::string_view part) { all.push_back(part); });
  each_part(right, [&](std::string_view part) { others.push_back(part); });
  const auto count = std::max(all.size(), others.size());
  all.resize(count);
  others.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    if (const auto result = compare_part(all[i], others[i]); result != 0) return result;
  return 0;
}

struct condition {
  std::string text;  // of the version, with x for what may be anything
  version limit;
  std::string_view sign;
  bool is_open = false;  // one part at least may be anything
  bool is_open_at_minor = false;
  bool is_open_at_patch = false;

  explicit condition(std::string_view text);
  bool holds(const version& asked) const;

private:
  bool tilde(const version& asked) const;
  bool caret(const version& asked) const;
  bool differs(const version& asked) const;
  bool is_above(const version& asked) const;
  bool is_at_most(const version& asked) const;
};

bool is_any(std::string_view part) { return part == "x" || part == "X" || part == "*"; }

condition::condition(std::string_view of) {
  if (of.empty()) {
    is_open = true;
    return;
  }
  static const pattern parts("^\\s*(" + operators + ")\\s*(" + condition_version + ")\\s*$");
  const auto found = first_match(parts, of);
  if (!found) throw failure("improper constraint: " + std::string(of));
  const auto& part = *found;
  sign = part[1];
  text = part[2];
  const auto major = part[3];
  const auto minor = without_dot(part[4]);
  const auto patch = without_dot(part[5]);
  const auto before = std::string(part[6]);
  if (major.empty() || is_any(major)) {
    text = "0.0.0" + before;
    is_open = true;
  } else if (minor.empty() || is_any(minor)) {
    text = std::string(major) + ".0.0" + before;
    is_open = is_open_at_minor = true;
  } else if (patch.empty() || is_any(patch)) {
    text = std::string(major) + std::string(part[4]) + ".0" + before;
    is_open = is_open_at_patch = true;
  }
  try {
    limit = version::read(text);
  } catch (const failure&) {
    throw failure("constraint Parser Error");
  }
}

bool condition::holds(const version& asked) const {
  if (sign == "!=") return differs(asked);
  // Who does not ask for what comes before a release gets none.
  if (!asked.before.empty() && limit.before.empty()) return false;
  if (sign == ">") return is_above(asked);
  if (sign == "<") return compare(asked, limit) < 0;
  if (sign == ">=" || sign == "=>") return compare(asked, limit) >= 0;
  if (sign == "<=" || sign == "=<") return is_at_most(asked);
  if (sign == "^") return caret(asked);
  if (sign == "~" || sign == "~>" || is_open) return tilde(asked);
  return compare(asked, limit) == 0;
}

bool condition::differs(const version& asked) const {
  if (is_open) {
    if (!asked.before.empty() && limit.before.empty()) return false;
    if (limit.major != asked.major) return true;
    if (limit.minor != asked.minor && !is_open_at_minor) return true;
    if (is_open_at_minor) return false;
    if (limit.patch != asked.patch && !is_open_at_patch) return true;
    if (is_open_at_patch)
      return (!asked.before.empty() || !limit.before.empty()) && compare_before(asked.before, limit.before) != 0;
  }
  return compare(asked, limit) != 0;
}

bool condition::is_above(const version& asked) const {
  if (!is_open) return compare(asked, limit) == 1;
  if (asked.major != limit.major) return asked.major > limit.major;
  if (is_open_at_minor) return false;
  if (is_open_at_patch) return asked.minor > limit.minor;
  return compare(asked, limit) == 1;
}

bool condition::is_at_most(const version& asked) const {
  if (!is_open) return compare(asked, limit) <= 0;
  if (asked.major > limit.major) return false;
  return asked.major != limit.major || asked.minor <= limit.minor || is_open_at_minor;
}

// ~1.2.3 is 1.2.3 and above, below 1.3.
bool condition::tilde(const version& asked) const {
  if (compare(asked, limit) < 0) return false;
  if (limit.major == 0 && limit.minor == 0 && limit.patch == 0 && !is_open_at_minor && !is_open_at_patch) return true;
  if (asked.major != limit.major) return false;
  return asked.minor == limit.minor || is_open_at_minor;
}

// ^1.2.3 is 1.2.3 and above, below 2; with 0 in front the next number counts.
bool condition::caret(const version& asked) const {
  if (compare(asked, limit) < 0) return false;
  if (limit.major > 0 || is_open_at_minor) return asked.major == limit.major;
  if (asked.major > 0) return false;
  if (limit.minor > 0 || is_open_at_patch) return asked.minor == limit.minor;
  if (asked.minor > 0) return false;
  return limit.patch == asked.patch;
}

// "1.2 - 2.3" as ">= 1.2, <= 2.3".
std::string without_ranges(std::string_view text) {
  static const pattern ranges("\\s*(" + condition_version + ")\\s+-\\s+(" + condition_version + ")\\s*");
  std::string result(text);
  for (const auto& each : ranges.find_all(text, -1, longest, no_cost)) {
    const auto place = result.find(each[0]);
    if (place == std::string::npos) continue;
    result.replace(place, each[0].size(), ">= " + std::string(each[1]) + ", <= " + std::string(each[11]) + " ");
  }
  return result;
}

// Conditions that hold together. All of them are read, so that what is none is refused wherever it stands.
std::vector<condition> conditions_of(std::string_view text) {
  static const pattern form("^(\\s*(" + operators + ")\\s*(" + condition_version + ")\\s*)((?:\\s+|,\\s*)(" +
                            operators + ")\\s*(" + condition_version + ")\\s*)*$");
  static const pattern one("(" + operators + ")\\s*(" + condition_version + ")");
  if (!form.matches(text, no_cost)) throw failure("improper constraint: " + std::string(text));
  std::vector<condition> result;
  for (const auto& each : one.find_all(text, -1, longest, no_cost)) result.emplace_back(each[0]);
  if (result.empty()) result.emplace_back(text);
  return result;
}

}  // namespace

version version::read(std::string_view text) {
  static const pattern parts(R"(^v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?)" + version_parts + "$");
  if (text.size() > longest) throw failure("Invalid Semantic Version");
  const auto found = first_match(parts, text);
  if (!found) throw failure("Invalid Semantic Version");
  const auto& part = *found;
  version result{.major = segment(part[1]),
                 .minor = segment(without_dot(part[2])),
                 .patch = segment(without_dot(part[3])),
                 .before = part[5],
                 .metadata = part[8],
                 .original = text};
  if (!result.before.empty())
    each_part(result.before, [](std::string_view each) {
      if (is_digits(each) && each.size() > 1 && each[0] == '0') throw failure("Version segment starts with 0");
    });
  return result;
}

std::string version::text() const {
  auto result = std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  if (!before.empty()) (result += "-") += before;
  if (!metadata.empty()) (result += "+") += metadata;
  return result;
}

int compare(const version& left, const version& right) {
  if (left.major != right.major) return sign(left.major < right.major);
  if (left.minor != right.minor) return sign(left.minor < right.minor);
  if (left.patch != right.patch) return sign(left.patch < right.patch);
  if (left.before == right.before) return 0;
  if (left.before.empty() || right.before.empty()) return sign(right.before.empty());
  return compare_before(left.before, right.before);
}

bool fits(std::string_view conditions, const version& asked) {
  if (conditions.size() > longest) throw failure("improper constraint: more than 4096 bytes");
  const auto text = without_ranges(conditions);
  bool result = false;
  for (std::string_view rest = text;;) {
    const auto mark = rest.find("||");
    const auto part = rest.substr(0, mark);
    const auto all = conditions_of(part);
    result = result || std::ranges::all_of(all, [&](const condition& each) { return each.holds(asked); });
    if (mark == std::string_view::npos) return result;
    rest.remove_prefix(mark + 2);
  }
}

}  // namespace drcon::templating::sprig
