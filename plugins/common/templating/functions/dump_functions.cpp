// spew: values with their types, for who looks for a fault in a template. Where Go prints the address that a value has,
// nothing is printed: it differs each time.
#include "common/templating/format/number.hpp"
#include "common/templating/format/print.hpp"
#include "common/templating/format/quote.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/functions/text.hpp"
#include "common/templating/parameter_lists.hpp"

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

constexpr std::size_t deepest_dump = 200;

class dumper {
public:
  explicit dumper(invocation& in) : in_(in), result_(in) {}

  void add(const value& of) {
    if (of.is_there()) dump(of);
    else result_.add("(interface {}) <nil>");
    result_.add("\n");
  }
  const std::string& text() const { return result_.text(); }

private:
  enum class placed { on_a_line, behind_a_key };

  void indent() { result_.add(std::string(depth_, ' ')); }

  void dump(const value& of, placed where = placed::on_a_line) {
    in_.spend(1);
    if (depth_ > deepest_dump)
      throw failure("values lie more than " + std::to_string(deepest_dump) + " deep in one another");
    if (where == placed::on_a_line) indent();
    if (!of.is_there()) return result_.add("(interface {}) <nil>");
    const auto type = of.type();
    result_.add("(" + std::string(type) + ")");
    if (of.is(kind::object) && type.starts_with('*')) {
      result_.add("(");
      object(of);
      return result_.add(")");
    }
    result_.add(" ");
    size(of);
    switch (of.what()) {
      case kind::boolean: result_.add(of.flag() ? "true" : "false"); return;
      case kind::real: result_.add(real_text(of.real(), 'g', -1)); return;
      case kind::text: result_.add(go_quoted(of.text())); return;
      case kind::list: list(of); return;
      case kind::map: map(of); return;
      case kind::object: object(of); return;
      case kind::function: result_.add("func"); return;
      default: result_.add(of.is_signed() ? std::to_string(of.whole()) : std::to_string(of.natural()));
    }
  }

  void size(const value& of) {
    if (of.size() == 0) return;
    const auto length = std::to_string(of.size());
    result_.add("(len=" + length + (of.is(kind::list) ? " cap=" + length : "") + ") ");
  }

  template <typename Each>
  void lines(std::size_t count, Each each) {
    result_.add("{\n");
    ++depth_;
    for (std::size_t i = 0; i < count; ++i) {
      each(i);
      result_.add(i + 1 < count ? ",\n" : "\n");
    }
    --depth_;
    indent();
    result_.add("}");
  }

  void list(const value& of) {
    lines(of.size(), [&](std::size_t i) { dump(of.at(i, in_.scratch())); });
  }
  void map(const value& of) {
    lines(of.size(), [&](std::size_t i) {
      const auto each = of.entry(i, in_.scratch());
      dump(each.key);
      result_.add(": ");
      dump(each.held, placed::behind_a_key);
    });
  }
  void object(const value& of) {
    const auto& how = of.as_object();
    if (how.text != nullptr) return result_.add(how.text(of.self(), in_.scratch()));
    std::vector<const field*> shown;
    for (const auto& each : how.fields)
      if (each.method == nullptr) shown.push_back(&each);
    lines(shown.size(), [&](std::size_t i) {
      indent();
      result_.add(std::string(shown[i]->name) + ": ");
      dump(shown[i]->get(of.self(), in_.scratch()), placed::behind_a_key);
    });
  }

  invocation& in_;
  bounded_text result_;
  std::size_t depth_ = 0;
};

std::string dumped(invocation& in, arguments all) {
  dumper result(in);
  for (const auto& each : all) result.add(each);
  return result.text();
}

std::string formatted(invocation& in, arguments all) {
  std::string result;
  printer(result, in.scratch(), in.around().bounds.memory).printf(all[0].text(), all.subspan(1));
  return result;
}

value print(invocation& in, const std::string& text) {
  if (in.around().print) in.around().print(text);
  return value(std::string_view());
}

value call_sdump(invocation& in, arguments all) { return in.text(dumped(in, all)); }
value call_dump(invocation& in, arguments all) { return print(in, dumped(in, all)); }
value call_sprintf(invocation& in, arguments all) { return in.text(formatted(in, all)); }
value call_printf(invocation& in, arguments all) { return print(in, formatted(in, all)); }

constexpr function dump_table[] = {
    {"spew_dump", expects::any, true, call_dump, "VALUE…",
     "prints values with their types for who writes the template"},
    {"spew_printf", expects::format_and_any, true, call_printf, "FORMAT VALUE…",
     "prints values for who writes the template, as the format says"},
    {"spew_sdump", expects::any, true, call_sdump, "VALUE…", "values with their types, as text"},
    {"spew_sprintf", expects::format_and_any, true, call_sprintf, "FORMAT VALUE…", "values, as the format says"},
};

}  // namespace

std::span<const function> dump_functions() { return dump_table; }

}  // namespace drcon::templating
