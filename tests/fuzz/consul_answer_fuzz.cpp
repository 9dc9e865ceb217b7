// Any bytes as Consul's answer: header lines, an empty line, and a body, which is read as each of the lists that Consul
// is asked for.
#include "consul_http/answer.hpp"
#include "consul_http/node_registrations.hpp"
#include "fuzz/fuzzer.hpp"

#include <algorithm>
#include <string>

namespace drcon::fuzz {
namespace {

using namespace consul;

common::http_answer answer_of(std::string_view input) {
  common::http_answer answer{.fault = common::http_fault::none, .why = {}, .status = 200, .headers = {}, .body = {}};
  while (!input.empty()) {
    const auto line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), line.size() + 1));
    if (line.empty()) break;
    const auto colon = std::min(line.find(": "), line.size());
    answer.headers.insert_or_assign(std::string(line.substr(0, colon)),
                                    std::string(line.substr(std::min(colon + 2, line.size()))));
  }
  answer.body = input;
  return answer;
}

void judge(const common::http_answer& answer) {
  settings rules;
  rules.max_stale = std::chrono::seconds(5);
  for (const bool asked_stale : {false, true})
    if (const auto fault = fault_of(answer, rules, asked_stale); fault && fault->empty())
      broken("an answer that is not used is refused with a reason");
}

std::optional<std::vector<endpoint>> endpoints(const std::string& body, health_level selected) {
  std::string why;
  auto all = parse_endpoints(body, selected, why);
  if (all.has_value() != why.empty()) broken("there are endpoints, or a reason why not", why);
  return all;
}

bool includes(const std::vector<endpoint>& more, const std::vector<endpoint>& fewer) {
  return std::ranges::all_of(fewer, [&](const endpoint& each) { return std::ranges::count(more, each) > 0; });
}

// How many instances an answer has: each is published or left out, whichever health, address and port are asked for.
std::size_t instances(const std::string& body, health_level selected, const place_choice& place) {
  std::string why;
  std::vector<left_out_instance> left_out;
  const auto all = parse_endpoints(body, selected, why, {}, place, &left_out);
  if (!all) broken("what is asked for does not make an answer unreadable", why);
  for (const auto& each : left_out)
    if (each.why.empty()) broken("an instance is left out for a reason");
  return all->size() + left_out.size();
}

void read_endpoints(const std::string& body) {
  const auto any = endpoints(body, health_level::any);
  const auto warning = endpoints(body, health_level::warning);
  const auto passing = endpoints(body, health_level::passing);
  if (any.has_value() != warning.has_value() || any.has_value() != passing.has_value())
    broken("whether an answer can be read does not depend on the health that is asked for");
  if (any && (!includes(*any, *warning) || !includes(*warning, *passing)))
    broken("a stricter choice of health has no other endpoints");
  if (!any) return;
  const auto count = instances(body, health_level::any, {});
  if (count != instances(body, health_level::any, {.address = "wan", .port = "http"}) ||
      count != instances(body, health_level::passing, {}))
    broken("each instance is published or left out");
}

// What a node had before is all gone from an empty one, and nothing of it changes by itself.
void read_node(const std::string& body) {
  const auto content = parse_node(body);
  if (!content) return;
  registrations all;
  all.take("n", *content);
  if (!all.take("n", *content).empty()) broken("an answer differs from itself");
  std::set<std::string> gone;
  for (const auto& each : all.take("n", {.index = content->index, .instances = {}})) gone.insert(each.service);
  for (const auto& each : content->instances)
    if (!gone.contains(each.service)) broken("an instance went unseen", each.service);
}

}  // namespace

bool is_sound(std::string_view input) {
  const auto answer = answer_of(input);
  std::string why;
  return parse_endpoints(answer.body, health_level::any, why) || parse_catalog(answer.body, why) ||
         parse_checks(answer.body) || parse_nodes(answer.body) || parse_node(answer.body);
}

void try_input(std::string_view input) {
  const auto answer = answer_of(input);
  judge(answer);
  read_endpoints(answer.body);
  std::string why;
  if (parse_catalog(answer.body, why).has_value() != why.empty())
    broken("there is a catalogue, or a reason why not", why);
  static_cast<void>(parse_checks(answer.body));
  static_cast<void>(parse_nodes(answer.body));
  read_node(answer.body);
}

}  // namespace drcon::fuzz
