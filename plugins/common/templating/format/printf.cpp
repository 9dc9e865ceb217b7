// printer::printf: reads a format and its directives.
#include "common/templating/format/print.hpp"
#include "common/templating/format/unicode.hpp"

#include <optional>

namespace drcon::templating {
namespace {

constexpr int largest = 1'000'000;  // width or precision, as in Go

struct count {
  int number = 0;
  bool is_there = false;
};

// The decimal number at `i`, which moves behind it. One that is too large is none, and the format ends there.
count read_number(std::string_view text, std::size_t& i, std::size_t end) {
  count result;
  for (; i < end && text[i] >= '0' && text[i] <= '9'; ++i) {
    if (result.number > largest) {
      i = end;
      return {};
    }
    result.number = result.number * 10 + (text[i] - '0');
    result.is_there = true;
  }
  return result;
}

// [3]: which argument comes next.
class given_values {
public:
  given_values(std::string_view format, std::span<const value> all) : format_(format), all_(all) {}

  bool is_left() const { return next_ < all_.size(); }
  const value& take() { return all_[next_++]; }
  std::span<const value> rest() const { return all_.subspan(std::min(next_, all_.size())); }
  bool were_reordered() const { return reordered_; }

  // An index at `i`, which moves behind it; true when there was a good one.
  bool read_index(std::size_t& i, bool& is_good) {
    if (i >= format_.size() || format_[i] != '[') return false;
    reordered_ = true;
    const auto close = format_.find(']', i + 1);
    if (format_.size() - i < 3 || close == std::string_view::npos) {
      is_good = false;
      i += 1;
      return false;
    }
    auto place = i + 1;
    const auto index = read_number(format_, place, close);
    const bool is_number = index.is_there && place == close;
    i = close + 1;
    if (is_number && index.number >= 1 && static_cast<std::size_t>(index.number) <= all_.size()) {
      next_ = static_cast<std::size_t>(index.number) - 1;
      return true;
    }
    is_good = false;
    return is_number;
  }

  // * : a width or precision from the next argument.
  count take_count() {
    if (!is_left()) return {};
    const auto& given = take();
    if (!given.is_whole()) return {};
    const auto number = given.whole();
    if (number > largest || number < -largest) return {};
    return {.number = static_cast<int>(number), .is_there = true};
  }

private:
  std::string_view format_;
  std::span<const value> all_;
  std::size_t next_ = 0;
  bool reordered_ = false;
};

}  // namespace

class printer::directive {
public:
  directive(printer& out, std::string_view format, given_values& from) : out_(out), format_(format), given_(from) {}

  // The directive behind the % before `i`; returns where the text goes on.
  std::size_t run(std::size_t i) {
    out_.flags_ = {};
    i = read_flags(i);
    bool after_index = given_.read_index(i, is_good_);
    read_width(i, after_index);
    read_precision(i, after_index);
    if (!after_index) given_.read_index(i, is_good_);
    if (i >= format_.size()) {
      out_.add("%!(NOVERB)");
      return format_.size();
    }
    const auto verb = first_of(format_.substr(i));
    print(verb.number);
    return i + verb.bytes;
  }

private:
  std::size_t read_flags(std::size_t i) {
    for (; i < format_.size(); ++i) switch (format_[i]) {
        case '#': out_.flags_.sharp = true; break;
        case '0': out_.flags_.zero = true; break;
        case '+': out_.flags_.plus = true; break;
        case '-': out_.flags_.minus = true; break;
        case ' ': out_.flags_.space = true; break;
        default: return i;
      }
    return i;
  }

  void read_width(std::size_t& i, bool& after_index) {
    auto& flags = out_.flags_;
    if (i < format_.size() && format_[i] == '*') {
      ++i;
      const auto given = given_.take_count();
      flags.has_width = given.is_there;
      flags.width = given.number;
      if (!given.is_there) out_.add("%!(BADWIDTH)");
      if (flags.width < 0) {
        flags.width = -flags.width;
        flags.minus = true;
        flags.zero = false;
      }
      after_index = false;
      return;
    }
    const auto given = read_number(format_, i, format_.size());
    flags.has_width = given.is_there;
    flags.width = given.number;
    if (after_index && given.is_there) is_good_ = false;
  }

  void read_precision(std::size_t& i, bool& after_index) {
    auto& flags = out_.flags_;
    if (i + 1 >= format_.size() || format_[i] != '.') return;
    ++i;
    if (after_index) is_good_ = false;
    after_index = given_.read_index(i, is_good_);
    if (i < format_.size() && format_[i] == '*') {
      ++i;
      const auto given = given_.take_count();
      flags.has_precision = given.is_there && given.number >= 0;
      flags.precision = flags.has_precision ? given.number : 0;
      if (!flags.has_precision) out_.add("%!(BADPREC)");
      after_index = false;
      return;
    }
    flags.precision = read_number(format_, i, format_.size()).number;
    flags.has_precision = true;
  }

  void print(char32_t verb) {
    const auto complain = [&](std::string_view what) {
      std::string text = "%!";
      append(text, verb);
      out_.add(text + std::string(what));
    };
    if (verb == '%') return out_.add("%");
    if (!is_good_) return complain("(BADINDEX)");
    if (!given_.is_left()) return complain("(MISSING)");
    if (verb == 'v') {
      out_.flags_.go_syntax = out_.flags_.sharp;
      out_.flags_.sharp = false;
      out_.flags_.plus_fields = out_.flags_.plus;
      out_.flags_.plus = false;
    }
    out_.argument(given_.take(), verb);
  }

  printer& out_;
  std::string_view format_;
  given_values& given_;
  bool is_good_ = true;
};

void printer::printf(std::string_view format, std::span<const value> all) {
  given_values given(format, all);
  for (std::size_t i = 0; i < format.size();) {
    const auto mark = std::min(format.find('%', i), format.size());
    add(format.substr(i, mark - i));
    if (mark == format.size()) break;
    i = directive(*this, format, given).run(mark + 1);
  }
  if (given.were_reordered() || given.rest().empty()) return;
  flags_ = {};
  add("%!(EXTRA ");
  bool is_first = true;
  for (const auto& each : given.rest()) {
    if (!is_first) add(", ");
    is_first = false;
    if (!each.is_there()) {
      add("<nil>");
      continue;
    }
    add(each.type());
    add("=");
    argument(each, 'v');
  }
  add(")");
}

}  // namespace drcon::templating
