#include "init/look.hpp"

#include "common/atomic_file.hpp"
#include "common/command.hpp"
#include "common/nginx_statements.hpp"
#include "init/listed.hpp"

#include <chrono>
#include <filesystem>

namespace drcon::init {
namespace {

namespace fs = std::filesystem;

constexpr auto longest_start = std::chrono::seconds(5);

// The program says which configuration it was built for. /usr/sbin is not on the PATH of everybody.
std::string built_in_config() {
  for (const auto* const program : {"nginx", "/usr/sbin/nginx"}) {
    const auto answer = common::run_command({program, "-V"}, longest_start);
    constexpr std::string_view option = "--conf-path=";
    const auto found = answer.output.find(option);
    if (answer.ok() && found != std::string::npos) {
      const auto begin = found + option.size();
      return answer.output.substr(begin, answer.output.find_first_of(" \n", begin) - begin);
    }
  }
  return {};
}

}  // namespace

looked<nginx_server> look_for_nginx(std::string config) {
  if (config.empty()) config = built_in_config();
  if (config.empty()) return {{}, "is not installed (no program nginx on the PATH or in /usr/sbin)"};
  std::string ignored;
  const auto text = common::read_file(config, ignored);
  if (!text || text->empty()) return {{}, "cannot read its configuration, " + config + "; --nginx PATH names another"};
  nginx_server found{fs::absolute(config).lexically_normal(), {}, {}};
  std::vector<std::string> patterns;
  common::nginx::for_each_statement(*text, {}, [&](const common::nginx::statement& each) {
    if (each.begins_block || each.words.size() != 2) return;
    const auto& argument = each.words[1];
    if (each.blocks.empty() && each.words[0] == "pid" && argument.starts_with('/')) found.pid_file = argument;
    if (each.blocks != std::vector<std::string>{"http"} || each.words[0] != "include") return;
    const auto pattern = (fs::path(found.config).parent_path() / argument).lexically_normal();
    if (pattern.filename() != "*.conf") return;
    found.directories.push_back(pattern.parent_path());
    patterns.push_back(pattern);
  });
  auto line = "is configured by " + found.config +
              (found.directories.empty() ? ", which includes no directory" : ", which includes " + listed(patterns));
  return {std::move(found), std::move(line)};
}

}  // namespace drcon::init
