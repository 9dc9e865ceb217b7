#include "cli/complete.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <utility>

namespace drcon::cli {
namespace {

// Up to the end of the first sentence: a shell has one line for it.
std::string brief(const std::string& meaning) {
  auto text = meaning.substr(0, meaning.find_first_of("\n"));
  if (const auto end = text.find(". "); end != std::string::npos) text.resize(end);
  while (!text.empty() && (text.back() == '.' || text.back() == ':')) text.pop_back();
  return text;
}

class candidates {
public:
  explicit candidates(std::string begun) : begun_(std::move(begun)) {}
  void add(const std::string& word, const std::string& meaning = {}) {
    // A name of the registry may hold any byte, and a line break would be another candidate.
    if (word.empty() || config::printable(word) != word) return;
    if (word.starts_with(begun_))
      text_ += word + (meaning.empty() ? "" : "\t" + config::printable(brief(meaning), 200)) + "\n";
  }
  void add_files() { text_ += ":files\n"; }
  void add_directories() { text_ += ":directories\n"; }
  std::string text() && { return std::move(text_); }

private:
  const std::string begun_;
  std::string text_;
};

// `pipeline`: the one that has been typed before; empty when there is none.
void add_values(const command& verb, const command_option& option, const std::string& pipeline,
                const known_names& known, candidates& found) {
  const auto& name = option.name();
  for (const auto& each : option.choices) found.add(each);
  if (!option.choices.empty()) return;
  if (name == "--plugin-dir" || name == "--output" || name == "--directory") return found.add_directories();
  if (name == "--config" || name == "-config" || name == "--options" || name == "FILE") return found.add_files();
  if (name == "PIPELINE" || name == "--pipeline")
    for (const auto& each : known.pipelines()) found.add(each);
  const auto add_of_pipeline = [&](const auto& ask) {
    if (pipeline.empty()) return;
    for (const auto& each : ask(pipeline)) found.add(each.word, each.meaning);
  };
  if (name == "ENDPOINT") add_of_pipeline(known.endpoints);
  if (name == "REVISION") add_of_pipeline(known.revisions);
  if (name == "--service") add_of_pipeline(known.services);
  if (name == "--plugin" || (name == "NAME" && verb.name != "new"))  // a new one has a name that nobody has yet
    for (const auto& each : known.plugins()) found.add(each);
}

}  // namespace

std::string complete(const command& root, std::vector<std::string> words, const known_names& known) {
  if (words.empty()) words.emplace_back();
  candidates found(words.back());
  words.pop_back();
  const command* now = &root;
  const command_option* wants_value = nullptr;
  std::vector<std::string> arguments;  // that have been typed for the verb
  for (const auto& each : words) {
    if (std::exchange(wants_value, nullptr) != nullptr) continue;
    if (each.starts_with('-')) {
      const auto option = std::ranges::find_if(now->options, [&](const auto& one) { return one.is(each); });
      if (option != now->options.end() && option->takes_value) wants_value = &*option;
    } else if (const auto* verb = now->verb(each)) {
      now = verb;
      arguments.clear();
    } else {
      arguments.push_back(each);
    }
  }
  const auto pipeline = arguments.empty() ? std::string() : arguments.front();
  if (wants_value != nullptr) {
    add_values(*now, *wants_value, pipeline, known, found);
    return std::move(found).text();
  }
  for (const auto& each : now->verbs) found.add(each.name, each.meaning);
  // What is asked for first, and its options after that.
  std::size_t position = 0;
  for (const auto& each : now->options)
    if (each.positional && position++ == arguments.size()) add_values(*now, each, pipeline, known, found);
  for (const auto& each : now->options)
    if (!each.positional) found.add(each.name(), each.meaning);
  return std::move(found).text();
}

}  // namespace drcon::cli
