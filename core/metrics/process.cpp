#include "metrics/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace drcon::metrics {
namespace {

// The fields of /proc/self/stat that are numbers and come after the state: the first is field 4 of proc(5). They are
// searched for behind the last ")", since the program's name before it may contain any character.
std::vector<double> stat_fields() {
  std::ifstream in("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto name_end = text.rfind(") ");
  std::vector<double> fields;
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(text.substr(name_end + 4));  // past the state, a letter
  for (double each = 0; rest >> each;) fields.push_back(each);
  return fields;
}

double boot_time() {
  std::ifstream in("/proc/stat");
  for (std::string word; in >> word;)
    if (double when = 0; word == "btime" && in >> when) return when;
  return 0;
}

double open_files() {
  std::error_code error;
  const auto all = std::filesystem::directory_iterator("/proc/self/fd", error);
  return error ? 0
               : static_cast<double>(std::distance(begin(all), end(all))) -
                     1;  // without the one that reads this directory
}

}  // namespace

std::vector<sample> of_this_process() {
  std::vector<sample> all;
  const auto fields = stat_fields();
  // proc(5) numbers the fields from 1. The first three (pid, name, state) are not in `fields`, whose first element is
  // therefore field 4.
  constexpr std::size_t first_number = 4;
  const auto field = [&](std::size_t number) { return fields.at(number - first_number); };
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  if (fields.size() > 20) {
    all.push_back({&process_cpu, {}, (field(14) + field(15)) / ticks});
    all.push_back({&process_threads, {}, field(20)});
    all.push_back({&process_start, {}, boot_time() + field(22) / ticks});
    all.push_back({&process_virtual, {}, field(23)});
    all.push_back({&process_resident, {}, field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE))});
  }
  all.push_back({&process_open_files, {}, open_files()});
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    all.push_back({&process_max_files, {}, static_cast<double>(files.rlim_cur)});
  return all;
}

}  // namespace drcon::metrics
