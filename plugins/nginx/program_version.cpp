#include "nginx/program_version.hpp"

#include "common/command.hpp"

#include <charconv>
#include <filesystem>
#include <string_view>

namespace drcon::nginx {

std::optional<version_numbers> program_name::numbers() const {
  if (name != "nginx") return {};
  version_numbers result{};
  const char* place = version.data();
  const char* const end = place + version.size();
  for (auto& each : result) {
    const auto [stop, error] = std::from_chars(place, end, each);
    if (error != std::errc()) return {};
    place = stop != end && *stop == '.' ? stop + 1 : stop;
  }
  return result;
}

std::optional<program_name> version_in(const std::string& output) {
  constexpr std::string_view mark = "version: ";
  const auto found = output.find(mark);
  if (found == std::string::npos) return {};
  const auto begin = found + mark.size();
  const auto word = output.substr(begin, output.find_first_of(" \n(", begin) - begin);
  const auto slash = word.find('/');
  if (slash == std::string::npos) return {};
  return program_name{.name = word.substr(0, slash), .version = word.substr(slash + 1)};
}

std::optional<version_numbers> program_version::of(const target& nginx, const std::stop_token& stop) {
  if (!nginx.settings().ask_program) return {};
  std::string ignored;
  const auto master = nginx.master(ignored);
  const auto program = master ? common::file_stamp() : common::stamp_of(nginx.settings().binary);
  if (asked_ && master == master_ && (master || program == program_)) return known_;
  // A master that runs a program which was replaced since: that one's version nobody can be asked for.
  const auto is_replaced = [&] {
    std::error_code error;
    const auto runs = std::filesystem::read_symlink("/proc/" + std::to_string(*master) + "/exe", error);
    return !error && runs.native().ends_with(" (deleted)");
  };
  if (master && is_replaced()) {
    asked_ = false;
    return {};
  }
  const auto answer = common::run_command({nginx.settings().binary, "-v"}, nginx.settings().check_timeout, stop);
  if (!answer.ok()) return known_;  // it is asked again: nothing could be checked now either
  const auto found = version_in(answer.output);
  known_ = found ? found->numbers() : std::nullopt;
  asked_ = true;
  master_ = master;
  program_ = program;
  return known_;
}

}  // namespace drcon::nginx
