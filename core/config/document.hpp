// The TOML files of a configuration: the main one and what it includes, with the place of every key and value.
#pragma once

#include "config/diagnostics.hpp"
#include "config/position.hpp"

#include <drcon/toml.hpp>

#include <filesystem>
#include <vector>

namespace drcon::config {

struct document {
  std::filesystem::path file;       ///< as named by the user or found by an include
  std::filesystem::path directory;  ///< absolute; relative paths in the file start here
  toml::table table;
};

struct documents {
  std::vector<document> all;
  bool has_main = false;     ///< the first of `all` is the main file
  std::size_t hash = 0;      ///< of the text of all
  bool is_complete = false;  ///< every file was read: what is not there, is not there
};

/// Reads `file` and, at any depth, the files its `include` names: paths and glob patterns, taken from the including
/// file's directory, in order of name. Faults go to `found`; the files that could be read are returned, so that they
/// are checked too. A file that is named twice is read once.
documents read_documents(const std::filesystem::path& file, diagnostics& found);

position place(const toml::node& node);
position place(const toml::key& key);

}  // namespace drcon::config
