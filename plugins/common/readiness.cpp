#include "common/readiness.hpp"

#include <utility>

namespace drcon::common {

void readiness::set_heard(standing& each, bool is_heard) {
  if (!watched_.contains(&each) || std::exchange(each.is_heard, is_heard) == is_heard) return;
  if (is_heard) --unheard_;
  else ++unheard_;
}

void readiness::set_failing(standing& each, bool is_failing) {
  if (!watched_.contains(&each) || std::exchange(each.is_failing, is_failing) == is_failing) return;
  if (is_failing) ++failing_;
  else --failing_;
}

void readiness::add(standing& each) {
  if (!watched_.insert(&each).second) return;
  each = {};
  ++unheard_;
}

void readiness::remove(standing& each) {
  set_heard(each, true);
  set_failing(each, false);
  watched_.erase(&each);
}

void readiness::worked(standing& each) {
  set_failing(each, false);
  set_heard(each, true);
  each.is_known = true;
  each.errors = 0;
  if (!all_fail()) end_outage();
}

void readiness::incomplete(standing& each) {
  set_failing(each, false);
  set_heard(each, false);
  each.errors = 0;
  if (!all_fail()) end_outage();
}

bool readiness::failed(standing& each, failure how) {
  const bool is_new = !each.is_failing;
  set_failing(each, true);
  // Otherwise an outage that one lost connection has begun would last until the query of another service has ended,
  // which Consul may hold for minutes.
  if (how != failure::unanswered && !all_fail()) end_outage();
  return is_new;
}

bool readiness::begin_outage() {
  if (std::exchange(in_outage_, true)) return false;
  is_ready_ = false;
  for (auto* each : watched_) {
    each->errors = 0;
    if (each->is_failing) set_heard(*each, false);
  }
  return true;
}

void readiness::judge(standing& each, failure how) {
  if (in_outage_) return set_heard(each, false);
  if (how == failure::unanswered || all_fail()) return;
  ++each.errors;
  if (waits_in_vain(how, each.errors, each.is_known)) set_heard(each, true);
}

bool readiness::waits_in_vain(failure how, unsigned errors, bool is_known) {
  constexpr unsigned enough = 2;
  constexpr unsigned enough_of_unknown = 8;
  return how == failure::refusal || errors >= (is_known ? enough : enough_of_unknown);
}

bool readiness::become_ready(bool rest_is_heard) {
  if (is_ready_ || in_outage_ || unheard_ > 0 || !rest_is_heard) return false;
  is_ready_ = true;
  return true;
}

}  // namespace drcon::common
