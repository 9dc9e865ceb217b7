#include "init/look.hpp"

#include "common/atomic_file.hpp"
#include "init/listed.hpp"

#include <algorithm>
#include <sstream>

namespace drcon::init {
namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream in(line.substr(0, line.find('#')));
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// `stats socket PATH … level admin …`: only that level may change servers.
bool is_admin_socket(const std::vector<std::string>& words) {
  if (words.size() < 3 || words[0] != "stats" || words[1] != "socket") return false;
  if (!words[2].starts_with('/')) return false;
  const auto level = std::ranges::find(words, "level");
  return level != words.end() && level + 1 != words.end() && *(level + 1) == "admin";
}

std::string described(const haproxy_server& found) {
  auto text = "is configured by " + found.config + ", ";
  text += found.socket.empty() ? "which has no stats socket of level admin" : "with the runtime socket " + found.socket;
  return text + (found.backends.empty() ? " and no backend" : "; backends: " + listed(found.backends));
}

}  // namespace

looked<haproxy_server> look_for_haproxy(std::string config) {
  if (config.empty()) config = "/etc/haproxy/haproxy.cfg";
  std::string ignored;
  const auto content = common::read_file(config, ignored);
  if (!content) return {{}, "there is no readable " + config + "; --haproxy PATH names another"};
  haproxy_server found{config, {}, {}};
  std::istringstream in(*content);
  for (std::string line; std::getline(in, line);) {
    const auto words = words_of(line);
    if (is_admin_socket(words) && found.socket.empty()) found.socket = words[2];
    if (words.size() >= 2 && words[0] == "backend") found.backends.push_back(words[1]);
  }
  auto text = described(found);
  return {std::move(found), std::move(text)};
}

}  // namespace drcon::init
