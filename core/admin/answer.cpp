#include "admin/answer.hpp"

#include <drcon/url.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace drcon::admin {

base::result<asked> parse_request(std::string method, const std::string& target) {
  auto read = parse_url_target(target);
  if (!read) return base::failure{"the path of the request cannot be read"};
  asked made{.method = std::move(method), .path = {}, .query = {}};
  for (auto& segment : read->segments)
    if (!segment.empty()) made.path.push_back(std::move(segment));
  for (auto& [key, value] : read->parameters) made.query.insert_or_assign(key, std::move(value));
  return made;
}

answer text(unsigned status, std::string body) {
  answer made{.status = status, .body = std::move(body), .headers = {}};
  return made;
}

answer json(unsigned status, const nlohmann::json& body) {
  using handler = nlohmann::json::error_handler_t;
  answer made{.status = status,
              .type = "application/json",
              .body = body.dump(-1, ' ', false, handler::replace) + "\n",
              .headers = {}};
  return made;
}

answer refuse(unsigned status, const std::string& what, const std::string& help) {
  return json(status, {{"error", what}, {"help", help}});
}

}  // namespace drcon::admin
