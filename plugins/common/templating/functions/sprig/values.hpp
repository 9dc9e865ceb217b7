// What sprig's functions take values for: numbers, texts, what is empty, what is equal.
//
// Thread rule: the thread that renders.
#pragma once

#include "common/templating/invocation.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace drcon::templating::sprig {

/// A value that may be of any type, as Go's functions return it.
inline value any_result(const value& of) { return of.is_there() ? of.in_any(true) : value::null(); }

/// A text or number or truth as a number; 0 for what is none.
std::int64_t to_whole(const value& of);
double to_real(const value& of);

/// A text as it is, anything else as %v.
std::string to_text(invocation& in, const value& of);
/// The elements of a list as texts, without those that are null; another value as the only one.
std::vector<std::string> to_texts(invocation& in, const value& of);

bool is_empty(const value& of);
/// Equal in type and in all that they hold.
bool is_same(invocation& in, const value& left, const value& right);

/// Go's reflect.Kind: "string", "slice", "ptr" …
std::string_view kind_name(const value& of);
bool is_list(const value& of);

/// The elements of a list, or a failure in the words of Go: "Cannot VERB on type KIND".
std::vector<value> elements(invocation& in, const value& list, std::string_view refusal);

}  // namespace drcon::templating::sprig
