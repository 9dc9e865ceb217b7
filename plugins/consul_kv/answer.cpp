#include "consul_kv/answer.hpp"

#include <openssl/evp.h>
#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>

namespace drcon::consul_kv {

using nlohmann::json;

std::optional<std::string> from_base64(const std::string& text) {
  if (text.size() % 4 != 0) return {};
  std::string bytes(text.size() / 4 * 3, '\0');
  const auto length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return {};
  // It counts what padding stands for as bytes of 0.
  const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

std::optional<std::map<std::string, std::string>> read_entries(const std::string& body, const selection& entry,
                                                               std::string& why) {
  const auto all = parsed_json(body);
  if (!all.is_array()) {
    why = "the answer is no list of keys";
    return {};
  }
  std::map<std::string, std::string> found;
  for (const auto& each : all) {
    if (!each.is_object() || !each.contains("Key") || !each["Key"].is_string() || !each.contains("Value")) {
      why = "the answer has an entry that is no key with a value";
      return {};
    }
    const auto key = each["Key"].get<std::string>();
    if (key.ends_with('/')) continue;
    const auto below = key.substr(std::min(key.size(), entry.path.size()));
    const auto levels = 1 + std::count(below.begin() + (below.starts_with('/') ? 1 : 0), below.end(), '/');
    if (entry.is_prefix && entry.depth > 0 && levels > entry.depth) continue;
    const auto& value = each["Value"];  // null: an empty one
    const auto text = value.is_string() ? from_base64(value.get<std::string>()) : std::string();
    if (!text) {
      why = "the value of '" + key + "' is not in base64";
      return {};
    }
    found.emplace(key, *text);
  }
  return found;
}

}  // namespace drcon::consul_kv
