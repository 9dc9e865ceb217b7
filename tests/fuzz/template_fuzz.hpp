// What the fuzzers of both template languages share: the data that templates are given, the limits, and what must hold
// of every rendering.
//
// Thread rule: one thread.
#pragma once

#include "common/templating/fault.hpp"
#include "fuzz/fuzzer.hpp"
#include "oracle/compare/cases.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace drcon::fuzz {

/// Tight enough that an input that reaches them takes milliseconds; the depth is the product's, since it is the
/// stack's.
inline templating::surroundings template_surroundings() {
  templating::surroundings around;
  around.bounds.output = std::size_t{1} << 20U;
  around.bounds.memory = std::size_t{8} << 20U;
  around.bounds.steps = 200'000;
  around.now = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  around.environment = [](std::string_view name) {
    return name == "HOME" ? std::optional<std::string>("/home/x") : std::nullopt;
  };
  around.run_program = oracle::run_program;
  around.network = oracle::network;
  around.zone_file = oracle::zone_file;
  around.write_file = [](const templating::file_request& file) {
    return file.path.starts_with("/allowed/") ? std::nullopt : std::optional<std::string>("not allowed");
  };
  return around;
}

inline const templating::value& template_data() {
  static templating::memory scratch(std::size_t{1} << 20U);
  static const auto data =
      oracle::value_of(oracle::json::parse(std::string(R"({"i":42,"n":-7,"f":2.5,"z":0,"s":"hello, wörld",
    "e":"","t":true,"u":{"$uint64":9},"l":[1,"two",3.5,null,[4,5]],"w":{"$strings":["b","a","c"]},
    "m":{"a":1,"b":{"c":"deep"},"k":null,"x.y":"dotted"},"sm":{"$stringmap":{"x":"1","y":"2"}},"nil":null,
    "pairs":{"$pairs":[["a/b","1"],["c","2"]]},"services":[{"name":"web","endpoints":[{"address":"10.0.0.1","port":80}]},
    {"name":"api","endpoints":[]}],"broken":"\u0000\u0085\ud83d\ude00<&>'\"\\"})")),
                       scratch);
  return data;
}

struct rendered {
  std::string output;
  std::optional<templating::fault> wrong;
};

/// What is wrong is said with a place in the template, and a rendering that is repeated comes to the same.
template <typename Render>
void check_rendering(std::string_view text, Render render) {
  const rendered first = render();
  const auto limit = template_surroundings().bounds.output;
  if (first.output.size() > limit) broken("the output is bounded");
  if (first.wrong) {
    if (first.wrong->text.empty()) broken("a fault has a reason");
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    const auto& where = first.wrong->where;
    const bool is_in_partial = first.wrong->name != "t";
    if (where.line == 0 || where.column == 0 || (where.line > lines && !is_in_partial))
      broken("a fault lies in the template", first.wrong->message());
  }
  const rendered second = render();
  if (second.output != first.output || second.wrong.has_value() != first.wrong.has_value())
    broken("a rendering that is repeated comes to the same", first.output + "\n---\n" + second.output);
}

}  // namespace drcon::fuzz
