// Functions that read values from texts and write them: numbers, JSON.
#include "common/templating/format/number.hpp"
#include "common/templating/format/quote.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/json.hpp"
#include "common/templating/parameter_lists.hpp"

#include <algorithm>
#include <array>

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

[[noreturn]] void refuse(std::string_view name, std::string_view go_name, std::string_view text, misread why) {
  throw failure(std::string(name) + ": strconv." + std::string(go_name) + ": parsing " + go_quoted(text) + ": " +
                (why == misread::range ? "value out of range" : "invalid syntax"));
}

value call_parse_bool(invocation&, arguments all) {
  static constexpr std::array<std::string_view, 6> yes{"1", "t", "T", "true", "TRUE", "True"};
  static constexpr std::array<std::string_view, 6> no{"0", "f", "F", "false", "FALSE", "False"};
  const auto text = all[0].text();
  if (text.empty() || std::ranges::find(no, text) != no.end()) return value(false);
  if (std::ranges::find(yes, text) != yes.end()) return value(true);
  refuse("parseBool", "ParseBool", text, misread::syntax);
}

value call_parse_int(invocation&, arguments all) {
  if (all[0].size() == 0) return value::integer64(0);
  const auto read = read_signed(all[0].text(), 10);
  if (!read) refuse("parseInt", "ParseInt", all[0].text(), *read.why);
  return value::integer64(read.number);
}

value call_parse_uint(invocation&, arguments all) {
  if (all[0].size() == 0) return value::unsigned64(0);
  const auto read = read_unsigned(all[0].text(), 10);
  if (!read) refuse("parseUint", "ParseUint", all[0].text(), *read.why);
  return value::unsigned64(read.number);
}

value call_parse_float(invocation&, arguments all) {
  if (all[0].size() == 0) return value(0.0);
  const auto read = read_real(all[0].text());
  if (!read) refuse("parseFloat", "ParseFloat", all[0].text(), *read.why);
  return value(read.number);
}

value call_parse_json(invocation& in, arguments all) {
  in.spend(all[0].size() / 16 + 1);
  // Two bytes may be a value, which takes 24, and some more while it is read.
  if (all[0].size() > in.around().bounds.memory / 8) throw failure("the text would be too long");
  if (all[0].size() == 0) return in.scratch().any_map({});
  return read_json(all[0].text(), in.scratch()).in_any(true);
}

value write_json(invocation& in, const value& of, std::string_view name, const json_style& style) {
  try {
    return in.text(json_text(of, in.scratch(), style, in.around().bounds.memory));
  } catch (const failure& wrong) {
    throw failure(std::string(name) + ": " + wrong.text());
  }
}

value call_to_json(invocation& in, arguments all) { return write_json(in, all[0], "toJSON", {}); }
value call_to_json_pretty(invocation& in, arguments all) {
  return write_json(in, all[0], "toJSONPretty", {.is_pretty = true});
}
value call_to_unescaped_json(invocation& in, arguments all) {
  return write_json(in, all[0], "toUnescapedJSON", {.escapes_html = false});
}
value call_to_unescaped_json_pretty(invocation& in, arguments all) {
  return write_json(in, all[0], "toUnescapedJSONPretty", {.escapes_html = false, .is_pretty = true});
}

constexpr function parse_table[] = {
    {"parseBool", expects::text, false, call_parse_bool, "TEXT", "true or false; empty is false"},
    {"parseFloat", expects::text, false, call_parse_float, "TEXT", "a number that may have a point; empty is 0"},
    {"parseInt", expects::text, false, call_parse_int, "TEXT", "a whole number; empty is 0"},
    {"parseJSON", expects::text, false, call_parse_json, "TEXT", "what the JSON says; empty is an empty map"},
    {"parseUint", expects::text, false, call_parse_uint, "TEXT", "a whole number that is not negative; empty is 0"},
    {"toJSON", expects::any, false, call_to_json, "VALUE", "as JSON, with <, > and & escaped"},
    {"toJSONPretty", expects::any, false, call_to_json_pretty, "VALUE", "as JSON in lines, with <, > and & escaped"},
    {"toUnescapedJSON", expects::any, false, call_to_unescaped_json, "VALUE", "as JSON"},
    {"toUnescapedJSONPretty", expects::any, false, call_to_unescaped_json_pretty, "VALUE", "as JSON in lines"},
};

}  // namespace

std::span<const function> parse_functions() { return parse_table; }

}  // namespace drcon::templating
