// drcon/asio.hpp: sources and sinks as Asio coroutines, for thousands of watches on a handful of threads.
//
// All instances of one library share one io_context and its threads (two). Everything of one instance runs on that
// instance's strand, so its members need no lock. Requires Boost.Asio ≥ 1.81 in the plugin (Debian 12:
// libboost1.81-dev, Debian 13: libboost-dev; headers are all it takes); no Asio type crosses to the host.
#pragma once

#include <drcon/detail/last_catch.hpp>
#include <drcon/sink.hpp>
#include <drcon/source.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace drcon {

/// The io_context of this library: there as long as any instance holds it. Its threads begin with the first work, since
/// an instance that was only created starts none.
class shared_context {
public:
  static std::shared_ptr<shared_context> acquire() {
    static std::mutex mutex;
    static std::weak_ptr<shared_context> current;
    const std::lock_guard lock(mutex);
    auto held = current.lock();
    if (!held) current = held = std::make_shared<shared_context>();
    return held;
  }

  shared_context() : work_(context_.get_executor()) {}
  ~shared_context() {
    work_.reset();  // every instance has stopped by now, so run() returns as soon as it is idle
    for (auto& each : threads_) each.join();
  }

  boost::asio::io_context& context() noexcept { return context_; }

  /// [any] Returns when the threads run.
  void run() {
    const std::lock_guard lock(mutex_);
    while (threads_.size() < thread_count)
      threads_.emplace_back([this] {
        // The handler that threw is lost; those of all other instances of this library are not.
        while (!detail::caught_last("a thread that the sources and sinks of a library share",
                                    [this] { context_.run(); })) {
        }
      });
  }

private:
  static constexpr std::size_t thread_count = 2;  // one to parse a large answer, one to keep the others moving
  boost::asio::io_context context_{thread_count};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::mutex mutex_;  // guards threads_
  std::vector<std::thread> threads_;
};

/// The coroutines of one instance, on one strand: started together, cancelled together, waited for together.
class coroutine_group {
public:
  using strand = boost::asio::strand<boost::asio::io_context::executor_type>;

  coroutine_group() : shared_(shared_context::acquire()), strand_(shared_->context().get_executor()) {}

  const strand& executor() const noexcept { return strand_; }

  /// [any] What spawn does first and alone can fail: there are threads to work on.
  void prepare() { shared_->run(); }

  /// [any] Runs `work` on the strand until it ends or cancel() comes. `failed` gets an exception that ended it, on
  /// the strand; a cancelled operation is no failure.
  template <class Failed>
  void spawn(boost::asio::awaitable<void> work, Failed failed) {
    prepare();
    {
      const std::lock_guard lock(mutex_);
      ++running_;
      spawned_ = true;
    }
    boost::asio::post(strand_, [this, work = std::move(work), failed = std::move(failed)]() mutable {
      if (cancelled_) return finished();
      const auto signal = signals_.emplace(signals_.end());
      auto end = [this, signal, failed = std::move(failed)](const std::exception_ptr& error) mutable {
        if (error && !cancelled_) failed(error);
        signals_.erase(signal);
        finished();
      };
      boost::asio::co_spawn(strand_, std::move(work),
                            boost::asio::bind_cancellation_slot(signal->slot(), std::move(end)));
    });
  }

  /// [any but the strand] Cancels every coroutine and returns when all have ended.
  void cancel() {
    {
      const std::lock_guard lock(mutex_);
      if (!spawned_) return;
    }
    boost::asio::post(strand_, [this] {
      cancelled_ = true;
      // Emitting may end a coroutine at once and so erase its element: step before emitting.
      for (auto each = signals_.begin(); each != signals_.end();) {
        auto& signal = *each++;
        signal.emit(boost::asio::cancellation_type::terminal);
      }
      const std::lock_guard lock(mutex_);
      signalled_ = true;
      idle_.notify_all();
    });
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return signalled_ && running_ == 0; });
  }

private:
  void finished() {
    const std::lock_guard lock(mutex_);
    --running_;
    idle_.notify_all();
  }

  std::shared_ptr<shared_context> shared_;
  strand strand_;
  bool cancelled_ = false;                               // strand
  std::list<boost::asio::cancellation_signal> signals_;  // strand
  std::mutex mutex_;                                     // guards all below
  std::condition_variable idle_;
  int running_ = 0;
  bool spawned_ = false;
  bool signalled_ = false;
};

/// The text of an exception.
inline std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

/// A source whose work is a coroutine.
class asio_source : public source {
public:
  using source::source;

  /// Makes the coroutine that does some work, each time that the work begins.
  using work = std::function<boost::asio::awaitable<void>()>;
  /// Gets the reason why some work was interrupted.
  using on_failure = std::function<void(const std::string& why)>;

  /// [strand] The whole work; runs until cancelled. More coroutines are added with spawn(). After an exception it is
  /// called again, as those of spawn() are; what it has spawned goes on.
  virtual boost::asio::awaitable<void> run() = 0;

  void start() final {
    spawn([this] { return run(); });
  }
  void stop() final { group_.cancel(); }

protected:
  const coroutine_group::strand& executor() const noexcept { return group_.executor(); }

  /// [any] Adds a coroutine to this instance. When an exception ends it, `begin` is called again after a pause that
  /// doubles from 1 s to 30 s. Before the pause `failed` is called on the strand; without one, the whole source is
  /// reported as unknown and unreachable, until it calls ready().
  void spawn(work begin, on_failure failed = {}) {
    if (!failed) failed = [this](const std::string& why) { report(why); };
    spawn(keep_running(executor(), host(), std::move(begin), std::move(failed)));
  }
  /// [any] Adds a coroutine that cannot be begun again: an exception that ends it leaves the source unknown.
  void spawn(boost::asio::awaitable<void> once) {
    group_.spawn(std::move(once), [this](const std::exception_ptr& error) {
      const auto why = describe(error);
      report(why);
      host().error("a coroutine ended by an exception and cannot be started again: " + why);
    });
  }

private:
  void report(const std::string& why) const {
    host().unknown({}, why);
    host().status_away(why);
  }

  // The arguments are kept in the coroutine's frame; `begin` must outlive the coroutine that it makes.
  static boost::asio::awaitable<void> keep_running(coroutine_group::strand strand, context host, work begin,
                                                   on_failure failed) {
    constexpr auto first_pause = std::chrono::seconds(1);
    constexpr auto longest_pause = std::chrono::seconds(30);
    auto pause = first_pause;
    for (;;) {
      const auto start = std::chrono::steady_clock::now();
      std::exception_ptr error;
      try {
        co_await begin();
        co_return;
      } catch (...) {
        error = std::current_exception();
      }
      const auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none) co_return;
      const auto why = describe(error);
      failed(why);
      if (std::chrono::steady_clock::now() - start > longest_pause) pause = first_pause;
      host.warn("a coroutine ended by an exception and is started again in " + std::to_string(pause.count()) +
                " s: " + why);
      boost::asio::steady_timer timer(strand, pause);
      co_await timer.async_wait(boost::asio::use_awaitable);
      pause = std::min(pause * 2, longest_pause);
    }
  }

  coroutine_group group_;
};

/// A sink whose apply is a coroutine.
class asio_sink : public sink {
public:
  using sink::sink;

  /// [strand] Makes the target match; an exception counts as retry.
  virtual boost::asio::awaitable<outcome> apply(update_view update) = 0;

  void start() override { group_.prepare(); }
  void begin_apply(const update_view& update) final {
    group_.spawn(answer(update), [this, ticket = update.ticket()](const std::exception_ptr& error) {
      done(ticket, retry(describe(error)));
    });
  }
  void stop() final { group_.cancel(); }

protected:
  const coroutine_group::strand& executor() const noexcept { return group_.executor(); }

private:
  boost::asio::awaitable<void> answer(update_view update) {
    const auto ticket = update.ticket();
    const auto how = co_await apply(update);
    done(ticket, how);
  }

  coroutine_group group_;
};

}  // namespace drcon
