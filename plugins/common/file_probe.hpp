// Whether a file that a sink writes, or reads, can be written or read by this user, and who writes it now.
//
// Nothing is changed: no lock is taken, no file is made. Thread rule: any.
#pragma once

#include <drcon/probe.hpp>

#include <string>

namespace drcon::common {

/// By the rights of its directory, since a file is replaced. And whether somebody else holds the lock of it.
void probe_written_file(const std::string& path, const probing& into);

/// `what`: "the template". Whether it can be read.
bool probe_read_file(const std::string& what, const std::string& path, const probing& into);

/// Whether the program of a command is there and may be run: as a path, or on the PATH.
void probe_program(const std::string& name, const std::string& what_for, const probing& into);
/// Looked for as execvp(3) does.
bool is_program(const std::string& name);

/// Whether `pid` is the drcon that runs this configuration, or a process that it started.
bool is_ours(std::int64_t pid, const probing& into);

}  // namespace drcon::common
