#include "import/templates.hpp"

#include "common/templating/go/parser.hpp"
#include "import/registry_functions.hpp"

#include <cctype>
#include <fstream>
#include <iterator>
#include <variant>

namespace drcon::importing {
namespace {

namespace fs = std::filesystem;
namespace go = templating::go;

// `contents`: where drcon finds the text as a file.
std::string written(const template_stanza& stanza, const import_surroundings& around, report& found) {
  auto name = fs::path(stanza.destination).filename().string();
  if (name.empty()) name = "template";
  if (around.templates_directory.empty()) {
    found.fault(stanza.source_at,
                "contents: drcon reads templates from files: write this text to one, or say --templates DIRECTORY, and "
                "it is written to DIRECTORY/" +
                    name + ".ctmpl");
    return "/etc/drcon/templates/" + name + ".ctmpl";
  }
  const auto path = absolute((around.templates_directory / (name + ".ctmpl")).string(), around);
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (const auto before = text_of_file(path); before && before != *stanza.contents) {
    found.fault(stanza.source_at, path + " is there already, with another text; it is left as it is");
    return path;
  }
  std::ofstream out(path, std::ios::binary);
  out << *stanza.contents;
  if (!out.flush()) found.fault(stanza.source_at, path + " cannot be written");
  return path;
}

// Consul Template takes what a text has by a name that its language lacks for a fault; and so do we, but in words of
// our own where we know better.
asks asked_by(const std::string& text, const std::string& file, const go::delimiters& marks, report& found) {
  const functions_of_text functions(text);
  auto parsed = go::parse(file, text, functions.table(), marks);
  if (const auto* wrong = std::get_if<templating::fault>(&parsed)) {
    found.fault({.file = file, .where = wrong->where}, wrong->text);
    return {};
  }
  return find_asks(*std::get<std::unique_ptr<const go::tree>>(parsed), file, found);
}

}  // namespace

std::optional<std::string> text_of_file(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return {};
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return {};
  return text;
}

std::string absolute(const std::string& path, const import_surroundings& around) {
  return (around.directory / path).lexically_normal().string();
}

read_template read(const template_stanza& stanza, const settings& given, const import_surroundings& around,
                   report& found) {
  read_template result;
  result.left_delimiter = stanza.left_delimiter.empty() ? given.left_delimiter : stanza.left_delimiter;
  result.right_delimiter = stanza.right_delimiter.empty() ? given.right_delimiter : stanza.right_delimiter;
  std::optional<std::string> text = stanza.contents;
  std::string name = stanza.source;
  if (stanza.contents) {
    result.path = written(stanza, around, found);
    name = stanza.where.shown() + " contents";
  } else {
    result.path = absolute(stanza.source, around);
    text = text_of_file(result.path);
    if (!text) found.fault(stanza.source_at, "the template " + result.path + " cannot be read");
  }
  if (!text) return result;
  go::delimiters marks;
  if (!result.left_delimiter.empty()) marks.left = result.left_delimiter;
  if (!result.right_delimiter.empty()) marks.right = result.right_delimiter;
  result.asked = asked_by(*text, name, marks, found);
  return result;
}

}  // namespace drcon::importing
