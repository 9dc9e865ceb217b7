#include "common/templating/go/tree.hpp"

#include "common/templating/format/quote.hpp"

namespace drcon::templating::go {
namespace {

void show(const node& of, std::string& result);

void show_all(std::span<node* const> all, std::string_view between, std::string& result) {
  bool is_first = true;
  for (const auto* each : all) {
    if (!is_first) result += between;
    is_first = false;
    show(*each, result);
  }
}

void show_in_parentheses(const node& of, std::string& result) {
  if (of.type == node_type::pipe) result += '(';
  show(of, result);
  if (of.type == node_type::pipe) result += ')';
}

void show_command(const node& of, std::string& result) {
  bool is_first = true;
  for (const auto* each : of.items) {
    if (!is_first) result += ' ';
    is_first = false;
    show_in_parentheses(*each, result);
  }
}

void show_pipe(const node& of, std::string& result) {
  if (!of.declared.empty()) {
    show_all(of.declared, ", ", result);
    result += of.is_assignment ? " = " : " := ";
  }
  show_all(of.items, " | ", result);
}

void show_branch(std::string_view word, const node& of, std::string& result) {
  result += "{{" + std::string(word) + " ";
  show(*of.pipe, result);
  result += "}}";
  show(*of.body, result);
  if (of.otherwise != nullptr) {
    result += "{{else}}";
    show(*of.otherwise, result);
  }
  result += "{{end}}";
}

void show_template(const node& of, std::string& result) {
  result += "{{template " + go_quoted(of.text);
  if (of.pipe != nullptr) {
    result += ' ';
    show(*of.pipe, result);
  }
  result += "}}";
}

void show(const node& of, std::string& result) {
  switch (of.type) {
    case node_type::list: show_all(of.items, "", result); return;
    case node_type::action:
      result += "{{";
      show(*of.pipe, result);
      result += "}}";
      return;
    case node_type::break_out: result += "{{break}}"; return;
    case node_type::continue_loop: result += "{{continue}}"; return;
    case node_type::if_branch: show_branch("if", of, result); return;
    case node_type::range_branch: show_branch("range", of, result); return;
    case node_type::with_branch: show_branch("with", of, result); return;
    case node_type::call_template: show_template(of, result); return;
    case node_type::end: result += "{{end}}"; return;
    case node_type::else_mark: result += "{{else}}"; return;
    case node_type::pipe: show_pipe(of, result); return;
    case node_type::command: show_command(of, result); return;
    case node_type::variable:
      for (std::size_t i = 0; i < of.names.size(); ++i) {
        if (i > 0) result += '.';
        result += of.names[i];
      }
      return;
    case node_type::chain: show_in_parentheses(*of.pipe, result); [[fallthrough]];
    case node_type::field:
      for (const auto& each : of.names) {
        result += '.';
        result += each;
      }
      return;
    default: result += of.text;
  }
}

}  // namespace

std::string shown(const node& of) {
  std::string result;
  show(of, result);
  return result;
}

}  // namespace drcon::templating::go
