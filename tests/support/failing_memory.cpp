#include "support/failing_memory.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local int to_fail = 0;

}  // namespace

namespace drcon::test {

void fail_allocations(int count) { to_fail = count; }

}  // namespace drcon::test

// These replace the library's, for a program that links this file.
void* operator new(std::size_t size) {
  if (to_fail > 0) {
    --to_fail;
    throw std::bad_alloc();
  }
  if (auto* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
