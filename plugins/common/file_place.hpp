// Where a file is: a directory that is held open, and a name in it.
//
// The path is walked once, link by link. What happens to its directories later cannot lead a writer elsewhere. As root,
// a symbolic link is followed only where nobody else could have made it: whoever may write to the directory of a link
// could otherwise have root replace any file of the machine.
// Thread rule: a value; its functions from any thread.
#pragma once

#include <memory>
#include <string>

namespace drcon::common {

class file_place {
public:
  /// None: nothing was looked for yet, and fault() says so.
  file_place() : fault_("no file was looked for yet") {}

  enum class last_link {
    follow,
    keep,  ///< the place of the link itself
  };
  /// Resolves the path; the file itself need not be there. See fault().
  explicit file_place(const std::string& path, last_link end = last_link::follow);

  /// Why there is no such place, or empty.
  const std::string& fault() const { return fault_; }

  /// A descriptor of the directory, for openat and its kin.
  int directory() const;
  const std::string& name() const { return name_; }
  /// The path without links, for messages and for programs.
  std::string path() const;

  /// Another name in the same directory.
  file_place beside(const std::string& name) const;

  /// Makes a rename or a removal in the directory survive a power failure. Best effort: some file systems cannot.
  void sync_directory() const;

private:
  std::shared_ptr<const int> directory_;
  std::string directory_path_;  // "" for the working directory, else with a "/" at its end
  std::string name_;
  std::string fault_;
};

}  // namespace drcon::common
