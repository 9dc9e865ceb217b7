// What a shared library exports and needs, read from its file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace drcon::conformance {

struct elf_facts {
  std::vector<std::string> exported;   ///< defined, visible to others
  std::vector<std::string> undefined;  ///< needed, not weak
  bool executable_stack = false;
  bool text_relocations = false;
};

/// Throws std::runtime_error when it cannot be read. The host's loader has looked at the file before.
elf_facts read_elf(const std::filesystem::path& file);

}  // namespace drcon::conformance
