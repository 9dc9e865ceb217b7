#include "common/templating/format/print.hpp"

#include "common/templating/fault.hpp"
#include "common/templating/format/unicode.hpp"
#include "common/templating/memory.hpp"

#include <array>
#include <charconv>

namespace drcon::templating {
namespace {

constexpr int deepest_print = 200;  // lists within lists: what holds itself would never end

}  // namespace

void printer::add(std::string_view text) {
  if (result_.size() + text.size() > limit_)
    throw failure("the text would be longer than " + std::to_string(limit_) + " bytes");
  result_ += text;
}

void printer::show(const value& shown) {
  switch (shown.what()) {
    case kind::nothing:
    case kind::nil: add("<no value>"); return;
    case kind::text: add(shown.text()); return;
    case kind::object:
      flags_ = {};
      object(shown, 'v', 1);
      return;
    case kind::integer:
    case kind::integer64: {
      std::array<char, 24> digits{};
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), shown.whole()).ptr;
      add({digits.data(), static_cast<std::size_t>(end - digits.data())});
      return;
    }
    default: flags_ = {}; argument(shown, 'v');
  }
}

void printer::print(std::span<const value> all) {
  bool was_text = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_text = all[i].is(kind::text);
    if (i > 0 && !is_text && !was_text) add(" ");
    flags_ = {};
    argument(all[i], 'v');
    was_text = is_text;
  }
}

void printer::println(std::span<const value> all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) add(" ");
    flags_ = {};
    argument(all[i], 'v');
  }
  add("\n");
}

void printer::argument(const value& shown, char32_t verb) {
  if (!shown.is_there()) {
    if (verb == 'T' || verb == 'v') pad("<nil>");
    else bad_verb(shown, verb);
    return;
  }
  if (verb == 'T') {
    pad(cut(shown.type()));
    return;
  }
  const bool has_address =
      shown.is(kind::list) || shown.is(kind::map) || shown.is(kind::object) || shown.is(kind::function);
  if (verb == 'p' && has_address)
    throw failure("%p would print an address, which differs each time; print the value with %v");
  nested(shown, verb, 0);
}

void printer::nested(const value& shown, char32_t verb, int depth) {
  if (depth > deepest_print)
    throw failure("values lie more than " + std::to_string(deepest_print) + " deep in one another");
  switch (shown.what()) {
    case kind::nothing:
    case kind::nil:
      if (flags_.go_syntax) add("interface {}(nil)");
      else add("<nil>");
      return;
    case kind::boolean: boolean(shown, verb); return;
    case kind::integer:
    case kind::integer64:
    case kind::byte:
    case kind::unsigned64: whole(shown, verb); return;
    case kind::real: real(shown, verb); return;
    case kind::text: text(shown, verb); return;
    default: compound(shown, verb, depth);
  }
}

void printer::compound(const value& shown, char32_t verb, int depth) {
  switch (shown.what()) {
    case kind::list: list(shown, verb, depth); return;
    case kind::map: map(shown, verb, depth); return;
    case kind::object:
      if (shown.type().starts_with('*') && (shown.as_object().text == nullptr || flags_.go_syntax)) add("&");
      object(shown, verb, depth + 1);
      return;
    default: add("func");
  }
}

void printer::list(const value& shown, char32_t verb, int depth) {
  if (flags_.go_syntax) add(shown.type());
  add(flags_.go_syntax ? "{" : "[");
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (i > 0) add(flags_.go_syntax ? ", " : " ");
    nested(shown.at(i, scratch_), verb, depth + 1);
  }
  add(flags_.go_syntax ? "}" : "]");
}

void printer::map(const value& shown, char32_t verb, int depth) {
  if (flags_.go_syntax) add(shown.type());
  add(flags_.go_syntax ? "{" : "map[");
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (i > 0) add(flags_.go_syntax ? ", " : " ");
    const auto each = shown.entry(i, scratch_);
    nested(each.key, verb, depth + 1);
    add(":");
    nested(each.held, verb, depth + 1);
  }
  add(flags_.go_syntax ? "}" : "]");
}

void printer::object(const value& shown, char32_t verb, int depth) {
  if (shown.as_object().text != nullptr && !flags_.go_syntax)
    return text(value(shown.as_object().text(shown.self(), scratch_)), verb);
  const auto type = shown.type();
  if (flags_.go_syntax) add(type.starts_with('*') ? type.substr(1) : type);
  add("{");
  bool is_first = true;
  for (const auto& each : shown.as_object().fields) {
    if (each.method != nullptr) continue;
    if (!is_first) add(flags_.go_syntax ? ", " : " ");
    is_first = false;
    if (flags_.plus_fields || flags_.go_syntax) {
      add(each.name);
      add(":");
    }
    nested(each.get(shown.self(), scratch_), verb, depth + 1);
  }
  add("}");
}

void printer::bad_verb(const value& shown, char32_t verb) {
  in_bad_verb_ = true;
  std::string mark = "%!";
  append(mark, verb);
  add(mark);
  add("(");
  if (shown.is_there()) {
    add(shown.type());
    add("=");
    nested(shown, 'v', 0);
  } else {
    add("<nil>");
  }
  add(")");
  in_bad_verb_ = false;
}

}  // namespace drcon::templating
