#include "conformance/test_snapshots.hpp"

#include <array>
#include <string>
#include <string_view>

namespace drcon::conformance::snapshots {
namespace {

endpoint endpoint_at(std::string id, std::string address, std::uint32_t port) {
  return {.id = std::move(id), .node = "node-1", .address = std::move(address), .port = port, .tags = {}, .meta = {}};
}

service named(std::string name) { return {.name = std::move(name), .revision = 1, .endpoints = {}, .values = {}}; }

// Names, ids, tags and values that have a meaning in the language of some target.
service of_words() {
  auto made = named("web \"';{}<>|&$(reboot)`%s%n\\ é漢🦊");
  constexpr std::array<std::string_view, 12> short_ones{
      "\"", "';", "}", "{{x}}", "$(reboot)", "%s%n%n", "..\\..\\", "../../etc/passwd", "# ", "\\", "a b", "é漢🦊"};
  std::vector<std::string> words(short_ones.begin(), short_ones.end());
  words.emplace_back(4096, 'x');
  std::uint32_t port = 1000;
  for (const auto& word : words) {
    auto each = endpoint_at(word, "127.0.0.1", ++port);
    each.node = word;
    each.tags = {word, word};
    each.meta = {{word, word}, {"datacenter", word}};
    made.endpoints.push_back(std::move(each));
  }
  return made;
}

// Control characters. The host drops them from what it accepts, but a sink's C code must not crash on one.
service of_control_characters() {
  auto made = named("line\nbreak\r\t\x01");
  auto each = endpoint_at(std::string("nul\0inside", 10), "127.0.0.1", 80);
  each.tags = {"a\nserver evil:1;", "\x1b[31m", std::string(1, '\0')};
  each.meta = {{"k\ney", "v\nalue"}};
  made.endpoints.push_back(std::move(each));
  return made;
}

service of_addresses() {
  auto made = named("addresses");
  constexpr std::array<std::string_view, 6> all{"127.0.0.1", "::1",          "2001:db8::1",
                                                "fe80::1",   "host.example", "xn--bcher-kva.example"};
  for (const auto each : all)
    made.endpoints.push_back(endpoint_at("at-" + std::string(each), std::string(each), 65535));
  made.endpoints.push_back(endpoint_at("lowest", "127.0.0.1", 1));
  return made;
}

// The last health is one that only a later host may know.
service of_numbers() {
  auto made = named("numbers");
  std::uint32_t port = 2000;
  for (const std::uint32_t health : {0U, 1U, 2U, 3U, 77U})
    for (const std::uint32_t weight : {0U, 1U, 100U, 4294967295U}) {
      ++port;
      auto each = endpoint_at("n" + std::to_string(port), "127.0.0.1", port);
      each.health = static_cast<drcon::health>(health);
      each.weight = weight;
      each.priority = weight;
      made.endpoints.push_back(std::move(each));
    }
  return made;
}

service of_the_same_place() {
  auto made = named(std::string(255, 'n'));
  for (int i = 0; i < 3; ++i) made.endpoints.push_back(endpoint_at("twin-" + std::to_string(i), "127.0.0.1", 80));
  return made;
}

}  // namespace

std::vector<service> small(int turn) {
  auto web = named("web");
  const auto base = static_cast<std::uint32_t>(8000 + turn);
  for (std::uint32_t i = 0; i < 3; ++i) {
    auto each = endpoint_at("web-" + std::to_string(i), "127.0.0.1", base + i);
    each.tags = {"v1", "blue"};
    each.meta = {{"datacenter", "dc1"}, {"zone", "a"}};
    web.endpoints.push_back(std::move(each));
  }
  auto db = named("db");
  db.endpoints.push_back(endpoint_at("db-1", "127.0.0.1", 5432));
  db.endpoints.push_back(endpoint_at("db-2", "127.0.0.1", 5433));
  return {db, web};
}

std::vector<std::vector<service>> hostile() {
  return {{of_words()}, {of_control_characters()}, {of_addresses()}, {of_numbers()}, {of_the_same_place()}};
}

std::vector<service> settings() {
  auto made = named("app/config");
  made.values = {{"app/name", "shop"},
                 {"app/text", "two\nlines \"quoted\""},
                 {"app/empty", ""},
                 {"app/long", std::string(100000, 'x')}};
  return {made, small(0)[1]};
}

std::vector<service> huge() {
  constexpr int services = 1000;
  constexpr int endpoints = 100;
  std::vector<service> all;
  all.reserve(services);
  for (int i = 0; i < services; ++i) {
    auto each = named("service-" + std::to_string(i));
    each.endpoints.reserve(endpoints);
    for (int k = 0; k < endpoints; ++k)
      each.endpoints.push_back(endpoint_at(
          "e" + std::to_string(k),
          "10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "." + std::to_string(k + 1), 8080));
    all.push_back(std::move(each));
  }
  return all;
}

}  // namespace drcon::conformance::snapshots
