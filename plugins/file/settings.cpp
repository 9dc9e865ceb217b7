#include "file/settings.hpp"

#include "common/shortest_pause.hpp"

namespace drcon::file {
namespace {

common::document_format format_of(const std::string& option, const std::string& path) {
  const auto word = option != "auto" ? option : path.ends_with(".json") ? "json" : "toml";
  return word == "json" ? common::document_format::json : common::document_format::toml;
}

}  // namespace

settings read_settings(const options& table) {
  settings result;
  result.path = table["path"].string();
  result.format = format_of(table["format"].string(), result.path);
  result.poll = common::pause_of_at_least(std::chrono::milliseconds(10), table["poll"]);
  result.settle = table["settle"].duration();
  result.max_size = table["max_size"].bytes();
  return result;
}

}  // namespace drcon::file
