// What a target says of one endpoint: the lines of its live text that name it.
#pragma once

#include "engine/engine.hpp"
#include "report/explain.hpp"

#include <map>
#include <string>
#include <vector>

namespace drcon::admin {

/// Lines that hold `place` (address:port), but not as a part of a longer number, or else `id` as a word, each once:
/// a file may name an endpoint in several places. The first ten.
std::vector<std::string> lines_naming(const std::string& text, const std::string& place, const std::string& id);

/// Fills in the targets and the target_error of each sink of one match of an explanation, and corrects its verdict by
/// what the targets have.
void add_target_lines(report::endpoint_finding& match, const std::map<std::string, engine::inspection>& found);

}  // namespace drcon::admin
