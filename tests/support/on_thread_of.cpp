#include "support/on_thread_of.hpp"

#include <boost/asio/post.hpp>

#include <future>

namespace drcon::test {

void run_on_thread_of(boost::asio::io_context& context, void (*call)(void*), void* what) {
  std::packaged_task<void()> task([=] { call(what); });
  auto over = task.get_future();
  boost::asio::post(context, [&task] { task(); });
  over.get();
}

}  // namespace drcon::test
