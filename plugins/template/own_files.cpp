#include "template/own_files.hpp"

#include "template/item.hpp"

namespace drcon::templates {
namespace {

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

// Hidden, so that no include pattern takes it for a configuration.
std::string list_of(const std::string& pattern) {
  return directory_of(pattern) + "." + path_for(pattern.substr(pattern.rfind('/') + 1), "each") + ".files";
}

}  // namespace

own_files::own_files(const std::string& pattern)
    : directory_(directory_of(pattern)), list_(list_of(pattern), {.new_mode = 0600}) {}

std::string own_files::read() {
  if (auto why = list_.look(); !why.empty()) return why;
  paths_.clear();
  const auto text = list_.live().value_or(std::string());
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    const auto name = text.substr(start, end - start);
    // Whoever can write to the directory could make us remove a file of another one.
    if (!name.empty() && name.find('/') == std::string::npos) paths_.insert(directory_ + name);
    start = end + 1;
  }
  return {};
}

std::string own_files::write(const std::set<std::string>& paths) {
  if (paths == paths_) return {};
  std::string text;
  for (const auto& each : paths) text += each.substr(directory_.size()) + "\n";
  if (auto why = common::replace_file(list_.path(), text, {.new_mode = 0600}); !why.empty()) return why;
  paths_ = paths;
  return {};
}

}  // namespace drcon::templates
