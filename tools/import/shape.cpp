#include "import/shape.hpp"

namespace drcon::importing {

void shape::add(std::string_view literal) {
  if (literal.empty()) return;
  if (parts_.empty() || parts_.back().what != part::kind::literal) parts_.emplace_back();
  parts_.back().text += literal;
}

void shape::add(const shape& more) {
  for (const auto& each : more.parts_)
    if (each.what == part::kind::literal) add(each.text);
    else if (each.what != part::kind::anything || parts_.empty() || parts_.back().what != part::kind::anything)
      parts_.push_back(each);
}

std::optional<std::string> shape::whole() const {
  if (parts_.empty()) return std::string();
  if (parts_.size() == 1 && parts_[0].what == part::kind::literal) return parts_[0].text;
  return {};
}

std::string shape::prefix() const {
  return parts_.empty() || parts_[0].what != part::kind::literal ? std::string() : parts_[0].text;
}

std::optional<std::string> shape::pattern() const {
  std::string text;
  bool any_known = false;
  for (const auto& each : parts_) {
    if (each.what != part::kind::literal) text += ".*";
    else any_known = true;
    for (const char c : each.text) {
      if (std::string_view(R"(\^$.|?*+()[]{})").find(c) != std::string_view::npos) text += '\\';
      text += c;
    }
  }
  if (!any_known) return {};
  return text;
}

std::optional<std::size_t> shape::listed() const {
  if (parts_.size() == 1 && parts_[0].what == part::kind::listed_name) return parts_[0].item;
  return {};
}

shape::halves shape::split(std::size_t part, std::size_t offset) const {
  halves result;
  for (std::size_t i = 0; i < part; ++i) result.before.add(of(parts_[i]));
  result.before.add(std::string_view(parts_[part].text).substr(0, offset));
  result.after.add(std::string_view(parts_[part].text).substr(offset + 1));
  for (std::size_t i = part + 1; i < parts_.size(); ++i) result.after.add(of(parts_[i]));
  return result;
}

std::optional<shape::halves> shape::split_at_first(std::string_view characters) const {
  for (std::size_t i = 0; i < parts_.size(); ++i)
    if (const auto found = parts_[i].text.find_first_of(characters); found != std::string::npos) return split(i, found);
  return {};
}

std::optional<shape::halves> shape::split_at_last(char character) const {
  for (std::size_t i = parts_.size(); i-- > 0;)
    if (const auto found = parts_[i].text.rfind(character); found != std::string::npos) return split(i, found);
  return {};
}

std::string shape::shown() const {
  std::string text;
  for (const auto& each : parts_) text += each.what == part::kind::literal ? each.text : "…";
  return text;
}

}  // namespace drcon::importing
