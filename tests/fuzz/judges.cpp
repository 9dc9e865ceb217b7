#include "fuzz/judges.hpp"

#include "fuzz/fuzzer.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace drcon::fuzz {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  if (!(std::ofstream(file, std::ios::binary | std::ios::trunc) << text).flush())
    broken("a file can be written", file.native());
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Runs a program within `scratch`; what it says goes to the files said and out there. True when it succeeds.
bool succeeds(const std::string& command, const fs::path& scratch) {
  const auto whole = "cd '" + scratch.native() + "' && " + command + " >out 2>said </dev/null";
  const int status = std::system(whole.c_str());
  if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
    broken("the program that judges is installed", command);
  return WEXITSTATUS(status) == 0;
}

}  // namespace

// The value of a map has no meaning but its own, and a map with two values, or none, is an error.
std::string nginx_judge::complaint(const std::vector<written_value>& all, const fs::path& scratch) {
  std::string config = "error_log stderr; pid nginx.pid; events {}\nhttp { variables_hash_max_size 8192;\n";
  for (std::size_t i = 0; i < all.size(); ++i)
    config += "map $host $v" + std::to_string(i) + " { default " + all[i].text + "; }\n";
  write(scratch / "nginx.conf", config + "}\n");
  const std::string command = "/usr/sbin/nginx -q -t -e stderr -p . -c nginx.conf";
  return succeeds(command, scratch) ? std::string() : text_of(scratch / "said");
}

// setenv takes two words, and nothing else. HAProxy has no empty words: one that is empty is one that is not there.
std::string haproxy_judge::complaint(const std::vector<written_value>& all, const fs::path& scratch) {
  std::string config = "global\n";
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!all[i].value.empty()) config += " setenv V" + std::to_string(i) + " " + all[i].text + "\n";
  config += "listen unused\n bind unix@unused.sock\n timeout client 1s\n timeout connect 1s\n timeout server 1s\n";
  write(scratch / "haproxy.cfg", config);
  const std::string command = "/usr/sbin/haproxy -q -c -f haproxy.cfg";
  return succeeds(command, scratch) ? std::string() : text_of(scratch / "said");
}

std::string shell_judge::complaint(const std::vector<written_value>& all, const fs::path& scratch) {
  std::string script;
  std::string expected;
  for (const auto& each : all) {
    script += "printf '%s\\000' " + each.text + "\n";
    expected += each.value + '\0';
  }
  write(scratch / "script", script);
  if (!succeeds("/bin/sh -n script", scratch)) return text_of(scratch / "said");
  if (!succeeds("/usr/bin/env -i PATH=/nonexistent /bin/sh script", scratch)) return text_of(scratch / "said");
  return text_of(scratch / "out") == expected ? std::string() : "a word is another value than it was";
}

}  // namespace drcon::fuzz
