#include "import/flags.hpp"

#include <algorithm>

namespace drcon::importing {

given_line read_line(std::span<const std::string> words, std::span<const flag> known, std::string_view program,
                     report& found) {
  given_line result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (!word.starts_with('-') || word == "-") {
      result.rest.push_back(word);
      continue;
    }
    const auto name_at = word.starts_with("--") ? 2U : 1U;
    const auto equals = word.find('=');
    // Without the value: it may be a token, and the place is printed.
    const place where{.file = "command line, " + word.substr(0, equals)};
    const auto name = word.substr(name_at, equals == std::string::npos ? equals : equals - name_at);
    const auto what = std::ranges::find(known, name, &flag::name);
    if (what == known.end()) {
      found.fault(where, std::string(program) + " has no such flag");
      continue;
    }
    given_flag one{.what = &*what, .value = "true", .where = where};
    if (equals != std::string::npos) {
      one.value = word.substr(equals + 1);
    } else if (what->takes_value) {
      if (i + 1 == words.size()) {
        found.fault(where, "a value is missing behind it");
        continue;
      }
      one.value = words[++i];
    }
    result.flags.push_back(std::move(one));
  }
  return result;
}

}  // namespace drcon::importing
