// One JSON Schema for a whole configuration file, for editors: completion, hover texts and marks while typing.
//
// It is draft-07. Taplo, and with it VS Code's Even Better TOML, reads drafts 4, 6 and 7 and no newer one; 7 is the
// first with if/then, which a table whose keys depend on its `plugin` needs.
//
// It says what the host's own checker says, as far as a schema can, in standard JSON Schema: formats become patterns,
// a secret may be a table, a plugin's options hang on `plugin`. Files that are included are held to it as well, so
// nothing is required at the top.
//
// Any thread; keeps nothing.
#pragma once

#include "reference/plugin_facts.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace drcon::reference {

nlohmann::json editor_schema(const std::vector<plugin_facts>& plugins);

}  // namespace drcon::reference
