// Does something on the thread that runs an io_context, as what belongs to that thread requires.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <utility>

namespace drcon::test {

/// Returns what `what` returns, once it is done. Not to be called on that thread, which would wait for itself.
template <class What>
auto on_thread_of(boost::asio::io_context& context, What what) {
  std::packaged_task<decltype(what())()> task(std::move(what));
  auto result = task.get_future();
  boost::asio::post(context, [&task] { task(); });
  return result.get();
}

}  // namespace drcon::test
