#include "messages.hpp"

#include <openssl/evp.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace etcd {
namespace {

using nlohmann::json;

std::string to_base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL adds a NUL
  const auto length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string from_base64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const auto length = text.size() % 4 != 0 ? -1
                                           : EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                                             reinterpret_cast<const unsigned char*>(text.data()),
                                                             static_cast<int>(text.size()));
  if (length < 0) throw bad_answer("a key or a value is not in base64, so that nothing of this answer is used");
  // OpenSSL counts what padding stands for as bytes of 0.
  const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

// The first key that does not begin with `prefix`.
std::string end_of(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::string(1, '\0');  // for etcd: to the last key
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

json range_of(const std::string& prefix) {
  return {{"key", to_base64(prefix)}, {"range_end", to_base64(end_of(prefix))}};
}

json parsed(const std::string& text) {
  auto to = json::parse(text, nullptr, false);
  if (!to.is_object()) throw bad_answer("the answer is no JSON object");
  return to;
}

const json& member(const json& of, const char* name) {
  static const json none;
  const auto at = of.find(name);
  return at == of.end() ? none : *at;
}

std::int64_t whole(const json& of, const char* name) {
  const auto& value = member(of, name);
  if (value.is_null()) return 0;
  if (value.is_number_integer()) return value.get<std::int64_t>();
  std::int64_t to = 0;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    if (error == std::errc() && end == text.data() + text.size()) return to;
  }
  throw bad_answer(std::string("'") + name + "' is no whole number");
}

std::string text(const json& of, const char* name) {
  const auto& value = member(of, name);
  if (value.is_null()) return {};
  if (!value.is_string()) throw bad_answer(std::string("'") + name + "' is no string");
  return value.get<std::string>();
}

bool flag(const json& of, const char* name) { return member(of, name) == json(true); }

std::int64_t revision_of(const json& answer) {
  const auto& header = member(answer, "header");
  if (!header.is_object()) throw bad_answer("the answer has no header");
  return whole(header, "revision");
}

key_value read_entry(const json& from) {
  if (!from.is_object()) throw bad_answer("a key is no JSON object");
  key_value to{.key = from_base64(text(from, "key")),
               .value = from_base64(text(from, "value")),
               .revision = whole(from, "mod_revision"),
               .deleted = false};
  if (to.key.empty()) throw bad_answer("a key is empty");
  return to;
}

}  // namespace

std::string range_request(const std::string& prefix) { return range_of(prefix).dump(); }

std::string newest_request(const std::string& prefix) {
  auto to = range_of(prefix);
  to.update({{"limit", "1"}, {"keys_only", true}, {"sort_order", "DESCEND"}, {"sort_target", "MOD"}});
  return to.dump();
}

std::string watch_request(const std::string& prefix, std::int64_t from) {
  auto range = range_of(prefix);
  range["start_revision"] = std::to_string(from);
  return json{{"create_request", range}}.dump();
}

std::string login_request(const std::string& user, const std::string& password) {
  return json{{"name", user}, {"password", password}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

range_answer read_newest(const std::string& body) {
  const auto answer = parsed(body);
  range_answer to{.revision = revision_of(answer), .count = whole(answer, "count"), .entries = {}};
  if (to.revision <= 0) throw bad_answer("the answer has no revision");
  for (const auto& each : member(answer, "kvs")) to.entries.push_back(read_entry(each));
  return to;
}

range_answer read_range(const std::string& body) {
  auto to = read_newest(body);
  if (static_cast<std::int64_t>(to.entries.size()) != to.count)
    throw bad_answer("etcd sent " + std::to_string(to.entries.size()) + " keys of " + std::to_string(to.count));
  return to;
}

watch_answer read_watch(const std::string& line) {
  const auto message = parsed(line);
  if (const auto& error = member(message, "error"); error.is_object()) throw bad_answer(text(error, "message"));
  const auto& result = member(message, "result");
  if (!result.is_object()) throw bad_answer("the watch sent something that is no result");
  watch_answer to{.revision = revision_of(result),
                  .canceled = flag(result, "canceled"),
                  .compacted = whole(result, "compact_revision"),
                  .why = text(result, "cancel_reason"),
                  .events = {}};
  for (const auto& each : member(result, "events")) {
    auto entry = read_entry(member(each, "kv"));
    entry.deleted = member(each, "type") == json("DELETE");
    to.events.push_back(std::move(entry));
  }
  return to;
}

std::string read_token(const std::string& body) {
  auto to = text(parsed(body), "token");
  const auto breaks_a_header = [](unsigned char c) { return c <= 0x20 || c >= 0x7f; };
  if (to.empty() || std::ranges::any_of(to, breaks_a_header)) throw bad_answer("etcd gave no token that can be used");
  return to;
}

std::string read_error(unsigned status, const std::string& body) {
  const auto answer = json::parse(body, nullptr, false);
  const auto& message = answer.is_object() ? member(answer, "message") : json();
  return "etcd answered " + std::to_string(status) +
         (message.is_string() ? ": " + message.get<std::string>().substr(0, 200) : std::string());
}

}  // namespace etcd
