// Every plugin there is: the libraries of the plugin directories, by name.
//
// Thread rule: filled once at start, before any other thread exists; read only after that.
#pragma once

#include "config/configuration.hpp"
#include "plugins/library.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace drcon::plugins {

class registry {
public:
  /// Loads each *.so of the directories, in order of name. A directory that does not exist is passed over.
  void load_directories(const std::vector<std::filesystem::path>& directories);
  /// Takes a plugin that needs no loading: one that is part of the program, as in tests.
  void add(plugin built_in) { plugins_.insert_or_assign(built_in.name(), std::move(built_in)); }

  /// Null when there is none of that name.
  const plugin* find(const std::string& name) const;
  const std::map<std::string, plugin>& all() const { return plugins_; }

  /// One line for each library that was refused: "FILE: WHY".
  const std::vector<std::string>& refused() const { return refused_; }
  const std::vector<std::filesystem::path>& directories() const { return directories_; }

  /// What the configuration's loader wants to know.
  config::plugin_catalog catalog() const;

private:
  void load(const std::filesystem::path& file);

  std::map<std::string, plugin> plugins_;
  std::vector<std::string> refused_;
  std::vector<std::filesystem::path> directories_;
};

}  // namespace drcon::plugins
