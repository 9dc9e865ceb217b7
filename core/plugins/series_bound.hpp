// How many series of metrics an instance may have: each one stays for as long as drcon runs, in its memory, in every
// scrape and in Prometheus, and names and labels may come from whoever registers services.
//
// Thread rule: any thread.
#pragma once

#include "base/subject.hpp"

#include <drcon/plugin.h>

#include <cstddef>
#include <mutex>
#include <set>
#include <string>

namespace drcon::plugins {

class series_bound {
public:
  static constexpr std::size_t most_series = 20000;
  static constexpr std::size_t most_bytes = std::size_t{8} << 20U;  ///< of names and labels

  enum class verdict {
    taken,         ///< it is known, or there is place for it
    first_beyond,  ///< the first one that there is no place for
    beyond,
  };
  verdict judge(const drcon_metric& figure);

private:
  std::mutex mutex_;  // guards all below
  std::set<std::string> known_;
  std::size_t bytes_ = 0;
  bool reported_ = false;
};

/// That of the instance with this name, those before it included: a reload that makes it again removes no series.
series_bound& series_of(const base::subject& instance);

}  // namespace drcon::plugins
