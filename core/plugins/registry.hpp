// Every plugin there is: the libraries of the plugin directories, by name.
//
// Thread rule: filled once at start, before any other thread exists; read only after that.
#pragma once

#include "config/configuration.hpp"
#include "plugins/library.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::plugins {

/// A file in a plugin directory that is not used, and why.
struct refused_library {
  std::filesystem::path file;
  library_fault fault;

  /// One line.
  std::string text() const { return file.string() + " " + fault.why; }
};

class registry {
public:
  /// Loads each *.so of drcon's own directory. To be called before load_directories: a name belongs to whom came first.
  void load_bundled(const std::filesystem::path& directory);
  /// Loads each *.so of the directories, in order of name. A directory that does not exist is passed over.
  void load_directories(const std::vector<std::filesystem::path>& directories);
  /// Takes a plugin that needs no loading: one that is part of the program, as in tests.
  void add(plugin built_in) { plugins_.insert_or_assign(built_in.name(), std::move(built_in)); }

  /// Null when there is none of that name.
  const plugin* find(const std::string& name) const;
  const std::map<std::string, plugin>& all() const { return plugins_; }

  const std::vector<refused_library>& refused() const { return refused_; }
  /// All that were looked into, for messages.
  const std::vector<std::filesystem::path>& directories() const { return directories_; }

  /// What the configuration's loader wants to know.
  config::plugin_catalog catalog() const;

private:
  void load_directory(const std::filesystem::path& directory, trust origin);
  void load(const std::filesystem::path& file, trust origin);
  void add_or_refuse(plugin loaded, const std::filesystem::path& file);
  std::optional<library_fault> fault_of_place(const std::filesystem::path& file) const;
  library_fault clash(const plugin& known) const;

  std::map<std::string, plugin> plugins_;
  std::vector<refused_library> refused_;
  std::filesystem::path bundled_;
  std::vector<std::filesystem::path> directories_;
};

}  // namespace drcon::plugins
