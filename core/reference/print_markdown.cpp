#include "reference/print.hpp"

namespace drcon::reference {
namespace {

// Signs that mean something to Markdown; what stands between backticks is left alone, as it leaves it alone.
std::string plain(const std::string& text) {
  std::string out;
  bool in_code = false;
  for (const char c : text) {
    if (c == '`') in_code = !in_code;
    if (!in_code && std::string_view("\\*_<[]|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string code(const std::string& text) { return "`" + text + "`"; }

std::string facts_of(const option& option) {
  auto text = option.type.find('"') == std::string::npos ? plain(option.type) : code(option.type);
  if (option.required) text += ", **required**";
  if (!option.range.empty()) text += ", " + plain(option.range);
  if (!option.fallback.empty()) text += ", default " + code(option.fallback);
  if (option.secret)
    text +=
        R"(, secret: a string, `{ file = "…" }`, `{ env = "…" }` or `{ credential = "…" }` (systemd's LoadCredential=); a file is read again when it is replaced)";
  if (!option.formerly.empty()) text += ", formerly " + plain(option.formerly);
  return text;
}

std::string markdown_of(const section& section) {
  std::string text = section.title.empty() ? "" : "\n## " + code(section.title) + "\n";
  if (!section.meaning.empty()) text += "\n" + plain(section.meaning) + "\n";
  if (!section.example.empty()) text += "\n```toml\n";
  for (const auto& each : section.example) text += each + "\n";
  if (!section.example.empty()) text += "```\n";
  for (const auto& each : section.options)
    text += "\n### " + code(each.path) + "\n\n" + facts_of(each) + "\n\n" + plain(each.meaning) + "\n";
  return text;
}

}  // namespace

std::string as_markdown(const page& page) {
  auto text = "# " + page.name + "\n\n" + plain(page.topic) + "\n";
  if (!page.note.empty()) text += "\n*" + plain(page.note) + "*\n";
  for (const auto& each : page.sections) text += markdown_of(each);
  if (!page.forms.empty()) text += "\n## Forms of values\n\n";
  for (const auto& each : page.forms) text += "- " + plain(each) + "\n";
  return text +
         "\n<!-- Written by `drcon reference`, from the schemas that the configuration is checked against. -->\n";
}

}  // namespace drcon::reference
