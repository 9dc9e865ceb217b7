#include "common/version_probe.hpp"

#include <algorithm>

namespace drcon::common {

void probe_tested_version(const std::string& which, std::string_view version,
                          std::initializer_list<std::string_view> tested, const probing& into,
                          std::string_view before) {
  const auto is_of = [version](std::string_view release) {
    return version == release || version.starts_with(std::string(release) + ".");
  };
  if (std::ranges::any_of(tested, is_of)) return into.ok(probed::version, which + " is a tested version");
  std::string list(before);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    if (i > 0) list += i + 1 == tested.size() ? " and " : ", ";
    list += tested.begin()[i];
  }
  into.warning(probed::version,
               which + " has not been tested with drcon; " + list + (tested.size() == 1 ? " has" : " have"),
               "try it before you rely on it; nothing is known against it");
}

}  // namespace drcon::common
