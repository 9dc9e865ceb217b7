#include "reference/print.hpp"
#include "reference/troff.hpp"

#include <algorithm>
#include <cctype>

namespace drcon::reference {
namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

bool is_of_host(const page& from) { return from.name == "drcon.toml"; }
std::string title(const page& from) { return is_of_host(from) ? from.name : "drcon-" + from.name; }
std::string number(const page& from) { return is_of_host(from) ? "5" : "7"; }

std::string man_of(const section& from) {
  auto text = ".SH " + troff_argument(from.title.empty() ? "TOP LEVEL" : from.title) + "\n";
  if (!from.meaning.empty()) text += troff(from.meaning) + "\n";
  if (!from.example.empty()) text += ".PP\n.EX\n";
  for (const auto& each : from.example) text += troff(each) + "\n";
  if (!from.example.empty()) text += ".EE\n";
  for (const auto& each : from.options) {
    text += ".TP\n.B " + troff_argument(each.path) + "\n" + troff(each.facts()) + "\n";
    if (!each.meaning.empty()) text += ".br\n" + troff(each.meaning) + "\n";
  }
  return text;
}

}  // namespace

std::string as_man(const page& from, const std::string& date) {
  auto topic = from.topic;
  if (topic.ends_with('.')) topic.pop_back();
  auto text = ".TH " + troff_argument(upper(title(from))) + " " + number(from) + " \"" + date + "\" drcon\n.SH NAME\n" +
              troff(title(from)) + " \\- " + troff(topic) + "\n";
  if (!from.note.empty()) text += ".SH DESCRIPTION\nA plugin of drcon: " + troff(from.note) + ".\n";
  for (const auto& each : from.sections) text += man_of(each);
  if (!from.forms.empty()) text += ".SH \"FORMS OF VALUES\"\n";
  for (const auto& each : from.forms) text += (each == from.forms.front() ? "" : ".br\n") + troff(each) + "\n";
  return text + ".SH \"SEE ALSO\"\n" +
         (is_of_host(from) ? "\\fBdrcon\\fR(1)\n" : "\\fBdrcon\\fR(1), \\fBdrcon.toml\\fR(5)\n");
}

std::string man_file(const page& from) { return "man" + number(from) + "/" + title(from) + "." + number(from); }

}  // namespace drcon::reference
