#include "template/own_files.hpp"

#include "template/item.hpp"

namespace drcon::templates {
namespace {

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

// Hidden, so that no include pattern takes it for a configuration.
std::string list_path(const std::string& pattern) {
  return directory_of(pattern) + "." + path_for(pattern.substr(pattern.rfind('/') + 1), "each") + ".files";
}

}  // namespace

own_files::own_files(const std::string& pattern)
    : directory_(directory_of(pattern)), list_(list_path(pattern), {.new_mode = 0600}) {}

std::string own_files::read() {
  if (auto why = list_.look(); !why.empty()) return why;
  paths_.clear();
  const auto text = list_.live().value_or(std::string());
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    const auto line = text.substr(start, end - start);
    const auto tab = std::min(line.find('\t'), line.size());
    const auto name = line.substr(0, tab);
    // Whoever can write to the directory could make us remove a file of another one.
    if (!name.empty() && name.find('/') == std::string::npos)
      paths_[directory_ + name] = tab < line.size() ? line.substr(tab + 1) : std::string();
    start = end + 1;
  }
  return {};
}

std::string own_files::write(const list& paths) {
  const bool is_there = list_.live().has_value() || paths.empty();
  if (paths == paths_ && is_there && list_.is_untouched()) return {};
  std::string text;
  for (const auto& [path, item] : paths) {
    text += path.substr(directory_.size());
    // One that the list cannot carry is not remembered over a restart.
    if (!item.empty() && item.find('\n') == std::string::npos) text += "\t" + item;
    text += "\n";
  }
  if (auto why = common::replace_file(list_.path(), text, {.new_mode = 0600}); !why.empty()) return why;
  paths_ = paths;
  return list_.look();
}

}  // namespace drcon::templates
