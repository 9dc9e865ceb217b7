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

std::string facts_of(const option& from) {
  auto text = from.type.find('"') == std::string::npos ? plain(from.type) : code(from.type);
  if (from.required) text += ", **required**";
  if (!from.range.empty()) text += ", " + plain(from.range);
  if (!from.fallback.empty()) text += ", default " + code(from.fallback);
  if (from.secret)
    text +=
        R"(, secret: a string, `{ file = "…" }`, `{ env = "…" }` or `{ credential = "…" }` (systemd's LoadCredential=))";
  if (!from.formerly.empty()) text += ", formerly " + plain(from.formerly);
  return text;
}

std::string markdown_of(const section& from) {
  std::string text = from.title.empty() ? "" : "\n## " + code(from.title) + "\n";
  if (!from.meaning.empty()) text += "\n" + plain(from.meaning) + "\n";
  if (!from.example.empty()) text += "\n```toml\n";
  for (const auto& each : from.example) text += each + "\n";
  if (!from.example.empty()) text += "```\n";
  for (const auto& each : from.options)
    text += "\n### " + code(each.path) + "\n\n" + facts_of(each) + "\n\n" + plain(each.meaning) + "\n";
  return text;
}

}  // namespace

std::string as_markdown(const page& from) {
  auto text = "# " + from.name + "\n\n" + plain(from.topic) + "\n";
  if (!from.note.empty()) text += "\n*" + plain(from.note) + "*\n";
  for (const auto& each : from.sections) text += markdown_of(each);
  if (!from.forms.empty()) text += "\n## Forms of values\n\n";
  for (const auto& each : from.forms) text += "- " + plain(each) + "\n";
  return text +
         "\n<!-- Written by `drcon reference`, from the schemas that the configuration is checked against. -->\n";
}

}  // namespace drcon::reference
