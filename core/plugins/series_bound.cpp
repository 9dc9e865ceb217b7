#include "plugins/series_bound.hpp"

#include <drcon/model.hpp>

#include <map>
#include <utility>

namespace drcon::plugins {

series_bound::verdict series_bound::judge(const drcon_metric& figure) {
  std::string series(view(figure.name));
  for (std::size_t i = 0; i < figure.label_count; ++i)
    for (const auto part : {view(figure.labels[i].key), view(figure.labels[i].value)}) {
      series += '\0';
      series += part;
    }
  const std::lock_guard lock(mutex_);
  if (known_.contains(series)) return verdict::taken;
  if (known_.size() >= most_series || series.size() > most_bytes - bytes_)
    return std::exchange(reported_, true) ? verdict::beyond : verdict::first_beyond;
  bytes_ += series.size();
  known_.insert(std::move(series));
  return verdict::taken;
}

series_bound& series_of(const base::subject& instance) {
  static std::mutex mutex;  // guards `all`
  // Never freed: a thread that a plugin left behind may use it to the end.
  static auto& all = *new std::map<base::subject, series_bound>;
  const std::lock_guard lock(mutex);
  return all[instance];
}

}  // namespace drcon::plugins
