// How far the answers to one query of Consul's API are known, and how it has to be asked next.
//
// A Consul that has just restarted answers with status 200 from the log that it replays: what was true hours ago, with
// instances that are long gone. An index below the one known before shows it, but only to whoever knows one. So the
// first answer of all, the first one after a failure, and one whose index went back are used only when the leader has
// confirmed them: the query is repeated with `consistent`.
//
// State without input or output. Thread rule: that of its owner.
#pragma once

#include "common/bucket.hpp"
#include "common/consul_rules.hpp"
#include "common/http_answer.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace drcon::common::consul {

/// Of one blocking query, beyond a burst: a check that flaps, or a key that is written all the time, must not keep
/// drcon and Consul busy.
inline constexpr double answers_per_second = 10;
inline constexpr double answer_burst = 5;

/// Without an index, as behind a proxy that drops the header, queries do not block: this is the pause between two.
inline constexpr auto pause_without_index = std::chrono::seconds(1);

class query_progress {
public:
  /// `index_header`: which header of answers has the index, in lower case.
  explicit query_progress(std::string index_header = consul::index_header) : index_header_(std::move(index_header)) {}

  enum class news {
    none,         ///< the same as before
    changed,      ///< may differ from what is known
    unconfirmed,  ///< may be history: to be asked again, with `consistent`
  };

  /// The next query needs `consistent`.
  bool needs_confirmation() const { return needs_confirmation_; }
  /// The index that the next query blocks on; nothing: a plain query.
  std::optional<std::uint64_t> index() const;
  /// Whether the last answer had an index. If not, the next query is asked after pause_without_index.
  bool has_index() const { return has_index_; }
  /// Of the last answer that was used; 0 when it had none.
  std::uint64_t revision() const { return index_; }

  /// What an answer with status 200 is worth. `confirmed`: it was asked for with `consistent`. `indexed`: false of a
  /// query whose index says nothing.
  news take(const http_answer& answer, bool confirmed, bool indexed = true);
  /// The query failed, or its answer has no sense: who answers next may count from another index.
  void failed();
  /// The next answer may be history, though this query has not failed itself.
  void require_confirmation() { needs_confirmation_ = true; }

private:
  std::string index_header_;
  bool needs_confirmation_ = true;
  bool is_known_ = false;
  bool has_index_ = true;
  std::uint64_t index_ = 0;
  std::string digest_;  // of the last body, while answers have no index
};

/// How long to wait after a good answer before the next query: `answers` says how many there may be, and without an
/// index there are fewer.
bucket::clock::duration pause_after(bucket& answers, const query_progress& progress);

}  // namespace drcon::common::consul
