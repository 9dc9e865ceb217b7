#include "cli/operator_verbs.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace drcon::cli {
namespace {

constexpr auto pipeline_meaning = "Name of a pipeline";

// The parser takes -1 for the largest number there is.
const CLI::Validator whole_number(
    [](const std::string& text) {
      constexpr std::size_t most_digits = 18;
      const bool is_one =
          !text.empty() && text.size() <= most_digits && text.find_first_not_of("0123456789") == std::string::npos;
      return is_one ? std::string() : "'" + text + "' is no whole number from 0 to 999999999999999999";
    },
    "");

class adder {
public:
  adder(const verb_adder& add, arguments& options) : add_(add), options_(options) {}

  CLI::App& verb(const char* name, const char* meaning, int (*what)(const arguments&)) {
    auto& added = *add_(name, meaning, what);
    added.add_option("-c,--config", options_.config, "The configuration that names the socket")->capture_default_str();
    added.add_option("--socket", options_.socket,
                     "Admin socket of the running drcon. Default: [admin] socket of the configuration, else "
                     "/run/drcon/admin.sock");
    added.add_flag("--json", options_.json, "For machines: what the admin interface answers");
    return added;
  }
  CLI::App& verb_of_pipeline(const char* name, const char* meaning, int (*what)(const arguments&)) {
    auto& added = verb(name, meaning, what);
    added.add_option("PIPELINE", options_.pipeline, pipeline_meaning)->required();
    return added;
  }

private:
  const verb_adder& add_;
  arguments& options_;
};

}  // namespace

void add_operator_verbs(const verb_adder& add, arguments& options) {
  adder verbs(add, options);
  verbs.verb("status",
             "Show what a running drcon serves and what needs attention. Exit code 3 when something "
             "does, or is under way; else 0.",
             status);
  verbs.verb("top", "The same, live, with the newest of the journal. q ends it.", top);

  auto& journal_verb = verbs.verb("journal", "Show what changed, why, and what each sink did with it.", journal);
  journal_verb.add_flag("-f,--follow", options.follow, "Go on with what happens from now on");
  journal_verb.add_option("--pipeline", options.pipeline, "Only of this pipeline, its sources and sinks");
  journal_verb.add_option("--after", options.after, "Only entries with a higher number")->check(whole_number);

  auto& explain_verb =
      verbs.verb_of_pipeline("explain",
                             "Explain why an endpoint is, or is not, in rotation: from what its source "
                             "reported to what the targets have now. Exit code 0 when it is, else 3.",
                             explain);
  explain_verb.add_option("ENDPOINT", options.endpoint, "Its id, its address, or address:port")->required();
  explain_verb.add_option("--service", options.service, "Only of this service");
  explain_verb.add_flag(
      "--all", options.all,
      "Everything: of each endpoint that is meant, each step, what each target has, and each entry of "
      "the journal that names it");

  auto& diff_verb = verbs.verb("diff",
                               "Show how the targets differ from what is desired. Exit code 0 when they do not, "
                               "and no brake holds anything, else 3.",
                               difference);
  diff_verb.add_option("PIPELINE", options.pipeline, "Name of a pipeline; all when it is left out");

  auto& pause_verb =
      verbs.verb_of_pipeline("pause",
                             "Decide nothing more; what is served stays, also through a restart. Waits until no "
                             "update is being applied, for a minute at most; what a sink has not applied by then "
                             "waits for the resume.",
                             pause);
  pause_verb.add_option("--why", options.why, "A reason, shown while it is paused");
  verbs.verb_of_pipeline("resume", "End a pause, also that of a rollback.", resume);
  verbs.verb_of_pipeline("resync", "Compare the targets with what is desired, and correct what differs.", resync);
  auto& release_verb = verbs.verb_of_pipeline(
      "release-brake", "Apply now what the brake holds. What it holds later is held again.", release_brake);
  release_verb.add_option("--service", options.service, "Only what is held of this service");
  auto& rollback_verb =
      verbs.verb_of_pipeline("rollback",
                             "Serve what an earlier revision had, and pause. Without a revision: list "
                             "what there is to go back to.",
                             rollback);
  rollback_verb.add_option("REVISION", options.revision, "As in the list")->check(whole_number);
  auto& log_verb =
      verbs.verb("log",
                 "Change how much is logged, until the next reload or restart. Without a level: show which "
                 "levels are written.",
                 log_levels);
  log_verb.add_option("LEVEL", options.level, "The least level to write; general: the plugin has none of its own")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "general"}));
  log_verb.add_option("--plugin", options.plugin, "Only of what this plugin says");
  verbs.verb("reload", "Reload the configuration. Exit code 1 when it is wrong: then nothing has changed.", reload);
}

}  // namespace drcon::cli
