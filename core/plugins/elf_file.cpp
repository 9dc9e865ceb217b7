#include "plugins/elf_file.hpp"

#include "plugins/validation.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>
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

// Reads as many bytes as there are, up to `length`.
std::size_t read_bytes(int file, std::uint64_t offset, char* out, std::size_t length) {
  if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return 0;
  const auto count = ::pread(file, out, length, static_cast<off_t>(offset));
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

template <class Struct>
bool read_at(int file, std::uint64_t offset, Struct& out) {
  return read_bytes(file, offset, reinterpret_cast<char*>(&out), sizeof out) == sizeof out;
}

// The program headers that can be read: all of them, of a file without a fault.
std::vector<ElfW(Phdr)> segments_of(int file) {
  ElfW(Ehdr) header{};
  std::vector<ElfW(Phdr)> all;
  if (!read_at(file, 0, header) || header.e_phentsize != sizeof(ElfW(Phdr))) return all;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    if (!read_at(file, header.e_phoff + i * sizeof segment, segment)) break;
    all.push_back(segment);
  }
  return all;
}

library_fault cut_short(const std::string& where) { return {"is truncated: " + where, "copy it again, whole"}; }

// Each segment that will be mapped must lie within the file: touching a page beyond the file's end is SIGBUS, which
// would end the host.
possible_fault fault_of_segments(int file, const ElfW(Ehdr) & header, std::uint64_t file_size) {
  const auto segments = segments_of(file);
  if (segments.size() != header.e_phnum) return cut_short("its program headers cannot be read");
  bool dynamic = false;
  bool interpreter = false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto& segment = segments[i];
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

possible_fault not_elf(int file) {
  std::string start(8, '\0');
  start.resize(read_bytes(file, 0, start.data(), start.size()));
  return library_fault{"is not an ELF shared library (" +
                           (start.empty() ? "it is empty" : "it starts with \"" + printable(start) + "\"") + ")",
                       "only plugins may be called *.so in a plugin directory"};
}

// Where in the file the byte stands that is mapped at `address`.
std::optional<std::uint64_t> offset_of(std::uint64_t address, const std::vector<ElfW(Phdr)>& segments) {
  for (const auto& each : segments)
    if (each.p_type == PT_LOAD && address >= each.p_vaddr && address - each.p_vaddr < each.p_filesz)
      return each.p_offset + (address - each.p_vaddr);
  return {};
}

std::vector<ElfW(Dyn)> dynamic_entries(int file, const std::vector<ElfW(Phdr)>& segments) {
  std::vector<ElfW(Dyn)> all;
  for (const auto& each : segments) {
    if (each.p_type != PT_DYNAMIC) continue;
    for (std::uint64_t at = 0; at + sizeof(ElfW(Dyn)) <= each.p_filesz; at += sizeof(ElfW(Dyn))) {
      ElfW(Dyn) entry{};
      if (!read_at(file, each.p_offset + at, entry) || entry.d_tag == DT_NULL) break;
      all.push_back(entry);
    }
  }
  return all;
}

// A path, or several with ':' between them; what is longer than this is cut, and longer than any that was seen.
std::string text_at(int file, std::uint64_t offset) {
  std::string text(4096, '\0');
  text.resize(read_bytes(file, offset, text.data(), text.size()));
  return text.substr(0, text.find('\0'));
}

}  // namespace

possible_fault fault_of_elf(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return library_fault{std::string("cannot be read: ") + std::strerror(errno), "see who may read it"};
  auto found = fault_of_elf(descriptor);
  ::close(descriptor);
  return found;
}

possible_fault fault_of_elf(int file) {
  struct stat info {};
  if (::fstat(file, &info) != 0)
    return library_fault{std::string("cannot be read: ") + std::strerror(errno), "see who may read it"};
  const auto size = static_cast<std::uint64_t>(info.st_size);

  ElfW(Ehdr) header{};
  if (!read_at(file, 0, header.e_ident) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return not_elf(file);
  if (!read_at(file, 0, header)) return cut_short("it ends within its ELF header");
  if (header.e_machine != own_machine || header.e_ident[EI_CLASS] != own_class)
    return library_fault{
        "is built for " + machine_name(header.e_machine) + "; this drcon runs on " + machine_name(own_machine),
        "install or build it for " + machine_name(own_machine)};
  if (header.e_type != ET_DYN)
    return library_fault{"is not a shared library but another kind of ELF file", "link it with -shared"};
  return fault_of_segments(file, header, size);
}

possible_fault fault_of_stack(int file) {
  // A file without the header says nothing, and counts as one that demands it.
  for (const auto& each : segments_of(file))
    if (each.p_type == PT_GNU_STACK && (each.p_flags & PF_X) == 0) return {};
  return library_fault{
      "demands an executable stack, which would make the stack of every thread of drcon executable",
      "link it with -Wl,-z,noexecstack; assembler files need a .note.GNU-stack section, and nested functions of C must "
      "go"};
}

bool looks_beside_itself(int file) {
  const auto segments = segments_of(file);
  const auto entries = dynamic_entries(file, segments);
  const auto table = std::ranges::find(entries, DT_STRTAB, [](const auto& each) { return each.d_tag; });
  if (table == entries.end()) return false;
  const auto texts = offset_of(table->d_un.d_ptr, segments);
  if (!texts) return false;
  return std::ranges::any_of(entries, [&](const auto& each) {
    constexpr std::array with_paths{DT_RPATH, DT_RUNPATH, DT_NEEDED, DT_AUXILIARY, DT_FILTER};
    if (std::ranges::find(with_paths, each.d_tag) == with_paths.end()) return false;
    const auto text = text_at(file, *texts + each.d_un.d_val);
    return text.find("$ORIGIN") != std::string::npos || text.find("${ORIGIN}") != std::string::npos;
  });
}

}  // namespace drcon::plugins
