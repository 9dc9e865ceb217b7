// All plugins that this process knows: the libraries of the plugin directories, by name.
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
  /// Loads each *.so of drcon's own directory. To be called before load_directories: a name belongs to the plugin that
  /// was loaded first, and a third party must not take the name of a bundled one.
  void load_bundled(const std::filesystem::path& directory);
  /// Loads each *.so of the directories, in order of name. A directory that does not exist is skipped.
  void load_directories(const std::vector<std::filesystem::path>& directories);
  /// Adds a plugin that needs no loading, because it is part of the program, as in tests.
  void add(plugin built_in) { plugins_.insert_or_assign(built_in.name(), std::move(built_in)); }

  /// Null when there is none of that name.
  const plugin* find(const std::string& name) const;
  const std::map<std::string, plugin>& all() const { return plugins_; }

  const std::vector<refused_library>& refused() const { return refused_; }
  /// All that were searched, for messages.
  const std::vector<std::filesystem::path>& directories() const { return directories_; }

  /// What the loader of the configuration asks about plugins. Borrows this registry, which must outlive it.
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
