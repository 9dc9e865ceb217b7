// A reference page as data: what the schemas say, in the order and the words in which people read it. print.hpp puts it
// on a terminal, into Markdown or into a manual page; all say the same.
//
// Any thread; plain values.
#pragma once

#include "reference/plugin_facts.hpp"

#include <string>
#include <vector>

namespace drcon::reference {

struct option {
  std::string path;      ///< "service[].name"
  std::string type;      ///< "duration", "array of string", "\"a\" | \"b\""
  std::string range;     ///< "from 1 to 10", "not empty"; empty: none
  std::string fallback;  ///< the default, in TOML; empty: none
  bool required = false;
  bool secret = false;
  std::string formerly;  ///< names it had in earlier versions, in a list; or empty
  std::string meaning;

  /// All but path and meaning, on one line.
  std::string facts() const;
};

/// One table of the configuration.
struct section {
  std::string title;                 ///< "[sink.NAME]"; empty: above all tables
  std::vector<std::string> example;  ///< its first lines, in TOML
  std::string meaning;
  std::vector<option> options;  ///< those inside of a table or an array behind it; what is required first
};

struct page {
  std::string name;   ///< "nginx"; "drcon.toml" for the host's own keys
  std::string topic;  ///< one line
  std::string note;   ///< "sink, version 1.0.0"; may be empty
  std::vector<section> sections;
  std::vector<std::string> forms;  ///< how the formats are written that the options have, a line each
};

page page_of(const plugin_facts& plugin);

/// Of the host's own keys: [host], [log], [admin], what every source and sink has, [pipeline.NAME].
page page_of_host();

}  // namespace drcon::reference
