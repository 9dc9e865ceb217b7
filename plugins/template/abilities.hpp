// What templates in Go's language may do besides reading: run programs, write more files, ask for this machine's
// addresses and for time zones.
//
// Thread rule: the thread that renders. A program blocks it for as long as it may take.
#pragma once

#include "common/file_place.hpp"
#include "common/templating/surroundings.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
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
  bool is_of_data = false;  ///< whoever may write data has a part in the path
};
using written_files = std::map<std::string, written_file>;

/// A program ends when `stop` says so. Both `granted` and `files` must outlive the rendering, which adds to the files.
void grant(const abilities& granted, const std::stop_token& stop, written_files& files,
           templating::surroundings& around);

/// Why nothing may be written there, or empty: the directory, held open, has to be below one that is granted still.
std::string may_write(const std::string& path, const common::file_place& place, const abilities& granted);
/// Writes it unless it is so already; `held` is what is there. What went wrong, or empty.
std::string replace(const std::string& path, const common::file_place& place, const written_file& of,
                    const std::optional<std::string>& held);

}  // namespace drcon::templates
