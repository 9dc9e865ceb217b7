// Which files of a directory this sink has written, where a template is rendered once for each of many things: only
// those are replaced and removed. The list is in a hidden file beside them, and is written before the first of them is.
//
// Thread rule: owned by its user's thread, which it blocks.
#pragma once

#include "common/managed_file.hpp"

#include <map>
#include <string>

namespace drcon::templates {

class own_files {
public:
  /// `pattern` is the path with {{name}} in it.
  explicit own_files(const std::string& pattern);

  /// Keeps every other sink from writing files of that pattern. Why that is not so, or empty.
  std::string lock(const std::string& owner) { return list_.lock(owner); }
  /// Reads the list. What went wrong, or empty.
  std::string read();
  /// Path -> what the file is for, where its name does not say it: the path of a setting.
  using list = std::map<std::string, std::string>;
  const list& paths() const { return paths_; }
  /// Writes it, durably, unless it says so already. What went wrong, or empty.
  std::string write(const list& paths);
  /// False when somebody has removed or edited the list: then it is to be written again.
  bool is_as_left() { return list_.is_untouched(); }
  /// As common::managed_file::beside.
  common::file_place beside(const std::string& ending) const { return list_.beside(ending); }

private:
  std::string directory_;  // with a slash at its end, or empty
  common::managed_file list_;
  list paths_;
};

}  // namespace drcon::templates
