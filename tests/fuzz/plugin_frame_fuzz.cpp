// Any bytes from a plugin's own process: nothing but calls of the host with sound arguments, or a frame_fault, may come
// of them.
//
// The bytes take the whole way: through the channel, the reader and the dispatcher, and as a service through the check
// that the host makes. Each frame is also read as an update, as the plugin's end does.
#include "fuzz/fuzzer.hpp"
#include "model/snapshot.hpp"
#include "plugins/frame_content.hpp"
#include "plugins/frame_dispatcher.hpp"
#include "plugins/validation.hpp"
#include "support/no_answers.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <string_view>

namespace drcon::plugins {
namespace {

using test::no_answers;

volatile unsigned char last_byte = 0;

// Reads every byte, so that a text that reaches beyond its frame is found by AddressSanitizer.
void read_all(drcon_string text) {
  if (text.size > 0 && text.data == nullptr) fuzz::broken("a text that is not empty is there");
  for (const char each : view(text)) last_byte = static_cast<unsigned char>(each);
}

void publish(drcon_instance*, const drcon_service* service) {
  if (fault_of_layout(*service)) fuzz::broken("a service from a frame has a sound layout");
  std::vector<refusal> refused;
  if (const auto accepted = accept(*service, refused); !accepted && refused.empty())
    fuzz::broken("a service that is not accepted is refused with a reason");
}

void metric(drcon_instance*, const drcon_metric* figure) {
  read_all(figure->name);
  read_all(figure->help);
  for (std::size_t i = 0; i < figure->label_count; ++i) {
    read_all(figure->labels[i].key);
    read_all(figure->labels[i].value);
  }
}

drcon_host checking_host() {
  drcon_host host{};
  host.size = sizeof host;
  host.log = [](drcon_instance*, std::int32_t, drcon_string text) { read_all(text); };
  host.status = host.log;
  host.metric = &metric;
  host.failed = [](drcon_instance*, drcon_string pointer, drcon_string why) {
    read_all(pointer);
    read_all(why);
  };
  host.publish = &publish;
  host.withdraw = [](drcon_instance*, drcon_string service) { read_all(service); };
  host.ready = [](drcon_instance*) {};
  host.unknown = host.failed;
  host.done = [](drcon_instance*, std::uint64_t, drcon_result, drcon_string why) { read_all(why); };
  host.rendered = [](drcon_instance*, drcon_string target, drcon_string desired, drcon_string live) {
    read_all(target);
    read_all(desired);
    read_all(live);
  };
  host.refused = [](drcon_instance*, drcon_string service, drcon_string endpoint, drcon_string why) {
    read_all(service);
    read_all(endpoint);
    read_all(why);
  };
  return host;
}

// As the plugin's end reads an apply; its bytes come from drcon itself, but a defect of one end must not hide in the
// other.
void read_as_update(std::string_view bytes) {
  try {
    frame_reader fields(bytes);
    for (int i = 0; i < 4; ++i) fields.number();
    std::map<std::string, model::service_ptr> services;
    get_difference(fields, services);
    for (const auto& [name, service] : services)
      if (!service || service->name() != name) fuzz::broken("a service has the name it is kept under");
  } catch (const frame_fault&) {
  }
}

// True when all the bytes are frames, and frames of known types with all their fields.
bool dispatch_all(std::string_view input) {
  static const drcon_host host = checking_host();
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
  frame_channel channel(ends[0]);
  // More than fits into the socket is cut: what remains is as arbitrary as what was there.
  const auto sent = ::send(ends[1], input.data(), input.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::close(ends[1]);
  if (!input.empty() && sent <= 0) return false;
  no_answers answers;
  frame_dispatcher dispatcher(
      config::kind::source, {.host = host, .instance = nullptr, .misbehaved = [](const std::string&) {}}, [] {},
      answers);
  try {
    while (const auto bytes = channel.next()) {
      read_as_update(*bytes);
      dispatcher.dispatch(*bytes);
    }
  } catch (const frame_fault&) {
    return false;
  }
  dispatcher.process_ended();
  return true;
}

}  // namespace
}  // namespace drcon::plugins

namespace drcon::fuzz {

bool is_sound(std::string_view input) { return plugins::dispatch_all(input); }

void try_input(std::string_view input) { plugins::dispatch_all(input); }

}  // namespace drcon::fuzz
