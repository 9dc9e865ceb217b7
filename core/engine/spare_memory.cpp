#include "engine/spare_memory.hpp"

#include <malloc.h>

#include <algorithm>
#include <utility>

namespace drcon::engine {

void return_free_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

spare_memory::spare_memory(const boost::asio::any_io_executor& executor, std::function<void()> give_back)
    : give_back_(std::move(give_back)), timer_(executor) {}

void spare_memory::stop() {
  is_due_ = true;  // so that no work begins a new wait
  timer_.cancel();
}

void spare_memory::note_work() {
  if (std::exchange(is_due_, true)) return;
  timer_.at(std::max(base::timer::clock::now() + patience, not_before_), [this] {
    is_due_ = false;
    not_before_ = base::timer::clock::now() + interval;
    if (!lane_) lane_ = std::make_unique<base::lane>("spare memory");
    lane_->post(give_back_);
  });
}

}  // namespace drcon::engine
