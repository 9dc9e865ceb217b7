#include "pattern.hpp"

#include <regex>

namespace drcon {

struct pattern::compiled {
  explicit compiled(const std::string& text) : expression(text, std::regex::ECMAScript | std::regex::optimize) {}
  std::regex expression;
};

pattern::pattern(const std::string& expression) {
  try {
    compiled_ = std::make_shared<const compiled>(expression);
  } catch (const std::regex_error& error) {
    throw pattern_error(error.what());
  }
}

bool pattern::matches_whole(const std::string& text) const { return std::regex_match(text, compiled_->expression); }

bool pattern::is_found_in(const std::string& text) const { return std::regex_search(text, compiled_->expression); }

}  // namespace drcon
