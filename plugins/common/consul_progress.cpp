#include "common/consul_progress.hpp"

#include "common/digest.hpp"

#include <algorithm>
#include <utility>

namespace drcon::common::consul {

std::optional<std::uint64_t> query_progress::index() const {
  if (needs_confirmation_ || !is_known_ || !has_index_) return {};
  return index_;
}

query_progress::news query_progress::take(const http_answer& answer, bool confirmed, bool indexed) {
  const auto index = indexed ? index_of(answer, index_header_) : std::nullopt;
  const bool went_back = is_known_ && index && *index < index_;
  if (!confirmed && (needs_confirmation_ || went_back)) {
    needs_confirmation_ = true;
    return news::unconfirmed;
  }
  // Whether a check has changed or somebody else's service, a new index says nothing of what; an equal one says that
  // nothing has changed. Without an index only the body shows it.
  auto digest = index ? std::string() : common::digest(answer.body);
  const bool same = is_known_ && has_index_ == index.has_value() && index_ == index.value_or(0) && digest_ == digest;
  needs_confirmation_ = false;
  is_known_ = true;
  has_index_ = index.has_value();
  index_ = index.value_or(0);
  digest_ = std::move(digest);
  return same ? news::none : news::changed;
}

void query_progress::failed() { *this = query_progress(index_header_); }

bucket::clock::duration pause_after(bucket& answers, const query_progress& progress) {
  const auto wait = answers.take(bucket::clock::now());
  return progress.has_index() ? wait : std::max<bucket::clock::duration>(wait, pause_without_index);
}

}  // namespace drcon::common::consul
