// Lets allocations fail on one thread, as when memory has run out.
//
// Thread rule: it is about the calling thread.
#pragma once

namespace drcon::test {

/// The next so many calls of operator new on this thread throw std::bad_alloc.
void fail_allocations(int count);

}  // namespace drcon::test
