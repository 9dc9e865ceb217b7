// Time zones, as the files of the IANA database have them (RFC 8536), read as Go reads them.
//
// Thread rule: a zone lies in the memory that it was read into, and is only read.
#pragma once

#include "common/templating/memory.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

namespace drcon::templating {

/// What clocks show in a zone at some times.
struct zone_kind {
  std::string_view name;    // such as CET
  std::int64_t offset = 0;  // seconds east of Greenwich
  bool is_summer = false;
};

struct zone_change {
  std::int64_t when = 0;
  std::size_t kind = 0;
};

/// A day of each year, and a time of it: March, the last Sunday, at two.
struct zone_turn {
  enum class form : std::uint8_t { day_without_leap, day, weekday };
  form by = form::day;
  int month = 0;
  int week = 0;
  int day = 0;
  std::int64_t time = 7200;
};

/// What holds after the last change that a file has.
struct zone_rule {
  zone_kind usual;
  bool has_summer = false;
  zone_kind summer;
  zone_turn start;
  zone_turn end;
};

/// What clocks show at a moment, and from when until when they do.
struct zone_state {
  zone_kind shown;
  std::int64_t start = std::numeric_limits<std::int64_t>::min();
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
};

struct time_zone {
  std::span<const zone_kind> kinds;  // none: UTC
  std::span<const zone_change> changes;
  bool has_rule = false;
  zone_rule rule;

  zone_state at(std::int64_t seconds) const;
  /// How far the clocks are off that show that name; where there are several, those that show that time.
  std::optional<std::int64_t> offset_of(std::string_view name, std::int64_t shown) const;
};

extern const time_zone utc_zone;

/// Nothing where the bytes are no file of a zone.
const time_zone* read_zone(std::string_view bytes, memory& scratch);
/// One that is always as far off.
const time_zone* fixed_zone(std::string_view name, std::int64_t offset, memory& scratch);

}  // namespace drcon::templating
