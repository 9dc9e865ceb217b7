#include "admin/answer.hpp"

#include "base/json_text.hpp"
#include "base/printed.hpp"
#include "config/text.hpp"

#include <drcon/printed.hpp>
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

answer json_answer(unsigned status, const nlohmann::json& body) {
  answer made{.status = status, .type = "application/json", .body = base::json_text(body) + "\n", .headers = {}};
  return made;
}

void show_printed(answer& made, bool may_see_contents) {
  if (made.body.find(printed_begin) == std::string::npos) return;
  const auto kind = made.type == "application/json" ? base::text_kind::json : base::text_kind::plain;
  made.body = may_see_contents ? base::with_printed(made.body) : base::without_printed(made.body, kind);
}

const std::vector<std::pair<unsigned, const char*>>& refusal_codes() {
  static const std::vector<std::pair<unsigned, const char*>> all{
      {400, "bad-request"},        {401, "unauthorized"},          {403, "forbidden"},         {404, "not-found"},
      {405, "method-not-allowed"}, {408, "request-timeout"},       {409, "conflict"},          {413, "too-large"},
      {421, "misdirected"},        {422, "configuration-refused"}, {431, "headers-too-large"}, {500, "failed"},
      {503, "unavailable"},        {504, "no-answer-in-time"},
  };
  return all;
}

const char* refusal_code(unsigned status) {
  for (const auto& [known, code] : refusal_codes())
    if (known == status) return code;
  return status < 500 ? "bad-request" : "failed";
}

answer refuse(unsigned status, const std::string& what, const std::string& help) {
  return json_answer(status, {{"error", what}, {"help", help}, {"code", refusal_code(status)}});
}

}  // namespace drcon::admin
