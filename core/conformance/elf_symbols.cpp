#include "conformance/elf_symbols.hpp"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <fstream>
#include <stdexcept>

namespace drcon::conformance {
namespace {

using header = ElfW(Ehdr);
using section = ElfW(Shdr);
using segment = ElfW(Phdr);
using symbol = ElfW(Sym);
using dynamic = ElfW(Dyn);

class image {
public:
  explicit image(const std::filesystem::path& file) : file_(file) {
    std::ifstream in(file, std::ios::binary);
    bytes_.resize(std::filesystem::file_size(file));
    in.read(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
  }

  template <class Type>
  Type read(std::size_t offset) const {
    Type value;
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof value)
      throw std::runtime_error(file_.string() + " is damaged: a table lies outside of it");
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  std::string text(std::size_t offset) const {
    const auto end = bytes_.find('\0', std::min(offset, bytes_.size()));
    return end == std::string::npos ? std::string() : bytes_.substr(offset, end - offset);
  }
  std::vector<section> sections() const {
    const auto head = read<header>(0);
    std::vector<section> all;
    for (std::size_t i = 0; i < head.e_shnum; ++i) all.push_back(read<section>(head.e_shoff + i * sizeof(section)));
    return all;
  }
  std::vector<segment> segments() const {
    const auto head = read<header>(0);
    std::vector<segment> all;
    for (std::size_t i = 0; i < head.e_phnum; ++i) all.push_back(read<segment>(head.e_phoff + i * sizeof(segment)));
    return all;
  }

private:
  std::filesystem::path file_;
  std::string bytes_;
};

void read_symbols(const image& elf, const section& table, const section& names, elf_facts& facts) {
  for (std::size_t i = 1; i < table.sh_size / sizeof(symbol); ++i) {
    const auto each = elf.read<symbol>(table.sh_offset + i * sizeof(symbol));
    const auto binding = each.st_info >> 4U;
    const auto visibility = each.st_other & 3U;
    auto name = elf.text(names.sh_offset + each.st_name);
    if (each.st_shndx == SHN_UNDEF) {
      if (binding == STB_GLOBAL) facts.undefined.push_back(std::move(name));
    } else if (binding != STB_LOCAL && (visibility == STV_DEFAULT || visibility == STV_PROTECTED)) {
      facts.exported.push_back(std::move(name));
    }
  }
}

}  // namespace

elf_facts read_elf(const std::filesystem::path& file) {
  const image elf(file);
  elf_facts facts;
  const auto sections = elf.sections();
  for (const auto& each : sections)
    if (each.sh_type == SHT_DYNSYM && each.sh_link < sections.size())
      read_symbols(elf, each, sections[each.sh_link], facts);
  bool has_stack_header = false;
  for (const auto& each : elf.segments()) {
    if (each.p_type == PT_GNU_STACK) {
      has_stack_header = true;
      facts.executable_stack = (each.p_flags & PF_X) != 0;
    }
    if (each.p_type != PT_DYNAMIC) continue;
    for (std::size_t i = 0; i < each.p_filesz / sizeof(dynamic); ++i) {
      const auto entry = elf.read<dynamic>(each.p_offset + i * sizeof(dynamic));
      const bool flagged = entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL) != 0;
      facts.text_relocations |= entry.d_tag == DT_TEXTREL || flagged;
    }
  }
  facts.executable_stack |= !has_stack_header;  // without the header, the kernel makes the stack executable
  return facts;
}

}  // namespace drcon::conformance
