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
#include "template/desired.hpp"
#include "template/form.hpp"
#include "template/last_services.hpp"
#include "template/own_files.hpp"
#include "template/side_files.hpp"
#include "template/target.hpp"

#include <drcon/sink.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace drcon::templates {

/// Of the file beside the one that is rendered, for what services keep.
inline constexpr auto kept_ending = ".kept";

struct file_options {
  std::string path;  ///< with {{name}} in it where there is one for each of many
  std::string template_path;
  templates::form form;
  language in = language::none;
  common::file_attributes attributes;
  bool backup = false;
  bool needs_keys = false;       ///< see rules
  std::optional<command> check;  ///< of the file that is written beside; "{file}" is its name
};

struct apply_settings {
  std::string sink;
  std::vector<file_options> files;
  std::optional<command> reload;
  bool absent_is_empty = false;  ///< a service that is not in the pipeline has no endpoints, for Go's templates
  abilities granted;             ///< to Go's templates
};

class applier {
public:
  applier(apply_settings options, context host);

  /// Who wants it. The host reports itself how long it waits; otherwise the status must not stay what it was while a
  /// file is rendered for long.
  enum class wanted_by { host, edit };
  outcome apply(const last_services::snapshot& all, const std::stop_token& stop, wanted_by who = wanted_by::host);

  /// Whether every file still is what the last successful apply() left. Cheap.
  bool is_as_left();

  struct preview_file {
    std::string path;
    std::string bytes;
    std::optional<std::string> live;
  };
  /// With `why` not empty: nothing can be rendered.
  std::vector<preview_file> preview(const desired_state& desired, std::string& why) const;

  /// How often files were put in place, or removed, for good. What reads them has to load them again.
  std::uint64_t changes() const { return changes_; }

  /// Whether the last apply() left a file of many as it was that may become right without a change of what is desired.
  /// The host does not hand over again what was answered.
  bool is_to_be_retried() const { return !retried_.empty(); }

  /// Whether the last apply() left every file readable as one set: as desired, or as it was before where the reload of
  /// the new ones failed. It may have failed all the same: one of many cannot be rendered, or the reload is owed. A
  /// program that reads the files can be started then.
  bool files_are_in_place() const { return are_in_place_; }

  /// What the status says besides the files, such as of a program that reads them.
  void show_also(const std::string& text);

  /// Reads the templates that have changed on the disk. True when one has, and is valid; one that is not is reported in
  /// the status, and the last valid one is used.
  bool reread_templates();

private:
  using clock = std::chrono::steady_clock;
  // An entry of the options: one file, or a file for each of many things.
  struct entry {
    file_options options;
    std::map<std::string, common::managed_file> files;  // by their paths
    std::optional<own_files> own;                       // of many: those that this sink has written
    side_files sides;                                   // that the template writes besides
    sightings others;                                   // what is not ours and in the way, as it was seen
    own_files::list are_for;                            // path -> setting
    std::string template_fault;
    std::map<std::string, common::file_stamp> read;  // files that the template has read
    last_services last;
    std::string last_on_disk;  // what a restart would know of `last`
    left_out refused;          // of what is to be written now
    last_services::losses kept;
    std::string behind;  // which file is not as desired, and why; empty: none
  };
  static entry entry_of(file_options options);
  struct change {
    entry* of = nullptr;
    common::managed_file* on_disk = nullptr;
    std::string bytes;
    bool goes = false;  // the file is to be removed
    std::optional<common::candidate_file>
        candidate;  // nothing: the file is written already, and only the reload is missing
  };

  /// What the files of an entry should hold, by their paths.
  struct rendered {
    std::map<std::string, std::string> bytes;
    own_files::list are_for;                         ///< as own_files has it
    std::string wrong;                               ///< not empty: which file cannot be rendered, and why
    std::map<std::string, common::file_stamp> read;  ///< files that the template has read, as they were right before
    written_files written;                           ///< that it asks for besides
    left_out refused;                                ///< why it is not of all that is desired
    last_services::losses kept;
    std::set<std::string> stays;  ///< of many, files that are to stay as they are
    std::string behind;           ///< one of those, and why
    std::string retried;          ///< the same of one that may become right without a change of what is desired
  };
  static void note_fault(const item* each, const std::string& path, const rendering& made, rendered& all,
                         const refusal& refuse);
  /// What there is of them before.
  struct files_now {
    std::string text;  ///< of all
    std::set<std::string> paths;
    own_files::list are_for;  ///< as own_files has it
  };
  static files_now now_of(const entry& of);
  static const std::string* other_owner(const std::string& path, const item& each, const files_now& now,
                                        const desired_state& desired);
  /// Who waits while something is rendered.
  struct onlooker {
    refusal refused;
    std::stop_token stop;
    std::function<void(const std::string& path)> takes_long;  ///< which file is not rendered yet
  };
  rendered render(const file_options& of, const desired_state& desired, const files_now& now,
                  const onlooker& waits) const;
  rendered render_or_keep(const file_options& of, const desired_state& desired, const files_now& now,
                          const last_services& last, const onlooker& waits) const;
  struct plan_of_all {
    std::vector<change> todo;
    std::vector<std::string> all_bytes;             // of every file
    std::map<const entry*, written_files> written;  // that templates ask for besides
    std::set<const entry*> keeps_sides;             // of which some that they wrote are not known
    std::string retried;   // why it is to be done again although the rest goes on; empty: it is not
    std::size_t ours = 0;  // files that can be rendered, and written
  };
  std::string plan(entry& of, const desired_state& desired, plan_of_all& result, const onlooker& waits);
  static void stay(entry& of, common::managed_file& on_disk, plan_of_all& result);
  enum class finding { ours, foreign, unreadable };
  finding find_file(entry& of, const std::string& path, const std::string& bytes, std::string& why);
  std::string lock_of_many(const entry& of, common::managed_file& on_disk);
  std::string write_sides(const plan_of_all& planned);
  void drop_sides(const plan_of_all& planned);
  std::string note_own_files(const std::vector<change>& todo);
  void forget_removed(const std::vector<change>& todo);
  static common::file_place beside(const entry& of, const std::string& ending);
  void hold_last_services();
  void remember(const last_services::snapshot& all);
  void store_last_services(entry& of) const;
  void note_names(const desired_state& desired);
  static std::optional<form> changed_form(const file_options& of, std::string& fault);
  bool reread_template(entry& each);
  std::string lock();
  std::string look();
  std::string prepare(plan_of_all& planned, const common::command_surroundings& around, const std::stop_token& stop);
  static std::string why_not_passed(const change& each, const common::command_surroundings& around,
                                    const std::stop_token& stop);
  void leave_out(const change& each, std::string why, plan_of_all& planned);
  outcome end_well(const plan_of_all& planned, const last_services::snapshot& all);
  static outcome answer_of(const plan_of_all& planned);
  outcome bring_about(std::vector<change>& todo, const common::command_surroundings& around,
                      const std::stop_token& stop);
  outcome take_back(const std::vector<change>& todo, const std::string& why, const common::command_surroundings& around,
                    const std::stop_token& stop);
  outcome apply_all(const last_services::snapshot& all, const std::stop_token& stop, wanted_by who);
  void note_in_place(const std::vector<change>& todo);
  static bool only_owes_reload(const std::vector<change>& todo);
  static bool is_first(const std::vector<change>& todo);
  common::command_surroundings surroundings_of(const std::vector<change>& todo, const desired_state& desired) const;
  void show();

  const std::string sink_;
  const std::optional<command> reload_;
  const bool absent_is_empty_;
  const abilities granted_;
  const context host_;
  // Guards the templates within entries_ and which set known_ points to: preview() reads them beside their owner.
  mutable std::mutex shared_;
  std::vector<entry> entries_;
  std::shared_ptr<const std::set<std::string>> known_ = std::make_shared<std::set<std::string>>();  // services so far
  common::unfinished_files left_behind_;  // of entries with a file for each of many
  bool looked_ = false;
  bool sides_owe_reload_ = false;  // files that templates write besides have changed, and no reload has followed yet
  std::string kept_out_;           // by which other sink, from all of these files, or empty
  std::uint64_t changes_ = 0;
  bool are_in_place_ = false;  // see files_are_in_place()
  std::string also_shown_;
  std::string retried_;  // see is_to_be_retried()
  std::string failure_;  // of the last apply(), or empty: nothing else may make the status look better

  // A reload that failed is not retried at once with the same files: each reload disturbs the program that reads them.
  common::backoff patience_{std::chrono::seconds(2), std::chrono::minutes(1)};
  std::vector<std::string> failed_bytes_;
  std::string failed_why_;
  clock::time_point not_before_{};
  bool reload_failed_ = false;  // in the last try
};

}  // namespace drcon::templates
