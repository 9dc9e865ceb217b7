// All plugins that this process knows: the libraries of the plugin directories, by name.
//
// Of drcon's own plugins only those are loaded that something asks for: each costs the process a megabyte and more, and
// most configurations name two or three. Those of third parties are loaded at once, since their names are in them.
// Thread rule: everything but find() on the thread that reads configurations; find() on any.
#pragma once

#include "config/configuration.hpp"
#include "plugins/library.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <shared_mutex>
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
  /// Each NAME.so of drcon's own directory is loaded when load() is asked for NAME. To be called before
  /// load_directories: a third party must not take the name of a bundled plugin.
  void offer_bundled(const std::filesystem::path& directory);
  /// Loads all that was offered.
  void load_all();
  /// Loads each *.so of the directories, in order of name. A directory that does not exist is skipped, and one that
  /// cannot be listed is among refused(); whoever asks for a plugin that is not known is told of both.
  void load_directories(const std::vector<std::filesystem::path>& directories);
  /// Adds a plugin that needs no loading, because it is part of the program, as in tests.
  void add(plugin built_in);

  /// Null when there is none of that name, or it cannot be loaded: then refused() has the reason.
  const plugin* load(const std::string& name);
  /// Null when none of that name was loaded. What is found stays where it is.
  const plugin* find(const std::string& name) const;
  /// Those that were loaded.
  const std::map<std::string, plugin>& all() const { return plugins_; }

  const std::vector<refused_library>& refused() const { return refused_; }
  /// All that were searched, for messages.
  const std::vector<std::filesystem::path>& directories() const { return directories_; }

  /// What the loader of the configuration asks about plugins; it loads those that the configuration names. Borrows this
  /// registry, which must outlive it.
  config::plugin_catalog catalog();

private:
  struct offer {
    std::filesystem::path file;
    bool is_loaded = false;
  };
  std::vector<std::filesystem::path> files_of(const std::filesystem::path& directory);
  std::optional<config::missing_plugin> why_missing(const std::string& name) const;
  void load_offered(offer& each);
  bool load_file(const std::filesystem::path& file, trust origin);
  void refuse(const std::filesystem::path& file, library_fault fault);
  void add_or_refuse(plugin loaded, const std::filesystem::path& file);
  possible_fault fault_of_place(const std::filesystem::path& file) const;
  library_fault clash(const std::string& name, const std::filesystem::path& known) const;

  mutable std::shared_mutex mutex_;  // guards plugins_ against find(); never held while a library is loaded
  std::map<std::string, plugin> plugins_;
  std::map<std::string, offer> offered_;  // by the name that the file has
  std::vector<refused_library> refused_;
  std::vector<refused_library> unlisted_;  // directories of which nobody knows what is in them
  std::filesystem::path bundled_;
  std::vector<std::filesystem::path> directories_;
};

}  // namespace drcon::plugins
