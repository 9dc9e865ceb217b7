#include "http/answer.hpp"

#include "common/endpoint_document/endpoint_document.hpp"
#include "common/short_text.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

namespace drcon::http {
namespace {

constexpr unsigned good = 200;

std::string advice_for(const common::http_answer& answer) {
  if (answer.status == 401 || answer.status == 403) return ": it refuses the token or the headers";
  if (const auto place = answer.header("location"); answer.status >= 300 && answer.status < 400 && !place.empty())
    return ": the feed is at " + std::string(common::shortened(place, 200)) + "; write that as url";
  const auto line = common::first_line(answer.body);
  return line.empty() ? "" : ": " + line;
}

}  // namespace

std::optional<std::string> fault_of(const common::http_answer& answer, const settings& asked) {
  if (answer.fault != common::http_fault::none) return answer.why;
  if (answer.status != good && answer.status != not_modified)
    return asked.url + " answers " + std::to_string(answer.status) + advice_for(answer);
  if (answer.body.size() > asked.max_size)
    return asked.url + " has " + std::to_string(answer.body.size()) + " bytes, more than max_size allows";
  return {};
}

std::optional<std::vector<service>> read_feed(const std::string& body, const settings& asked, std::string& why) {
  auto services = common::parse_document(body, common::document_format::json, asked.url, why);
  // `{}` is what many a server answers when something has gone wrong behind it.
  if (services && services->empty() && !parsed_json(body).contains("service")) {
    why = asked.url + R"(: there is no "service"; for no services the feed says {"service": []})";
    return {};
  }
  return services;
}

}  // namespace drcon::http
