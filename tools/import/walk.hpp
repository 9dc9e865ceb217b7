// Walks a template as a rendering would, with what is known of its values instead of the values, and notes what it asks
// for on the way: both ways of a condition, and a loop until nothing new comes of it.
//
// Thread rule: one thread; made for one template.
#pragma once

#include "common/templating/go/tree.hpp"
#include "import/held.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drcon::importing {

/// conditions.cpp: what a function that compares or searches says of the service that a loop over the catalogue is at.
held condition_of(std::string_view function, std::span<const held> given);

class walk {
public:
  walk(const templating::go::tree& of, const std::string& file, report& found)
      : tree_(of), file_(file), report_(found) {}

  asks run();

private:
  using node = templating::go::node;
  using arguments = std::span<const held>;

  struct variable {
    std::string_view name;
    held value;
    friend bool operator==(const variable&, const variable&) = default;
  };
  // A call of `services`: what of it matters is known when the template has been walked.
  struct catalogue {
    place where;
    std::string call;
    std::string datacenter;
    bool as_a_whole = false;
    std::vector<std::vector<choice>> narrowed;
  };

  // walk.cpp: the language.
  void list(const node& of, const held& dot);
  void one(const node& of, const held& dot);
  void if_or_with(const node& of, const held& dot);
  void range(const node& of, const held& dot);
  void loop(const node& of, const held& key, const held& element);
  void loop_over_catalogue(const node& of, const held& over);
  bool narrow(const node& body, const held& dot, std::size_t item, std::vector<std::vector<choice>>& narrowed);
  bool narrow_one(const node& of, const held& dot, std::size_t item, std::vector<std::vector<choice>>& narrowed);
  void otherwise(const node& of, const held& dot);
  void call_template(std::string_view name, const held& dot);
  held pipe(const node& of, const held& dot);
  held command(const node& of, const held& dot, const held* last);
  held word(const node& of, const held& dot);
  held fields(held of, std::span<const std::string_view> names);
  void assign(std::string_view name, const held& value);
  variable* find(std::string_view name);

  // functions.cpp: what functions give.
  held call(const node& of, arguments given);
  held ask(std::string_view function, const node& of, arguments given, bool& is_one);
  held compute(std::string_view function, arguments given);
  held printf(arguments given);
  held scratch(std::string_view method, arguments given);
  void used_as_a_whole(arguments given);
  void writes(const node& of, arguments given);

  // queries.cpp: what is asked of Consul.
  held service(const node& of, arguments given);
  held services(const node& of, arguments given);
  held nodes(std::string_view function, const node& of, arguments given);
  held key(std::string_view function, const node& of, arguments given);
  void service_of(const node& of, const shape& query, std::vector<shape>& names);
  void key_of(std::string_view function, const node& of, const shape& query);
  std::optional<std::vector<choice>> choices(const shape& name) const;
  bool read_known(const node& of, const shape& given, std::string_view what, std::string& result);

  place where(const node& of) const { return {.file = file_, .where = templating::place_of(tree_.text, of.offset)}; }
  std::string shown_call(const node& of) const;
  bool goes_on();

  const templating::go::tree& tree_;
  const std::string& file_;
  report& report_;
  asks asks_;
  std::vector<variable> variables_;
  std::map<std::string, held, std::less<>> scratch_;
  std::vector<condition> conditions_;
  std::vector<catalogue> catalogues_;
  std::vector<const node*> loops_;  // those over a catalogue; their numbers are `item`
  const node* command_ = nullptr;   // whose function is called
  std::size_t depth_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace drcon::importing
