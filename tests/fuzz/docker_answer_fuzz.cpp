// Any bytes as what Docker's engine answers: each line an event of its stream, or the inspection of a container. After
// each one the services must be what a source may publish.
#include "docker/services.hpp"
#include "fuzz/fuzzer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace drcon::fuzz {
namespace {

using namespace docker;
using std::chrono::seconds;

rules rules_of(bool internal) {
  rules all;
  all.host_name = "host";
  all.host_address = "10.0.0.1";
  all.internal = internal;
  all.crashed_is_critical = internal;
  all.address_label = internal ? "address" : "";
  all.host_network = internal ? host_ports::named : host_ports::exposed;
  all.all_bindings = internal;
  return all;
}

class engine_reader {
public:
  explicit engine_reader(bool internal) : inventory_(rules_of(internal), seconds(10)) {}

  void take(const std::string& line) {
    now_ += seconds(1);
    if (auto found = read_container(nlohmann::json::parse(line, nullptr, false))) {
      inventory_.take(std::move(*found));
    } else if (const auto what = read_event(line)) {
      inventory_.take(*what, now_);
    }
    if (const auto next = inventory_.next_return(); next && *next <= now_) inventory_.take_back(now_);
    check();
  }

private:
  void check() {
    const auto services = inventory_.services();
    for (const auto& each : services) {
      const auto endpoints = inventory_.endpoints(each);
      if (endpoints.empty()) broken("a service that is there has endpoints", each);
      if (std::ranges::adjacent_find(endpoints, std::ranges::greater_equal(), &endpoint::id) != endpoints.end())
        broken("endpoints are in order of an id that is unique", each);
    }
    const auto changed = inventory_.changed();
    for (const auto& each : previous_)
      if (!services.contains(each) && !changed.contains(each)) broken("a service that has gone has changed", each);
    previous_ = services;
    static_cast<void>(inventory_.doubles());
    for (const auto& [id, found] : inventory_.changed_findings())
      if (found && found->what.offers.empty() == found->what.why_none.empty())
        broken("a container has endpoints, or a reason why it has none", id);
  }

  inventory inventory_;
  inventory::clock::time_point now_{};
  std::set<std::string> previous_;
};

}  // namespace

bool is_sound(std::string_view input) {
  std::string first(input.substr(0, input.find('\n')));
  return read_container(nlohmann::json::parse(first, nullptr, false)) || read_event(first);
}

void try_input(std::string_view input) {
  for (const bool internal : {false, true}) {
    engine_reader reader(internal);
    for (auto rest = input; !rest.empty();) {
      const auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      reader.take(std::string(line));
    }
  }
}

}  // namespace drcon::fuzz
