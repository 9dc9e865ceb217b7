#include "common/templating/toml.hpp"

#include "common/templating/fault.hpp"
#include "common/templating/format/number.hpp"
#include "common/templating/format/unicode.hpp"
#include "common/templating/memory.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace drcon::templating {
namespace {

constexpr std::size_t deepest = 100;  // tables in one another

enum class type : std::uint8_t { nothing, plain, list, table, list_of_tables };

// What a table holds: an entry of a map, or a field of an object.
struct entry {
  std::string_view key;
  value held;
  type what = type::nothing;
};

std::string escaped(std::string_view text) {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': result += "\\\""; continue;
      case '\\': result += "\\\\"; continue;
      case '\b': result += "\\b"; continue;
      case '\t': result += "\\t"; continue;
      case '\n': result += "\\n"; continue;
      case '\f': result += "\\f"; continue;
      case '\r': result += "\\r"; continue;
      default: break;
    }
    if (byte < ' ' || byte == 0x7f) (result += "\\u00") += {hex[byte >> 4U], hex[byte & 0xfU]};
    else result += c;
  }
  return result;
}

std::string key_text(std::string_view key) {
  const bool is_bare = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return is_bare ? std::string(key) : "\"" + escaped(key) + "\"";
}

class writer {
public:
  writer(memory& scratch, std::size_t limit, const std::function<void(std::uint64_t)>& spend)
      : scratch_(scratch), limit_(limit), spend_(spend) {}

  std::string run(const value& root) {
    if (root.type().starts_with("<-")) throw failure("unsupported type for key '': chan");
    if (!root.is_there()) throw failure("reflect: call of reflect.Value.Type on zero Value");
    const auto what = type_of(root);
    if (what == type::list_of_tables) throw failure("toml: top-level values must be Go maps or structs");
    if (what == type::table) table(root);
    else element(root);
    return std::move(result_);
  }

private:
  using path = std::vector<std::string_view>;

  void add(std::string_view text) {
    spend_(1);
    if (result_.size() + text.size() > limit_)
      throw failure("the TOML would be longer than " + std::to_string(limit_) + " bytes");
    result_ += text;
  }
  void new_line() {
    if (!result_.empty()) add("\n");
  }
  void indent() {
    if (path_.size() > 1) add(std::string(2 * (path_.size() - 1), ' '));
  }
  std::string whole_key() const {
    std::string result;
    for (const auto& each : path_) (result += result.empty() ? "" : ".") += key_text(each);
    return result;
  }

  type type_of(const value& of) {
    spend_(1);
    switch (of.what()) {
      case kind::nothing:
      case kind::nil: return type::nothing;
      case kind::map: return type::table;
      case kind::object: return of.as_object().text == nullptr ? type::table : type::plain;
      case kind::list:
        if (of.type().starts_with("<-")) throw failure("unsupported type: chan");
        return is_list_of_tables(of) ? type::list_of_tables : type::list;
      case kind::function: throw failure("unsupported type: func");
      default: return type::plain;
    }
  }

  bool is_list_of_tables(const value& of) {
    bool result = of.size() > 0;
    for (std::size_t i = 0; i < of.size(); ++i) {
      if (depth_ > deepest) refuse_depth();
      ++depth_;
      const auto what = type_of(of.at(i, scratch_));
      --depth_;
      if (what == type::nothing) throw failure("toml: cannot encode array with nil element");
      result = result && what == type::table;
    }
    return result;
  }
  [[noreturn]] static void refuse_depth() { throw failure("toml: more than " + std::to_string(deepest) + " levels"); }

  // First what is plain, then the tables: what follows a table's head belongs to it.
  std::vector<entry> entries_of(const value& of) {
    std::vector<entry> all;
    if (of.is(kind::map)) {
      if (of.as_map().key != kind::text) throw failure("toml: cannot encode a map with non-string key type");
      for (std::size_t i = 0; i < of.size(); ++i) {
        const auto each = of.entry(i, scratch_);
        all.push_back({.key = each.key.text(), .held = each.held});
      }
    } else {
      for (const auto& each : of.as_object().fields)
        if (each.method == nullptr) all.push_back({.key = each.name, .held = each.get(of.self(), scratch_)});
    }
    for (auto& each : all) each.what = type_of(each.held);
    std::stable_partition(all.begin(), all.end(), [](const entry& each) {
      return each.what != type::table && each.what != type::list_of_tables;
    });
    return all;
  }

  void table(const value& of) {
    if (path_.size() > deepest) refuse_depth();
    for (const auto& each : entries_of(of)) {
      path_.push_back(each.key);
      switch (each.what) {
        case type::nothing: break;
        case type::table:
          if (path_.size() == 1) new_line();
          indent();
          add("[" + whole_key() + "]");
          new_line();
          table(each.held);
          break;
        case type::list_of_tables:
          for (std::size_t i = 0; i < each.held.size(); ++i) {
            new_line();
            indent();
            add("[[" + whole_key() + "]]");
            new_line();
            table(each.held.at(i, scratch_));
          }
          break;
        default:
          indent();
          add(key_text(each.key) + " = ");
          element(each.held);
          new_line();
      }
      path_.pop_back();
    }
  }

  void element(const value& of) {
    switch (of.what()) {
      case kind::boolean: add(of.flag() ? "true" : "false"); return;
      case kind::integer:
      case kind::integer64: add(std::to_string(of.whole())); return;
      case kind::byte:
      case kind::unsigned64: add(std::to_string(of.natural())); return;
      case kind::real: real(of.real()); return;
      case kind::text: add("\"" + escaped(of.text()) + "\""); return;
      case kind::list: list(of); return;
      case kind::map: inline_table(of); return;
      case kind::object:
        if (of.as_object().document_text != nullptr) add(of.as_object().document_text(of.self(), scratch_));
        else if (of.as_object().text == nullptr) inline_table(of);
        else add("\"" + escaped(of.as_object().text(of.self(), scratch_)) + "\"");
        return;
      default: throw failure("unexpected type: " + std::string(of.type()));
    }
  }

  void real(double number) {
    if (std::isnan(number)) return add("nan");
    if (std::isinf(number)) return add(number < 0 ? "-inf" : "inf");
    const auto shown = real_text(number, 'f', -1);
    add(shown.find('.') == std::string::npos ? shown + ".0" : shown);
  }

  void list(const value& of) {
    if (++depth_ > deepest) refuse_depth();
    add("[");
    const auto count = of.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) add(", ");
      element(of.at(i, scratch_));
    }
    add("]");
    --depth_;
  }

  void inline_table(const value& of) {
    if (++depth_ > deepest) refuse_depth();
    add("{");
    const auto all = entries_of(of);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].what == type::nothing) continue;
      add(key_text(all[i].key) + " = ");
      element(all[i].held);
      if (i + 1 < all.size()) add(", ");
    }
    add("}");
    --depth_;
  }

  memory& scratch_;
  std::size_t limit_;
  const std::function<void(std::uint64_t)>& spend_;
  path path_;
  std::size_t depth_ = 0;
  std::string result_;
};

}  // namespace

std::string toml_text(const value& of, memory& scratch, std::size_t limit,
                      const std::function<void(std::uint64_t steps)>& spend) {
  const auto written = writer(scratch, limit, spend).run(of);
  return std::string(trim_space(written));
}

}  // namespace drcon::templating
