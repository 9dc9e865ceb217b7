#include "cli/renewed_secrets.hpp"

#include <utility>

namespace drcon::cli {
namespace {

// How long a renewed token may wait. A look is a stat() for each file.
constexpr auto between_looks = std::chrono::seconds(1);
// What could not be used is reported each time.
constexpr auto between_tries = std::chrono::seconds(30);

}  // namespace

void renewed_secrets::follow(config::secret_signatures in_use) {
  in_use_ = std::move(in_use);
  changes_.clear();
  if (in_use_.empty()) return timer_.cancel();
  timer_.after(between_looks, [this] { look(); });
}

// A file that is away for now is being replaced, or was lost: what was read of it stays in use.
void renewed_secrets::look() {
  std::string renewed;
  for (const auto& [file, used] : in_use_) {
    auto now = config::signature_of(file);
    if (now == used || now.empty()) {
      changes_.erase(file);
      continue;
    }
    auto& known = changes_[file];
    if (known.signature != now) {
      known = {.signature = std::move(now), .next_try = clock::now()};
    } else if (renewed.empty() && clock::now() >= known.next_try) {
      known.next_try = clock::now() + between_tries;
      renewed = file;
    }
  }
  timer_.after(between_looks, [this] { look(); });
  if (!renewed.empty()) renewed_(renewed);
}

}  // namespace drcon::cli
