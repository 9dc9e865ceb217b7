// Functions on lists: what is in them, and numbers in a row.
#include "common/templating/format/number.hpp"
#include "common/templating/format/quote.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/functions/text.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

bool is_same(const value& element, const value& wanted) {
  if (element.is_signed()) return wanted.is_signed() && element.whole() == wanted.whole();
  if (element.is(kind::real)) return wanted.is(kind::real) && element.real() == wanted.real();
  return element.is(kind::text) && wanted.is(kind::text) && element.text() == wanted.text();
}

bool is_in(invocation& in, const value& list, const value& wanted) {
  if (list.is(kind::text)) {
    in.spend(list.size() / 64 + 1);
    return wanted.is(kind::text) && list.text().find(wanted.text()) != std::string_view::npos;
  }
  if (!list.is(kind::list)) return false;
  in.spend(list.size() + 1);
  for (std::size_t i = 0; i < list.size(); ++i)
    if (is_same(list.at(i, in.scratch()), wanted)) return true;
  return false;
}

value call_in(invocation& in, arguments all) { return value(is_in(in, all[0], all[1])); }
value call_contains(invocation& in, arguments all) { return value(is_in(in, all[1], all[0])); }

// How many of the first list are in the second.
struct found {
  bool some = false;
  bool all = true;
};
found look(invocation& in, arguments all) {
  found result;
  for (std::size_t i = 0; i < all[0].size(); ++i) {
    const bool is_there = is_in(in, all[1], all[0].at(i, in.scratch()));
    result.some = result.some || is_there;
    result.all = result.all && is_there;
  }
  return result;
}
value call_contains_all(invocation& in, arguments all) { return value(look(in, all).all); }
value call_contains_any(invocation& in, arguments all) { return value(look(in, all).some); }
value call_contains_none(invocation& in, arguments all) { return value(!look(in, all).some); }
value call_contains_not_all(invocation& in, arguments all) { return value(!look(in, all).all); }

// From a number up to another, which is not in it. Go has a channel here.
struct row {
  std::int64_t start = 0;
  std::int64_t end = 0;
};
const list_class row_class{
    .type = "<-chan int64",
    .size =
        [](const void* self) {
          const auto& of = *static_cast<const row*>(self);
          return of.end > of.start ? static_cast<std::size_t>(of.end) - static_cast<std::size_t>(of.start) : 0;
        },
    .at =
        [](const void* self, std::size_t index, memory&) {
          return value::integer64(static_cast<const row*>(self)->start + static_cast<std::int64_t>(index));
        },
    .any = false};

std::int64_t bound(const value& of) {
  if (of.is_whole()) return of.whole();
  if (!of.is(kind::text)) {
    const auto type = of.is_there() ? of.type() : std::string_view("<nil>");
    throw failure("loop: bad argument type: " + std::string(type));
  }
  if (of.size() == 0) return 0;
  const auto read = read_signed(of.text(), 10);
  if (!read)
    throw failure("parseInt: strconv.ParseInt: parsing " + go_quoted(of.text()) + ": " +
                  (*read.why == misread::range ? "value out of range" : "invalid syntax"));
  return read.number;
}

value call_loop(invocation& in, arguments all) {
  if (all.size() != 1 && all.size() != 2)
    throw failure("loop: wrong number of arguments, expected 1 or 2, but got " + std::to_string(all.size()));
  const row made{.start = all.size() == 1 ? 0 : bound(all[0]), .end = bound(all.back())};
  check_what_data_asks_for(in, all, row_class.size(&made), "rounds");
  return {in.scratch().make<row>(made), row_class};
}

constexpr function list_table[] = {
    {"contains", expects::two, false, call_contains, "VALUE LIST", "whether it is in the list, or a part of the text"},
    {"containsAll", expects::list_and_any, false, call_contains_all, "VALUES LIST",
     "whether all of them are in the list"},
    {"containsAny", expects::list_and_any, false, call_contains_any, "VALUES LIST",
     "whether one of them is in the list"},
    {"containsNone", expects::list_and_any, false, call_contains_none, "VALUES LIST",
     "whether none of them is in the list"},
    {"containsNotAll", expects::list_and_any, false, call_contains_not_all, "VALUES LIST",
     "whether one of them is not in the list"},
    {"in", expects::two, false, call_in, "LIST VALUE", "whether it is in the list, or a part of the text"},
    {"loop", expects::any, true, call_loop, "[START] END",
     "the whole numbers from START, or 0, up to the one before END"},
};

}  // namespace

std::span<const function> list_functions() { return list_table; }

}  // namespace drcon::templating
