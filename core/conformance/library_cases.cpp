// What can be said of a library before any of its functions is called.
#include "conformance/cases.hpp"
#include "conformance/elf_symbols.hpp"
#include "plugins/elf_file.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace drcon::conformance {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  constexpr std::size_t most = 8;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) all += (i == 0 ? "" : ", ") + names[i];
  return names.size() > most ? all + " and " + std::to_string(names.size() - most) + " more" : all;
}

bool starts_with_any(const std::string& name, std::initializer_list<const char*> prefixes) {
  return std::ranges::any_of(prefixes, [&](const char* each) { return name.starts_with(each); });
}

// What compilers, profilers and linkers leave in every library.
bool is_of_the_toolchain(const std::string& name) {
  static const std::array<const char*, 7> linker{"_init",       "_fini",  "_edata", "_end",
                                                 "__bss_start", "_etext", "__end__"};
  return std::ranges::find(linker, name) != linker.end() ||
         starts_with_any(name, {"__asan_", "__tsan_", "__ubsan_", "__sanitizer_", "__odr_asan", "__gcov", "__llvm_"});
}

void loads(const case_context&) {}  // the child that came here has loaded it

void exports_one_symbol(const case_context& context) {
  auto found = read_elf(context.file).exported;
  std::erase_if(found, [](const std::string& each) { return each == DRCON_ENTRY_SYMBOL || is_of_the_toolchain(each); });
  if (!found.empty()) throw breach("it exports " + listed(found) + " too");
}

void links_what_it_uses(const case_context& context) {
  // A handle looks into the library and what it was linked with, but not into this program.
  void* const handle = ::dlopen(context.file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw breach(::dlerror());
  std::vector<std::string> missing;
  for (const auto& each : read_elf(context.file).undefined)
    if (!is_of_the_toolchain(each) && ::dlsym(handle, each.c_str()) == nullptr) missing.push_back(each);
  if (!missing.empty()) throw breach("nothing that it is linked with provides " + listed(missing));
}

void has_no_executable_stack(const case_context& context) {
  // What is no library for this machine has neither stack nor relocations; "loads" reports it.
  if (plugins::fault_of_elf(context.file)) throw not_tried("its file is no shared library for this machine");
  const auto facts = read_elf(context.file);
  if (facts.executable_stack)
    throw breach(
        "it asks for an executable stack: glibc 2.41 and later refuse to load it, and older ones make the stack of the "
        "whole host executable");
  if (facts.text_relocations) throw breach("it has text relocations: its code is written to when it is loaded");
}

void entry_is_tidy(const case_context& context) {
  const auto& entry = context.plugin().entry();
  if (entry.reserved != 0) throw breach("drcon_plugin.reserved is " + std::to_string(entry.reserved));
  if (entry.source && entry.source->reserved != 0) throw breach("drcon_source_type.reserved is not 0");
  if (entry.sink && entry.sink->reserved != 0) throw breach("drcon_sink_type.reserved is not 0");
  if (*entry.version == '\0') throw breach("its version is empty");
  if (*entry.summary == '\0') throw breach("its summary is empty");
  const std::string summary(entry.summary);
  if (summary.find('\n') != std::string::npos) throw breach("its summary has more than one line");
}

constexpr std::array of_file{
    test_case{scope::file, "has-no-executable-stack", "Loading a plugin makes no memory of the host writable code.",
              "build with -fPIC and -Wl,-z,noexecstack; assembler files end with a .note.GNU-stack section", "",
              &has_no_executable_stack},
};

constexpr std::array of_library{
    test_case{scope::library, "loads",
              "The host takes the library: its file, its entry object, its versions, its schemas.",
              "fix what the host reports; `drcon plugins` reports the same", "", &loads},
    test_case{scope::library, "exports-one-symbol", "A plugin exports drcon_plugin_entry and nothing else.",
              "build it with drcon_add_plugin, or with -fvisibility=hidden and -Wl,--version-script", "loads",
              &exports_one_symbol},
    test_case{scope::library, "links-what-it-uses",
              "Every function that a plugin calls comes from itself or from a library that it is linked with.",
              "link it with that library, and with -Wl,-z,defs, so that the linker reports what is missing", "loads",
              &links_what_it_uses},
    test_case{scope::library, "entry-is-tidy",
              "Reserved members are 0; version and summary say something, in one line.",
              "initialise the tables by name: members that are left out are 0", "loads", &entry_is_tidy},
};

}  // namespace

std::span<const test_case> file_cases() { return of_file; }
std::span<const test_case> library_cases() { return of_library; }

}  // namespace drcon::conformance
