// What the import has to say about one place of what it reads.
//
// Thread rule: values.
#pragma once

#include "common/templating/fault.hpp"

#include <string>
#include <vector>

namespace drcon::importing {

using templating::position;

struct place {
  std::string file;      // or "command line"
  position where{0, 0};  // of a command line: none

  std::string shown() const {
    if (where.line == 0) return file;
    return file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
  }
  friend bool operator==(const place& left, const place& right) { return left.shown() == right.shown(); }
};

/// Faults are what the printed configuration does not do; remarks are what a reader of it wants to know.
struct finding {
  place where;
  std::string text;
};

struct report {
  std::vector<finding> faults;
  std::vector<finding> remarks;

  void fault(place where, std::string text) { add(faults, {.where = std::move(where), .text = std::move(text)}); }
  void remark(place where, std::string text) { add(remarks, {.where = std::move(where), .text = std::move(text)}); }

private:
  // A loop is walked more than once, and what is said of a place is said once.
  static void add(std::vector<finding>& all, finding one) {
    for (const auto& each : all)
      if (each.where == one.where && each.text == one.text) return;
    all.push_back(std::move(one));
  }
};

/// All of it as comments of TOML, for the head of what is printed.
std::string as_comments(const report& found);

}  // namespace drcon::importing
