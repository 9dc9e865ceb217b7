// sprig: parts of paths. Those that begin with "os" are the same: drcon runs where a path is one with slashes.
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"

#include <vector>

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

// Without "." and "..", as far as the path alone shows that.
std::string cleaned(std::string_view path) {
  const bool is_rooted = path.starts_with('/');
  std::vector<std::string_view> kept;
  while (!path.empty()) {
    const auto end = path.find('/');
    const auto part = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") kept.push_back(part);
    else if (!kept.empty() && kept.back() != "..") kept.pop_back();
    else if (!is_rooted) kept.push_back(part);
  }
  std::string result = is_rooted ? "/" : "";
  for (std::size_t i = 0; i < kept.size(); ++i) (result += i > 0 ? "/" : "") += kept[i];
  return result.empty() ? "." : result;
}

value call_clean(invocation& in, arguments all) { return in.text(cleaned(all[0].text())); }
value call_dir(invocation& in, arguments all) {
  const auto path = all[0].text();
  return in.text(cleaned(path.substr(0, path.rfind('/') + 1)));
}
value call_base(invocation&, arguments all) {
  auto path = all[0].text();
  if (path.empty()) return value(std::string_view("."));
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return value(std::string_view("/"));
  return value(path.substr(path.rfind('/') + 1));
}
value call_ext(invocation&, arguments all) {
  const auto path = all[0].text();
  const auto mark = path.find_last_of("./");
  return value(mark == std::string_view::npos || path[mark] == '/' ? std::string_view() : path.substr(mark));
}
value call_is_abs(invocation&, arguments all) { return value(all[0].text().starts_with('/')); }

constexpr function path_table[] = {
    {"sprig_base", expects::text, false, call_base, "PATH", "the last part"},
    {"sprig_clean", expects::text, false, call_clean, "PATH", "without . and .. and double slashes"},
    {"sprig_dir", expects::text, false, call_dir, "PATH", "all but the last part"},
    {"sprig_ext", expects::text, false, call_ext, "PATH", "what is behind the last dot, with the dot"},
    {"sprig_isAbs", expects::text, false, call_is_abs, "PATH", "whether it begins at the root"},
    {"sprig_osBase", expects::text, false, call_base, "PATH", "the last part"},
    {"sprig_osClean", expects::text, false, call_clean, "PATH", "without . and .. and double slashes"},
    {"sprig_osDir", expects::text, false, call_dir, "PATH", "all but the last part"},
    {"sprig_osExt", expects::text, false, call_ext, "PATH", "what is behind the last dot, with the dot"},
    {"sprig_osIsAbs", expects::text, false, call_is_abs, "PATH", "whether it begins at the root"},
};

}  // namespace

std::span<const function> path_functions() { return path_table; }

}  // namespace drcon::templating::sprig
