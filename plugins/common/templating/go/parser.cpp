#include "common/templating/go/parser.hpp"

#include "common/templating/format/number.hpp"
#include "common/templating/format/quote.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace drcon::templating::go {
namespace {

constexpr std::size_t deepest_block = 200;   // branches in one another, and parentheses: each takes some of the stack
constexpr std::size_t longest = 64U << 20U;  // bytes of a template

class parser {
public:
  parser(tree& result, const function_table& functions, const delimiters& marks)
      : tree_(result), functions_(functions), lexer_(result.text, marks) {
    lexer_.break_is_word = functions.find("break") == nullptr;
    lexer_.continue_is_word = functions.find("continue") == nullptr;
  }

  void run();
  position where() const { return {.line = tokens_[0].line, .column = place_of(tree_.text, tokens_[0].offset).column}; }

private:
  // What belongs to one template: the whole, a `define` or a `block`.
  struct scope {
    std::vector<std::string_view> variables{"$"};
    std::size_t ranges = 0;
    std::size_t parentheses = 0;
    std::size_t action_line = 0;
  };

  // The items, with three to look ahead at.
  item next();
  item peek();
  item next_but_space();
  item peek_but_space();
  void back() { ++ahead_; }
  void back2(const item& first);
  void back3(const item& second, const item& first);

  [[noreturn]] static void fail(const std::string& what) { throw failure(what); }
  [[noreturn]] void unexpected(const item& found, std::string_view context);
  item expect(item_type type, std::string_view context);

  node* make(node_type type, std::size_t offset);
  std::span<node* const> keep(const std::vector<node*>& all);
  std::string_view keep(std::string text);
  std::span<const std::string_view> split(std::string_view names);
  void number_names(node& of);

  void whole_text();
  void definition();
  void add(std::string_view name, const node* root);
  node* item_list(node*& end);
  node* text_or_action();
  node* action();
  node* loop_control(node_type type, std::string_view word);
  node* branch(node_type type, std::string_view context);
  node* end_control();
  node* else_control();
  node* block_control();
  node* template_control();
  std::string_view template_name(const item& found, std::string_view context);
  node* pipeline(std::string_view context, item_type end);
  void declarations(std::string_view context, node& pipe, std::vector<node*>& declared);
  static void check(const node& pipe, std::string_view context);
  node* command();
  node* operand();
  node* term();
  node* variable(const item& found);
  node* number(const item& found);
  node* string(const item& found);

  tree& tree_;
  const function_table& functions_;
  lexer lexer_;
  std::array<item, 3> tokens_{};
  std::size_t ahead_ = 0;
  std::size_t depth_ = 0;
  scope scope_;
};

item parser::next() {
  if (ahead_ > 0) --ahead_;
  else tokens_[0] = lexer_.next();
  return tokens_[ahead_];
}

item parser::peek() {
  if (ahead_ > 0) return tokens_[ahead_ - 1];
  ahead_ = 1;
  tokens_[0] = lexer_.next();
  return tokens_[0];
}

item parser::next_but_space() {
  auto found = next();
  while (found.type == item_type::space) found = next();
  return found;
}

item parser::peek_but_space() {
  const auto found = next_but_space();
  back();
  return found;
}

void parser::back2(const item& first) {
  tokens_[1] = first;
  ahead_ = 2;
}

void parser::back3(const item& second, const item& first) {
  tokens_[1] = first;
  tokens_[2] = second;
  ahead_ = 3;
}

void parser::unexpected(const item& found, std::string_view context) {
  if (found.type != item_type::error) fail("unexpected " + found.shown() + " in " + std::string(context));
  std::string more;
  if (scope_.action_line != 0 && scope_.action_line != found.line) {
    more = " started at " + tree_.name + ":" + std::to_string(scope_.action_line);
    if (!found.text.ends_with(" action")) more = " in action" + more;
  }
  fail(std::string(found.text) + more);
}

item parser::expect(item_type type, std::string_view context) {
  const auto found = next_but_space();
  if (found.type != type) unexpected(found, context);
  return found;
}

node* parser::make(node_type type, std::size_t offset) {
  auto* made = new (tree_.store.allocate(sizeof(node), alignof(node))) node;
  made->type = type;
  made->offset = static_cast<std::uint32_t>(offset);
  return made;
}

std::span<node* const> parser::keep(const std::vector<node*>& all) {
  if (all.empty()) return {};
  auto* copy = static_cast<node**>(tree_.store.allocate(all.size() * sizeof(node*), alignof(node*)));
  std::ranges::copy(all, copy);
  return {copy, all.size()};
}

std::string_view parser::keep(std::string text) {
  if (text.empty()) return {};
  auto* copy = static_cast<char*>(tree_.store.allocate(text.size(), 1));
  std::ranges::copy(text, copy);
  return {copy, text.size()};
}

std::span<const std::string_view> parser::split(std::string_view names) {
  const auto count = static_cast<std::size_t>(std::ranges::count(names, '.')) + 1;
  auto* all =
      static_cast<std::string_view*>(tree_.store.allocate(count * sizeof(std::string_view), alignof(std::string_view)));
  for (std::size_t i = 0; i < count; ++i) {
    const auto point = names.find('.');
    new (all + i) std::string_view(names.substr(0, point));
    if (point != std::string_view::npos) names.remove_prefix(point + 1);
  }
  return {all, count};
}

void parser::number_names(node& of) {
  of.number = tree_.numbered;
  tree_.numbered += static_cast<std::uint32_t>(of.names.size());
}

void parser::run() {
  if (tree_.text.size() > longest) fail("the template is longer than " + std::to_string(longest) + " bytes");
  whole_text();
}

void parser::whole_text() {
  auto* root = make(node_type::list, peek().offset);
  std::vector<node*> all;
  while (peek().type != item_type::end_of_text) {
    if (peek().type == item_type::left_delimiter) {
      const auto mark = next();
      if (next_but_space().type == item_type::define) {
        definition();
        continue;
      }
      back2(mark);
    }
    auto* one = text_or_action();
    if (one->type == node_type::end || one->type == node_type::else_mark) fail("unexpected " + shown(*one));
    all.push_back(one);
  }
  root->items = keep(all);
  add(tree_.name, root);
}

void parser::definition() {
  const auto outer = std::exchange(scope_, {});
  const auto name = next_but_space();
  if (name.type != item_type::string && name.type != item_type::raw_string) unexpected(name, "define clause");
  const auto text = unquoted(name.text);
  if (!text) fail("invalid syntax");
  expect(item_type::right_delimiter, "define clause");
  node* end = nullptr;
  const auto* body = item_list(end);
  if (end->type != node_type::end) fail("unexpected " + shown(*end) + " in define clause");
  add(*text, body);
  scope_ = outer;
}

// Whether it has anything but space.
bool is_empty(const node& of) {
  if (of.type == node_type::text) return trim_space(of.text).empty();
  return of.type == node_type::list && std::ranges::all_of(of.items, [](const node* each) { return is_empty(*each); });
}

void parser::add(std::string_view name, const node* root) {
  const auto found = tree_.templates.find(name);
  if (found == tree_.templates.end()) tree_.templates.emplace(name, root);
  else if (is_empty(*found->second)) found->second = root;
  else if (!is_empty(*root)) fail("template: multiple definition of template " + go_quoted(name));
}

// Up to {{end}} or {{else}}, which `end` gets.
node* parser::item_list(node*& end) {
  if (depth_ >= deepest_block) fail("more than " + std::to_string(deepest_block) + " blocks in one another");
  ++depth_;
  auto* list = make(node_type::list, peek_but_space().offset);
  std::vector<node*> all;
  while (peek_but_space().type != item_type::end_of_text) {
    auto* one = text_or_action();
    if (one->type == node_type::end || one->type == node_type::else_mark) {
      end = one;
      list->items = keep(all);
      --depth_;
      return list;
    }
    all.push_back(one);
  }
  fail("unexpected EOF");
}

node* parser::text_or_action() {
  const auto found = next_but_space();
  if (found.type == item_type::text) {
    auto* text = make(node_type::text, found.offset);
    text->text = found.text;
    return text;
  }
  if (found.type != item_type::left_delimiter) unexpected(found, "input");
  scope_.action_line = found.line;
  auto* result = action();
  scope_.action_line = 0;
  return result;
}

node* parser::action() {
  switch (next_but_space().type) {
    case item_type::block: return block_control();
    case item_type::break_word: return loop_control(node_type::break_out, "break");
    case item_type::continue_word: return loop_control(node_type::continue_loop, "continue");
    case item_type::else_word: return else_control();
    case item_type::end: return end_control();
    case item_type::if_word: return branch(node_type::if_branch, "if");
    case item_type::range: return branch(node_type::range_branch, "range");
    case item_type::template_word: return template_control();
    case item_type::with: return branch(node_type::with_branch, "with");
    default: break;
  }
  back();
  auto* result = make(node_type::action, peek().offset);
  result->pipe = pipeline("command", item_type::right_delimiter);
  return result;
}

node* parser::loop_control(node_type type, std::string_view word) {
  const auto place = tokens_[ahead_].offset;
  const auto shown_word = "{{" + std::string(word) + "}}";
  const auto found = next_but_space();
  if (found.type != item_type::right_delimiter) unexpected(found, shown_word);
  if (scope_.ranges == 0) fail(shown_word + " outside {{range}}");
  return make(type, place);
}

node* parser::branch(node_type type, std::string_view context) {
  const auto known = scope_.variables.size();
  auto* pipe = pipeline(context, item_type::right_delimiter);
  auto* result = make(type, pipe->offset);
  result->pipe = pipe;
  if (type == node_type::range_branch) ++scope_.ranges;
  node* end = nullptr;
  result->body = item_list(end);
  if (type == node_type::range_branch) --scope_.ranges;
  if (end->type == node_type::else_mark) {
    // {{else if}} is {{else}}{{if}} with one {{end}} for both; so is {{else with}}.
    const bool goes_on = (type == node_type::if_branch && peek().type == item_type::if_word) ||
                         (type == node_type::with_branch && peek().type == item_type::with);
    if (goes_on) {
      if (depth_ >= deepest_block) fail("more than " + std::to_string(deepest_block) + " blocks in one another");
      ++depth_;
      next();
      result->otherwise = make(node_type::list, end->offset);
      result->otherwise->items = keep(std::vector<node*>{branch(type, context)});
      --depth_;
    } else {
      result->otherwise = item_list(end);
      if (end->type != node_type::end) fail("expected end; found " + shown(*end));
    }
  }
  scope_.variables.resize(known);
  return result;
}

node* parser::end_control() { return make(node_type::end, expect(item_type::right_delimiter, "end").offset); }

node* parser::else_control() {
  const auto found = peek_but_space();
  if (found.type == item_type::if_word || found.type == item_type::with)
    return make(node_type::else_mark, found.offset);
  return make(node_type::else_mark, expect(item_type::right_delimiter, "else").offset);
}

std::string_view parser::template_name(const item& found, std::string_view context) {
  if (found.type != item_type::string && found.type != item_type::raw_string) unexpected(found, context);
  auto text = unquoted(found.text);
  if (!text) fail("invalid syntax");
  return keep(std::move(*text));
}

node* parser::block_control() {
  const auto found = next_but_space();
  auto* result = make(node_type::call_template, found.offset);
  result->text = template_name(found, "block clause");
  result->pipe = pipeline("block clause", item_type::right_delimiter);
  const auto outer = std::exchange(scope_, {});
  node* end = nullptr;
  const auto* body = item_list(end);
  if (end->type != node_type::end) fail("unexpected " + shown(*end) + " in block clause");
  add(result->text, body);
  scope_ = outer;
  return result;
}

node* parser::template_control() {
  const auto found = next_but_space();
  auto* result = make(node_type::call_template, found.offset);
  result->text = template_name(found, "template clause");
  if (next_but_space().type != item_type::right_delimiter) {
    back();
    result->pipe = pipeline("template clause", item_type::right_delimiter);
  }
  return result;
}

void parser::declarations(std::string_view context, node& pipe, std::vector<node*>& declared) {
  for (;;) {
    const auto name = peek_but_space();
    if (name.type != item_type::variable) return;
    next();
    // What stands right behind the variable has to be given back with it, if this is no declaration.
    const auto behind = peek();
    const auto found = peek_but_space();
    if (found.type == item_type::assign || found.type == item_type::declare) {
      pipe.is_assignment = found.type == item_type::assign;
      next_but_space();
      declared.push_back(make(node_type::variable, name.offset));
      declared.back()->names = split(name.text);
      scope_.variables.push_back(name.text);
      return;
    }
    if (found.type == item_type::character && found.text == ",") {
      next_but_space();
      declared.push_back(make(node_type::variable, name.offset));
      declared.back()->names = split(name.text);
      scope_.variables.push_back(name.text);
      if (context != "range" || declared.size() >= 2) fail("too many declarations in " + std::string(context));
      const auto second = peek_but_space().type;
      if (second != item_type::variable && second != item_type::right_delimiter &&
          second != item_type::right_parenthesis)
        fail("range can only initialize variables");
      continue;
    }
    if (behind.type == item_type::space) back3(name, behind);
    else back2(name);
    return;
  }
}

node* parser::pipeline(std::string_view context, item_type end) {
  auto* pipe = make(node_type::pipe, peek_but_space().offset);
  std::vector<node*> declared;
  declarations(context, *pipe, declared);
  pipe->declared = keep(declared);
  std::vector<node*> commands;
  for (;;) {
    const auto found = next_but_space();
    if (found.type == end) {
      pipe->items = keep(commands);
      check(*pipe, context);
      return pipe;
    }
    switch (found.type) {
      case item_type::boolean:
      case item_type::character_constant:
      case item_type::dot:
      case item_type::field:
      case item_type::identifier:
      case item_type::number:
      case item_type::nil:
      case item_type::raw_string:
      case item_type::string:
      case item_type::variable:
      case item_type::left_parenthesis:
        back();
        commands.push_back(command());
        break;
      default: unexpected(found, context);
    }
  }
}

void parser::check(const node& pipe, std::string_view context) {
  if (pipe.items.empty()) fail("missing value for " + std::string(context));
  for (std::size_t i = 1; i < pipe.items.size(); ++i) {
    switch (pipe.items[i]->items[0]->type) {
      case node_type::boolean:
      case node_type::dot:
      case node_type::nil:
      case node_type::number:
      case node_type::string: fail("non executable command in pipeline stage " + std::to_string(i + 1));
      default: break;
    }
  }
}

node* parser::command() {
  auto* result = make(node_type::command, peek_but_space().offset);
  std::vector<node*> words;
  for (;;) {
    peek_but_space();
    if (auto* word = operand()) words.push_back(word);
    const auto found = next();
    if (found.type == item_type::space) continue;
    if (found.type == item_type::right_delimiter || found.type == item_type::right_parenthesis) back();
    else if (found.type != item_type::pipe) unexpected(found, "operand");
    break;
  }
  if (words.empty()) fail("empty command");
  result->items = keep(words);
  return result;
}

node* parser::operand() {
  auto* start = term();
  if (start == nullptr || peek().type != item_type::field) return start;
  const auto place = peek().offset;
  std::string names;
  while (peek().type == item_type::field) names += next().text;
  switch (start->type) {
    case node_type::boolean:
    case node_type::string:
    case node_type::number:
    case node_type::nil:
    case node_type::dot: fail("unexpected . after term " + go_quoted(shown(*start)));
    case node_type::field:
    case node_type::variable: {
      auto* result = make(start->type, place);
      const auto all = keep(shown(*start) + names);
      result->names = split(start->type == node_type::field ? all.substr(1) : all);
      number_names(*result);
      return result;
    }
    default: break;
  }
  auto* result = make(node_type::chain, place);
  result->pipe = start;
  result->names = split(keep(names.substr(1)));
  number_names(*result);
  return result;
}

node* parser::term() {
  const auto found = next_but_space();
  switch (found.type) {
    case item_type::identifier: {
      auto* result = make(node_type::identifier, found.offset);
      result->text = found.text;
      result->function = functions_.find(found.text);
      if (result->function == nullptr) fail("function " + go_quoted(found.text) + " not defined");
      return result;
    }
    case item_type::dot:
    case item_type::nil: {
      auto* result = make(found.type == item_type::dot ? node_type::dot : node_type::nil, found.offset);
      result->text = found.text;
      return result;
    }
    case item_type::variable: return variable(found);
    case item_type::field: {
      auto* result = make(node_type::field, found.offset);
      result->names = split(found.text.substr(1));
      number_names(*result);
      return result;
    }
    case item_type::boolean: {
      auto* result = make(node_type::boolean, found.offset);
      result->text = found.text;
      result->constant = value(found.text == "true");
      return result;
    }
    case item_type::character_constant:
    case item_type::number: return number(found);
    case item_type::left_parenthesis: {
      if (scope_.parentheses >= deepest_block) fail("max expression depth exceeded");
      ++scope_.parentheses;
      auto* result = pipeline("parenthesized pipeline", item_type::right_parenthesis);
      --scope_.parentheses;
      return result;
    }
    case item_type::string:
    case item_type::raw_string: return string(found);
    default: back(); return nullptr;
  }
}

node* parser::variable(const item& found) {
  if (std::ranges::find(scope_.variables, found.text) == scope_.variables.end())
    fail("undefined variable " + go_quoted(found.text));
  auto* result = make(node_type::variable, found.offset);
  result->names = split(found.text);
  number_names(*result);
  return result;
}

node* parser::string(const item& found) {
  auto text = unquoted(found.text);
  if (!text) fail("invalid syntax");
  auto* result = make(node_type::string, found.offset);
  result->text = found.text;
  result->constant = value(keep(std::move(*text)));
  return result;
}

// Whether the number stands for the same one as a whole number of that type, which it must be in the range of.
template <typename Whole>
std::optional<Whole> as_whole(double number) {
  if (!(number >= static_cast<double>(std::numeric_limits<Whole>::min()) &&
        number < std::ldexp(1.0, std::numeric_limits<Whole>::digits)))
    return {};
  const auto whole = static_cast<Whole>(number);
  return static_cast<double>(whole) == number ? std::optional(whole) : std::nullopt;
}

node* parser::number(const item& found) {
  auto* result = make(node_type::number, found.offset);
  result->text = found.text;
  if (found.type == item_type::character_constant) {
    bool begins_well = false;
    const auto one = unquoted_character(found.text, begins_well);
    if (!one) fail(begins_well ? "malformed character constant: " + std::string(found.text) : "invalid syntax");
    result->whole = static_cast<std::int64_t>(*one);
    result->natural = static_cast<std::uint64_t>(*one);
    result->real = static_cast<double>(*one);
    result->constant = value::integer(*result->whole);
    return result;
  }
  if (found.text.ends_with('i')) fail("imaginary numbers are not supported: " + go_quoted(found.text));
  const auto natural = read_unsigned(found.text, 0);
  const auto whole = read_signed(found.text, 0);
  if (natural) result->natural = natural.number;
  if (whole) result->whole = whole.number;
  if (whole && whole.number == 0) result->natural = 0;
  const bool has_point = found.text.find_first_of(".eEpP") != std::string_view::npos;
  if (result->whole) {
    result->real = static_cast<double>(*result->whole);
  } else if (result->natural) {
    result->real = static_cast<double>(*result->natural);
  } else if (const auto real = read_real(found.text)) {
    if (!has_point) fail("integer overflow: " + go_quoted(found.text));
    result->real = real.number;
    result->whole = as_whole<std::int64_t>(real.number);
    result->natural = as_whole<std::uint64_t>(real.number);
  } else {
    fail("illegal number syntax: " + go_quoted(found.text));
  }
  // Which of them it is where no type is asked for. 0x1e is no real; a natural that is no int has no value.
  const bool is_hex = found.text.size() > 2 && found.text[0] == '0' && (found.text[1] == 'x' || found.text[1] == 'X') &&
                      found.text.find_first_of("pP") == std::string_view::npos;
  if (!is_hex && has_point) result->constant = value(*result->real);
  else if (result->whole) result->constant = value::integer(*result->whole);
  return result;
}

}  // namespace

std::variant<std::unique_ptr<const tree>, fault> parse(std::string name, std::string text,
                                                       const function_table& functions, const delimiters& marks) {
  auto result = std::make_unique<tree>();
  result->name = std::move(name);
  result->text = std::move(text);
  parser reader(*result, functions, marks);
  try {
    reader.run();
  } catch (const failure& wrong) {
    return fault{.name = result->name, .where = reader.where(), .text = wrong.text()};
  }
  return std::unique_ptr<const tree>(std::move(result));
}

}  // namespace drcon::templating::go
