#include "cli/command_page.hpp"

#include "reference/troff.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace drcon::cli {
namespace {

using reference::troff;
using reference::troff_argument;

// What no option says. Directories are those of the packages.
constexpr auto surroundings = R"(.SH FILES
.TP
.I /etc/drcon/drcon.toml
The configuration; see \fBdrcon.toml\fR(5).
.TP
.I /etc/drcon/pipelines.d/*.toml
Parts of it: sources, sinks and pipelines.
.TP
.I /etc/drcon/plugins.d, /usr/local/lib/drcon/plugins
Plugins of third parties; see \fBdrcon\-plugin\fR(7).
.TP
.I /var/lib/drcon
The last good snapshot of each pipeline.
.TP
.I /run/drcon/admin.sock
The admin interface: \fIcurl \-\-unix\-socket /run/drcon/admin.sock http://drcon/v1/status\fR
.SH ENVIRONMENT
.TP
.B STATE_DIRECTORY, RUNTIME_DIRECTORY, CREDENTIALS_DIRECTORY
Given by systemd: where state is kept, where the admin socket is, and where credentials are, unless the configuration
says otherwise.
.TP
.B NOTIFY_SOCKET, WATCHDOG_USEC
Given by systemd: see \fBsd_notify\fR(3).
.SH SIGNALS
.TP
.B SIGHUP
Reload the configuration; a wrong one changes nothing.
.TP
.B SIGTERM, SIGINT
Stop; targets stay as they are. A second one exits immediately. A program that a sink keeps is ended in order first.
.TP
.B SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH
Passed on to the program that a sink keeps (\fIsupervise\fR of the template plugin), while one is kept.
.PP
As process 1, such as in a container, \fBdrcon run\fR and \fBdrcon once\fR pass all signals on to a process of their own,
and collect the processes that are left there.
.SH "SEE ALSO"
\fBdrcon.toml\fR(5), \fBdrcon\-plugin\fR(7), \fBdrcon\-consul\-http\fR(7), \fBdrcon\-nginx\fR(7)
)";

// Paragraphs apart, as they were written.
std::string paragraphs(const std::string& text) {
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find("\n\n", start), text.size());
    auto each = text.substr(start, end - start);
    each.erase(0, each.find_first_not_of('\n'));
    if (!each.empty()) out += (out.empty() ? "" : ".PP\n") + troff(each) + "\n";
    start = end + 2;
  }
  return out;
}

std::string heading_of(const command_option& option) {
  auto text = fmt::format("{}", fmt::join(option.names, ", "));
  if (!option.positional && option.takes_value)
    text += " " + (option.choices.empty() ? "VALUE" : fmt::format("{}", fmt::join(option.choices, "|")));
  return text;
}

std::string options_of(const command& verb) {
  std::string text;
  for (const auto& each : verb.options) {
    if (each.is("--help")) continue;
    text += ".TP\n.B " + troff_argument(heading_of(each)) + "\n" + troff(each.meaning) + "\n";
    if (!each.fallback.empty()) text += ".br\nDefault: " + troff(each.fallback) + "\n";
  }
  return text;
}

std::string synopsis_of(const std::string& called, const command& verb) {
  auto text = called + (verb.options.size() > 1 ? " [OPTION]..." : "");
  for (const auto& each : verb.options)
    if (each.positional) text += " " + each.name();
  return text;
}

std::string verbs_of(const std::string& called, const command& verb) {
  std::string text;
  for (const auto& each : verb.verbs) {
    const auto name = called + " " + each.name;
    text += ".SS " + troff_argument(synopsis_of(name, each)) + "\n" + paragraphs(each.meaning) + options_of(each);
    text += verbs_of(name, each);
  }
  return text;
}

}  // namespace

std::string command_page(const command& root, const std::string& date) {
  return ".TH DRCON 1 \"" + date + "\" drcon\n.SH NAME\ndrcon \\- dynamic reconfiguration of load balancers\n" +
         ".SH SYNOPSIS\n.B drcon\n.I VERB\n[\\fIOPTION\\fR]...\n.SH DESCRIPTION\n" + paragraphs(root.meaning) +
         ".SH VERBS\nEach lists its options with \\fB\\-\\-help\\fR.\n" + verbs_of("drcon", root) +
         ".SH \"EXIT STATUS\"\n" + paragraphs(root.footer) + surroundings;
}

}  // namespace drcon::cli
