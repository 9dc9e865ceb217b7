// The targets of one service's SRV records: which addresses they have, and which of them are left out.
//
// Whoever may register an instance may give it a name in the place of an address, and a name may have none. One such
// target must not keep the state of its whole service unknown: it is left out with its reason, and the others are used.
// What its server says decides how soon:
// - that there is no such name, or that it answers no such question: at once. One that had an address keeps that until
//   this has held for absent_after, as the name of a whole service does.
// - a failure, or silence: nothing can be concluded, and the service is unknown. One that goes on failing for longer
//   than `longest_fault`, while others have addresses, keeps the one that it had, or is left out if it never had one.
// Where no target has an address, nothing is known of the service.
//
// State without input or output; the time is passed in. Thread rule: that of its owner.
#pragma once

#include "consul_dns/message.hpp"
#include "consul_dns/services.hpp"
#include "consul_dns/settings.hpp"

#include <drcon/model.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::consul_dns {

/// What the servers say of one target.
struct target_answer {
  std::string target;
  std::vector<address_record> addresses;
  std::string why;        ///< why there are none
  bool is_final = false;  ///< that is an answer, and no failure: asking again does not change it
};

class targets {
public:
  using clock = std::chrono::steady_clock;
  static constexpr auto longest_fault = std::chrono::seconds(30);

  struct result {
    std::vector<endpoint> endpoints;
    std::string fault;      ///< why the state of the service is not known; empty: it is
    bool is_final = false;  ///< of the fault: asking again does not change it
  };

  explicit targets(std::chrono::nanoseconds absent_after) : absent_after_(absent_after) {}

  /// Of these, those that are to be asked about now. One that has failed for long is asked about less often: a silent
  /// server costs all others of the service its time-out.
  std::vector<std::string> to_ask(std::vector<std::string> names, clock::time_point now) const;

  /// The endpoints of a whole answer. `book`: the addresses that came along; `answers`: of the targets that were asked
  /// about. `published`: the service as it is known so far, which does not lose most of itself by what is left out.
  result take(const std::vector<srv_record>& records, address_book book, const std::vector<target_answer>& answers,
              const watched_service& of, const std::optional<std::vector<endpoint>>& published, clock::time_point now);

  /// The service's own name was not answered: what has held until now has not held on.
  void interrupt();
  /// The service has no records any more.
  void clear();

  /// "TARGET:PORT" -> why it is not among the endpoints; of the last result without a fault.
  const std::map<std::string, std::string>& left_out() const { return left_out_; }
  /// For the status; empty when each target has its address.
  std::string text() const;

private:
  struct memory {
    std::optional<std::string> address = {};              // the last one known
    std::optional<clock::time_point> missing_since = {};  // no address since then, for whatever reason
    std::optional<clock::time_point> absent_since = {};   // a server has said since then that there is none
    std::optional<clock::time_point> passed_over = {};    // fails for longer than longest_fault: when it did last
    std::string why = {};
  };

  void note(const std::vector<srv_record>& records, address_book& book, const std::vector<target_answer>& answers,
            clock::time_point now);
  static void note_missing(memory& each, const target_answer& answer, clock::time_point now);
  bool keeps_address(const memory& each, clock::time_point now) const;
  result judge_loss(const std::vector<srv_record>& records, const address_book& book, const watched_service& of,
                    const std::optional<std::vector<endpoint>>& published);
  void note_left_out(const std::vector<srv_record>& records, const address_book& book);

  std::chrono::nanoseconds absent_after_;
  std::map<std::string, memory> known_;  // of the targets of the last answer
  std::map<std::string, std::string> left_out_;
  std::string kept_;  // why some keep their last address, when they do so for longer
};

}  // namespace drcon::consul_dns
