// Does something on the thread that runs an io_context, as what belongs to that thread requires.
#pragma once

#include <boost/asio/io_context.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace drcon::test {

/// Calls call(what) there, and returns when that has returned; what it throws is thrown here. Apart from the template
/// below, since a future of its own for each of some hundred lambdas is most of what their tests cost to compile.
void run_on_thread_of(boost::asio::io_context& context, void (*call)(void*), void* what);

/// Returns what `what` returns, once it is done. Not to be called on that thread, which would wait for itself.
template <class What>
auto on_thread_of(boost::asio::io_context& context, What what) {
  using result = decltype(what());
  if constexpr (std::is_void_v<result>) {
    run_on_thread_of(
        context, [](void* of) { (*static_cast<What*>(of))(); }, &what);
  } else {
    struct task {
      What& what;
      std::optional<result> answer;
    } one{what, {}};
    run_on_thread_of(
        context, [](void* of) { static_cast<task*>(of)->answer.emplace(static_cast<task*>(of)->what()); }, &one);
    return std::move(*one.answer);
  }
}

}  // namespace drcon::test
