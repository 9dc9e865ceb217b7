// Whether the answers about a service are parts of it, another one each time.
//
// A resolver between drcon and Consul may ask over UDP, where Consul takes away at random what does not fit, and sets
// no TC. What the resolver passes on looks whole, over TCP as well. What can be seen is that the number of records
// stays the same while other instances come with each answer, and that some that had gone are back. Instances that come
// and go by themselves change the number, or do not come back.
//
// State without input or output; the time is passed in. Thread rule: that of its owner.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace drcon::consul_dns {

class random_parts {
public:
  using clock = std::chrono::steady_clock;

  /// Takes the next answer in: the ids of its endpoints, in order. Whether it has to be taken for a part: the third
  /// such exchange within ten changes says so, until an answer has all that the others had, or one holds for a minute.
  bool looks_like_part(std::vector<std::string> ids, clock::time_point now) {
    if (answers_.empty() || ids != answers_.back().ids) take(std::move(ids), now);
    else if (now - answers_.back().since >= hold) begin_again(now);
    return is_part_;
  }

private:
  static constexpr std::chrono::minutes hold{1};
  static constexpr std::size_t most_answers = 10;
  static constexpr std::ptrdiff_t exchanges_to_tell = 3;
  static constexpr std::size_t fewest = 3;  // two instances that fail by turns are no part of anything

  struct seen {
    std::vector<std::string> ids;
    clock::time_point since;
    bool is_exchange = false;  // as many as before, and some of them had gone
  };

  void take(std::vector<std::string> ids, clock::time_point now) {
    const auto all = together();
    const bool has_all = std::ranges::includes(ids, all);
    const bool is_exchange = is_exchanged_for(ids);
    answers_.push_back({std::move(ids), now, is_exchange});
    if (has_all) return begin_again(now);
    if (answers_.size() > most_answers) answers_.pop_front();
    if (std::ranges::count_if(answers_, &seen::is_exchange) >= exchanges_to_tell) is_part_ = true;
  }

  bool is_exchanged_for(const std::vector<std::string>& ids) const {
    if (answers_.empty() || ids.size() < fewest || ids.size() != answers_.back().ids.size()) return false;
    const auto& before = answers_.back().ids;
    return std::ranges::any_of(ids, [&](const std::string& id) {
      const auto had = [&id](const seen& each) { return std::ranges::binary_search(each.ids, id); };
      return !std::ranges::binary_search(before, id) && std::ranges::any_of(answers_, had);
    });
  }

  // The newest answer is the whole.
  void begin_again(clock::time_point now) {
    is_part_ = false;
    answers_.erase(answers_.begin(), std::prev(answers_.end()));
    answers_.back().since = now;
    answers_.back().is_exchange = false;
  }

  std::vector<std::string> together() const {
    std::vector<std::string> all;
    for (const auto& each : answers_) all.insert(all.end(), each.ids.begin(), each.ids.end());
    std::ranges::sort(all);
    const auto twice = std::ranges::unique(all);
    all.erase(twice.begin(), twice.end());
    return all;
  }

  std::deque<seen> answers_;
  bool is_part_ = false;
};

}  // namespace drcon::consul_dns
