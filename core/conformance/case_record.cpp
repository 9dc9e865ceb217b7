#include "conformance/case_record.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

namespace drcon::conformance {
namespace {

using clock = std::chrono::steady_clock;

case_record* mine = nullptr;
std::atomic<clock::rep> deadline{0};  // of the current step; 0 when there is none

template <std::size_t N>
void write(std::array<char, N>& field, std::string_view text) {
  const auto length = std::min(text.size(), N - 1);
  std::copy_n(text.begin(), length, field.begin());
  field[length] = '\0';
}

case_record* map(int descriptor) {
  void* memory = ::mmap(nullptr, sizeof(case_record), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  return static_cast<case_record*>(memory);
}

// A call that hangs holds the thread that stands in for the lane, so another one has to watch the clock.
[[noreturn]] void watch() {
  for (;;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const auto end = deadline.load();
    if (end != 0 && clock::now().time_since_epoch().count() > end) conclude(outcome::overdue, {});
  }
}

}  // namespace

shared_case_record::shared_case_record() : descriptor_(::memfd_create("drcon-conformance", 0)) {
  if (descriptor_ < 0 || ::ftruncate(descriptor_, sizeof(case_record)) != 0)
    throw std::system_error(errno, std::generic_category(), "memfd_create");
  record_ = map(descriptor_);
}

shared_case_record::~shared_case_record() {
  ::munmap(record_, sizeof(case_record));
  ::close(descriptor_);
}

void open_case_record(int descriptor) {
  mine = map(descriptor);
  ::close(descriptor);
  std::thread(watch).detach();
}

within::within(std::string_view step, std::chrono::milliseconds at_most) {
  write(mine->step, step);
  deadline = (clock::now() + at_most).time_since_epoch().count();
}

within::~within() {
  deadline = 0;
  write(mine->step, "");
}

std::string_view current_step() { return mine->step.data(); }

void set_remark(std::string_view text) { write(mine->remark, text); }

void if_trapped(std::string_view seen) { write(mine->seen, seen); }

void conclude(outcome how, std::string_view seen) {
  int expected = static_cast<int>(outcome::open);
  // Only the first outcome counts. Without this, a fault that another thread finds while this one passes could be
  // overwritten, or be mixed with its text.
  static std::atomic_flag concluding;
  if (concluding.test_and_set())
    for (;;) ::pause();
  write(mine->seen, seen);
  mine->outcome.compare_exchange_strong(expected, static_cast<int>(how));
  ::_exit(0);
}

}  // namespace drcon::conformance
