// All figures of the process, in Prometheus' form.
//
// Thread rule: any thread; prometheus-cpp locks inside.
#pragma once

#include "base/subject.hpp"
#include "metrics/figures.hpp"

#include <drcon/plugin.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Registry;
}  // namespace prometheus

namespace drcon::metrics {

using labels = std::map<std::string, std::string>;

/// The labels of a source or a sink: kind and instance. The name alone would not do: it may belong to one of each.
labels labels_of(const base::subject& instance);
/// The same, and the label plugin.
labels labels_of(const base::subject& instance, const std::string& plugin);

/// The value of one figure at one moment, for figures that are known at the scrape and need no counting.
struct sample {
  const figure* of;
  labels with;
  double value;
};

/// One counter, for callers that may outlive the metrics, such as a thread that a plugin left behind: increments that
/// come too late are dropped.
class counter {
public:
  void increment() const;

private:
  friend class metrics;
  counter(std::weak_ptr<prometheus::Registry> registry, prometheus::Counter* of)
      : registry_(std::move(registry)), counter_(of) {}

  std::weak_ptr<prometheus::Registry> registry_;
  prometheus::Counter* counter_;  // belongs to the registry
};

class metrics {
public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// Increases a counter. An increment of 0 makes it visible from then on.
  void add(const figure& counter, const labels& with, double increment = 1);
  /// A counter that is there from now on, at 0: Prometheus sees the first increment as one only if it knew the 0.
  counter make_counter(const figure& of, const labels& with);
  /// A histogram of seconds, with buckets from 100 us to 60 s.
  void observe(const figure& histogram, const labels& with, double seconds);

  /// Takes a figure of a plugin, with the labels of its instance: a label of the plugin that has the same key becomes
  /// `exported_KEY`, as Prometheus does it. False when the figure's name or a label is not what Prometheus allows, or
  /// when the plugin has used the name for another kind.
  bool report(const std::string& plugin, const base::subject& instance, const drcon_metric& figure);

  /// The exposition format, version 0.0.4: all that was counted, and `now`.
  std::string text(const std::vector<sample>& now = {}) const;

private:
  std::shared_ptr<prometheus::Registry> registry_;
};

}  // namespace drcon::metrics
