// The oracle's cases and their data, for C++: what cases.go and data.go are for Go.
#pragma once

#include "common/templating/format/quote.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/functions/key_pair.hpp"
#include "common/templating/go/template.hpp"
#include "common/templating/invocation.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::oracle {

using json = nlohmann::json;
using templating::kind;
using templating::map_entry;
using templating::memory;
using templating::value;

struct test_case {
  std::string name;
  std::string text;
  json data;
  std::vector<std::string> options;

  const std::string* option(std::string_view key) const {
    for (const auto& each : options)
      if (each == key || each.starts_with(std::string(key) + "=")) return &each;
    return nullptr;
  }
  std::string option_value(std::string_view key) const {
    const auto* found = option(key);
    return found == nullptr || found->size() <= key.size() ? "" : found->substr(key.size() + 1);
  }
};

inline std::string read_file(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(input), {}};
}

inline test_case read_case(const std::string& part) {
  const auto header_end = part.find('\n');
  std::istringstream words(part.substr(0, header_end));
  test_case result;
  words >> result.name;
  for (std::string word; words >> word;) result.options.push_back(word);
  auto body = header_end == std::string::npos ? std::string() : part.substr(header_end + 1);
  if (const auto mark = ("\n" + body).rfind("\n-- "); mark != std::string::npos) {
    result.data = json::parse(body.substr(mark + 3));
    body = body.substr(0, mark);
    if (body.ends_with('\n')) body.pop_back();
  }
  if (result.option("quoted") != nullptr) body = templating::unquoted(body).value();
  result.text = body;
  return result;
}

inline std::vector<test_case> read_cases(const std::filesystem::path& file) {
  auto text = "\n" + read_file(file);
  if (text.ends_with('\n')) text.pop_back();
  std::vector<test_case> all;
  const std::string mark = "\n== ";
  for (auto start = text.find(mark); start != std::string::npos;) {
    const auto end = text.find(mark, start + 1);
    all.push_back(
        read_case(text.substr(start + mark.size(), end == std::string::npos ? end : end - start - mark.size())));
    start = end;
  }
  return all;
}

value value_of(const json& of, memory& scratch);

inline value special(const std::string& name, const json& held, memory& scratch) {
  if (name == "$int64") return value::integer64(held.get<std::int64_t>());
  if (name == "$uint64") return value::unsigned64(held.get<std::uint64_t>());
  if (name == "$float") return value(held.get<double>());
  if (name == "$strings") {
    std::vector<value> all;
    for (const auto& each : held) all.push_back(scratch.text(each.get<std::string>()));
    return scratch.text_list(all);
  }
  if (name == "$stringmap") {
    std::vector<map_entry> all;
    for (const auto& [key, each] : held.items())
      all.push_back({.key = scratch.text(key), .held = scratch.text(each.get<std::string>())});
    return scratch.text_map(std::move(all));
  }
  if (name == "$pairs") {
    std::vector<value> all;
    for (const auto& each : held) {
      const auto path = scratch.keep(each[0].get<std::string>());
      const auto text = scratch.keep(each[1].get<std::string>());
      all.emplace_back(scratch.make<templating::key_pair>(templating::key_pair{path, path, text}),
                       templating::key_pair_class);
    }
    return scratch.list_of(all, templating::key_pairs_class);
  }
  throw std::runtime_error(name + " is no type that is known here");
}

inline value value_of(const json& of, memory& scratch) {
  switch (of.type()) {
    case json::value_t::null: return value::null();
    case json::value_t::boolean: return value(of.get<bool>());
    case json::value_t::number_integer: return value::integer(of.get<std::int64_t>());
    case json::value_t::number_unsigned:
      return of.get<std::uint64_t>() > INT64_MAX ? value(of.get<double>()) : value::integer(of.get<std::int64_t>());
    case json::value_t::number_float: return value(of.get<double>());
    case json::value_t::string: return scratch.text(of.get<std::string>());
    case json::value_t::array: {
      std::vector<value> all;
      for (const auto& each : of) all.push_back(value_of(each, scratch));
      return scratch.any_list(all);
    }
    default: {
      if (of.size() == 1 && of.begin().key().starts_with('$'))
        return special(of.begin().key(), of.begin().value(), scratch);
      std::vector<map_entry> all;
      for (const auto& [key, each] : of.items())
        all.push_back({.key = scratch.text(key), .held = value_of(each, scratch)});
      return scratch.any_map(std::move(all));
    }
  }
}

struct answer {
  std::string output;
  std::optional<templating::fault> wrong;
};

// The function `data` of the cases of Consul Template, which have no dot.
inline value call_data(templating::invocation& in, std::span<const value>) {
  return *static_cast<const value*>(in.around().host);
}
inline constexpr templating::function data_function[] = {
    {"data", {}, false, call_data, "", "the data of the case", templating::built_in::none}};

inline const templating::function_table& functions_of(const test_case& one) {
  static const templating::function_table plain{templating::go::built_in_functions()};
  static const templating::function_table consul = [] {
    auto all = templating::every_function();
    all.add(data_function);
    return all;
  }();
  return one.option("consul") == nullptr ? plain : consul;
}

// The machine of the cases of consul_host.txt.
inline templating::program_result run_program(std::span<const std::string> words) {
  if (words[0] != "echo") return {.output = {}, .errors = {}, .why = "exit status 1"};
  std::string output;
  for (const auto& each : words.subspan(1)) (output += output.empty() ? "" : " ") += each;
  return {.output = output + "\n", .errors = {}, .why = {}};
}
inline std::vector<templating::network_address> network() {
  return {{.interface = "lo", .address = "127.0.0.1", .prefix = 8, .flags = "up|loopback|running"}};
}

// The zones of the cases, which do not depend on what a machine has.
inline std::optional<std::string> zone_file(std::string_view name) {
  const auto folder = std::filesystem::path(DRCON_SOURCE_ROOT) / "tests/oracle/zones";
  const auto file = folder / (name == "Local" ? "America/St_Johns" : name);
  return std::filesystem::is_regular_file(file) ? std::optional(read_file(file)) : std::nullopt;
}

inline answer render(const test_case& one) {
  memory scratch(std::size_t{64} << 20U);
  const auto data = value_of(one.data, scratch);
  const bool is_consul = one.option("consul") != nullptr;
  templating::surroundings around;
  around.missing = is_consul ? templating::missing_key::zero : templating::missing_key::nothing;
  const auto missing = one.option_value("missing");
  if (missing == "zero") around.missing = templating::missing_key::zero;
  if (missing == "error") around.missing = templating::missing_key::fault;
  around.host = &data;
  around.environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "ORACLE_COLOUR") return "blue";
    if (name == "ORACLE_EMPTY") return "";
    return {};
  };
  around.run_program = run_program;
  around.network = network;
  around.zone_file = zone_file;
  around.now = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  const auto marks = one.option_value("delims");
  const auto comma = marks.find(',');
  const templating::go::delimiters delimiters{.left = marks.substr(0, comma),
                                              .right = comma == std::string::npos ? "" : marks.substr(comma + 1)};
  auto read = templating::go::text_template::read(is_consul ? "" : "t", one.text, functions_of(one), delimiters);
  if (auto* wrong = std::get_if<templating::fault>(&read)) return {.output = {}, .wrong = *wrong};
  answer result;
  // JSON's null as the whole data is Go's nil, which is no value at all.
  const auto root = is_consul || data.is(kind::nil) ? value() : data;
  result.wrong = std::get<templating::go::text_template>(read).render(root, around, result.output);
  return result;
}

// The fault in Go's words: columns count from 0 there, and what is wrong with a template's form has none.
inline std::string in_words_of_go(const templating::fault& wrong) {
  const auto line = std::to_string(wrong.where.line);
  const bool is_execution = wrong.text.starts_with("executing ");
  return "template: " + wrong.name + ":" + line + ":" +
         (is_execution ? std::to_string(wrong.where.column - 1) + ":" : "") + " " + wrong.text;
}

}  // namespace drcon::oracle
