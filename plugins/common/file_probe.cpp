#include "common/file_probe.hpp"

#include "common/atomic_file.hpp"
#include "common/errno_text.hpp"
#include "common/file_place.hpp"
#include "common/kind_of_file.hpp"
#include "common/proc.hpp"

#include <drcon/detail/file_lock.hpp>
#include <drcon/detail/user_name.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

namespace drcon::common {
namespace {

std::string this_user() { return detail::user_name(::geteuid()).value_or("uid " + std::to_string(::geteuid())); }

void probe_owner(const file_place& place, const probing& into) {
  const auto lock = place.beside("." + place.name() + ".lock");
  if (!detail::lock_holder(lock.directory(), lock.name())) return;
  std::string ignored;
  auto holder = read_file(lock, ignored).value_or(std::string());
  holder = holder.substr(0, holder.find('\n'));
  const auto pid = holder.starts_with("pid ") ? std::strtoll(holder.c_str() + 4, nullptr, 10) : 0;
  if (pid > 0 && is_ours(pid, into))
    return into.ok(probed::owner, place.path() + " is written by the drcon that runs (" + holder + ")");
  into.failed(probed::owner,
              place.path() + " is written by " + (holder.empty() ? "another process" : holder) +
                  ", which this configuration does not belong to",
              "stop that one, or give this sink another file");
}

}  // namespace

bool is_ours(std::int64_t pid, const probing& into) {
  if (into.process() == 0) return false;
  if (pid == into.process()) return true;
  // A plugin in a process of its own: its parent is drcon.
  return parent_of(static_cast<pid_t>(pid)) == into.process();
}

void probe_written_file(const std::string& path, const probing& into) {
  const file_place place(path);
  if (!place.fault().empty())
    return into.failed(probed::writable, place.fault(), "make the directory, or correct the path");
  struct stat there {};
  if (::fstatat(place.directory(), place.name().c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(there.st_mode))
    return into.failed(probed::writable,
                       place.path() + " is " + kind_of_other_file(there.st_mode) + ", and is not replaced",
                       "move it away, or name another file");
  const auto directory = place.path().substr(0, place.path().rfind('/') + 1);
  if (::faccessat(place.directory(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    const bool read_only = errno == EROFS;
    const auto fault = errno_text("in", directory.empty() ? "." : directory);  // before anything else sets errno
    into.failed(probed::writable, this_user() + " cannot write " + fault,
                read_only
                    ? "mount it for writing, or name the directory in ReadWritePaths= of the service: systemctl edit "
                      "drcon; examples are in /usr/share/doc/drcon/examples/systemd"
                    : "give " + this_user() + " the right to write there: install -d -o root -g " + this_user() +
                          " -m 2775 " + directory);
  } else {
    into.ok(probed::writable, place.path() + " can be written by " + this_user());
  }
  probe_owner(place, into);
}

bool probe_read_file(const std::string& what, const std::string& path, const probing& into) {
  struct stat there {};
  if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    into.failed(probed::readable, what + " " + path + " is " + kind_of_other_file(there.st_mode), "correct the path");
    return false;
  }
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0) {
    into.ok(probed::readable, what + " " + path + " can be read by " + this_user());
    return true;
  }
  const bool is_missing = errno == ENOENT;
  const auto fault = errno_text("cannot read " + what, path);  // before anything else sets errno
  into.failed(probed::readable, fault + " (as " + this_user() + ")",
              is_missing ? "make the file, or correct the path" : "give " + this_user() + " the right to read it");
  return false;
}

bool is_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0;
  const char* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): drcon changes no environment
  std::istringstream directories(path == nullptr ? "/bin:/usr/bin" : path);
  for (std::string each; std::getline(directories, each, ':');)
    if (::access(((each.empty() ? "." : each) + "/" + name).c_str(), X_OK) == 0) return true;
  return false;
}

void probe_program(const std::string& name, const std::string& what_for, const probing& into) {
  if (is_program(name)) into.ok(probed::program, "the program " + name + " is there, for " + what_for);
  else
    into.failed(probed::program, "there is no program " + name + " that may be run, for " + what_for,
                "install it, or correct its path");
}

}  // namespace drcon::common
