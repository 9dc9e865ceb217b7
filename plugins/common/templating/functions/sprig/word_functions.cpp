// sprig: the words of a text: their case, where lines break, what is left out.
#include "common/templating/format/unicode.hpp"
#include "common/templating/functions/sprig/case.hpp"
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/functions/text.hpp"
#include "common/templating/parameter_lists.hpp"

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

// In Go's `strings.Title` a word ends at white space and at each sign of ASCII but the underscore.
bool ends_word(char32_t one) {
  if (one < 0x80)
    return !((one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') || one == '_');
  return !is_letter(one) && !is_digit(one) && is_space(one);
}

template <typename Change>
std::string changed(std::string_view text, Change change) {
  std::string result;
  for (; !text.empty(); text.remove_prefix(first_of(text).bytes)) append(result, change(first_of(text).number));
  return result;
}

value call_title(invocation& in, arguments all) {
  char32_t before = ' ';
  return in.text(changed(all[0].text(), [&](char32_t one) {
    const auto result = ends_word(before) ? title(one) : one;
    before = one;
    return result;
  }));
}

value call_untitle(invocation& in, arguments all) {
  bool starts_word = true;
  return in.text(changed(all[0].text(), [&](char32_t one) {
    if (is_space(one)) {
      starts_word = true;
      return one;
    }
    const auto result = starts_word ? lower(one) : one;
    starts_word = false;
    return result;
  }));
}

value call_swapcase(invocation& in, arguments all) {
  bool after_space = true;
  return in.text(changed(all[0].text(), [&](char32_t one) {
    if (is_upper(one) || is_title(one)) {
      after_space = false;
      return lower(one);
    }
    if (is_lower(one)) {
      const auto result = after_space ? title(one) : upper(one);
      after_space = false;
      return result;
    }
    after_space = is_space(one);
    return one;
  }));
}

// These two take each byte for a character, as sprig does.
value call_initials(invocation& in, arguments all) {
  std::string result;
  bool after_gap = true;
  for (const char c : all[0].text()) {
    const auto one = static_cast<char32_t>(static_cast<unsigned char>(c));
    if (is_space(one)) {
      after_gap = true;
    } else if (after_gap) {
      append(result, one);
      after_gap = false;
    }
  }
  return in.text(result);
}
value call_nospace(invocation& in, arguments all) {
  std::string result;
  bool had_space = false;
  for (const char c : all[0].text()) {
    const auto one = static_cast<char32_t>(static_cast<unsigned char>(c));
    if (is_space(one)) had_space = true;
    else append(result, one);
  }
  return had_space ? in.text(result) : all[0];
}

// With dots for what is left out behind, and, from a place on, in front.
std::string abbreviated(std::string_view text, std::size_t offset, std::size_t width) {
  if (text.size() <= width) return std::string(text);
  offset = std::min(offset, text.size());
  if (text.size() - offset < width - 3) offset = text.size() - (width - 3);
  if (offset <= 4) return std::string(text.substr(0, width - 3)) + "...";
  if (width < 7) return "";
  if (offset + width - 3 >= text.size()) return "..." + std::string(text.substr(text.size() - (width - 3)));
  return "..." + abbreviated(text.substr(offset), 0, width - 3);
}
value call_abbrev(invocation& in, arguments all) {
  if (all[0].whole() < 4) return all[1];
  return in.text(abbreviated(all[1].text(), 0, static_cast<std::size_t>(all[0].whole())));
}
value call_abbrevboth(invocation& in, arguments all) {
  const auto left = all[0].whole();
  const auto right = all[1].whole();
  if (right < 4 || (left > 0 && right < 7)) return all[2];
  const auto offset = left < 0 ? 0 : static_cast<std::size_t>(left);
  return in.text(abbreviated(all[2].text(), offset, static_cast<std::size_t>(right)));
}

enum class long_words { stay, break_up };

std::string wrapped(invocation& in, std::string_view text, std::int64_t wanted, std::string_view line_end,
                    long_words how) {
  const auto width = static_cast<std::size_t>(std::max<std::int64_t>(wanted, 1));
  if (line_end.empty()) line_end = "\n";
  bounded_text result(in);
  const auto add_line = [&](std::string_view line) {
    result.add(line);
    result.add(line_end);
  };
  std::size_t offset = 0;
  while (text.size() - offset > width) {
    if (text[offset] == ' ') {
      ++offset;
      continue;
    }
    const auto space = text.substr(offset, width + 1).rfind(' ');
    if (space != std::string_view::npos) {
      add_line(text.substr(offset, space));
      offset += space + 1;
    } else if (how == long_words::break_up) {
      add_line(text.substr(offset, width));
      offset += width;
    } else if (const auto next = text.find(' ', offset + width); next == std::string_view::npos) {
      result.add(text.substr(offset));
      offset = text.size();
    } else {
      add_line(text.substr(offset, next - offset));
      offset = next + 1;
    }
  }
  result.add(text.substr(offset));
  return result.text();
}
value call_wrap(invocation& in, arguments all) {
  return in.text(wrapped(in, all[1].text(), all[0].whole(), "", long_words::stay));
}
value call_wrap_with(invocation& in, arguments all) {
  return in.text(wrapped(in, all[2].text(), all[0].whole(), all[1].text(), long_words::break_up));
}

value call_snakecase(invocation& in, arguments all) { return in.text(separated_words(all[0].text(), '_')); }
value call_kebabcase(invocation& in, arguments all) { return in.text(separated_words(all[0].text(), '-')); }
value call_camelcase(invocation& in, arguments all) { return in.text(pascal_case(all[0].text())); }

constexpr function word_table[] = {
    {"sprig_abbrev", expects::number_and_text, false, call_abbrev, "WIDTH TEXT",
     "with dots for what is beyond the width"},
    {"sprig_abbrevboth", expects::two_numbers_and_text, false, call_abbrevboth, "OFFSET WIDTH TEXT",
     "with dots on both sides"},
    {"sprig_camelcase", expects::text, false, call_camelcase, "TEXT", "some_words as SomeWords"},
    {"sprig_initials", expects::text, false, call_initials, "TEXT", "the first letter of each word"},
    {"sprig_kebabcase", expects::text, false, call_kebabcase, "TEXT", "SomeWords as some-words"},
    {"sprig_nospace", expects::text, false, call_nospace, "TEXT", "without white space"},
    {"sprig_snakecase", expects::text, false, call_snakecase, "TEXT", "SomeWords as some_words"},
    {"sprig_swapcase", expects::text, false, call_swapcase, "TEXT",
     "upper case as lower case, and the other way round"},
    {"sprig_title", expects::text, false, call_title, "TEXT", "with the first letter of each word in upper case"},
    {"sprig_untitle", expects::text, false, call_untitle, "TEXT", "with the first letter of each word in lower case"},
    {"sprig_wrap", expects::number_and_text, false, call_wrap, "WIDTH TEXT", "in lines; long words stay whole"},
    {"sprig_wrapWith", expects::number_and_two_texts, false, call_wrap_with, "WIDTH SEPARATOR TEXT",
     "in lines with this between them; long words are broken"},
};

}  // namespace

std::span<const function> word_functions() { return word_table; }

}  // namespace drcon::templating::sprig
