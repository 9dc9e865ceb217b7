// What a configuration of Consul Template's says, from its files and its command line.
//
// Thread rule: values.
#pragma once

#include "import/finding.hpp"
#include "import/hcl.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::importing {

/// One word is a line for the shell; several are a program and its arguments.
using command_words = std::vector<std::string>;

struct waiting {
  std::optional<std::chrono::nanoseconds> min;
  std::optional<std::chrono::nanoseconds> max;
  bool enabled = true;
  friend auto operator<=>(const waiting&, const waiting&) = default;
};

struct template_stanza {
  place where;
  std::string source;
  place source_at;
  std::optional<std::string> contents;
  std::string destination;
  std::string perms;
  std::string user;
  std::string group;
  bool backup = false;
  command_words command;
  std::string command_timeout;
  std::map<std::string, std::string> environment;  // of the command
  waiting wait;
  std::string left_delimiter;
  std::string right_delimiter;
  bool error_on_missing_key = false;
  bool create_directories = true;
};

/// The program that Consul Template keeps, of `exec` and of the flags -exec and its kin.
struct exec_stanza {
  place where;
  command_words command;
  bool is_on = true;
  std::map<std::string, std::string> environment;
};

struct settings {
  std::string address;
  std::string token;
  std::string token_file;
  std::string name_space;
  bool ssl = false;
  bool ssl_verify = true;
  std::string ssl_certificate;
  std::string ssl_key;
  std::string ssl_ca_file;
  std::string ssl_server_name;
  std::string retry_min;
  std::string retry_max;
  std::string max_stale;
  std::string query_wait;
  std::string log_level;
  std::string log_file;
  std::string left_delimiter;
  std::string right_delimiter;
  waiting wait;
  exec_stanza exec;
  std::string exec_splay;
  std::string exec_reload_signal;
  std::string exec_kill_signal;
  std::string exec_kill_timeout;
  std::vector<template_stanza> templates;
};

/// Adds what a file says to `result`; `file` is its name for people. What it has twice counts as it is read last.
void read_file_of_settings(const std::string& text, const std::string& file, settings& result, report& found);

/// The value of one option by its path, such as "consul.address", as a flag of the command line gives it.
void set_option(const std::string& path, const hcl::value& given, const place& where, settings& result, report& found);

/// IN:OUT:COMMAND
template_stanza read_template_flag(const std::string& text, const place& where, report& found);

/// 5s, or 5s:20s
std::optional<waiting> read_wait(const std::string& text);

/// In the form of Go, such as 1m30s.
std::optional<std::chrono::nanoseconds> read_duration(const std::string& text);
/// In the form of drcon's configuration.
std::string shown(std::chrono::nanoseconds duration);

}  // namespace drcon::importing
