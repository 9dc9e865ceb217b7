// The names that nginx's own configuration has: of upstreams, and of hosts that it passes requests to at a port.
//
// nginx refuses a whole configuration that names an upstream twice, or like such a host, and its master alone does not
// say which. So where only the master judges, the files are read: enough of their grammar to know which blocks are
// open, which files are included, and what is text or a comment. Thread rule: any thread.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace drcon::nginx {

/// In lower case, for nginx does not distinguish it. Of `config`, nginx's main configuration, and what it includes, but
/// for the file `without`. What cannot be read is as if it were empty.
std::set<std::string> own_upstreams(const std::string& config, const std::string& without);

/// Whether nginx reads a file, and where.
struct inclusion {
  enum class kind {
    included,   ///< directly within http { }
    elsewhere,  ///< within another block, where an upstream is not allowed
    missing,
    unknown,  ///< `why`
  };
  kind is = kind::unknown;
  std::string why;
};
/// By `config`, nginx's main configuration, and what it includes. The file itself need not be there yet.
inclusion inclusion_of(const std::string& file, const std::string& config);

/// Whether `config`, and what it includes but for the file `without`, has this directive within http { }. What cannot
/// be read is as if it were empty.
bool has_directive(std::string_view name, const std::string& config, const std::string& without);

/// As own_upstreams(), of a text that stands within http { }.
std::set<std::string> upstreams_in(std::string_view text);

}  // namespace drcon::nginx
