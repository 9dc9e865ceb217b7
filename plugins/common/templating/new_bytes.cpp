#include "common/templating/new_bytes.hpp"

#include "common/templating/memory.hpp"

#include <algorithm>
#include <string_view>

namespace drcon::templating {
namespace {

// Not in it, and why: those that put marks around a text or before some of its characters (toJSON, printf "%q",
// sprig_quote, js), since the text within was judged and cannot end them; those that write numbers, digests and other
// alphabets of letters and digits (base64Encode, sha256Hex, urlquery); those that write layout which the template asks
// for (indent, sprig_wrap, println, a time as it is); and those that only put together, cut at characters or replace
// (join, trim, regexReplaceAll), whose bytes are all of their arguments. What a `plugin` prints is its own.
constexpr std::string_view decoders[] = {
    "base64Decode",
    "base64URLDecode",
    "html",  // &amp; has a semicolon
    "parseJSON",
    "parseYAML",
    "slice",  // cuts within a character
    "sockaddr",
    "sprig_abbrev",
    "sprig_abbrevboth",
    "sprig_b32dec",
    "sprig_b64dec",
    "sprig_decryptAES",
    "sprig_derivePassword",  // of all that a keyboard has
    "sprig_fromJson",
    "sprig_mustFromJson",
    "sprig_substr",
    "sprig_trunc",
    "sprig_urlParse",
    "timestamp",  // a layout may ask for spaces
};
// A layout that is data may ask for spaces, too; one of the template asks for what the template wants.
constexpr std::string_view layouts[] = {"sprig_date", "sprig_dateInZone", "sprig_date_in_zone", "Format"};
constexpr std::string_view formats[] = {"printf", "spew_printf", "spew_sprintf"};
constexpr std::string_view outward[] = {"call",    "executeTemplate", "file",         "key",         "mustEnv",
                                        "node",    "nodes",           "plugin",       "safeLs",      "safeTree",
                                        "service", "services",        "sprig_fail",   "writeToFile", "ls",
                                        "tree",    "keyExists",       "keyExistsGet", "keyOrDefault"};

template <std::size_t N>
bool is_one_of(const std::string_view (&all)[N], std::string_view name) {
  return std::ranges::find(all, name) != std::end(all);
}

// The arguments that a format may write as the character of a number: of %c, and of %q, which puts it in quotes.
std::vector<value> characters_of(std::string_view format, std::span<const value> all) {
  std::vector<value> result;
  std::size_t next = 0;
  for (auto mark = format.find('%'); mark != std::string_view::npos && mark + 1 < format.size();
       mark = format.find('%', mark + 1)) {
    const auto verb = format.find_first_not_of("+-# 0123456789.", mark + 1);
    if (verb == std::string_view::npos) break;
    mark = verb;
    // Widths from arguments, and arguments by number: which one is meant is not worth following.
    if (format[verb] == '*' || format[verb] == '[') return {all.begin(), all.end()};
    if (format[verb] == '%') continue;
    if ((format[verb] == 'c' || format[verb] == 'q') && next < all.size()) result.push_back(all[next]);
    ++next;
  }
  std::erase_if(result, [](const value& each) { return each.is(kind::text); });
  return result;
}

}  // namespace

std::vector<new_part> new_bytes(const function& what, std::span<const value> given, const value& made) {
  if (is_one_of(decoders, what.name)) return {{.of = made}};
  if (is_one_of(layouts, what.name) && !given.empty() && given[0].origin() != 0) return {{.of = made}};
  if (!is_one_of(formats, what.name) || given.empty() || !given[0].is(kind::text)) return {};
  // A format that is data itself writes what it likes, such as spaces: of it nothing is the template's.
  if (given[0].origin() != 0) return {{.of = made}};
  std::vector<new_part> result;
  for (const auto& each : characters_of(given[0].text(), given.subspan(1)))
    result.push_back({.of = each, .as_characters = true});
  return result;
}

bool asks_beyond_its_arguments(const function& what) { return is_one_of(outward, what.name); }

}  // namespace drcon::templating
