// What one source has reported so far: its services, and of which it does not know the state at present. What it
// reported last stays valid until it reports something else: an outage of a registry must not empty a target.
//
// What it reports during an outage is collected until the outage is over, and counts all at once then. A registry that
// has lost its data answers for one service after the other: the brake would see many small losses instead of one.
// Thread rule: the engine's thread.
#pragma once

#include "base/timer.hpp"
#include "engine/journal.hpp"
#include "metrics/metrics.hpp"
#include "model/snapshot_ptr.hpp"
#include "plugins/instance.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <pattern.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::engine {

class source_state;

/// Why a source does not know a state at present, and since when.
struct silence {
  std::string why;
  std::chrono::system_clock::time_point since{};
};

/// Why a snapshot may change.
struct source_event {
  const source_state* source = nullptr;
  std::set<std::string> changed;  ///< services whose endpoints differ from before
  bool silence = false;           ///< it has begun or ceased to know the state of a single service
  bool names = false;             ///< a part whose services it could not name is known again
  bool readiness = false;         ///< became ready, or unknown, or known again; changed has it all then
  bool after_outage = false;      ///< it answers again, and `changed` has what it did not report meanwhile
  std::chrono::steady_clock::time_point seen{};  ///< when the source's plugin first reported it
};

/// Wants to know when a source changed.
class source_observer {
public:
  virtual ~source_observer() = default;
  virtual void on_source(const source_event& event) = 0;
};

class source_state final : public plugins::instance_listener {
public:
  /// `notes` and `figures` outlive it; `executor` is the engine's.
  source_state(std::shared_ptr<plugins::instance> instance, journal& notes, metrics::metrics& figures,
               const boost::asio::any_io_executor& executor);

  const std::string& name() const { return instance_->name(); }
  const base::subject& subject() const { return instance_->subject(); }
  plugins::instance& instance() { return *instance_; }
  const plugins::instance& instance() const { return *instance_; }

  void add(source_observer* observer) { observers_.push_back(observer); }
  void remove(source_observer* observer) { std::erase(observers_, observer); }

  /// Has reported all it watches, at least once: from then on its last reports stand, whatever happens.
  bool ready() const { return ready_; }
  /// Ready, and able to report changes now.
  bool known() const { return ready_ && !collects_; }
  const std::map<std::string, model::service_ptr>& services() const { return services_; }
  model::service_ptr find(const std::string& name) const;
  const std::map<std::string, silence>& unknown() const { return unknown_; }
  const std::optional<silence>& all_unknown() const { return all_unknown_; }
  /// Why it knows nothing at present, in the plugin's newest words; empty while it knows.
  std::string why_unknown() const;
  /// Null while it knows the state of that service.
  const silence* silent_on(const std::string& service) const;
  /// A part, such as a datacentre, whose services it cannot name at present. What was served of them stays.
  struct nameless_part {
    std::optional<pattern> names;  ///< which names it may have; nothing: any
    silence what;
  };
  /// By what the source calls them.
  const std::map<std::string, nameless_part>& nameless_parts() const { return parts_; }
  /// It watches this service and has never reported it, because it has no data of it: whether that has endpoints is not
  /// known, so that nothing that is served of it may be taken for gone.
  bool has_yet_to_report(const std::string& service) const { return unheard_.contains(service); }
  /// The same may be true of it: it has never reported a service of this name, which may be one of a part of which it
  /// does not know the names.
  bool may_have_yet_to_report(const std::string& service) const { return part_of(service) != nullptr; }
  /// When it last reported anything of its services.
  std::chrono::system_clock::time_point last_word() const { return last_word_; }

  /// When this source last reported a change of the service. Nothing if it never did, or if so many services were
  /// withdrawn since that it was forgotten.
  std::optional<std::chrono::system_clock::time_point> reported(const std::string& service) const;

  /// How long after an outage the services that were unknown one by one may take until each has been reported again.
  /// One whose registry keeps refusing it must not hold up the others for longer. Tests shorten it.
  static inline std::chrono::nanoseconds patience_after_outage = std::chrono::seconds(5);
  /// How long a source that reports to be away may take until it reports that its services are unknown: within that,
  /// both are one outage, which is logged and noted once. Tests change it.
  static inline std::chrono::nanoseconds patience_for_unknown = std::chrono::seconds(1);

  void on_news(const plugins::source_news& news) override;
  void on_status(const plugins::instance_status& now) override;
  void on_refused(const std::vector<plugins::refusal>& what) override;

private:
  bool take(const std::string& name, const model::service_ptr& now);
  void take_names(const plugins::source_news& news, source_event& event);
  void know_names(const std::string& part, source_event& event);
  const nameless_part* part_of(const std::string& service) const;
  void take_all(const std::map<std::string, model::service_ptr>& services, source_event& event);
  void take_readiness(const plugins::source_news& news);
  void end_outage(source_event& event);
  void report(const source_event& event);
  void note(std::string why);
  void note_unreachable(const std::string& why, const std::string& meanwhile);

  std::shared_ptr<plugins::instance> instance_;
  journal& journal_;
  metrics::metrics& figures_;
  std::vector<source_observer*> observers_;
  std::map<std::string, std::chrono::system_clock::time_point> reported_;  // by service; withdrawn ones too
  std::map<std::string, model::service_ptr> services_;
  std::map<std::string, silence> unknown_;
  std::set<std::string> unheard_;  // of those: never reported. Each is changed by its first report, also by "gone"
  std::map<std::string, nameless_part> parts_;
  std::set<std::string> known_parts_;  // of these: known again since an outage has begun
  std::optional<silence> all_unknown_;
  bool ready_ = false;
  // An outage: it was ready, and has reported that it knows nothing. collected_ is what it has reported since then.
  bool collects_ = false;
  std::map<std::string, model::service_ptr> collected_;  // null: withdrawn
  std::chrono::steady_clock::time_point collected_since_{};
  base::timer outage_timer_;
  base::timer away_timer_;  // runs while it has reported to be away, and nothing of its services
  std::chrono::system_clock::time_point last_word_{};
};

}  // namespace drcon::engine
