#include "common/templating/json.hpp"

#include "common/templating/fault.hpp"
#include "common/templating/format/number.hpp"
#include "common/templating/format/unicode.hpp"
#include "common/templating/memory.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <cmath>
#include <utility>
#include <vector>

namespace drcon::templating {
namespace {

constexpr std::size_t deepest = 200;

// Builds a value as the parser reports what it reads. The parser itself does not recurse.
class builder {
public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;

  builder(memory& scratch, json_numbers numbers) : scratch_(scratch), numbers_(numbers) {}

  bool null() { return add(value::null()); }
  bool boolean(bool flag) { return add(value(flag)); }
  bool number_integer(number_integer_t number) { return whole(number); }
  bool number_unsigned(number_unsigned_t number) {
    if (number > INT64_MAX) return add(value(static_cast<double>(number)));
    return whole(static_cast<std::int64_t>(number));
  }
  bool number_float(double number, const std::string&) { return add(value(number)); }
  bool string(std::string& text) { return add(scratch_.text(text)); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(true); }
  bool start_array(std::size_t) { return open(false); }
  bool key(std::string& name) {
    open_.back().key = scratch_.text(name);
    return true;
  }
  bool end_object() {
    auto closed = std::move(open_.back());
    open_.pop_back();
    return add(scratch_.any_map(std::move(closed.entries)));
  }
  bool end_array() {
    const auto closed = std::move(open_.back());
    open_.pop_back();
    return add(scratch_.any_list(closed.elements));
  }
  bool parse_error(std::size_t place, const std::string&, const nlohmann::json::exception& why) {
    const std::string_view said = why.what();
    const auto mark = said.rfind(": ");
    throw failure("invalid JSON at byte " + std::to_string(place) + ": " +
                  std::string(mark == std::string_view::npos ? said : said.substr(mark + 2)));
  }

  value result() const { return result_; }

private:
  struct level {
    bool is_object = false;
    value key;
    std::vector<value> elements;
    std::vector<map_entry> entries;
  };

  bool whole(std::int64_t number) {
    return add(numbers_ == json_numbers::real ? value(static_cast<double>(number)) : value::integer(number));
  }
  bool open(bool is_object) {
    if (open_.size() >= deepest) throw failure("invalid JSON: more than " + std::to_string(deepest) + " levels");
    open_.push_back({.is_object = is_object, .key = {}, .elements = {}, .entries = {}});
    return true;
  }
  bool add(const value& one) {
    if (open_.empty()) result_ = one;
    else if (open_.back().is_object) open_.back().entries.push_back({.key = open_.back().key, .held = one});
    else open_.back().elements.push_back(one);
    return true;
  }

  memory& scratch_;
  json_numbers numbers_;
  std::vector<level> open_;
  value result_;
};

class writer {
public:
  writer(memory& scratch, const json_style& style, std::size_t limit)
      : scratch_(scratch), style_(style), limit_(limit) {}

  void write(const value& of) {
    switch (of.what()) {
      case kind::nothing:
      case kind::nil: add("null"); return;
      case kind::boolean: add(of.flag() ? "true" : "false"); return;
      case kind::integer:
      case kind::integer64: add(std::to_string(of.whole())); return;
      case kind::byte:
      case kind::unsigned64: add(std::to_string(of.natural())); return;
      case kind::real: real(of.real()); return;
      case kind::text: text(of.text()); return;
      case kind::list: list(of); return;
      case kind::map: map(of); return;
      case kind::object: object(of); return;
      case kind::function: throw failure("json: unsupported type: func");
    }
  }

  std::string take() { return std::move(result_); }

private:
  void add(std::string_view more) {
    if (result_.size() + more.size() > limit_)
      throw failure("the JSON would be longer than " + std::to_string(limit_) + " bytes");
    result_ += more;
  }

  void real(double number) {
    if (!std::isfinite(number)) throw failure("json: unsupported value: " + real_text(number, 'g', -1));
    const auto size = std::fabs(number);
    const bool has_power = size != 0 && (size < 1e-6 || size >= 1e21);
    auto shown = real_text(number, has_power ? 'e' : 'f', -1);
    // e-09 is e-9 here.
    if (has_power && shown.size() >= 4 && shown[shown.size() - 4] == 'e' && shown[shown.size() - 3] == '-' &&
        shown[shown.size() - 2] == '0')
      shown.erase(shown.size() - 2, 1);
    add(shown);
  }

  void text(std::string_view of) {
    add("\"");
    while (!of.empty()) {
      const auto one = first_of(of);
      character_of(one, of.substr(0, one.bytes));
      of.remove_prefix(one.bytes);
    }
    add("\"");
  }

  void character_of(character one, std::string_view bytes) {
    static constexpr std::string_view letters = "bfnrt\"\\";
    static constexpr std::string_view meanings = "\b\f\n\r\t\"\\";
    if (const auto found = one.number < 0x80 ? meanings.find(static_cast<char>(one.number)) : std::string_view::npos;
        found != std::string_view::npos)
      return add(std::string{'\\', letters[found]});
    const bool is_html = style_.escapes_html && (one.number == '<' || one.number == '>' || one.number == '&');
    const bool is_escaped = one.number < ' ' || is_html || one.number == 0x2028 || one.number == 0x2029;
    if (one.is_broken()) return add("\\ufffd");
    if (!is_escaped) return add(bytes);
    static constexpr std::string_view hex = "0123456789abcdef";
    std::string escape = "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) escape += hex[(one.number >> static_cast<unsigned>(shift)) & 0xf];
    add(escape);
  }

  void line() {
    if (!style_.is_pretty) return;
    add("\n");
    for (std::size_t i = 0; i < depth_; ++i) add("  ");
  }
  void open(std::string_view mark) {
    if (depth_ >= deepest) throw failure("json: more than " + std::to_string(deepest) + " levels");
    add(mark);
    ++depth_;
  }
  void close(std::string_view mark, bool had_any) {
    --depth_;
    if (had_any) line();
    add(mark);
  }
  void name(std::string_view of) {
    text(of);
    add(style_.is_pretty ? ": " : ":");
  }

  void list(const value& of) {
    if (of.type().starts_with("<-")) throw failure("json: unsupported type: " + std::string(of.type()));
    open("[");
    const auto count = of.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) add(",");
      line();
      write(of.at(i, scratch_));
    }
    close("]", count > 0);
  }

  void map(const value& of) {
    if (of.as_map().key == kind::nothing) throw failure("json: unsupported type: " + std::string(of.type()));
    open("{");
    const auto count = of.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) add(",");
      line();
      const auto each = of.entry(i, scratch_);
      name(each.key.is(kind::text) ? std::string(each.key.text()) : std::to_string(each.key.whole()));
      write(each.held);
    }
    close("}", count > 0);
  }

  void object(const value& of) {
    if (of.as_object().json_fault != nullptr)
      if (const auto why = of.as_object().json_fault(of.self()); !why.empty()) throw failure(std::string(why));
    if (of.as_object().document_text != nullptr) return text(of.as_object().document_text(of.self(), scratch_));
    if (of.as_object().text != nullptr) return text(of.as_object().text(of.self(), scratch_));
    open("{");
    bool had_any = false;
    for (const auto& each : of.as_object().fields) {
      if (each.method != nullptr) continue;
      if (had_any) add(",");
      had_any = true;
      line();
      name(each.name);
      write(each.get(of.self(), scratch_));
    }
    close("}", had_any);
  }

  memory& scratch_;
  json_style style_;
  std::size_t limit_;
  std::size_t depth_ = 0;
  std::string result_;
};

}  // namespace

value read_json(std::string_view text, memory& scratch, json_numbers numbers) {
  builder result(scratch, numbers);
  nlohmann::json::sax_parse(text, &result);
  if (has_hidden_rest(text))
    throw failure("invalid JSON at byte " + std::to_string(text.find('\0') + 1) + ": a byte of value 0");
  return result.result();
}

std::string json_text(const value& of, memory& scratch, const json_style& style, std::size_t limit) {
  writer result(scratch, style, limit);
  result.write(of);
  return result.take();
}

}  // namespace drcon::templating
