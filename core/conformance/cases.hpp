// The cases of the conformance kit: what the contract promises, and how a case sees whether it holds.
//
// Thread rule: a case runs on the main thread of its own process, which stands in for the lane.
#pragma once

#include "conformance/test_instance.hpp"
#include "conformance/tested_plugin.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace drcon::conformance {

/// What a case works with, in its own process.
struct case_context {
  std::filesystem::path file;             ///< the library
  const tested_plugin* loaded = nullptr;  ///< null for the cases of the file, which run before it is loaded
  config::kind kind = config::kind::source;
  nlohmann::json options;             ///< checked; not used by the cases of the file and of the library
  std::filesystem::path given;        ///< the author's file of options, or empty
  std::filesystem::path scratch;      ///< a directory of the case's own
  std::filesystem::path unreachable;  ///< the author's file of options for a peer that cannot be reached, or empty

  const tested_plugin& plugin() const { return *loaded; }
  test_instance make(const recorder::host_behaviour& behaviour = {}, std::string name = "test") const {
    return {plugin(), kind, options, behaviour, std::move(name)};
  }
  /// With the options for a peer that cannot be reached; throws not_tried when the author gave none.
  test_instance make_unreachable() const;
  test_instance make_with(const nlohmann::json& other_options) const { return {plugin(), kind, other_options}; }
};

/// What a case looks at. Those of the file come first, without the library being loaded.
enum class scope { file, library, instance, source, sink };

struct test_case {
  scope of;
  const char* name;
  const char* promise;  ///< what the contract says, as a sentence
  const char* help;     ///< what an author can do when it is broken
  const char* needs;    ///< the case without which this one has no meaning; empty: none
  /// Returns when the promise holds; throws breach or not_tried.
  void (*run)(const case_context&);
};

std::span<const test_case> file_cases();
std::span<const test_case> library_cases();
std::span<const test_case> option_cases();
std::span<const test_case> life_cases();
std::span<const test_case> source_cases();
std::span<const test_case> sink_cases();

/// One case of one plugin: "loads", "source.starts".
struct planned_case {
  const test_case* what;
  std::optional<config::kind> kind;
  std::string name() const { return kind ? std::string(to_string(*kind)) + "." + what->name : what->name; }
  std::string needs() const;
};

/// All that apply to a plugin of these kinds, in the order in which they are run.
std::vector<planned_case> plan(const std::vector<config::kind>& kinds);

}  // namespace drcon::conformance
