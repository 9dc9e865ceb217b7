// Mode "live": nginx takes changes of servers through a socket, without a reload.
//
// applier writes the file that nginx includes and reloads nginx when its shape changes, in both modes. This class sends
// the servers, keeps them in a file for the next start of nginx, and waits until every worker has them. When that is
// not possible it is suspended, with the reason: then the servers are in the file again, and each change takes a
// reload, until it is tried again. Thread rule: owned by the sink's one thread, but for is_on().
#pragma once

#include "common/backoff.hpp"
#include "common/managed_file.hpp"
#include "nginx/live_channel.hpp"
#include "nginx/live_include.hpp"
#include "nginx/live_set.hpp"
#include "nginx/target.hpp"

#include <drcon/sink.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <tuple>

namespace drcon::nginx {

/// What is in the file of peers beside that file, which is looked at; nothing when there is none, or a damaged one.
std::optional<known_set> peers_beside(const common::managed_file& file);

class live_mode {
public:
  /// `confirm_timeout`: how long every worker may take to have a change.
  live_mode(live_layout options, const target& nginx, context host, std::chrono::nanoseconds confirm_timeout);

  /// Takes over what an earlier run, or another sink, left in the file of peers. Once, and again after forget().
  void learn(const common::managed_file& file);
  /// Another sink may write the file of peers from now on.
  void forget() { learned_ = false; }

  /// At the beginning of each change: whether it is to be tried live. False: it is suspended.
  bool begin();
  bool is_on() const { return on_; }
  /// For a copy that only shows what it would do.
  void set_on(bool on) { on_ = on; }
  void suspend(const std::string& reason);
  /// What kept it from being live was something else.
  void resume();
  /// It is suspended, and begin() would try it again.
  bool is_due() const;
  /// That nginx does not say whether it has what was sent, for the status; or empty.
  std::string doubt() const;
  /// Why it is suspended, for the status; else what an operator has to know, or empty.
  std::string remark() const;

  rendered render(const std::vector<upstream>& all, const last_servers& last, const layout& form,
                  const std::string& file) const {
    return render_include(all, last, form, options_, file);
  }
  /// The servers, as nginx would get them.
  std::string peers(const std::vector<upstream>& all, const last_servers& last, const layout& form) const;
  const std::string& peers_file() const { return options_.peers; }
  /// What that file has; nothing when there is no such file, or a damaged one.
  const std::optional<std::string>& kept_text() const { return text_kept_; }

  struct sent {
    outcome how;
    bool possible = true;  ///< false: nginx cannot be sent anything, and `how` says why
  };
  /// nginx runs the module. Sends it the servers, and waits until every worker has them.
  sent send(const std::vector<upstream>& all, const last_servers& last, const layout& form,
            const std::stop_token& stop);

  /// Before nginx loads the module: it starts with the servers that the file of peers has. Why they cannot be put
  /// there, or empty.
  std::string keep_for_start(const std::vector<upstream>& all, const last_servers& last, const layout& form);

  /// nginx has the servers of this text, and the file of peers had them when it was looked at last.
  bool serves(const std::string& text) const;
  /// nginx has what was sent last, as far as it answers, and the file of peers was not touched. Cheap, unless nginx
  /// stalls.
  bool is_as_left();
  /// To be called now and then: what the workers have counted becomes metrics.
  void watch();
  /// The same in lines, one for each peer that was sent requests; empty when nginx does not answer. Any thread.
  std::string counted() const;

private:
  /// Without that a peer's age says nothing, and would only make texts differ.
  bool starts_slowly() const { return options_.slow_start.count() > 0; }
  std::string situation() const;
  live_channel::answer put_until_taken(const std::string& text, const std::stop_token& stop);
  bool has_what_was_sent();
  outcome leave_to_stalled(const std::string& text);
  outcome leave_to_next(const std::string& text);
  outcome wait_for_workers(const std::string& text, live_state state, const std::stop_token& stop);
  std::vector<pid_t> accepting_workers() const;
  bool is_kept(const std::string& text) const;
  std::string keep(const std::string& text);
  void report(const live_state& state, std::size_t set_size);

  live_layout options_;
  const target& nginx_;
  const context host_;
  const live_channel channel_;
  const std::chrono::nanoseconds confirm_timeout_;
  std::atomic<bool> on_ = true;
  std::string why_;      // it is suspended
  std::string warning_;  // of what was sent last
  int unanswered_ = 0;   // how often in a row nginx did not say what it has
  common::backoff patience_{std::chrono::seconds(5), std::chrono::minutes(5)};
  std::chrono::steady_clock::time_point not_before_{};
  std::string situation_;  // what nginx and its configuration looked like when it was suspended

  bool learned_ = false;
  common::file_place place_;              // of the file of peers
  std::uint64_t version_ = 0;             // of what was sent last, or was found
  std::optional<std::string> text_;       // that every worker has; nothing: it is not known
  std::optional<std::string> text_kept_;  // in the file of peers
  std::uint64_t version_kept_ = 0;        // of that
  common::file_stamp stamp_;              // of the file of peers when it was read or written last
  served_since since_;

  using counted_peer = std::tuple<pid_t, std::string, std::string>;
  std::map<counted_peer, peer_counts> counts_;  // as last seen
  std::chrono::steady_clock::time_point counted_{};
};

}  // namespace drcon::nginx
