// Renders the files, puts them in place, and reloads the program that reads them: all of them, or none.
//
// The steps of a change: render, write beside the old file, check, put in place, reload, remove the old file that was
// kept aside. When a step fails, every file is restored and the reader is reloaded once more. Files that were not there
// before stay where the reader could not be reloaded without them either, and the reload is retried. A change that a
// crash cut short is found at the next start by the old file that is still kept aside. When the reload of the old files
// fails as well, nobody knows what the reader has: a mark beside each file, `.NAME.reload-owed`, makes the next apply
// reload although the file is as desired, after a restart too. Thread rule: owned by the sink's one thread, which it
// blocks; preview() is for any.
#pragma once

#include "common/backoff.hpp"
#include "common/managed_file.hpp"
#include "common/mustache_template.hpp"
#include "template/desired.hpp"
#include "template/last_services.hpp"
#include "template/render.hpp"
#include "template/target.hpp"

#include <drcon/sink.hpp>

#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace drcon::templates {

struct file_options {
  std::string path;
  std::string template_path;
  common::mustache_template form;
  language in = language::none;
  common::file_attributes attributes;
  bool backup = false;
  std::optional<command> check;  ///< of the file that is written beside; "{file}" is its name
};

struct apply_settings {
  std::string sink;
  std::vector<file_options> files;
  std::optional<command> reload;
};

class applier {
public:
  applier(apply_settings options, context host);

  outcome apply(const last_services::snapshot& all, const std::stop_token& stop);

  /// Whether every file still is what the last successful apply() left. Cheap.
  bool is_as_left();

  struct preview_file {
    std::string path;
    std::string bytes;
    std::optional<std::string> live;
  };
  std::vector<preview_file> preview(const desired_state& desired) const;

  /// Reads the templates that have changed on the disk. True when one has, and is valid; one that is not is reported in
  /// the status, and the last valid one is used.
  bool reread_templates();

private:
  using clock = std::chrono::steady_clock;
  // What a service keeps is beside the file, with this ending.
  static constexpr auto kept_ending = ".kept";
  struct file {
    file_options options;
    common::managed_file on_disk;
    std::string template_fault;
    last_services last;
    std::string last_on_disk;  // what a restart would know of `last`
    left_out refused;          // of what is to be written now
    last_services::losses kept;
  };
  struct change {
    file* of = nullptr;
    std::string bytes;
    std::optional<common::candidate_file>
        candidate;  // nothing: the file is written already, and only the reload is missing
  };

  std::string render(const file_options& of, const desired_state& desired, const std::string& live,
                     const refusal& refused) const;
  /// One rendering, and why it is not of all that is desired.
  struct rendering {
    std::string bytes;
    left_out refused;
    last_services::losses kept;
  };
  rendering render_or_keep(const file_options& of, const desired_state& desired, const std::string& live,
                           const last_services& last, const refusal& report) const;
  void hold_last_services();
  void remember(const last_services::snapshot& all);
  void store_last_services(file& of) const;
  std::string lock();
  std::string look();
  std::string prepare(std::vector<change>& todo, const common::command_surroundings& around,
                      const std::stop_token& stop);
  outcome bring_about(std::vector<change>& todo, const common::command_surroundings& around,
                      const std::stop_token& stop);
  outcome take_back(const std::vector<change>& todo, const std::string& why, const common::command_surroundings& around,
                    const std::stop_token& stop);
  static bool only_owes_reload(const std::vector<change>& todo);
  static bool is_first(const std::vector<change>& todo);
  common::command_surroundings surroundings_of(const std::vector<change>& todo, const desired_state& desired) const;
  void show();

  const std::string sink_;
  const std::optional<command> reload_;
  const context host_;
  mutable std::mutex forms_;  // guards the templates within files_, which preview() reads beside their owner
  std::vector<file> files_;
  bool looked_ = false;

  // A reload that failed is not retried at once with the same files: each reload disturbs the program that reads them.
  common::backoff patience_{std::chrono::seconds(2), std::chrono::minutes(1)};
  std::vector<std::string> failed_bytes_;
  std::string failed_why_;
  clock::time_point not_before_{};
  bool reload_failed_ = false;  // in the last try
};

}  // namespace drcon::templates
