// A template of Go's text/template: read once, rendered often.
//
//   const auto read = go::text_template::read("nginx.tmpl", text, functions);
//   if (const auto* wrong = std::get_if<fault>(&read)) …
//   std::string output;
//   const auto wrong = std::get<go::text_template>(read).render(root, around, output);
//
// Thread rule: const functions from any thread. The table of functions must outlive it.
#pragma once

#include "common/templating/fault.hpp"
#include "common/templating/function.hpp"
#include "common/templating/go/lexer.hpp"
#include "common/templating/surroundings.hpp"
#include "common/templating/value.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace drcon::templating::go {

struct tree;

/// The functions that the language itself has.
std::span<const function> built_in_functions();

/// A call that a template may make: for who has to know what it asks for before it is rendered.
struct mention {
  std::string_view function;
  /// Its arguments as far as they are constants; nothing for those that are computed.
  std::vector<value> arguments;
  position where;
  /// It stands in a branch, a loop or a defined template: whether it is called depends on the data.
  bool is_conditional = false;
};

class text_template {
public:
  static std::variant<text_template, fault> read(std::string name, std::string text, const function_table& functions,
                                                 const delimiters& marks = {});

  /// Appends to `output`. After a fault there is a part of the text in it.
  std::optional<fault> render(const value& root, const surroundings& around, std::string& output) const;

  /// Every call of a function that stands in it, in order of place.
  std::vector<mention> mentions() const;
  /// Every name of a field that stands in it, each once.
  std::set<std::string_view> fields() const;

private:
  explicit text_template(std::shared_ptr<const tree> parsed) : tree_(std::move(parsed)) {}

  std::shared_ptr<const tree> tree_;
};

}  // namespace drcon::templating::go
