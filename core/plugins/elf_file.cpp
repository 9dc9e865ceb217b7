#include "plugins/elf_file.hpp"

#include "plugins/validation.hpp"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <fstream>
#include <limits>
#include <vector>

namespace drcon::plugins {
namespace {

#if defined(__x86_64__)
constexpr int own_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr int own_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr int own_machine = EM_RISCV;
#else
#error "name this machine's ELF number here"
#endif
constexpr int own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;

std::string machine_name(int machine) {
  switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_AARCH64: return "aarch64";
    case EM_386: return "i386";
    case EM_ARM: return "arm";
    case EM_RISCV: return "riscv";
    case EM_PPC64: return "ppc64";
    case EM_S390: return "s390x";
    default: return "machine " + std::to_string(machine);
  }
}

template <class Struct>
bool read_at(std::ifstream& in, std::uint64_t offset, Struct& out) {
  if (offset > static_cast<std::uint64_t>(std::numeric_limits<std::streamoff>::max())) return false;
  in.clear();
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(reinterpret_cast<char*>(&out), sizeof out);
  return in.good();
}

using fault = std::optional<library_fault>;

library_fault cut_short(const std::string& where) { return {"is truncated: " + where, "copy it again, whole"}; }

// Each segment that will be mapped must lie within the file: touching a page beyond the file's end is SIGBUS, which
// would end the host.
fault fault_of_segments(std::ifstream& in, const ElfW(Ehdr) & header, std::uint64_t file_size) {
  bool dynamic = false;
  bool interpreter = false;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    if (header.e_phentsize != sizeof segment || !read_at(in, header.e_phoff + i * sizeof segment, segment))
      return cut_short("its program headers cannot be read");
    const std::uint64_t end = segment.p_offset + segment.p_filesz;
    if (end < segment.p_offset || end > file_size)
      return cut_short("segment " + std::to_string(i) + " ends at byte " + std::to_string(end) + ", the file has " +
                       std::to_string(file_size));
    dynamic |= segment.p_type == PT_DYNAMIC;
    interpreter |= segment.p_type == PT_INTERP;
  }
  if (interpreter || !dynamic) return library_fault{"is an executable, not a shared library", "link it with -shared"};
  return {};
}

fault not_elf(std::ifstream& in, std::uint64_t size) {
  std::string start(std::min<std::size_t>(size, 8), '\0');
  in.clear();
  in.seekg(0);
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  return library_fault{"is not an ELF shared library (" +
                           (start.empty() ? "it is empty" : "it starts with \"" + printable(start) + "\"") + ")",
                       "only plugins may be called *.so in a plugin directory"};
}

}  // namespace

std::optional<library_fault> fault_of_elf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return library_fault{std::string("cannot be read: ") + std::strerror(errno), "see who may read it"};
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) return library_fault{"cannot be read: " + error.message(), "see who may read it"};

  ElfW(Ehdr) header{};
  if (size < sizeof header.e_ident || !read_at(in, 0, header.e_ident) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return not_elf(in, size);
  if (!read_at(in, 0, header)) return cut_short("it ends within its ELF header");
  if (header.e_machine != own_machine || header.e_ident[EI_CLASS] != own_class)
    return library_fault{
        "is built for " + machine_name(header.e_machine) + "; this drcon runs on " + machine_name(own_machine),
        "install or build it for " + machine_name(own_machine)};
  if (header.e_type != ET_DYN)
    return library_fault{"is not a shared library but another kind of ELF file", "link it with -shared"};
  return fault_of_segments(in, header, size);
}

}  // namespace drcon::plugins
