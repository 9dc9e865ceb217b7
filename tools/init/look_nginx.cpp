#include "init/look.hpp"

#include "common/command.hpp"
#include "init/nginx_words.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace drcon::init {
namespace {

namespace fs = std::filesystem;

constexpr auto patience = std::chrono::seconds(5);

// The program says which configuration it was built for. /usr/sbin is not on the PATH of everybody.
std::string built_in_config() {
  for (const auto* const program : {"nginx", "/usr/sbin/nginx"}) {
    const auto answer = common::run_command({program, "-V"}, patience);
    constexpr std::string_view option = "--conf-path=";
    const auto found = answer.output.find(option);
    if (answer.ok() && found != std::string::npos) {
      const auto begin = found + option.size();
      return answer.output.substr(begin, answer.output.find_first_of(" \n", begin) - begin);
    }
  }
  return {};
}

std::string listed(const std::vector<std::string>& directories) {
  std::string text;
  for (const auto& each : directories) text += (text.empty() ? "" : ", ") + each + "/*.conf";
  return text;
}

}  // namespace

looked<nginx_server> look_for_nginx(std::string config) {
  if (config.empty()) config = built_in_config();
  if (config.empty()) return {{}, "is not installed (no program nginx on the PATH or in /usr/sbin)"};
  std::ifstream in(config);
  std::ostringstream text;
  if (!(text << in.rdbuf())) return {{}, "cannot read its configuration, " + config + "; --nginx PATH names another"};
  nginx_server found{fs::absolute(config).lexically_normal(), {}, {}};
  walk_directives(text.str(), [&](const auto& blocks, const auto& words) {
    if (blocks.empty() && words.size() == 2 && words[0] == "pid" && words[1].starts_with('/'))
      found.pid_file = words[1];
    if (blocks.size() != 1 || blocks[0] != "http" || words.size() != 2 || words[0] != "include") return;
    const auto pattern = (fs::path(found.config).parent_path() / words[1]).lexically_normal();
    if (pattern.filename() == "*.conf") found.directories.push_back(pattern.parent_path());
  });
  auto line =
      "is configured by " + found.config +
      (found.directories.empty() ? ", which includes no directory" : ", which includes " + listed(found.directories));
  return {std::move(found), std::move(line)};
}

}  // namespace drcon::init
