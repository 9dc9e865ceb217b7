// Renders the cases that it reads, one a line, as `oracle serve` does: for comparing the two. With --file FILE: those
// of a file of cases.
#include "oracle/compare/cases.hpp"

#include <cstdio>
#include <iostream>

namespace {

using namespace drcon;

void print(const oracle::test_case& one) {
  const auto answer = oracle::render(one);
  oracle::json result{{"name", one.name}};
  if (answer.wrong) result["error"] = oracle::in_words_of_go(*answer.wrong);
  else result["output"] = answer.output;
  std::cout << result.dump(-1, ' ', false, oracle::json::error_handler_t::replace) << '\n';
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3 && std::string_view(arguments[1]) == "--file") {
    for (const auto& each : oracle::read_cases(arguments[2])) print(each);
    return 0;
  }
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto read = oracle::json::parse(line);
    oracle::test_case one;
    one.name = read.at("name");
    one.text = read.at("template");
    if (read.contains("data")) one.data = read["data"];
    if (read.contains("options")) one.options = read["options"].get<std::vector<std::string>>();
    print(one);
  }
  return 0;
}
