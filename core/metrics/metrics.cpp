#include "metrics/metrics.hpp"

#include <drcon/model.hpp>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>

namespace drcon::metrics {
namespace {

const prometheus::Histogram::BucketBoundaries& buckets() {
  static const prometheus::Histogram::BucketBoundaries all{
      0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60};
  return all;
}

bool is_metric_word(std::string_view text) {
  return !text.empty() && text.size() <= 100 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

// Not "instance": that label is Prometheus' own for the host that was scraped, and it would move ours aside.
labels labels_of(const base::subject& instance) {
  return {{"kind", to_string(instance.kind)}, {"name", instance.name}};
}

labels labels_of(const base::subject& instance, const std::string& plugin) {
  auto all = labels_of(instance);
  all.emplace("plugin", plugin);
  return all;
}

metrics::metrics() : registry_(std::make_shared<prometheus::Registry>()) {}
metrics::~metrics() = default;

void metrics::add(const figure& counter, const labels& with, double increment) {
  prometheus::BuildCounter().Name(counter.name).Help(counter.help).Register(*registry_).Add(with).Increment(increment);
}

counter metrics::make_counter(const figure& of, const labels& with) {
  return {registry_, &prometheus::BuildCounter().Name(of.name).Help(of.help).Register(*registry_).Add(with)};
}

void counter::increment() const {
  if (const auto alive = registry_.lock()) counter_->Increment();
}

void metrics::observe(const figure& histogram, const labels& with, double seconds) {
  prometheus::BuildHistogram()
      .Name(histogram.name)
      .Help(histogram.help)
      .Register(*registry_)
      .Add(with, buckets())
      .Observe(seconds);
}

bool metrics::report(const std::string& plugin, const base::subject& instance, const drcon_metric& figure) {
  if (!is_metric_word(view(figure.name)) || !std::isfinite(figure.value)) return false;
  const auto own = labels_of(instance);
  auto with = own;
  for (std::size_t i = 0; i < figure.label_count; ++i) {
    const std::string key(view(figure.labels[i].key));
    if (!is_metric_word(key)) return false;
    with.emplace(own.contains(key) ? "exported_" + key : key, view(figure.labels[i].value));
  }
  auto name = "drcon_" + plugin + "_" + std::string(view(figure.name));
  std::ranges::replace(name, '-', '_');
  const std::string help(view(figure.help));
  try {
    if (figure.kind == DRCON_METRIC_GAUGE)
      prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(with).Set(figure.value);
    else if (figure.kind == DRCON_METRIC_HISTOGRAM)
      prometheus::BuildHistogram()
          .Name(name)
          .Help(help)
          .Register(*registry_)
          .Add(with, buckets())
          .Observe(figure.value);
    else if (figure.kind == DRCON_METRIC_COUNTER && figure.value >= 0)
      prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(with).Increment(figure.value);
    else return false;
  } catch (const std::invalid_argument&) {  // the same name was used for another kind
    return false;
  }
  return true;
}

std::string metrics::text(const std::vector<sample>& now) const {
  std::map<const figure*, prometheus::MetricFamily> families;
  for (const auto& each : now) {
    auto& family = families[each.of];
    const bool counter = each.of->what == figure::kind::counter;
    family.name = each.of->name;
    family.help = each.of->help;
    family.type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    prometheus::ClientMetric metric;
    for (const auto& [key, value] : each.with) metric.label.push_back({key, value});
    (counter ? metric.counter.value : metric.gauge.value) = each.value;
    family.metric.push_back(std::move(metric));
  }
  auto all = registry_->Collect();
  for (auto& [of, family] : families) all.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace drcon::metrics
