#include "common/templating/functions/sprig/case.hpp"

#include "common/templating/format/unicode.hpp"

#include <cstdint>

namespace drcon::templating::sprig {
namespace {

bool is_connector(char32_t one) { return one == '-' || one == '_' || is_space(one); }
// A letter, but none that stands for a whole word.
bool is_alphabet(char32_t one) {
  const bool is_word =
      (one >= 0x4e00 && one <= 0x9fcc) || (one >= 0x3400 && one <= 0x4d85) || (one >= 0x20000 && one <= 0x2b81d);
  return !is_word && is_letter(one);
}
bool is_lower_part(char32_t one) { return is_alphabet(one) && !is_upper(one); }

enum class word_type : std::uint8_t { none, number, upper_case, letters, connector, punctuation, other };

struct word {
  word_type type = word_type::none;
  std::string_view text;
};

// Takes one word after another from the front of a text.
class word_reader {
public:
  explicit word_reader(std::string_view text) : rest_(text) {}
  bool is_done() const { return rest_.empty(); }
  word next();

private:
  struct step {
    char32_t one;
    std::size_t bytes;  // with the bytes in front that are no character
  };
  // The next character; at the end, or where there is none, the one before.
  static step valid(std::string_view text, char32_t before) {
    step result{.one = before, .bytes = 0};
    while (!text.empty()) {
      const auto found = first_of(text);
      result.bytes += found.bytes;
      if (found.number != replacement) {
        result.one = found.number;
        return result;
      }
      text.remove_prefix(found.bytes);
    }
    return result;
  }

  // How many bytes from `start` on fit.
  template <typename Fits>
  std::size_t row(std::size_t start, char32_t before, Fits fits) const {
    auto end = start;
    while (end < rest_.size()) {
      const auto next = valid(rest_.substr(end), before);
      if (!fits(next.one)) break;
      before = next.one;
      end += next.bytes;
    }
    return end;
  }

  // A capital with the small letters behind it, or several capitals, the last of which may begin the next word.
  std::size_t capitals(char32_t first, std::size_t bytes) const;

  std::string_view rest_;
};

std::size_t word_reader::capitals(char32_t first, std::size_t bytes) const {
  if (bytes >= rest_.size()) return bytes;
  const auto second = valid(rest_.substr(bytes), first);
  if (is_lower_part(second.one)) return row(bytes + second.bytes, second.one, is_lower_part);
  if (!is_upper(second.one)) return bytes;
  auto end = bytes + second.bytes;
  auto last_bytes = second.bytes;
  auto now = second.one;
  while (end < rest_.size()) {
    const auto next = valid(rest_.substr(end), now);
    now = next.one;
    if (!is_upper(now)) break;
    last_bytes = next.bytes;
    end += next.bytes;
  }
  return end < rest_.size() && is_alphabet(now) ? end - last_bytes : end;
}

word word_reader::next() {
  const auto first = valid(rest_, replacement);
  word result;
  std::size_t end = first.bytes;
  const auto take = [&](word_type type, auto fits) {
    result.type = type;
    end = row(first.bytes, first.one, fits);
  };
  if (first.one == replacement) {
  } else if (is_connector(first.one)) {
    take(word_type::connector, is_connector);
  } else if (is_punctuation(first.one)) {
    take(word_type::punctuation, is_punctuation);
  } else if (is_upper(first.one)) {
    result.type = word_type::upper_case;
    end = capitals(first.one, first.bytes);
  } else if (is_alphabet(first.one)) {
    take(word_type::letters, is_lower_part);
  } else if (is_number(first.one)) {
    take(word_type::number, [](char32_t one) { return is_number(one); });
  } else {
    take(word_type::other, [](char32_t one) {
      return !is_connector(one) && !is_alphabet(one) && !is_number(one) && !is_punctuation(one);
    });
  }
  result.text = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return result;
}

class joiner {
public:
  joiner(std::string_view text, char connector) : reader_(text), connector_(connector) {}

  std::string run() {
    if (reader_.is_done()) return {};
    take();
    while (!reader_.is_done()) {
      if (now_.type != word_type::connector) add(now_);
      const auto before = now_;
      take();
      switch (before.type) {
        case word_type::number: after_number(); break;
        case word_type::connector: add(before); break;
        case word_type::punctuation: break;
        default: after_letters();
      }
    }
    add(now_);
    return std::move(result_);
  }

private:
  // Behind the end there is no word.
  void take() { now_ = reader_.is_done() ? word() : reader_.next(); }
  bool is_part() const { return now_.type == word_type::letters || now_.type == word_type::number; }
  bool is_mark() const { return now_.type == word_type::connector || now_.type == word_type::punctuation; }

  void add(const word& of) {
    if (of.type != word_type::upper_case && of.type != word_type::connector) {
      result_ += of.text;
      return;
    }
    for (auto rest = of.text; !rest.empty(); rest.remove_prefix(first_of(rest).bytes)) {
      const auto one = first_of(rest).number;
      if (is_connector(one)) result_ += connector_;
      else append(result_, lower(one));
    }
  }

  void after_number() {
    while (is_part()) {
      add(now_);
      take();
    }
    if (now_.type != word_type::none && !is_mark()) result_ += connector_;
  }

  // A number belongs to the word before it, unless small letters follow: bld4_floor, but http_2xx.
  void after_letters() {
    if (now_.type != word_type::number) {
      if (!is_mark()) result_ += connector_;
      return;
    }
    if (reader_.is_done()) return;
    const auto number = now_;
    take();
    if (now_.type != word_type::letters) {
      add(number);
      if (!is_mark()) result_ += connector_;
      return;
    }
    result_ += connector_;
    add(number);
    while (is_part()) {
      add(now_);
      take();
    }
    if (now_.type != word_type::none && !is_mark()) result_ += connector_;
  }

  word_reader reader_;
  char connector_;
  word now_;
  std::string result_;
};

}  // namespace

std::string separated_words(std::string_view text, char connector) { return joiner(text, connector).run(); }

std::string pascal_case(std::string_view text) {
  std::string result;
  // Connectors in front stay.
  character now;
  bool was_upper = false;
  bool has_letter = false;
  while (!text.empty() && !has_letter) {
    now = first_of(text);
    text.remove_prefix(now.bytes);
    has_letter = !is_connector(now.number);
    if (!has_letter) append(result, now.number);
  }
  if (!has_letter && now.bytes > 0) {
    // Of connectors alone the last one is written twice, as by xstrings.
    append(result, now.number);
    return result;
  }
  if (now.bytes == 0) return result;
  was_upper = is_upper(now.number);
  auto current = upper(now.number);
  while (!text.empty()) {
    const auto before = current;
    current = first_of(text).number;
    text.remove_prefix(first_of(text).bytes);
    if (is_connector(current) && is_connector(before)) {
      append(result, before);
      continue;
    }
    if (is_connector(before)) {
      was_upper = is_upper(current);
      current = upper(current);
      continue;
    }
    if (was_upper) {
      if (is_upper(current)) current = lower(current);
      else was_upper = false;
    }
    append(result, before);
  }
  append(result, current);
  return result;
}

}  // namespace drcon::templating::sprig
