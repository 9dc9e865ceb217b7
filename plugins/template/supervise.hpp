// Keeps a program for as long as its sink lives: starts it, makes it load what has changed, ends it in order.
//
// Thread rule: a thread of its own owns the process and does everything that is done to it; the kernel kills the
// process when that thread ends (see supervise_child.hpp for where that does not reach). The public functions are for
// any thread, one at a time; those that say so wait for the thread.
#pragma once

#include "template/supervise_child.hpp"
#include "template/supervise_settings.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>

namespace drcon::templates {

/// What the supervisor needs of the host; called on its thread.
struct supervisor_host {
  int news = -1;  ///< see drcon_process::keep; the supervisor closes it
  std::function<void(const child_end& how, bool by_itself, const std::string& why)> ended;
  std::function<void(const std::string& line)> log;
  std::function<void()> started;    ///< the program, the first time or again
  std::function<void()> signalled;  ///< it has got its reload_signal
};

class supervisor {
public:
  explicit supervisor(supervise_settings settings);
  /// Ends the program at once if it still runs.
  ~supervisor();
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  /// From now on this host gets the reports, and these settings count, but for the program itself. Waits. When it
  /// throws, the descriptor of `host` still is the caller's.
  void attach(supervisor_host host, supervise_settings settings);
  /// After it no call to the host is made until another attach(). Waits.
  void detach();

  /// The files have changed: the program is to be started, or to load them.
  void note_change();
  /// Whether note_change() was ever called: the program has been asked to run.
  bool has_been_asked() const { return wanted() > 0; }
  /// Waits a little for the program to have what note_change() asked for. Why it has not yet, or empty.
  std::string catch_up(const std::stop_token& stop);
  /// For the status: which process, since when, how the one before it ended.
  std::string text() const;

  /// Ends the program by its signal and, after its time, by SIGKILL; reports that to the host. Waits.
  void end();

private:
  using clock = std::chrono::steady_clock;
  enum class phase { none, running, ending, over };

  void work(const std::stop_token& stop);
  void run_tasks();
  void on_thread(std::function<void()> task);
  void act();
  void start();
  void load_change();
  void begin_end();
  void go_on_ending();
  void on_own_end(const child_end& how);
  void report_own_end();
  void report_end(const child_end& how, bool by_itself) const;
  void read_news();
  std::optional<clock::time_point> next_time() const;
  void wait_for_something() const;
  void wake() const;
  std::uint64_t wanted() const;
  void note_loaded(std::uint64_t change);
  void wait_because(const std::string& why, bool for_long);
  void publish_text();
  bool may_begin() const { return others_have_applied_ || !settings_.starts_after_others; }
  std::string name() const { return name_of(settings_.program); }

  // ---- owned by the thread ----
  supervise_settings settings_;
  supervisor_host host_;
  std::unique_ptr<supervised_child> child_;
  phase phase_ = phase::none;
  bool others_have_applied_ = false;      // the host has said so
  bool is_leaving_ = false;               // end() waits
  bool was_killed_ = false;               // its time was over
  std::optional<child_end> unreported_;   // it ended by itself, and the host does not know yet
  std::optional<clock::time_point> due_;  // when the change that waits for its splay is loaded
  clock::time_point kill_at_{};
  clock::time_point not_before_{};
  std::string last_end_;  // of the process before this one
  std::chrono::system_clock::time_point since_{};
  std::uint64_t reloads_ = 0;
  std::mt19937_64 random_{std::random_device{}()};

  const int wake_;            // an eventfd
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any news_;
  std::deque<std::function<void()>> tasks_;
  std::stop_source hurry_;  // ends a wait of the thread for a process that does not listen
  std::uint64_t wanted_ = 0;
  std::uint64_t loaded_ = 0;
  std::string why_not_;
  bool waits_long_ = false;  // what is wanted comes so much later that catch_up() does not wait for it
  bool is_over_ = false;     // nothing runs, and nothing will
  std::string text_;

  std::jthread thread_;  // last: it uses the members above
};

}  // namespace drcon::templates
