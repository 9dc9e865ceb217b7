#include "admin/answer.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <nlohmann/json.hpp>

namespace drcon::admin {

bool parse_target(const std::string& target, asked& to) {
  const auto read = boost::urls::parse_origin_form(target);
  if (!read) return false;
  for (const auto& segment : read->segments())
    if (!segment.empty()) to.path.push_back(segment);
  for (const auto& each : read->params()) to.query.insert_or_assign(each.key, each.value);
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
