#include "template/probe.hpp"

#include "common/file_probe.hpp"

#include <set>
#include <string>

namespace drcon::templates {
namespace {

void probe_command(const command& what, const std::string& what_for, std::set<std::string>& seen, const probing& into) {
  if (!what.argv.empty() && seen.insert(what.argv.front()).second)
    common::probe_program(what.argv.front(), what_for, into);
}

}  // namespace

void probe_files(const apply_settings& options, const probing& into) {
  std::set<std::string> programs;
  for (const auto& each : options.files) {
    common::probe_read_file("the template", each.template_path, into);
    // One file for each of many: the names of the files depend on what there is, their directory does not.
    const auto first = each.path.find("{{");
    if (first == std::string::npos) common::probe_written_file(each.path, into);
    else if (const auto slash = each.path.rfind('/', first); slash != std::string::npos)
      common::probe_written_file(each.path.substr(0, slash + 1) + "drcon", into);
    if (each.check) probe_command(*each.check, "the check of " + each.path, programs, into);
  }
  if (!options.reload) return;
  probe_command(*options.reload, "the reload", programs, into);
  if (options.reload->argv.empty() && !options.reload->pid_file.empty())
    common::probe_read_file("the pid file", options.reload->pid_file, into);
}

}  // namespace drcon::templates
