// renderer: what pipelines, commands and their words come to.
#include "common/templating/go/renderer.hpp"

#include "common/templating/format/quote.hpp"
#include "common/templating/new_bytes.hpp"

#include <array>
#include <utility>

namespace drcon::templating::go {

value renderer::pipe(const node* of, const value& dot) {
  if (of == nullptr) return {};
  if (depth_ >= around().bounds.depth)
    throw limit_reached("exceeded maximum template depth (" + std::to_string(around().bounds.depth) + ")");
  ++depth_;
  at(*of);
  value result;
  const value* last = nullptr;
  for (const auto* each : of->items) {
    const auto next = command(*each, dot, last);
    // What comes out of a command is the value itself, whatever the type of the place where it lay.
    result = next.is(kind::nil) ? value() : next.in_any(false);
    last = &result;
  }
  for (const auto* each : of->declared) {
    if (of->is_assignment) held_by(each->names[0]) = result;
    else variables_.push_back({.name = each->names[0], .held = result});
  }
  --depth_;
  return result;
}

void renderer::no_function(std::span<node* const> words, const value* last) {
  if (words.size() > 1 || last != nullptr) throw failure("can't give argument to non-function " + shown(*words[0]));
}

value renderer::command(const node& of, const value& dot, const value* last) {
  const auto& first = *of.items[0];
  switch (first.type) {
    case node_type::field: at(first); return field_chain(first, 0, dot, dot, of.items, last);
    case node_type::chain: return chain(first, dot, of.items, last);
    case node_type::identifier: at(first); return call(*first.function, nullptr, of, dot, of.items, last);
    case node_type::pipe: no_function(of.items, last); return pipe(&first, dot);
    case node_type::variable: return variable_chain(first, dot, of.items, last);
    default: break;
  }
  at(first);
  no_function(of.items, last);
  if (first.type == node_type::nil) throw failure("nil is not a command");
  return word(first, dot);
}

// A word that is no function, field or variable: dot or a constant.
value renderer::word(const node& of, const value& dot) {
  switch (of.type) {
    case node_type::dot: return dot;
    case node_type::number: return constant(of);
    case node_type::boolean:
    case node_type::string: return of.constant;
    default: throw failure("can't evaluate command " + go_quoted(shown(of)));
  }
}

value renderer::constant(const node& number) {
  at(number);
  if (!number.constant.is_there()) throw failure(std::string(number.text) + " overflows int");
  return number.constant;
}

value renderer::chain(const node& of, const value& dot, std::span<node* const> words, const value* last) {
  at(of);
  if (of.pipe->type == node_type::nil) throw failure("indirection through explicit nil in " + shown(of));
  // Of nothing every field is nothing, where null would be a fault.
  const auto start = argument(takes::reflected, *of.pipe, dot);
  return field_chain(of, 0, dot, start, words, last);
}

value renderer::variable_chain(const node& of, const value& dot, std::span<node* const> words, const value* last) {
  at(of);
  const auto held = held_by(of.names[0]);
  if (of.names.size() > 1) return field_chain(of, 1, dot, held, words, last);
  if (words.size() > 1 || last != nullptr) no_function(words, last);
  return held;
}

value renderer::field_chain(const node& of, std::size_t first_name, const value& dot, value receiver,
                            std::span<node* const> words, const value* last) {
  const auto end = of.names.size();
  for (auto i = first_name; i + 1 < end; ++i) receiver = field_of(of, i, dot, receiver, {}, nullptr);
  return field_of(of, end - 1, dot, receiver, words, last);
}

value renderer::field_of(const node& of, std::size_t name_index, const value& dot, const value& receiver,
                         std::span<node* const> words, const value* last) {
  const auto name = of.names[name_index];
  const bool has_arguments = words.size() > 1 || last != nullptr;
  switch (receiver.what()) {
    case kind::nothing:
      if (around().missing == missing_key::fault) throw failure("nil data; no entry for key " + go_quoted(name));
      return {};
    case kind::nil: throw failure("nil pointer evaluating interface {}." + std::string(name));
    case kind::object: {
      auto& known = cache_[of.number + name_index];
      if (known.of != &receiver.as_object()) known = {&receiver.as_object(), receiver.as_object().find(name)};
      if (known.found == nullptr) break;
      if (known.found->method != nullptr)
        return call(*known.found->method, receiver.self(), of, dot, words, last).inherits(receiver.origin());
      if (has_arguments) throw failure(std::string(name) + " has arguments but cannot be invoked as function");
      return known.found->get(receiver.self(), scratch()).inherits(receiver.origin());
    }
    case kind::map: {
      const auto& how = receiver.as_map();
      if (how.key != kind::text && how.key != kind::nothing) break;
      if (has_arguments) throw failure(std::string(name) + " is not a method but has arguments");
      const auto found = receiver.find(value(name), scratch());
      if (!found.is(kind::nothing)) return how.any ? found.in_any(true) : found;
      if (around().missing == missing_key::nothing) return {};
      if (around().missing == missing_key::fault) throw failure("map has no entry for key " + go_quoted(name));
      return absent_of(how, scratch());
    }
    default: break;
  }
  const auto type = receiver.in_any() ? std::string_view("interface {}") : receiver.type();
  throw failure("can't evaluate field " + std::string(name) + " in type " + std::string(type));
}

// What a map of that type has for a key that is not there.
value renderer::absent_of(const map_class& how, memory& scratch) {
  switch (how.absent) {
    case kind::text: return value(std::string_view());
    case kind::list: return scratch.any_list({});
    default: return value::null();
  }
}

// Go's nil of a list or map, which is empty.
value renderer::empty_of(std::string_view type, memory& scratch) {
  if (type == takes::texts.type) return scratch.text_list({});
  if (type == takes::map.type) return scratch.any_map({});
  return scratch.any_list({});
}

void renderer::check_count(const function& what, std::size_t words, bool has_last) {
  const auto given = words + (has_last ? 1 : 0);
  const auto known = what.parameters.size();
  const auto wrong = "wrong number of args for " + std::string(what.name) + ": want ";
  if (what.is_variadic) {
    if (given < known - 1)
      throw failure(wrong + "at least " + std::to_string(known - 1) + " got " + std::to_string(words));
  } else if (given != known) {
    throw failure(wrong + std::to_string(known) + " got " + std::to_string(given));
  }
}

value renderer::logical(const function& what, const value& dot, std::span<node* const> words, const value* last) {
  value result;
  for (const auto* each : words) {
    result = argument(takes::reflected, *each, dot);
    if (result.truth() == (what.built == built_in::logical_or)) return result;
  }
  return last == nullptr ? result : *last;
}

value renderer::call(const function& what, const void* self, const node& shown_at, const value& dot,
                     std::span<node* const> words, const value* last) {
  if (!words.empty()) words = words.subspan(1);  // the first one is the function itself
  const auto count = words.size() + (last == nullptr ? 0 : 1);
  if (count > what.parameters.size() || what.is_variadic || count < what.parameters.size())
    check_count(what, words.size(), last != nullptr);
  if (what.built == built_in::logical_and || what.built == built_in::logical_or) return logical(what, dot, words, last);

  std::array<value, 8> few;
  auto* all =
      count <= few.size() ? few.data() : static_cast<value*>(scratch().take(count * sizeof(value), alignof(value)));
  const auto parameter_of = [&](std::size_t i) -> const parameter& {
    return what.parameters[std::min(i, what.parameters.size() - 1)];
  };
  for (std::size_t i = 0; i < words.size(); ++i) new (all + i) value(argument(parameter_of(i), *words[i], dot));
  if (last != nullptr) new (all + count - 1) value(fitting(*last, parameter_of(count - 1)));
  const std::span<const value> given(all, count);
  spend(1);
  try {
    if (what.built == built_in::call) {
      if (!words.empty()) return call_value(shown(*words[0]), given);
      return call_value(
          given[0].is(kind::text) ? std::string(given[0].text()) : "<" + std::string(given[0].type()) + " Value>",
          given);
    }
    self_ = self;
    if (around().oversees == nullptr) return what.call(*this, given);
    const auto executed_before = std::exchange(executed_, origins::none);
    const auto result = traced(what, given, what.call(*this, given));
    executed_ = executed_before;
    return result;
  } catch (const left_out&) {
    throw;
  } catch (const limit_reached& wrong) {
    at(shown_at);
    if (wrong.text().size() > longest_message) throw;
    throw limit_reached("error calling " + std::string(what.name) + ": " + wrong.text());
  } catch (const failure& wrong) {
    at(shown_at);
    const std::string said = wrong.text();
    leave_out(given, what, said);
    if (said.size() > longest_message) throw;
    throw failure("error calling " + std::string(what.name) + ": " + said);
  }
}

// With what the result comes of. What may not be written of it is not returned.
value renderer::traced(const function& what, std::span<const value> given, const value& result) {
  auto& known = around().oversees->known();
  const auto origin = known.both(known.of_all(given), executed_);
  const auto made = result.inherits(origin);
  if (origin == origins::none || made.origin() == origins::none) return made;
  for (const auto& each : new_bytes(what, given, made))
    if (const auto of = known.of(each.of); of != origins::none)
      around().oversees->judge(each.of.with_origin(of), each.as_characters, what.name, scratch());
  return made;
}

// A function that fails on what one instance has must not keep all the others from being written.
void renderer::leave_out(std::span<const value> given, const function& what, const std::string& why) {
  if (around().oversees == nullptr || asks_beyond_its_arguments(what)) return;
  // Not what a list holds: that it is too short is not the fault of who is in it.
  auto origin = origins::none;
  for (const auto& each : given) origin = around().oversees->known().both(origin, each.origin());
  const auto reason = std::string(what.name) + ": " + why;
  if (origin != origins::none && around().oversees->leave_out(origin, reason, scratch())) throw left_out(reason);
}

// The built-in function `call`, of a value that is a function.
value renderer::call_value(std::string_view name, std::span<const value> arguments) {
  if (!arguments[0].is_there()) throw failure("call of nil");
  if (!arguments[0].is(kind::function))
    throw failure("non-function " + std::string(name) + " of type " + std::string(arguments[0].type()));
  const auto& what = arguments[0].as_function();
  const auto given = arguments.subspan(1);
  const auto known = what.parameters.size();
  const auto wrong =
      "wrong number of args for " + std::string(name) + ": got " + std::to_string(given.size()) + " want ";
  if (what.is_variadic && given.size() + 1 < known) throw failure(wrong + "at least " + std::to_string(known - 1));
  if (!what.is_variadic && given.size() != known) throw failure(wrong + std::to_string(known));
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto& asked = what.parameters[std::min(i, known - 1)];
    if (asked.kind == parameter::form::any || asked.kind == parameter::form::reflected) continue;
    const auto at_place = "arg " + std::to_string(i) + ": value ";
    if (!given[i].is_there()) throw failure(at_place + "is nil; should be of type " + std::string(asked.type));
    if (given[i].type() != asked.type)
      throw failure(at_place + "has type " + std::string(given[i].type()) + "; should be " + std::string(asked.type));
  }
  self_ = arguments[0].self();
  return what.call(*this, given);
}

value renderer::argument(const parameter& asked, const node& of, const value& dot) {
  at(of);
  switch (of.type) {
    case node_type::dot: return fitting(dot, asked);
    case node_type::nil:
      if (asked.kind == parameter::form::reflected) return {};
      if (asked.kind == parameter::form::any || asked.kind == parameter::form::typed) return fitting({}, asked);
      throw failure("cannot assign nil to " + std::string(asked.type));
    case node_type::field: {
      at(of);
      return fitting(field_chain(of, 0, dot, dot, {}, nullptr), asked);
    }
    case node_type::variable: return fitting(variable_chain(of, dot, {}, nullptr), asked);
    case node_type::pipe: return fitting(pipe(&of, dot), asked);
    case node_type::identifier: at(of); return fitting(call(*of.function, nullptr, of, dot, {}, nullptr), asked);
    case node_type::chain: return fitting(chain(of, dot, {}, nullptr), asked);
    default: return literal(asked, of);
  }
}

value renderer::literal(const parameter& asked, const node& of) {
  const auto found = [&](std::string_view expected) {
    return failure("expected " + std::string(expected) + "; found " + shown(of));
  };
  switch (asked.kind) {
    case parameter::form::any:
    case parameter::form::reflected: return of.type == node_type::number ? constant(of) : of.constant;
    case parameter::form::text:
      if (of.type == node_type::string) return of.constant;
      throw found("string");
    case parameter::form::boolean:
      if (of.type == node_type::boolean) return of.constant;
      throw found("bool");
    case parameter::form::integer:
      if (of.whole) return value::integer(*of.whole);
      throw found("integer");
    case parameter::form::integer64:
      if (of.whole) return value::integer64(*of.whole);
      throw found("integer");
    case parameter::form::natural32:
      // What is beyond its range is cut, as Go cuts it.
      if (of.natural) return value::integer(static_cast<std::uint32_t>(*of.natural));
      throw found("unsigned integer");
    case parameter::form::real:
      if (of.real) return value(*of.real);
      throw found("float");
    case parameter::form::typed:
    case parameter::form::structure: break;
  }
  throw failure("can't handle " + shown(of) + " for arg of type " + std::string(asked.type));
}

value renderer::fitting(const value& given, const parameter& asked) {
  switch (asked.kind) {
    case parameter::form::reflected: return given;
    case parameter::form::any: return given.is(kind::nothing) ? value::null() : given;
    default: break;
  }
  if (given.is(kind::nothing)) {
    if (asked.kind == parameter::form::typed) return empty_of(asked.type, scratch());
    throw failure("invalid value; expected " + std::string(asked.type));
  }
  if (given.type() == asked.type) return given.in_any(false);
  throw failure("wrong type for value; expected " + std::string(asked.type) + "; got " + std::string(given.type()));
}

}  // namespace drcon::templating::go
