#include "template/environment.hpp"

namespace drcon::templates {

std::string list_of(const std::vector<std::string>& names, char separator) {
  std::string list;
  for (const auto& each : names) {
    if (list.size() + each.size() + 1 > longest_list) break;
    if (!list.empty()) list += separator;
    list += each;
  }
  return list;
}

std::map<std::string, std::string> environment_of(const std::string& sink, const desired_state& desired,
                                                  const std::vector<std::string>& files) {
  std::map<std::string, std::string> result{{"DRCON_SINK", sink}, {"DRCON_REVISION", std::to_string(desired.revision)}};
  const auto add = [&result](const std::string& name, const std::vector<std::string>& all, char separator) {
    result[name] = list_of(all, separator);
    result[name + "_COUNT"] = std::to_string(all.size());
  };
  add("DRCON_FILES", files, '\n');
  add("DRCON_ADDED", desired.added, ' ');
  add("DRCON_CHANGED", desired.changed, ' ');
  add("DRCON_REMOVED", desired.removed, ' ');
  return result;
}

}  // namespace drcon::templates
