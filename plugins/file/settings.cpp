#include "file/settings.hpp"

#include <algorithm>
#include <chrono>

namespace drcon::file {
namespace {

format format_of(const std::string& option, const std::string& path) {
  const auto word = option != "auto" ? option : path.ends_with(".json") ? "json" : "toml";
  return word == "json" ? format::json : format::toml;
}

}  // namespace

settings read_settings(const options& table) {
  settings result;
  result.path = table["path"].string();
  result.format = format_of(table["format"].string(), result.path);
  // Without a pause the file would be read all the time.
  result.poll = std::max<std::chrono::nanoseconds>(table["poll"].duration(), std::chrono::milliseconds(10));
  result.settle = table["settle"].duration();
  result.max_size = table["max_size"].bytes();
  return result;
}

}  // namespace drcon::file
