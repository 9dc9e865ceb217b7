// The parameters of functions, as lists that the tables of functions share.
//
// Thread rule: constants.
#pragma once

#include "common/templating/function.hpp"

namespace drcon::templating::expects {

inline constexpr parameter any[] = {takes::any};
inline constexpr parameter flag[] = {takes::boolean};
inline constexpr parameter integer[] = {takes::integer};
inline constexpr parameter map[] = {takes::map};
inline constexpr parameter pairs[] = {takes::pairs};
inline constexpr parameter text[] = {takes::text};
inline constexpr parameter any_and_text[] = {takes::any, takes::text};
inline constexpr parameter format_and_any[] = {takes::text, takes::any};
inline constexpr parameter integer_and_any[] = {takes::integer, takes::any};
inline constexpr parameter list_and_any[] = {takes::list, takes::any};
inline constexpr parameter map_and_text[] = {takes::map, takes::text};
inline constexpr parameter number_and_text[] = {takes::integer, takes::text};
inline constexpr parameter text_and_any[] = {takes::text, takes::any};
inline constexpr parameter text_and_map[] = {takes::text, takes::map};
inline constexpr parameter two[] = {takes::any, takes::any};
inline constexpr parameter two_maps[] = {takes::map, takes::map};
inline constexpr parameter two_texts[] = {takes::text, takes::text};
inline constexpr parameter choice[] = {takes::any, takes::any, takes::boolean};
inline constexpr parameter map_text_and_any[] = {takes::map, takes::text, takes::any};
inline constexpr parameter number_and_two_texts[] = {takes::integer, takes::text, takes::text};
inline constexpr parameter rounding[] = {takes::any, takes::integer, takes::real};
inline constexpr parameter text_any_text[] = {takes::text, takes::any, takes::text};
inline constexpr parameter text_number_and_text[] = {takes::text, takes::integer, takes::text};
inline constexpr parameter texts_and_number[] = {takes::text, takes::text, takes::integer};
inline constexpr parameter three_integers[] = {takes::integer, takes::integer, takes::integer};
inline constexpr parameter three_texts[] = {takes::text, takes::text, takes::text};
inline constexpr parameter two_numbers_and_text[] = {takes::integer, takes::integer, takes::text};
inline constexpr parameter two_texts_and_any[] = {takes::text, takes::text, takes::any};
inline constexpr parameter two_texts_and_number[] = {takes::text, takes::text, takes::integer};
inline constexpr parameter five_texts[] = {takes::text, takes::text, takes::text, takes::text, takes::text};
inline constexpr parameter number_and_texts[] = {takes::natural32, takes::text, takes::text, takes::text, takes::text};

}  // namespace drcon::templating::expects
