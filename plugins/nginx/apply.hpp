// Makes nginx serve a set of upstreams, or leaves everything as it was.
//
// Three facts are kept apart: *written* (the file's bytes), *accepted* (nginx -t passed with them) and *serving* (a new
// connection is answered by the generation of these bytes). None of them follows from another: nginx may refuse what
// was written, and go on serving an old configuration after it accepted a new one. Thread rule: owned by the sink's one
// thread, which it blocks; preview() is for any.
#pragma once

#include "common/managed_file.hpp"
#include "nginx/claims.hpp"
#include "nginx/left_out.hpp"
#include "nginx/live_mode.hpp"
#include "nginx/program_version.hpp"
#include "nginx/render.hpp"
#include "nginx/retirement.hpp"
#include "nginx/served_generation.hpp"
#include "nginx/target.hpp"

#include <drcon/sink.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace drcon::nginx {

struct apply_settings {
  std::string file;
  mode_t mode = 0644;
  layout form;                            ///< without the listener, which is chosen here
  bool use_listener = true;               ///< confirm = "listener"
  boost::asio::ip::tcp::endpoint listen;  ///< port 0: chosen here
  std::chrono::nanoseconds confirm_timeout{};
  std::chrono::nanoseconds retire_timeout{};   ///< how long a change waits for old workers to stop accepting
  std::chrono::nanoseconds reload_interval{};  ///< between two signals, at least
  std::size_t max_generations = 0;             ///< of workers that have not ended, beside the one that serves; 0: any
  std::optional<live_layout> live;             ///< mode = "live"; without the path of the peers, which is known later
};

class applier {
public:
  applier(apply_settings options, target nginx, context host);
  applier(const applier&) = delete;
  applier& operator=(const applier&) = delete;

  /// Writes the file, has nginx check and load it, and confirms that it serves; or puts the old file back. `fresh`: the
  /// upstreams differ from what was applied last, so that blocks of vanished services may be dropped once more.
  outcome apply(const std::vector<upstream>& desired, bool fresh, const std::stop_token& stop);

  /// To be called now and then while nothing is to be applied: looks which workers of earlier generations are left.
  void watch_retirement();

  /// Whether the file and nginx's master are those that the last successful apply() left, and, in mode "live", the
  /// servers that nginx has. Cheap.
  bool is_as_left();

  /// What apply() would write, file by file, and what is there now, when that can be read. Changes nothing. Any thread,
  /// even while apply() runs: it shares no state with it.
  struct shown {
    std::string path;
    std::string desired;
    std::optional<std::string> now;
  };
  std::vector<shown> preview(const std::vector<upstream>& desired) const;

private:
  // What is there now, and what an earlier run left.
  bool look(std::string& why, const std::stop_token& stop);
  void ask_version(const std::stop_token& stop);
  void learn(const std::string& file);
  void choose_listener();
  // With services that vanished while nginx's own configuration still names them, and with the last servers of those
  // of which too much is left out.
  std::vector<upstream> to_render(const std::vector<upstream>& desired) const;
  std::set<std::string> vanished(const std::vector<upstream>& desired) const;
  void remember(const std::vector<upstream>& desired);
  outcome judge_without_touching(const std::vector<upstream>& desired, const std::string& kept_out);
  // `made`: what these upstreams were rendered to already; nothing: they were not.
  outcome bring_about_or_retain(const std::vector<upstream>& desired, std::optional<rendered> made,
                                const std::stop_token& stop);
  void leave_out(const std::map<std::string, std::string>& services) const;
  std::optional<rendered> leave_out_own_upstreams(std::vector<upstream>& admitted, left_out& into) const;
  void report(const left_out& omitted, const std::vector<upstream>& admitted);
  void report_kept(const std::vector<upstream>& admitted) const;
  void show_status() const;
  // The steps of one change, in their order.
  outcome bring_about(const std::vector<upstream>& all, std::optional<rendered> made, const std::stop_token& stop);
  outcome bring_about_by_file(const std::vector<upstream>& all, std::optional<rendered> made,
                              const std::stop_token& stop);
  void keep_for_later(const std::vector<upstream>& all);
  // How far the search for host names that do not resolve has come, in one apply.
  struct host_name_search {
    static constexpr auto patience = std::chrono::seconds(10);  // for each of its steps
    static constexpr int most_named = 20;                       // by nginx -t, one at a time
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::now() + patience;
    int named = 0;
    bool are_looked_up = false;
  };
  bool leave_out_what_cannot_be(std::vector<upstream>& all, const outcome& how, host_name_search& search,
                                left_out& into, const std::stop_token& stop);
  bool is_live() const { return live_ && live_->is_on(); }
  rendered render_all(const std::vector<upstream>& all) const;
  std::string write(const std::string& bytes);
  target::verdict judge(const std::stop_token& stop);
  outcome refused(const target::verdict& verdict, const std::stop_token& stop);
  // Why nginx has not taken a change.
  enum class cause {
    change,   // nginx -t refuses it; nginx was not signalled
    outside,  // nginx -t finds no fault in it, but the master kept its generation
    unknown,  // the master kept its generation, and there is no nginx -t to ask
  };
  outcome put_back(const std::string& why, cause at_fault, const std::stop_token& stop);
  std::string why_too_soon(const std::stop_token& stop);
  outcome reload(const rendered& next, bool judged, const std::stop_token& stop);
  bool serves(const rendered& next);
  bool is_ending(pid_t master) const;
  outcome leave_to_next_start();
  outcome unconfirmed(const rendered& next, const std::stop_token& stop);
  std::string why_unconfirmed(const rendered& next, const std::stop_token& stop) const;

  const apply_settings options_;
  const target nginx_;
  const context host_;
  common::managed_file file_;
  served_generation served_generation_;
  program_version version_;
  layout form_;                                 // options_.form with the listener, and what nginx does by default
  last_servers last_;                           // the last servers of every service
  std::set<std::string> served_;                // names of the upstreams in the file that was confirmed last
  std::set<std::string> retained_;              // vanished services that nginx's own configuration still needs
  std::string retained_why_;                    // what nginx said without them
  std::optional<std::set<std::string>> taken_;  // names of the upstreams nginx last took; nothing: not known
  bool met_obstacle_ = false;                   // the master did not take what nginx -t had found no fault in
  bool out_of_reach_ = false;                   // nginx stalls, or is about to end: it takes nothing up now
  bool check_refused_ = false;                  // nginx -t judged the last attempt, and refused it
  std::string refusal_;                         // what nginx -t said of it then
  bool check_timed_out_ = false;                // nginx -t took too long at the last attempt
  std::optional<pid_t> master_;                 // nginx's, when the last apply began; nothing: not known
  std::string warning_;                         // a fault that the last attempt revealed, although nginx serves it
  bool learned_ = false;
  retirement retirement_;
  std::unique_ptr<live_mode> live_;                    // null: mode = "reload"
  std::chrono::steady_clock::time_point signalled_{};  // when nginx was signalled to reload last
  std::optional<std::string> remarks_;  // on what was applied last; nothing: another sink writes the file
};

}  // namespace drcon::nginx
