// The file of a plugin library, opened once: what is checked, tried in a child and loaded is one and the same file,
// whatever its name stands for by then.
//
// Thread rule: plain values; the loader of libraries uses it when a plugin is loaded.
#pragma once

#include "base/result.hpp"
#include "plugins/library_fault.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace drcon::plugins {

class library_file {
public:
  /// Opens a regular file for reading. For root it must belong to root, and so must each directory above it.
  static base::result<library_file, library_fault> open(const std::filesystem::path& given);
  /// One that another process has opened and checked. `name` is for messages.
  static library_file checked_before(int descriptor, std::filesystem::path name);

  library_file(library_file&& other) noexcept;
  library_file& operator=(library_file&&) = delete;
  ~library_file();

  /// Canonical.
  const std::filesystem::path& name() const { return name_; }
  int descriptor() const { return descriptor_; }

  /// What dlopen is to be given in this process: a name of the descriptor, not of the file.
  ///
  /// The file's own name serves in two cases. The loader replaces $ORIGIN by the directory of the name that it is
  /// given, so that a library that looks for others beside itself would look below /proc. And /proc may not be there.
  /// For root both are safe, since none but root can exchange an entry of the directories that open() has checked.
  std::string name_for_loader() const;

  /// Leaves the descriptor open until the process ends, for it and for processes that load the file too. Needed once a
  /// library was loaded: the loader remembers by which names, and takes a second file of one of these for the first.
  void keep_open() { kept_ = true; }

private:
  library_file(int descriptor, std::filesystem::path name) : descriptor_(descriptor), name_(std::move(name)) {}
  possible_fault fault_of_permissions() const;

  int descriptor_ = -1;
  bool kept_ = false;
  std::filesystem::path name_;
};

}  // namespace drcon::plugins
