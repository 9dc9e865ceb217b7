// Checks a TOML table against an option schema and makes the JSON that the plugin gets.
//
// The dialect is JSON Schema with: type, properties, required, additionalProperties, items, enum, minimum, maximum,
// minLength, minItems, pattern, default, and
//   format   duration ("250ms"), size ("64KiB"), percent ("50%"), regex (ECMAScript), url (with a host),
//            address (HOST:PORT; HOST is a name, an IPv4 address, or an IPv6 address in brackets),
//            path (the plugin gets it absolute: a relative one starts at the directory of the config file it stands
//            in; not empty, unless the default is "" or minLength is 0)
//   reads    of a path, true: the plugin reads this file when its instance is made, such as a certificate; a reload
//            makes the instance again when the content of the file has changed
//   secret   true: the user writes a string, { file = "…" }, { env = "…" } or { credential = "…" }; the plugin gets a
//   string
//   formerly  names that the option had in earlier versions: read still, with a warning that has the new name
//   gone      of a table: names of options that are no more -> what to do instead; they are refused with that text
// A table that is left out gets its members' defaults, unless it has required members. What else a schema holds,
// valijson judges at the end.
#pragma once

#include "config/diagnostics.hpp"
#include "config/secret.hpp"

#include <drcon/toml.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace drcon::config {

struct checked_options {
  nlohmann::json values = nlohmann::json::object();  ///< defaults filled in, secrets resolved, paths absolute
  std::set<std::string> secrets;                     ///< JSON Pointers
  std::set<std::string> files_read;                  ///< paths of options with "reads"
  secret_signatures secret_files;                    ///< the files that secrets were read from
  std::map<std::string, position> positions;         ///< JSON Pointer -> where its value stands; "" is the table
};

/// What to check, and what messages about it need.
struct options_to_check {
  const toml::table& table;
  position where;                   ///< of the table's header
  std::string title;                ///< how messages name it: "[source.consul]"
  std::filesystem::path directory;  ///< absolute; where relative paths start
  std::set<std::string> reserved;   ///< keys of the table that are the caller's
};

/// All faults go to `found`, a broken schema too; `values` are of use only when there is none.
checked_options check_options(const options_to_check& given, const nlohmann::json& schema, diagnostics& found);

}  // namespace drcon::config
