// A plugin that breaks its contract as its option `does` says. Written against the bare C ABI, without the C++ layer,
// which would catch half of it.
#include <drcon/plugin.h>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

drcon_string text(const char* of) { return {of, std::strlen(of)}; }

struct naughty {
  const drcon_host* host;
  drcon_instance* self;
  std::string does;
  std::jthread thread;
  std::uint64_t ticket = 0;

  bool is(const char* what) const { return does == what; }
};

void publish(const naughty& from, const char* name, std::size_t count, std::uint32_t port = 80) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back("e" + std::to_string(i));
  std::vector<drcon_endpoint> endpoints;
  for (const auto& id : ids) {
    drcon_endpoint each{};
    each.size = sizeof each;
    each.port = port;
    each.weight = 1;
    each.id = text(id.c_str());
    each.address = text("10.0.0.1");
    endpoints.push_back(each);
  }
  drcon_service service{};
  service.size = sizeof service;
  service.endpoint_size = sizeof(drcon_endpoint);
  service.name = text(name);
  service.endpoints = endpoints.data();
  service.endpoint_count = endpoints.size();
  from.host->publish(from.self, &service);
}

// One good endpoint among what no plugin may send.
void publish_rubbish(const naughty& from) {
  const drcon_string tag{"\xff\xfe", 2};
  const drcon_pair twice[] = {{text("k"), text("1")}, {text("k"), text("2")}};
  std::vector<drcon_endpoint> endpoints(5);
  for (auto& each : endpoints) {
    each.size = sizeof each;
    each.port = 80;
    each.weight = 1;
    each.id = text("same");
    each.address = text("10.0.0.1");
  }
  endpoints[0].tags = &tag;  // not UTF-8
  endpoints[0].tag_count = 1;
  endpoints[0].id = text("bad-tag");
  endpoints[1].address = text("not an address");
  endpoints[1].id = text("bad-address");
  endpoints[2].meta = twice;
  endpoints[2].meta_count = 2;
  drcon_service service{};
  service.size = sizeof service;
  service.endpoint_size = sizeof(drcon_endpoint);
  service.name = text("web");
  service.endpoints = endpoints.data();
  service.endpoint_count = endpoints.size();
  from.host->publish(from.self, &service);
}

// Structs that are none: read as they say they are, each would be a crash.
void publish_broken_structs(const naughty& from) {
  drcon_endpoint endpoint{};
  endpoint.size = sizeof endpoint;
  drcon_service service{};
  service.name = text("broken");
  service.endpoint_count = 3;
  from.host->publish(from.self, &service);  // no size
  service.size = sizeof service;
  from.host->publish(from.self, &service);  // no stride, no endpoints
  service.endpoint_size = sizeof endpoint;
  from.host->publish(from.self, &service);  // no endpoints
  service.endpoints = &endpoint;
  service.endpoint_count = 1;
  endpoint.id = {nullptr, 5};
  from.host->publish(from.self, &service);  // no text
  endpoint.id = text("x");
  endpoint.tag_count = 4;
  from.host->publish(from.self, &service);  // no tags
  publish(from, "web", 1);
}

// A million states from four threads; each ends with the same.
void flood(const naughty& from) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&from] {
      for (std::uint32_t n = 0; n < 250000; ++n) publish(from, "web", 1, 1000 + n % 5000);
    });
  threads.clear();
  publish(from, "web", 1, 7);
}

[[noreturn]] void leak() {
  for (;;) {
    auto* const kept = static_cast<char*>(std::malloc(std::size_t{4} << 20U));
    std::memset(kept, 1, std::size_t{4} << 20U);
    asm volatile("" : : "r"(kept) : "memory");
    std::this_thread::sleep_for(5ms);
  }
}

// Begins a frame on the socket of its process to drcon, and never ends it.
void begin_frame() {
  constexpr int socket_to_drcon = 3;
  const std::uint32_t announced = 1000;
  if (::write(socket_to_drcon, &announced, sizeof announced) != sizeof announced) std::abort();
}

void work(naughty& from) {
  if (from.is("flood")) flood(from);
  else if (from.is("huge")) publish(from, "web", 100000);
  else if (from.is("rubbish")) publish_rubbish(from);
  else if (from.is("broken structs")) publish_broken_structs(from);
  else publish(from, "web", 2);
  from.host->ready(from.self);
  if (from.is("crash")) std::abort();
  if (from.is("leak")) leak();
  if (from.is("leak within a frame") || from.is("die within a frame")) begin_frame();
  if (from.is("leak within a frame")) leak();
  if (from.is("die within a frame")) std::abort();
}

drcon_result create(const drcon_host* host, drcon_instance* self, const drcon_options* options, void** out) {
  drcon_value value{};
  value.size = sizeof value;
  host->option(options, text("/does"), &value);
  auto made = std::make_unique<naughty>();
  made->host = host;
  made->self = self;
  made->does.assign(value.string.data, value.string.size);
  if (made->is("throw from create")) throw std::runtime_error("no luck in create");
  if (made->is("throw a number")) throw 42;
  if (made->is("crash in create")) std::abort();
  if (!made->is("make nothing")) *out = made.release();
  return DRCON_OK;
}

drcon_result start_source(void* raw) {
  auto& self = *static_cast<naughty*>(raw);
  if (self.is("throw from start")) throw std::runtime_error("no luck in start");
  if (self.is("block in start")) std::this_thread::sleep_for(8s);
  if (self.is("stay behind")) {
    // Nobody joins it, and it goes on for a while after stop.
    std::thread([host = self.host, to = self.self] {
      const naughty alone{host, to, {}, {}};
      for (int i = 0; i < 100; ++i, std::this_thread::sleep_for(5ms)) publish(alone, "web", 2 + i % 2);
    }).detach();
    self.host->ready(self.self);
    return DRCON_OK;
  }
  self.thread = std::jthread([&self] { work(self); });
  return DRCON_OK;
}

drcon_result start_sink(void*) { return DRCON_OK; }

void apply(void* raw, const drcon_update* update) {
  auto& self = *static_cast<naughty*>(raw);
  self.ticket = update->ticket;
  const auto done = [&](std::uint64_t ticket) { self.host->done(self.self, ticket, DRCON_OK, {}); };
  if (self.is("crash")) std::abort();
  if (self.is("throw from apply")) throw std::runtime_error("no luck in apply");
  if (self.is("answer never")) return;
  if (self.is("answer another")) done(update->ticket + 1000);
  if (self.is("render at any time")) self.host->rendered(self.self, text("f"), text("w"), {});
  done(update->ticket);
  if (self.is("answer twice")) done(self.ticket);
}

void stop(void* raw) {
  auto& self = *static_cast<naughty*>(raw);
  if (self.is("throw from stop")) throw std::runtime_error("no luck in stop");
  self.thread = {};
}

void destroy(void* raw) {
  auto* const self = static_cast<naughty*>(raw);
  const auto* const host = self->host;
  auto* const to = self->self;
  const bool speaks = self->is("speak after stop");
  delete self;
  if (speaks) publish({host, to, {}, {}}, "late", 1);
}

constexpr auto options = R"({"type": "object", "additionalProperties": false, "properties": {
  "does": {"type": "string", "default": "", "description": "What it does wrong."}}})";

const drcon_source_type source{sizeof source, 0, options, create, start_source, stop, destroy};
const drcon_sink_type sink{sizeof sink, 0, options, create, start_sink, apply, stop, destroy, nullptr};

}  // namespace

extern "C" DRCON_EXPORT const drcon_plugin drcon_plugin_entry{
    DRCON_MAGIC, sizeof(drcon_plugin),   DRCON_ABI_MAJOR, DRCON_ABI_MINOR, 0,      "naughty",
    "1",         "Breaks its contract.", &source,         &sink,           nullptr};
