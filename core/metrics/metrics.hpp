// All figures of the process, in Prometheus' form.
//
// Thread rule: any thread; prometheus-cpp locks inside.
#pragma once

#include <drcon/plugin.h>

#include <map>
#include <memory>
#include <string>

namespace prometheus {
class Registry;
}

namespace drcon::metrics {

using labels = std::map<std::string, std::string>;

class metrics {
public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  void set(const std::string& name, const std::string& help, const labels& with, double value);
  void add(const std::string& name, const std::string& help, const labels& with, double increment = 1);
  /// A histogram of seconds, with buckets from 1 ms to 60 s.
  void observe(const std::string& name, const std::string& help, const labels& with, double seconds);

  /// What a plugin reports; false when its name or labels are not what Prometheus allows, or clash with another kind.
  bool report(const std::string& plugin, const std::string& instance, const drcon_metric& figure);

  /// The exposition format, version 0.0.4.
  std::string text() const;

private:
  std::shared_ptr<prometheus::Registry> registry_;
};

}  // namespace drcon::metrics
