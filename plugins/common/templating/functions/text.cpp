#include "common/templating/functions/text.hpp"

#include "common/templating/format/unicode.hpp"

namespace drcon::templating {

std::string_view trimmed(std::string_view text, std::string_view set) {
  const auto has = [&](char32_t one) {
    for (auto rest = set; !rest.empty(); rest.remove_prefix(first_of(rest).bytes))
      if (first_of(rest).number == one) return true;
    return false;
  };
  while (!text.empty() && has(first_of(text).number)) text.remove_prefix(first_of(text).bytes);
  while (!text.empty() && has(last_of(text).number)) text.remove_suffix(last_of(text).bytes);
  return text;
}

std::string replaced(invocation& in, std::string_view text, std::string_view old, std::string_view by) {
  bounded_text result(in);
  if (old.empty()) {
    for (; !text.empty(); text.remove_prefix(first_of(text).bytes)) {
      result.add(by);
      result.add(text.substr(0, first_of(text).bytes));
    }
    result.add(by);
    return result.text();
  }
  for (;;) {
    const auto found = text.find(old);
    result.add(text.substr(0, found));
    if (found == std::string_view::npos) return result.text();
    result.add(by);
    text.remove_prefix(found + old.size());
  }
}

void check_length(const invocation& in, std::size_t elements) {
  // A list is made before it is kept, some of it as texts of its own.
  constexpr std::size_t bytes_of_element = 96;
  if (elements > in.around().bounds.memory / bytes_of_element) throw failure("the list would be too long");
}

void check_what_data_asks_for(invocation& in, std::span<const value> given, std::uint64_t count,
                              std::string_view unit) {
  if (const auto why = in.excess_of(given, count, unit); !why.empty()) throw failure(why);
}

std::vector<value> parts(invocation& in, std::string_view separator, std::string_view text, std::int64_t most) {
  std::vector<value> all;
  in.spend(text.size() / 16 + 1);
  if (most == 0) return all;
  const auto is_last = [&] { return most > 0 && all.size() + 1 == static_cast<std::size_t>(most); };
  if (separator.empty()) {
    for (; !text.empty(); text.remove_prefix(first_of(text).bytes)) {
      check_length(in, all.size());
      if (is_last()) {
        all.emplace_back(text);
        return all;
      }
      // A byte that is no character of its own becomes U+FFFD, as in Go.
      const auto one = first_of(text);
      all.emplace_back(one.is_broken() ? std::string_view("\xef\xbf\xbd") : text.substr(0, one.bytes));
    }
    return all;
  }
  for (;;) {
    check_length(in, all.size());
    const auto end = is_last() ? std::string_view::npos : text.find(separator);
    all.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return all;
    text.remove_prefix(end + separator.size());
  }
}

}  // namespace drcon::templating
