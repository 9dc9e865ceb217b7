// Any text as a configuration of Consul Template's, in HCL or JSON: it is read, or there is a fault with its place.
#include "fuzz/fuzzer.hpp"
#include "import/consul_template.hpp"

#include <string>

namespace drcon::fuzz {
namespace {

importing::report read(std::string_view input, importing::settings& result) {
  importing::report found;
  importing::read_file_of_settings(std::string(input), "input", result, found);
  for (const auto& each : found.faults) {
    if (each.text.empty()) broken("a fault says what is wrong");
    if (each.where.where.line == 0 || each.where.where.column == 0) broken("a fault says where", each.text);
  }
  return found;
}

}  // namespace

bool is_sound(std::string_view input) {
  importing::settings result;
  return read(input, result).faults.empty() && !result.templates.empty();
}

void try_input(std::string_view input) {
  importing::settings result;
  auto found = read(input, result);
  // What the input names is not opened: it may name any file of this machine.
  for (auto& each : result.templates) {
    if (!each.contents) each.contents = "";
    each.destination.insert(0, "/nowhere/");
  }
  const importing::import_surroundings around{.directory = "/nowhere", .templates_directory = {}, .environment = {}};
  const auto text = importing::translated(result, around, found);
  for (const unsigned char c : text)
    if ((c < 0x20 && c != '\n') || c == 0x7f) broken("what is printed has no control characters", text);
}

}  // namespace drcon::fuzz
