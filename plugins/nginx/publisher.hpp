// Makes nginx serve a set of upstreams, or leaves everything as it was.
//
// Three facts, kept apart: *written* (the file's bytes), *accepted* (nginx -t passed with them), *serving* (a new
// connection is answered by the generation of these bytes). Nothing is concluded from one to another.
// Thread rule: owned by the sink's one thread; blocks it.
#pragma once

#include "nginx/control.hpp"
#include "nginx/render.hpp"

#include <drcon/sink.hpp>

#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace drcon::nginx {

struct publisher_options {
  std::string file;
  mode_t mode = 0644;
  layout form;               ///< without the listener, which is chosen here
  bool use_listener = true;  ///< confirm = "listener"
  std::string listen;        ///< "127.0.0.1:0"
  std::chrono::nanoseconds confirm_timeout{};
};

class publisher {
public:
  publisher(publisher_options options, control nginx, context host);

  /// `fresh`: the upstreams differ from what was applied last, so that vanished ones are worth another try.
  outcome publish(const std::vector<upstream>& wanted, bool fresh, const std::stop_token& stop);

  /// What publish would write, and what is there now; touches nothing.
  std::pair<std::string, std::optional<std::string>> preview(const std::vector<upstream>& wanted);

private:
  bool look(std::string& why);
  void learn(const std::string& file);
  void choose_listener(const std::string& file);
  std::vector<upstream> with_retained(const std::vector<upstream>& wanted) const;
  std::set<std::string> vanished(const std::vector<upstream>& wanted) const;
  void remember(const std::vector<upstream>& wanted);
  outcome bring_about(const rendered& next, const std::stop_token& stop);
  outcome put_back(const std::string& why, bool was_signalled, const std::stop_token& stop);
  std::string restore();
  void settle();
  std::optional<outcome> refused(const control::verdict& verdict, const std::stop_token& stop);
  outcome reload(const rendered& next, const std::stop_token& stop);
  bool serves(const rendered& wanted) const;
  bool confirmed(const rendered& next, pid_t master, const std::map<pid_t, unsigned long long>& old_workers,
                 const std::stop_token& stop) const;
  std::string why_unconfirmed(const std::stop_token& stop) const;
  std::string write(const std::string& bytes);
  std::string previous_name() const;

  publisher_options options_;
  control nginx_;
  context host_;
  std::optional<std::string> live_;      // the file's bytes as last seen
  std::optional<std::string> previous_;  // what was there before the change under way; nothing: no file
  bool changing_ = false;                // a change was written and not yet confirmed
  memory last_;                          // the last servers of every service
  std::set<std::string> retained_;       // vanished services that nginx's own configuration still needs
  bool learned_ = false;
};

}  // namespace drcon::nginx
