// The tables of all files of a configuration, by what they are.
#pragma once

#include "config/document.hpp"
#include "config/schema_check.hpp"

#include <map>
#include <string>

namespace drcon::config {

/// One table: [host], [source.consul], …. Points into the document it is from.
struct section {
  const toml::table* table = nullptr;
  position where;                   ///< of the table's header
  std::string title;                ///< "[source.consul]"
  std::filesystem::path directory;  ///< of its file

  options_to_check to_check(std::set<std::string> reserved = {}) const {
    return {.table = *table, .where = where, .title = title, .directory = directory, .reserved = std::move(reserved)};
  }
};

/// By name. One that is there twice is a fault, and both are kept, so that both are checked.
using named_sections = std::multimap<std::string, section>;

struct sections {
  named_sections single;  ///< host, log, admin
  named_sections sources;
  named_sections sinks;
  named_sections pipelines;
};

/// Faults of unknown, doubled and wrongly named tables go to `found`. `from` must outlive the result.
sections collect_sections(const documents& files, diagnostics& found);

}  // namespace drcon::config
