// Walks the tree of a template and writes what it makes of the values.
//
// Thread rule: one thread; made for one rendering.
#pragma once

#include "common/templating/format/print.hpp"
#include "common/templating/go/tree.hpp"
#include "common/templating/invocation.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace drcon::templating::go {

class renderer final : public invocation {
public:
  /// Of a fault within a template that a function called: each call adds where it was, and they may be many.
  static constexpr std::size_t longest_message = 2000;

  renderer(const tree& of, const surroundings& around, std::string& output);

  /// Throws a `failure`; where it was is what `where` and `context` say then.
  void run(const value& root);
  std::string execute(std::string_view name, const value& dot) override;

  position where() const override;
  /// `executing "NAME" at <NODE>: `
  std::string context() const;

private:
  enum class outcome : std::uint8_t { goes_on, breaks, continues };

  struct variable {
    std::string_view name;
    value held;
  };

  // One template's variables: it sees none of who calls it.
  class frame;
  // Counts how deep the rendering is, since each level takes some of the stack.
  class level;

  void run(std::string_view name, const node& root, const value& dot);
  outcome walk(const node& list, const value& dot);
  outcome walk_one(const node& one, const value& dot);
  outcome walk_branch(const node& branch, const value& dot);
  outcome walk_range(const node& branch, const value& dot);
  void walk_template(const node& call, const value& dot);

  // walk_range's: true when there was anything.
  bool range_over(const node& branch, const value& over);
  value unchanging(const value& map);
  outcome walk_element(const node& body, const value& element);
  bool iterate(const node& branch, const value& index, const value& element, std::size_t mark);

  value pipe(const node* of, const value& dot);
  value command(const node& of, const value& dot, const value* last);
  value word(const node& of, const value& dot);
  value constant(const node& number);
  value field_chain(const node& of, std::size_t first_name, const value& dot, value receiver,
                    std::span<node* const> words, const value* last);
  value field_of(const node& of, std::size_t name, const value& dot, const value& receiver,
                 std::span<node* const> words, const value* last);
  value chain(const node& of, const value& dot, std::span<node* const> words, const value* last);
  value variable_chain(const node& of, const value& dot, std::span<node* const> words, const value* last);

  value call(const function& what, const void* self, const node& shown_at, const value& dot,
             std::span<node* const> words, const value* last);
  value traced(const function& what, std::span<const value> given, const value& result);
  void leave_out(std::span<const value> given, const function& what, const std::string& why);
  value logical(const function& what, const value& dot, std::span<node* const> words, const value* last);
  value call_value(std::string_view name, std::span<const value> arguments);
  void check_count(const function& what, std::size_t words, bool has_last);
  value argument(const parameter& takes, const node& of, const value& dot);
  value literal(const parameter& takes, const node& of);
  value fitting(const value& given, const parameter& takes);
  void no_function(std::span<node* const> words, const value* last);

  static value absent_of(const map_class& how, memory& scratch);
  static value empty_of(std::string_view type, memory& scratch);

  value& held_by(std::string_view name);
  void check_rounds(const value& number);
  void write(std::string_view text);
  void show(const value& shown);
  void at(const node& of) { now_ = &of; }

  const tree& tree_;
  std::string* output_;
  std::vector<variable> variables_;
  std::size_t base_ = 0;  // where the variables of the running template begin
  std::string_view running_;
  const node* now_ = nullptr;
  std::size_t depth_ = 0;
  std::size_t nested_ = 0;                    // templates that functions have called
  origins::number executed_ = origins::none;  // what comes into their texts

  // What a name meant the last time that it was looked up in an object: lists have many of one class.
  struct cached {
    const object_class* of = nullptr;
    const field* found = nullptr;
  };
  std::vector<cached> cache_;
};

}  // namespace drcon::templating::go
