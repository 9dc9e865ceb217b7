// Everything that is wrong with a configuration, collected in one pass and reported in order of place.
#pragma once

#include "config/diagnostic_code.hpp"
#include "config/file_text.hpp"
#include "config/position.hpp"

#include <optional>
#include <string>
#include <vector>

namespace drcon::config {

enum class severity { error, warning };

struct diagnostic {
  config::code code{};
  position where;
  config::severity severity = config::severity::error;
  std::string message;    ///< what is wrong and what was expected: "unknown key 'adress' in [source.consul]"
  std::string help;       ///< what to do, or empty: "did you mean 'address'?"
  bool may_pass = false;  ///< an error that the next reading may not have, though nobody edits the configuration
};

class diagnostics {
public:
  /// What a text quotes of a file is made printable, on one line.
  void error(code of, position where, std::string message, std::string help = {});
  /// An error: something that the configuration names has not been read.
  void unread(code of, position where, const read_fault& fault);
  void warning(code of, position where, std::string message, std::string help = {});

  /// Adds all of `other`.
  void take(const diagnostics& other);

  bool has_errors() const;
  /// There are errors, and each of them may pass, or is one of `also`.
  bool may_pass(std::optional<code> also = {}) const;
  /// In order of file, line and column.
  std::vector<diagnostic> sorted() const;
  /// One message a line: "FILE:LINE:COL: error: MESSAGE; HELP".
  std::string text() const;

private:
  std::vector<diagnostic> all_;
};

}  // namespace drcon::config
