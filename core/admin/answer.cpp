#include "admin/answer.hpp"

#include <drcon/url.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace drcon::admin {

bool parse_target(const std::string& target, asked& to) {
  auto read = parse_url_target(target);
  if (!read) return false;
  for (auto& segment : read->segments)
    if (!segment.empty()) to.path.push_back(std::move(segment));
  for (auto& [key, value] : read->parameters) to.query.insert_or_assign(key, std::move(value));
  return true;
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
