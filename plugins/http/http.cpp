// The http source: the schema of its options, and the plugin object.
#include "common/tls_settings.hpp"
#include "http/probe.hpp"
#include "http/settings.hpp"
#include "http/watch.hpp"

#include <drcon/asio.hpp>
#include <drcon/probe.hpp>

namespace drcon::http {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["url"],
  "description": "Reads services and endpoints as JSON from an HTTP server: a registry of your own, an inventory, a script.",
  "properties": {
    "url": { "type": "string", "minLength": 1,
      "description": "The feed: http:// or https:// with its path and query, or unix:///PATH of a socket. It answers with the JSON that the file source reads." },
    "path": { "type": "string", "pattern": "^/[!-~]*$", "description": "With unix://: what the server is asked for, such as /services." },
    "token": { "type": "string", "secret": true, "description": "Sent as Authorization: Bearer TOKEN." },
    "headers": { "type": "object", "additionalProperties": { "type": "string" }, "description": "More headers of each request, such as X-Api-Key." },
    "watch": { "type": "string", "enum": ["poll", "index", "etag"], "default": "poll",
      "description": "How changes are noticed. poll: the feed is asked for every 'poll'; a server that sends an ETag need not send it again. index: the server holds a request with the parameters index and wait until the feed has another index, as Consul and Nomad do. etag: it holds a request with If-None-Match and 'Prefer: wait=SECONDS' until the feed has another ETag. A server that turns out to hold nothing is asked every 'poll'." },
    "index_header": { "type": "string", "minLength": 1, "default": "X-Index", "description": "With watch = \"index\": the header of answers that has the index." },
    "poll": { "type": "string", "format": "duration", "default": "5s", "description": "Pause between requests that the server does not hold; 100ms at least, also where less is given." },
    "wait": { "type": "string", "format": "duration", "default": "55s", "description": "Longest time the server is asked to hold a request, 1s to 10m." },
    "timeout": { "type": "string", "format": "duration", "default": "10s", "description": "How long an answer may take, beyond the time that the server was asked to hold the request; 100ms at least, also where less is given." },
    "retry_max": { "type": "string", "format": "duration", "default": "10s", "description": "Longest pause after failures; 100ms at least, also where less is given. drcon never gives up." },
    "max_size": { "type": "string", "format": "size", "default": "64MiB", "description": "A larger feed is not used." },
    )JSON" DRCON_TLS_SCHEMA R"JSON(
  }
})JSON";

class source final : public asio_source {
public:
  static constexpr const char* schema = schema_text;

  source(context host, const options& table)
      : asio_source(host), settings_(read_settings(table)), watcher_(settings_, host, executor()) {}

  void probe(const probing& into) const { probe_feed(settings_, into); }
  boost::asio::awaitable<void> run() override { return watcher_.run(); }

private:
  const settings settings_;
  watcher watcher_;
};

}  // namespace
}  // namespace drcon::http

DRCON_PROBED_SOURCE("http", "0.1.0", "Reads services and endpoints as JSON from an HTTP server.", drcon::http::source)
