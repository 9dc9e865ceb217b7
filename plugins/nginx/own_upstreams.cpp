#include "nginx/own_upstreams.hpp"

#include "common/atomic_file.hpp"
#include "common/lower.hpp"
#include "common/nginx_statements.hpp"

#include <fnmatch.h>
#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

namespace drcon::nginx {
namespace {

namespace fs = std::filesystem;

// Bounds what is read where files include each other in a circle, which nginx itself refuses.
constexpr int deepest = 16;
constexpr std::size_t most_files = 10000;

class reader {
public:
  reader(fs::path directory, fs::path without) : directory_(std::move(directory)), without_(std::move(without)) {}

  void read(std::string_view text, const std::vector<std::string>& open, int depth) {
    common::nginx::for_each_statement(text, open, [&](const common::nginx::statement& each) {
      if (!sought_.empty() && !each.words.empty() && !each.blocks.empty() && each.blocks.front() == "http")
        has_sought_ = has_sought_ || each.words[0] == sought_;
      if (each.words.size() != 2) return;
      const auto& name = each.words[0];
      const auto& argument = each.words[1];
      if (each.begins_block) {
        // Those of stream { } are others.
        if (name == "upstream" && each.blocks == std::vector<std::string>{"http"})
          found_.insert(common::lower(argument));
        return;
      }
      if (name == "include") include(argument, each.blocks, depth);
      // In stream { } no upstream of http { } can be meant.
      if (name.ends_with("_pass") && !each.blocks.empty() && each.blocks.front() == "http") note_host(argument);
    });
  }

  void read_file(const fs::path& file, const std::vector<std::string>& open, int depth) {
    std::error_code error;
    const auto real = fs::weakly_canonical(file, error);
    if (error || real == without_ || depth > deepest || ++files_ > most_files) return;
    std::string ignored;
    if (const auto text = common::read_file(real.string(), ignored)) read(*text, open, depth);
    else unread_ = real;
  }

  const fs::path& unread() const { return unread_; }
  const std::vector<std::vector<std::string>>& places() const { return places_; }

  const std::set<std::string>& found() const { return found_; }
  /// Before it reads: the directive that is looked for within http { }.
  void seek(std::string_view directive) { sought_ = directive; }
  bool has_sought() const { return has_sought_; }

private:
  // nginx refuses an upstream with the name of a host that is passed to with a port, as http://HOST:PORT/path.
  void note_host(std::string_view address) {
    if (const auto scheme = address.find("://"); scheme != std::string_view::npos) address.remove_prefix(scheme + 3);
    address = address.substr(0, address.find('/'));
    const auto colon = address.rfind(':');
    if (colon != std::string_view::npos && address.find('$') == std::string_view::npos)
      found_.insert(common::lower(std::string(address.substr(0, colon))));
  }

  // A path starts at the directory of the main configuration, and may be a pattern.
  void include(const std::string& pattern, const std::vector<std::string>& open, int depth) {
    note_place((directory_ / pattern).lexically_normal(), open);
    glob_t matches{};
    if (::glob((directory_ / pattern).c_str(), 0, nullptr, &matches) == 0)
      for (std::size_t i = 0; i < matches.gl_pathc; ++i) read_file(matches.gl_pathv[i], open, depth + 1);
    ::globfree(&matches);
  }

  // Of the file `without`, which need not be there for its name to fit.
  void note_place(const fs::path& pattern, const std::vector<std::string>& open) {
    std::error_code ignored;
    const auto directory = fs::weakly_canonical(pattern.parent_path(), ignored);
    if (::fnmatch((directory / pattern.filename()).c_str(), without_.c_str(), FNM_PATHNAME) == 0 ||
        ::fnmatch(pattern.c_str(), without_.c_str(), FNM_PATHNAME) == 0)
      places_.push_back(open);
  }

  const fs::path directory_;
  const fs::path without_;
  fs::path unread_;                               // a file that could not be read
  std::vector<std::vector<std::string>> places_;  // the blocks in which `without` is included
  std::set<std::string> found_;
  std::string_view sought_;
  bool has_sought_ = false;
  std::size_t files_ = 0;
};

}  // namespace

std::set<std::string> own_upstreams(const std::string& config, const std::string& without) {
  std::error_code ignored;
  reader all(fs::path(config).parent_path(), fs::weakly_canonical(without, ignored));
  all.read_file(config, {}, 0);
  return all.found();
}

bool has_directive(std::string_view name, const std::string& config, const std::string& without) {
  std::error_code ignored;
  reader all(fs::path(config).parent_path(), fs::weakly_canonical(without, ignored));
  all.seek(name);
  all.read_file(config, {}, 0);
  return all.has_sought();
}

inclusion inclusion_of(const std::string& file, const std::string& config) {
  std::error_code ignored;
  // The name that is included may be a link; what it leads to is what is not read.
  const auto named = fs::weakly_canonical(fs::path(file).parent_path(), ignored) / fs::path(file).filename();
  reader all(fs::path(config).parent_path(), named);
  all.read_file(config, {}, 0);
  for (const auto& blocks : all.places())
    if (blocks == std::vector<std::string>{"http"}) return {inclusion::kind::included, {}};
  if (!all.places().empty()) {
    std::string where;
    for (const auto& each : all.places().front()) where += (where.empty() ? "" : " > ") + each;
    return {inclusion::kind::elsewhere, where.empty() ? "it stands outside of all blocks" : "it stands in " + where};
  }
  if (!all.unread().empty()) return {inclusion::kind::unknown, "cannot read " + all.unread().string()};
  return {inclusion::kind::missing, {}};
}

std::set<std::string> upstreams_in(std::string_view text) {
  reader one({}, {});
  one.read(text, {"http"}, deepest);
  return one.found();
}

}  // namespace drcon::nginx
