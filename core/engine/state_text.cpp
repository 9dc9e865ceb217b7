#include "engine/state_text.hpp"

#include "model/snapshot.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace drcon::engine {
namespace {

constexpr std::size_t usual_piece = std::size_t{64} * 1024;

// JSON that is written as it comes. What is asked for and what the brake remembers are small, and are JSON values.
class json_writer {
public:
  explicit json_writer(const take_piece& put) : put_(put) { text_.reserve(usual_piece + usual_piece / 4); }

  json_writer& operator<<(std::string_view literal) {
    text_ += literal;
    return *this;
  }
  json_writer& number(std::uint64_t value) {
    std::array<char, 20> digits{};
    text_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    return *this;
  }
  json_writer& string(std::string_view value) {
    if (std::ranges::all_of(value, stands_for_itself)) {
      text_ += '"';
      text_ += value;
      text_ += '"';
    } else {
      text_ += json_of(value);
    }
    return *this;
  }
  // False when nobody wants any more of it.
  bool go_on() { return text_.size() < usual_piece || flush(); }
  bool flush() {
    const bool taken = put_(text_);
    text_.clear();
    return taken;
  }

private:
  static bool stands_for_itself(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

  const take_piece& put_;
  std::string text_;
};

// Calls `write` for each, with commas between.
template <class Range, class Write>
void list(json_writer& to, const Range& all, Write write) {
  const char* before = "";
  for (const auto& each : all) {
    to << before;
    write(each);
    before = ",";
  }
}

template <class Pairs>
void table(json_writer& to, const Pairs& pairs) {
  to << "{";
  list(to, pairs, [&to](const auto& each) {
    const auto& [key, value] = each;
    to.string(key) << ":";
    to.string(value);
  });
  to << "}";
}

void write(json_writer& to, const endpoint_view& each) {
  to << "{\"id\":";
  to.string(each.id()) << ",\"node\":";
  to.string(each.node()) << ",\"address\":";
  to.string(each.address()) << ",\"port\":";
  to.number(each.port()) << ",\"weight\":";
  to.number(each.weight()) << ",\"priority\":";
  to.number(each.priority()) << ",\"health\":";
  to.number(static_cast<std::uint32_t>(each.health())) << ",\"tags\":[";
  list(to, each.tags(), [&to](std::string_view tag) { to.string(tag); });
  to << "],\"meta\":";
  table(to, each.meta());
  to << "}";
}

void write(json_writer& to, const model::shared_service& service) {
  to << "\n{\"name\":";
  to.string(service.name()) << ",\"revision\":";
  to.number(service.revision());
  if (!service.values().empty()) {
    to << ",\"values\":";
    table(to, service.values());
  }
  to << ",\"endpoints\":[";
  list(to, service.endpoints(), [&to](const auto& each) {
    to << "\n ";
    write(to, each);
  });
  to << "]}";
}

}  // namespace

bool write_state_body(const saved_state& state, const take_piece& put) {
  json_writer to(put);
  to << "{\"revision\":";
  to.number(state.snapshot->revision());
  if (const auto decided = to_milliseconds(state.decided); decided > 0) {
    to << ",\n\"decided\":";
    to.number(static_cast<std::uint64_t>(decided));
  }
  if (!state.asked.sources.empty()) to << ",\n\"asked\":" << json_of(state.asked);
  if (!state.brake.empty()) to << ",\n\"brake\":" << json_of(state.brake);
  to << ",\n\"services\":[";
  const char* before = "";
  for (const auto& each : state.snapshot->services()) {
    to << before;
    write(to, *each);
    before = ",";
    if (!to.go_on()) return false;
  }
  to << "\n]}";
  return to.flush();
}

}  // namespace drcon::engine
