// Gives memory back to the system once a burst of work is over.
//
// A first start, or a burst of changes, needs several times the memory of what stays: answers as JSON, what sinks
// render. The allocator keeps what was freed between what is still used, for ever: with 5,000 services that was a third
// of the resident memory.
// Thread rule: the engine's thread; the work is done on a lane of its own, since it takes milliseconds.
#pragma once

#include "base/lane.hpp"
#include "base/timer.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace drcon::engine {

/// Returns to the system what is free of the process's memory.
void return_free_memory();

class spare_memory {
public:
  /// `give_back` is called on the lane; a test has one of its own.
  explicit spare_memory(const boost::asio::any_io_executor& executor,
                        std::function<void()> give_back = return_free_memory);

  /// Something was decided: memory was used, some time from now it may be free.
  void note_work();
  /// The host ends: nothing is given back any more.
  void stop();

  /// How long after the first work memory is given back: by then sinks have applied it. Tests shorten both.
  static inline std::chrono::nanoseconds patience = std::chrono::seconds(10);
  /// How long it is not given back again: whoever needs it all the time would get it page by page each time.
  static inline std::chrono::nanoseconds interval = std::chrono::minutes(1);

private:
  const std::function<void()> give_back_;
  std::unique_ptr<base::lane> lane_;  // null before the first time: drcon once ends before that
  base::timer timer_;
  bool is_due_ = false;
  base::timer::clock::time_point not_before_{};
};

}  // namespace drcon::engine
