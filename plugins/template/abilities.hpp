// What templates in Go's language may do besides reading: run programs, write more files, ask for this machine's
// addresses.
//
// Thread rule: the thread that renders. A program blocks it for as long as it may take.
#pragma once

#include "common/templating/surroundings.hpp"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace drcon::templates {

struct abilities {
  std::chrono::nanoseconds program_timeout = std::chrono::seconds(10);
  std::vector<std::string> write_below;  ///< directories; none: nothing is written
};

/// A file that `writeToFile` makes, once what the template is for has been rendered.
struct written_file {
  std::string content;
  std::uint32_t mode = 0;
  std::string user;  ///< empty: as drcon runs
  std::string group;
};
using written_files = std::map<std::string, written_file>;

/// Both `granted` and `files` must outlive the rendering, which adds to the files.
void grant(const abilities& granted, written_files& files, templating::surroundings& around);

/// Writes those that are not so already, below the directories that are granted still. What went wrong, or empty.
std::string write_files(const written_files& all, const abilities& granted);

}  // namespace drcon::templates
