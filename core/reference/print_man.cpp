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

bool is_of_host(const page& page) { return page.name == "drcon.toml"; }
std::string title(const page& page) { return is_of_host(page) ? page.name : "drcon-" + page.name; }
std::string number(const page& page) { return is_of_host(page) ? "5" : "7"; }

std::string man_of(const section& section) {
  auto text = ".SH " + troff_argument(section.title.empty() ? "TOP LEVEL" : section.title) + "\n";
  if (!section.meaning.empty()) text += troff(section.meaning) + "\n";
  if (!section.example.empty()) text += ".PP\n.EX\n";
  for (const auto& each : section.example) text += troff(each) + "\n";
  if (!section.example.empty()) text += ".EE\n";
  for (const auto& each : section.options) {
    text += ".TP\n.B " + troff_argument(each.path) + "\n" + troff(each.facts()) + "\n";
    if (!each.meaning.empty()) text += ".br\n" + troff(each.meaning) + "\n";
  }
  return text;
}

}  // namespace

std::string as_man(const page& page, const std::string& date) {
  auto topic = page.topic;
  if (topic.ends_with('.')) topic.pop_back();
  auto text = ".TH " + troff_argument(upper(title(page))) + " " + number(page) + " \"" + date + "\" drcon\n.SH NAME\n" +
              troff(title(page)) + " \\- " + troff(topic) + "\n";
  if (!page.note.empty()) text += ".SH DESCRIPTION\nA plugin of drcon: " + troff(page.note) + ".\n";
  for (const auto& each : page.sections) text += man_of(each);
  if (!page.forms.empty()) text += ".SH \"FORMS OF VALUES\"\n";
  for (const auto& each : page.forms) text += (each == page.forms.front() ? "" : ".br\n") + troff(each) + "\n";
  return text + ".SH \"SEE ALSO\"\n" +
         (is_of_host(page) ? "\\fBdrcon\\fR(1)\n" : "\\fBdrcon\\fR(1), \\fBdrcon.toml\\fR(5)\n");
}

std::string man_file(const page& page) { return "man" + number(page) + "/" + title(page) + "." + number(page); }

}  // namespace drcon::reference
