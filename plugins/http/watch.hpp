// Asks for the feed again and again, and publishes what is in it.
//
// A server that can hold a request until the feed has changed is asked with the index or the entity tag that is known,
// and a change is seen at once. Any other is asked at an interval; one that gives an entity tag then need not send the
// feed again.
// Thread rule: everything on the strand given to it.
#pragma once

#include "common/bucket.hpp"
#include "common/http_answer.hpp"
#include "http/settings.hpp"

#include <drcon/context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::http {

class watcher {
public:
  watcher(settings settings, context host, boost::asio::any_io_executor strand);
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  boost::asio::awaitable<void> run();

private:
  using clock = std::chrono::steady_clock;

  // What came of one request.
  struct outcome {
    std::string fault;            // empty: there is none
    bool is_bad_content = false;  // the fault is one of the feed, not of its server
    bool is_news = false;         // something was published
  };

  bool asks_to_hold() const;
  std::string target() const;
  std::vector<common::http_header> headers() const;
  std::chrono::nanoseconds timeout() const;
  outcome take(const common::http_answer& answer);
  outcome read(const common::http_answer& answer);
  void publish(std::vector<service> services);
  void publish_again();
  void worked();
  void failed(const outcome& why);
  clock::duration pause_after(bool does_not_hold);
  void count(const common::http_answer& answer) const;

  const settings settings_;
  const context host_;
  const boost::asio::any_io_executor strand_;
  common::bucket answers_;
  std::optional<std::uint64_t> index_;  // of what is published
  std::string etag_;                    // likewise
  std::string digest_;                  // of the body that is published
  std::map<std::string, std::vector<endpoint>> published_;
  bool is_known_ = false;         // something has been published, or that there is nothing
  bool host_has_unknown_ = true;  // the host does not take what was published for current
};

}  // namespace drcon::http
