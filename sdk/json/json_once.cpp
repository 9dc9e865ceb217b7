// The one object in which the members of nlohmann::json are instantiated: see json_once.hpp.
#include "parsed_json.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>

template class nlohmann::basic_json<>;
template nlohmann::json nlohmann::json::parse(const std::string&, nlohmann::json::parser_callback_t, bool, bool);
template nlohmann::json nlohmann::json::parse(std::string&, nlohmann::json::parser_callback_t, bool, bool);
template nlohmann::json nlohmann::json::parse(std::string&&, nlohmann::json::parser_callback_t, bool, bool);

#ifdef DRCON_DEFINES_JSON_LITERAL
nlohmann::json nlohmann::literals::json_literals::operator""_json(const char* text, std::size_t size) {
  return json::parse(text, text + size);
}
#endif

nlohmann::json drcon::parsed_json(std::string_view text) {
  if (drcon::has_hidden_rest(text)) return nlohmann::json(nlohmann::json::value_t::discarded);
  return nlohmann::json::parse(text, nullptr, false);
}
