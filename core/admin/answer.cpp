#include "admin/answer.hpp"

#include "base/json_text.hpp"
#include "config/text.hpp"

#include <drcon/url.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace drcon::admin {

base::result<asked> parse_request(std::string method, const std::string& target) {
  auto read = parse_url_target(target);
  if (!read) return base::failure{"the path of the request cannot be read"};
  asked made{.method = std::move(method), .path = {}, .query = {}};
  for (const auto& segment : read->segments)
    if (!segment.empty()) made.path.push_back(config::printable(segment));
  for (const auto& [key, value] : read->parameters) made.query.insert_or_assign(key, config::printable(value));
  return made;
}

answer text(unsigned status, std::string body) {
  answer made{.status = status, .body = std::move(body), .headers = {}};
  return made;
}

answer json(unsigned status, const nlohmann::json& body) {
  answer made{.status = status, .type = "application/json", .body = base::json_text(body) + "\n", .headers = {}};
  return made;
}

answer refuse(unsigned status, const std::string& what, const std::string& help) {
  return json(status, {{"error", what}, {"help", help}});
}

}  // namespace drcon::admin
