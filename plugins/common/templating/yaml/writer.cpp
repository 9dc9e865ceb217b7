// Writes YAML: the events that yaml.v2 gives to its emitter, given to libyaml's.
#include "common/templating/fault.hpp"
#include "common/templating/format/number.hpp"
#include "common/templating/format/unicode.hpp"
#include "common/templating/functions/base64.hpp"
#include "common/templating/memory.hpp"
#include "common/templating/yaml/scalar.hpp"
#include "common/templating/yaml/yaml.hpp"

#include <yaml.h>

#include <algorithm>
#include <string>
#include <vector>

namespace drcon::templating {
namespace {

constexpr std::size_t deepest_written = 200;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto one = first_of(text);
    if (one.is_broken()) return false;
    text.remove_prefix(one.bytes);
  }
  return true;
}

// In lines of 70, when there is more than one.
std::string base64_lines(std::string_view bytes) {
  const auto whole = encode_base64(bytes);
  constexpr std::size_t line = 70;
  if (whole.size() < line) return whole;
  std::string result;
  for (std::size_t i = 0; i < whole.size(); i += line) result += whole.substr(i, line) + "\n";
  return result;
}

// Numbers and truths by their size, texts by letters, but with numbers in them by their size: host2 before host10.
class key_order {
public:
  bool operator()(const map_entry& left, const map_entry& right) const { return is_less(left.key, right.key); }

private:
  static bool is_number(const value& of) { return of.is_whole() || of.is(kind::real) || of.is(kind::boolean); }
  static double number(const value& of) {
    if (of.is(kind::boolean)) return of.flag() ? 1 : 0;
    if (of.is(kind::real)) return of.real();
    return of.is_unsigned() ? static_cast<double>(of.natural()) : static_cast<double>(of.whole());
  }
  // Of Go's kinds: bool, int, int64, uint8, uint64, float64, string; nothing is before all.
  static int kind_number(const value& of) {
    switch (of.what()) {
      case kind::boolean: return 1;
      case kind::integer: return 2;
      case kind::integer64: return 6;
      case kind::byte: return 8;
      case kind::unsigned64: return 11;
      case kind::real: return 14;
      case kind::text: return 24;
      default: return 0;
    }
  }

  static bool is_less(const value& a, const value& b) {
    if (is_number(a) && is_number(b)) {
      if (number(a) != number(b)) return number(a) < number(b);
      if (a.what() != b.what()) return kind_number(a) < kind_number(b);
      return in_order(a, b);
    }
    if (!a.is(kind::text) || !b.is(kind::text)) return kind_number(a) < kind_number(b);
    return is_less(characters_of(a.text()), characters_of(b.text()));
  }

  static std::vector<char32_t> characters_of(std::string_view text) {
    std::vector<char32_t> all;
    for (; !text.empty(); text.remove_prefix(first_of(text).bytes)) all.push_back(first_of(text).number);
    return all;
  }

  static bool is_less(const std::vector<char32_t>& a, const std::vector<char32_t>& b) {
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
      if (a[i] == b[i]) continue;
      const bool has_letter_a = is_letter(a[i]);
      const bool has_letter_b = is_letter(b[i]);
      if (has_letter_a && has_letter_b) return a[i] < b[i];
      if (has_letter_a || has_letter_b) return has_letter_b;
      return is_number_less(a, b, i);
    }
    return a.size() < b.size();
  }

  // From the first place where they differ.
  static bool is_number_less(const std::vector<char32_t>& a, const std::vector<char32_t>& b, std::size_t place) {
    std::uint64_t number_a = 0;
    std::uint64_t number_b = 0;
    if (a[place] == '0' || b[place] == '0') {
      for (auto j = place; j > 0 && is_digit(a[j - 1]); --j)
        if (a[j - 1] != '0') {
          number_a = number_b = 1;
          break;
        }
    }
    auto end_a = place;
    auto end_b = place;
    for (; end_a < a.size() && is_digit(a[end_a]); ++end_a) number_a = number_a * 10 + (a[end_a] - U'0');
    for (; end_b < b.size() && is_digit(b[end_b]); ++end_b) number_b = number_b * 10 + (b[end_b] - U'0');
    if (number_a != number_b) return static_cast<std::int64_t>(number_a) < static_cast<std::int64_t>(number_b);
    if (end_a != end_b) return end_a < end_b;
    return a[place] < b[place];
  }
};

class yaml_writer {
public:
  yaml_writer(memory& scratch, std::size_t limit, const yaml_cost& spend)
      : scratch_(scratch), limit_(limit), spend_(spend) {
    if (yaml_emitter_initialize(&emitter_) == 0) throw failure("yaml: no memory for an emitter");
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_emitter_set_output(&emitter_, append_to, this);
  }
  ~yaml_writer() { yaml_emitter_delete(&emitter_); }
  yaml_writer(const yaml_writer&) = delete;
  yaml_writer& operator=(const yaml_writer&) = delete;

  // Without the document's end, which libyaml marks after some texts, where yaml.v2 does not.
  std::string run(const value& root) {
    yaml_event_t event;
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    emit(event);
    yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1);
    emit(event);
    write(root);
    if (yaml_emitter_flush(&emitter_) == 0) refuse();
    return std::move(result_);
  }

private:
  static int append_to(void* self, unsigned char* bytes, std::size_t size) {
    auto& mine = *static_cast<yaml_writer*>(self);
    if (mine.result_.size() + size > mine.limit_) return 0;
    mine.result_.append(reinterpret_cast<const char*>(bytes), size);
    return 1;
  }

  [[noreturn]] void refuse() const {
    if (emitter_.error == YAML_WRITER_ERROR)
      throw failure("the YAML would be longer than " + std::to_string(limit_) + " bytes");
    throw failure(std::string("yaml: ") + (emitter_.problem == nullptr ? "unknown problem" : emitter_.problem));
  }

  void emit(yaml_event_t& event) {
    spend_(1);
    if (yaml_emitter_emit(&emitter_, &event) == 0) refuse();
  }

  void write(const value& of) {
    switch (of.what()) {
      case kind::nothing:
      case kind::nil: plain("null"); return;
      case kind::boolean: plain(of.flag() ? "true" : "false"); return;
      case kind::integer:
      case kind::integer64: plain(std::to_string(of.whole())); return;
      case kind::byte:
      case kind::unsigned64: plain(std::to_string(of.natural())); return;
      case kind::real: real(of.real()); return;
      case kind::text: text(of.text()); return;
      case kind::list: list(of); return;
      case kind::map: map(of); return;
      case kind::object: object(of); return;
      case kind::function: throw failure("cannot marshal type: func");
    }
  }

  void real(double number) {
    const auto shown = real_text(number, 'g', -1);
    if (shown == "+Inf") plain(".inf");
    else if (shown == "-Inf") plain("-.inf");
    else if (shown == "NaN") plain(".nan");
    else plain(shown);
  }

  void text(std::string_view of) {
    spend_(of.size() / 64);
    if (!is_utf8(of)) {
      const auto bytes = base64_lines(of);
      scalar(bytes, "tag:yaml.org,2002:binary",
             bytes.find('\n') == std::string::npos ? YAML_PLAIN_SCALAR_STYLE : YAML_LITERAL_SCALAR_STYLE);
      return;
    }
    const bool fits_plain = yaml::resolve(of).what == yaml::tag::text && !yaml::is_base_60(of);
    if (of.find('\n') != std::string_view::npos) scalar(of, nullptr, YAML_LITERAL_SCALAR_STYLE);
    else scalar(of, nullptr, fits_plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
  }

  void plain(std::string_view of) { scalar(of, nullptr, YAML_PLAIN_SCALAR_STYLE); }

  void scalar(std::string_view of, const char* tag, yaml_scalar_style_t style) {
    yaml_event_t event;
    const int is_implicit = tag == nullptr ? 1 : 0;
    const auto* bytes = of.empty() ? "" : of.data();  // libyaml ends the process for a null pointer
    if (yaml_scalar_event_initialize(&event, nullptr, reinterpret_cast<const unsigned char*>(tag),
                                     reinterpret_cast<const unsigned char*>(bytes), static_cast<int>(of.size()),
                                     is_implicit, is_implicit, style) == 0)
      throw failure("yaml: a text cannot be written");
    emit(event);
  }

  void open() {
    if (++depth_ > deepest_written) throw failure("yaml: more than " + std::to_string(deepest_written) + " levels");
  }

  void list(const value& of) {
    if (of.type().starts_with("<-")) throw failure("cannot marshal type: " + std::string(of.type()));
    open();
    yaml_event_t event;
    yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_SEQUENCE_STYLE);
    emit(event);
    for (std::size_t i = 0; i < of.size(); ++i) write(of.at(i, scratch_));
    yaml_sequence_end_event_initialize(&event);
    emit(event);
    --depth_;
  }

  void start_map() {
    open();
    yaml_event_t event;
    yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE);
    emit(event);
  }
  void end_map() {
    yaml_event_t event;
    yaml_mapping_end_event_initialize(&event);
    emit(event);
    --depth_;
  }

  void map(const value& of) {
    start_map();
    std::vector<map_entry> all;
    for (std::size_t i = 0; i < of.size(); ++i) all.push_back(of.entry(i, scratch_));
    spend_(20 * all.size());  // comparing texts takes longer than walking over them
    std::ranges::stable_sort(all, key_order());
    for (const auto& each : all) {
      write(each.key);
      write(each.held);
    }
    end_map();
  }

  void object(const value& of) {
    const auto& how = of.as_object();
    if (how.document_text != nullptr) return plain(how.document_text(of.self(), scratch_));
    if (how.text != nullptr) return text(how.text(of.self(), scratch_));
    start_map();
    for (const auto& each : how.fields) {
      if (each.method != nullptr) continue;
      text(to_lower(each.name));
      write(each.get(of.self(), scratch_));
    }
    end_map();
  }

  memory& scratch_;
  std::size_t limit_;
  const yaml_cost& spend_;
  yaml_emitter_t emitter_{};
  std::size_t depth_ = 0;
  std::string result_;
};

}  // namespace

std::string yaml_text(const value& of, memory& scratch, std::size_t limit, const yaml_cost& spend) {
  const auto written = yaml_writer(scratch, limit, spend).run(of);
  return std::string(trim_space(written));
}

}  // namespace drcon::templating
