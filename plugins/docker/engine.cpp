#include "docker/engine.hpp"

#include "common/json_text.hpp"
#include "docker/members.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace drcon::docker {

namespace asio = boost::asio;
using nlohmann::json;

std::string fault_of(const common::http_answer& answer, const std::string& what) {
  if (answer.fault != common::http_fault::none) return answer.why;
  const auto parsed = parsed_json(answer.body);
  const auto message =
      parsed.is_object() && parsed.contains("message") ? ": " + parsed["message"].dump() : std::string();
  return what + " was answered with " + std::to_string(answer.status) + message;
}

namespace {

std::pair<int, int> version_of(const std::string& text) {
  std::pair<int, int> result;
  const auto dot = text.find('.');
  if (dot == std::string::npos) return result;
  std::from_chars(text.data(), text.data() + dot, result.first);
  std::from_chars(text.data() + dot + 1, text.data() + text.size(), result.second);
  return result;
}

bool is_podman(const json& version) {
  return std::ranges::any_of(array(version, "Components"),
                             [](const auto& each) { return common::json_text(each, "Name") == "Podman Engine"; });
}

}  // namespace

asio::awaitable<api_version> agree_on_version(common::http_connection& engine, std::chrono::nanoseconds timeout) {
  const auto answer = co_await engine.get("/version", timeout);
  if (answer.fault != common::http_fault::none || answer.status != 200)
    co_return api_version{.prefix = {}, .fault = fault_of(answer, "/version")};
  const auto parsed = parsed_json(answer.body);
  const auto no_engine = [](const std::string& more) {
    return api_version{.prefix = {}, .fault = "what answers is no Docker engine" + more};
  };
  if (!parsed.is_object()) co_return no_engine("");
  constexpr std::pair known{1, 41};  // of Docker 20.10; engines speak older versions as far as they say
  const auto wanted = std::max(version_of(common::json_text(parsed, "MinAPIVersion")),
                               std::min(known, version_of(common::json_text(parsed, "ApiVersion"))));
  if (wanted.first < 1) co_return no_engine(": it names no ApiVersion");
  co_return api_version{.prefix = "/v" + std::to_string(wanted.first) + "." + std::to_string(wanted.second),
                        .is_podman = is_podman(parsed),
                        .fault = {}};
}

}  // namespace drcon::docker
