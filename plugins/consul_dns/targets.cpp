#include "consul_dns/targets.hpp"

#include "common/address.hpp"
#include "common/count_of.hpp"
#include "common/in_service.hpp"
#include "common/refused_loss.hpp"

#include <algorithm>
#include <set>

namespace drcon::consul_dns {
namespace {

std::size_t count_in_service(const std::vector<endpoint>& all) {
  return static_cast<std::size_t>(std::ranges::count_if(all, common::in_service));
}

}  // namespace

std::vector<std::string> targets::to_ask(std::vector<std::string> names, clock::time_point now) const {
  std::erase_if(names, [&](const std::string& name) {
    const auto found = known_.find(name);
    return found != known_.end() && found->second.passed_over && now - *found->second.passed_over < longest_fault;
  });
  return names;
}

targets::result targets::take(const std::vector<srv_record>& records, address_book book,
                              const std::vector<target_answer>& answers, const watched_service& of,
                              const std::optional<std::vector<endpoint>>& published, clock::time_point now) {
  note(records, book, answers, now);
  std::string kept;
  for (auto& [name, each] : known_) {
    if (!each.missing_since) continue;
    if (!each.absent_since) {
      if (now - *each.missing_since < longest_fault) return {.endpoints = {}, .fault = each.why};
      if (!each.passed_over) each.passed_over = now;
      if (each.address) kept = each.why + "; its last address is kept";
    }
    if (keeps_address(each, now)) book.emplace(name, *each.address);
  }
  auto found = judge_loss(records, book, of, published);
  if (!found.fault.empty()) return found;
  if (kept_.empty()) kept_ = kept;
  return found;
}

// Takes the addresses that were found into the book, and forgets the targets that are in the answer no more.
void targets::note(const std::vector<srv_record>& records, address_book& book,
                   const std::vector<target_answer>& answers, clock::time_point now) {
  for (const auto& each : answers) add_addresses(each.addresses, book);
  std::set<std::string> named;
  for (const auto& each : records)
    if (!each.target.empty()) named.insert(each.target);
  std::erase_if(known_, [&](const auto& each) { return !named.contains(each.first); });
  for (const auto& name : named)
    if (const auto found = book.find(name); found != book.end()) known_[name] = {.address = found->second};
  for (const auto& each : answers)
    if (named.contains(each.target) && !book.contains(each.target)) note_missing(known_[each.target], each, now);
}

// A name whose servers fail and deny by turns must not keep its service unknown by that: only an address ends the time
// for which it is missing.
void targets::note_missing(memory& each, const target_answer& answer, clock::time_point now) {
  if (!each.missing_since) each.missing_since = now;
  each.why = answer.why;
  each.passed_over.reset();
  if (!answer.is_final) {
    each.absent_since.reset();
    if (now - *each.missing_since >= longest_fault) each.passed_over = now;
  } else if (!each.absent_since) {
    each.absent_since = now;
  }
}

bool targets::keeps_address(const memory& each, clock::time_point now) const {
  return each.address && (!each.absent_since || now - *each.absent_since < absent_after_);
}

// The host's brake sees a loss only when it is published, and cannot know that it is one of names. So a service does
// not lose most of what it has because names have no address any more.
targets::result targets::judge_loss(const std::vector<srv_record>& records, const address_book& book,
                                    const watched_service& of, const std::optional<std::vector<endpoint>>& published) {
  auto usable = endpoints_of(records, book, of);
  auto with_last = book;
  bool is_any_missing = false;
  bool is_final = true;
  std::string why;
  for (const auto& [name, each] : known_) {
    if (book.contains(name)) continue;
    is_any_missing = true;
    is_final = is_final && each.absent_since;
    if (why.empty()) why = each.why;
    if (each.address) with_last.emplace(name, *each.address);
  }
  if (is_any_missing && usable.empty()) return {.endpoints = {}, .fault = why, .is_final = is_final};
  auto all = endpoints_of(records, with_last, of);
  const auto desired = count_in_service(all);
  const common::refused_loss loss{.served = published ? count_in_service(*published) : 0,
                                  .desired = desired,
                                  .refused = desired - std::min(desired, count_in_service(usable))};
  const bool keeps_last = loss.keeps_last();
  kept_ = keeps_last ? why + "; " + common::kept_because_of("service " + of.service, loss) : std::string();
  note_left_out(records, keeps_last ? with_last : book);
  return {.endpoints = keeps_last ? std::move(all) : std::move(usable), .fault = {}};
}

void targets::note_left_out(const std::vector<srv_record>& records, const address_book& book) {
  left_out_.clear();
  for (const auto& each : records)
    if (!each.target.empty() && !book.contains(each.target))
      left_out_.emplace(common::with_port(each.target, each.port), known_[each.target].why);
}

void targets::interrupt() {
  for (auto& [name, each] : known_) {
    each.absent_since.reset();
    if (!each.passed_over) each.missing_since.reset();
  }
}

void targets::clear() {
  known_.clear();
  left_out_.clear();
  kept_.clear();
}

std::string targets::text() const {
  if (!kept_.empty()) return kept_;
  if (left_out_.empty()) return {};
  return "leaves out " + common::count_of(left_out_.size(), "endpoint") + ": " + left_out_.begin()->second;
}

}  // namespace drcon::consul_dns
