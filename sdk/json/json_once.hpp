// nlohmann/json.hpp, whose members are compiled once, in json_once.cpp, instead of in every object that uses them.
//
// Part of the precompiled headers, so that it applies without being included by name. It is not installed: an author's
// plugin instantiates what it uses.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

extern template class nlohmann::basic_json<>;
// A member template, and with it the whole parser.
extern template nlohmann::json nlohmann::json::parse(const std::string&, nlohmann::json::parser_callback_t, bool, bool);
extern template nlohmann::json nlohmann::json::parse(std::string&, nlohmann::json::parser_callback_t, bool, bool);
extern template nlohmann::json nlohmann::json::parse(std::string&&, nlohmann::json::parser_callback_t, bool, bool);
