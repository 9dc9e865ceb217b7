// Walks a mustache template and writes what it makes of the values.
//
// Thread rule: one thread; made for one rendering.
#pragma once

#include "common/templating/invocation.hpp"
#include "common/templating/mustache/tree.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::templating::mustache {

class renderer final : public invocation {
public:
  renderer(const tree& of, const escape& with, const surroundings& around, std::string& output)
      : invocation(around), tree_(of), escape_(with), output_(output), running_(&of.root), line_start_(output.size()) {}

  /// Throws a `failure`; where it was is what `running` and `where` say then.
  void run(const value& root);
  const source& running() const { return *running_; }
  position where() const override { return now_ == nullptr ? position() : running_->place(now_->offset); }

  /// Mustache has no functions that could ask for it.
  std::string execute(std::string_view, const value&) override { return {}; }

private:
  // A value whose names are in reach, and its place when it is an element of a list.
  struct context {
    value held;
    std::size_t index = 0;
    std::size_t count = 0;  // 0: no element
  };

  void walk(const std::vector<node>& all);
  void walk_one(const node& one);
  void section(const node& of);
  void inverted(const node& of);
  void enter(const node& of, const context& in);
  void partial(const node& of);
  void variable(const node& of);
  void text(const node& of);
  void line_end(const node& of);
  void end_line();

  value find(const node& of);
  value member(const node& of, const context& in, std::string_view name);
  value member(const value& of, std::string_view name);
  const field* field_of(const node& of, const object_class& how, std::string_view name);
  void write(std::string_view text);
  void begin_line();

  const tree& tree_;
  const escape& escape_;
  std::string& output_;
  const source* running_;
  const node* now_ = nullptr;
  std::vector<context> contexts_;
  std::size_t depth_ = 0;
  std::string shown_;  // of a number, in between

  // What a tag's first name meant the last time that it was looked up in an object: lists have many of one class. Each
  // pair of tag and class has one place; another pair that falls onto it takes it.
  struct cached {
    const node* tag = nullptr;
    const object_class* how = nullptr;
    const field* found = nullptr;
  };
  std::array<cached, 128> cache_;

  // Of partials: what each of their lines begins with.
  std::string indentation_;
  bool is_at_line_start_ = true;

  // Of the rules as before: where the line begins in the output, and whether a section began or ended in it.
  std::size_t line_start_;
  bool had_section_ = false;
};

}  // namespace drcon::templating::mustache
