// Holds the loss of too much capacity at once: of the pipeline, or of one of its services.
//
// Capacity is how many endpoints are in service, not which: a set that is replaced by as many others is no loss. A
// service that would lose too much is held for itself, and the others go on.
// A pure rule over times and counts; the pipeline owns it and its timer. Not shared between threads.
#pragma once

#include "config/configuration.hpp"
#include "engine/brake_memory.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace drcon::engine {

class brake {
public:
  using clock = std::chrono::steady_clock;

  explicit brake(const config::brake_config& config) : config_(config) {}

  /// One service that differs between what is served and what could be served next.
  struct service_change {
    std::string name;
    std::size_t served = 0;  ///< its endpoints in service now, those that the brake keeps among them
    std::size_t next = 0;    ///< and in the candidate
    bool released = false;   ///< an operator has released exactly this content
    bool observed = true;    ///< the sources that have reported it can report changes of it now
  };

  /// Endpoints in service of several services.
  struct totals {
    std::size_t served = 0;
    std::size_t next = 0;
  };

  /// All that differs. The totals count every service, also those that do not differ.
  struct change {
    std::vector<service_change> services;
    std::size_t served = 0;
    std::size_t next = 0;
    bool released = false;  ///< an operator has released exactly this candidate, as a whole
    bool observed = true;   ///< every source can report changes now
    /// A source answers again after an outage: of the services that it reports, or did before. A registry that has lost
    /// its data is filled again service by service and endpoint by endpoint: what is lost of one service shows what to
    /// think of the others.
    std::optional<totals> after_outage = {};
  };

  /// Why removals wait, and until when.
  struct hold {
    std::string service;  ///< empty: the whole pipeline would lose too much
    std::string why;
    std::size_t before = 0;  ///< in service when the hold began
    std::size_t after = 0;   ///< the fewest that the candidate had since then
    clock::time_point since{};
    clock::time_point until{};
  };

  struct decision {
    std::vector<hold> holds;            ///< all that is held now, the pipeline's own first, then by service
    std::vector<std::string> begun;     ///< of those: what was not held before, or has come to a new low
    std::vector<std::string> kept;      ///< the services whose removals wait, in order of name
    bool keeps_all = false;             ///< what is served is not known: nothing of the candidate may be served
    std::vector<hold> accepted;         ///< passes because it lasted for the whole of `hold`, or was released
    std::vector<std::string> returned;  ///< was held, and the endpoints returned
    /// Ask again at this time if nothing changed before: a hold ends, or a loss is old enough to be forgotten.
    std::optional<clock::time_point> ask_again;
  };

  /// Judges a candidate, and remembers what it decided: the caller serves the candidate, without the removals of the
  /// services in `kept`.
  decision judge(clock::time_point now, const change& change);

  /// Why this change would be held if it came alone; empty if it would pass. Remembers nothing.
  std::string why_not(const change& change) const;

  /// Something is served, and nobody knows what: `why` says so. The first candidate is held as a loss of unknown size,
  /// unless the change that judge() is given is measured from something older and loses nothing.
  void hold_first(std::string why);

  /// False while hold_first() lasts: then only the whole candidate can be released.
  bool knows_what_is_served() const { return !first_; }

  bool holding() const { return !services_.empty() || whole_ || first_; }
  /// What is held now is held for the whole of `hold` again: the time so far does not count.
  void restart_holds();
  /// Nobody observes what is held until the next judge(): its time begins again then.
  void stop_observing();
  /// What is served now was chosen by an operator: nothing is held, and later losses are measured from it alone.
  void forget();
  /// Takes over what `before` remembers, after a reload.
  void go_on_from(const brake& before);

  using memory = brake_memory<clock>;
  /// What recall() needs after a restart. That nothing is known of what is served is not in it: the state on disk says
  /// that each time.
  memory remembered() const;
  /// The same, and for how long what is held was seen until now, when drcon stops.
  memory remembered_at_stop(clock::time_point now) const;
  void recall(const memory& kept);
  /// As long as it is the same, so is remembered(), which copies all of it: the decisions are many, and few of them
  /// change something there.
  std::uint64_t version() const { return version_; }

private:
  // A loss that waits.
  struct waiting {
    std::string why;
    std::size_t kept = 0;       // in service when it began
    std::size_t lowest = 0;     // the fewest in the candidates since then
    clock::time_point since{};  // a source has observed the loss for the whole of the time from then on
    clock::duration seen{};     // before a restart, as long as no source has answered since
    bool observed = true;       // at the last judgement
    bool is_own = true;         // false: of a service that is held only because the pipeline is
    bool of_outage = false;     // the limits were passed by what one source reports, and not by the pipeline's sum
  };
  enum class outcome { passes, begins, waits, returned, lasted, released };
  // One judgement: what it is about, and sums over the services that were judged so far.
  struct judgement {
    clock::time_point now;
    const change& of;
    decision made;
    std::size_t surplus = 0;     // served beyond what was there when a hold began: additions of held services
    std::size_t held = 0;        // what services that are held for themselves would lose
    std::size_t accepted = 0;    // what services lose whose hold is over
    std::set<std::string> over;  // the services whose hold is over: what they lose is not counted once more
  };

  void forget_old(clock::time_point now);
  void forget_losses(const std::string& service);
  void forget_losses();
  void remember_loss(clock::time_point now, const std::string& service, std::size_t served);
  std::size_t reference(const std::string& service, std::size_t served) const;
  std::string loss(std::size_t now, std::size_t before, std::size_t after) const;
  outcome judge_one(std::optional<waiting>& held, const service_change& each, clock::time_point now) const;
  void judge_service(const service_change& each, judgement& about);
  void judge_whole(judgement& about);
  outcome judge_outage(const service_change& total, const judgement& about);
  bool is_released_as_a_whole(const judgement& about) const;
  decision judge_first(clock::time_point now, const change& change);
  void hold_with_the_pipeline(const judgement& about);
  memory remembered(std::optional<clock::time_point> stop) const;
  static void observe(waiting& held, bool observed, clock::time_point now);
  void note(const std::string& service, outcome what, const waiting& held, decision& made) const;
  void remember_losses(const judgement& about);
  void list(clock::time_point now, decision& made) const;
  hold shown(const std::string& service, const waiting& held) const;

  config::brake_config config_;
  std::map<std::string, waiting> services_;  // what is held, by service
  std::optional<waiting> whole_;             // the pipeline is held
  std::optional<waiting> first_;             // nothing is known of what is served; its `lowest` counts the candidate
  // What was served until some time within the window, of services that have lost something since. "" stands for the
  // pipeline: no service has an empty name.
  std::map<std::string, std::deque<std::pair<clock::time_point, std::size_t>>> past_;
  // One entry for each service in past_, by its oldest one there: that is the next to be forgotten.
  std::set<std::pair<clock::time_point, std::string>> past_order_;
  std::uint64_t version_ = 0;
};

}  // namespace drcon::engine
