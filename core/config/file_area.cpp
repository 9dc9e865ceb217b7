#include "config/file_area.hpp"

#include <utility>

namespace drcon::config {
namespace {

std::string_view directory_of(std::string_view path) { return path.substr(0, path.rfind('/')); }

bool is_below(std::string_view directory, std::string_view path) {
  if (directory == "/") return true;
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

bool begin_alike(std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); }
bool end_alike(std::string_view a, std::string_view b) { return a.ends_with(b) || b.ends_with(a); }

}  // namespace

file_area area_of_names(std::string_view path, std::string_view mark) {
  const auto name = path.substr(path.rfind('/') + 1);
  const auto place = name.find(mark);
  // Then it is one file, and the plugin refuses the path.
  if (place == std::string_view::npos)
    return {.directory = std::string(directory_of(path)), .front = std::string(name), .back = {}};
  return {.directory = std::string(directory_of(path)),
          .front = std::string(name.substr(0, place)),
          .back = std::string(name.substr(place + mark.size()))};
}

file_area area_below(std::string directory) {
  return {.directory = std::move(directory), .front = {}, .back = {}, .is_all_below = true};
}

bool has(const file_area& area, std::string_view path) {
  if (area.is_all_below) return is_below(area.directory, path);
  const auto name = path.substr(path.rfind('/') + 1);
  return directory_of(path) == area.directory && name.size() > area.front.size() + area.back.size() &&
         name.starts_with(area.front) && name.ends_with(area.back);
}

bool overlap(const file_area& a, const file_area& b) {
  if (a.is_all_below && b.is_all_below)
    return a.directory == b.directory || is_below(a.directory, b.directory) || is_below(b.directory, a.directory);
  if (a.is_all_below || b.is_all_below) {
    const auto& [below, names] = a.is_all_below ? std::pair(a, b) : std::pair(b, a);
    return below.directory == names.directory || is_below(below.directory, names.directory);
  }
  return a.directory == b.directory && begin_alike(a.front, b.front) && end_alike(a.back, b.back);
}

}  // namespace drcon::config
