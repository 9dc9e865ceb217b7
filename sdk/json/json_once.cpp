// The one object in which the members of nlohmann::json are instantiated: see json_once.hpp.
#include <nlohmann/json.hpp>

template class nlohmann::basic_json<>;
