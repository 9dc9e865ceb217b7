// Any bytes as a value of the registry that a template writes: in each language for which the value is not refused, the
// reader of that language takes it for one value, and for the same.
//
// JSON, TOML, YAML and HTML are judged here; for nginx, haproxy and the shell the values are gathered, and the programs
// themselves judge them in batches. A value that is refused by one is looked for within its batch.
#include "fuzz/fuzzer.hpp"
#include "fuzz/judges.hpp"
#include "template/escape.hpp"

#include <drcon/toml.hpp>

#include <unistd.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace drcon::fuzz {
namespace {

using namespace templates;
namespace fs = std::filesystem;

// The values of one language that wait for their judge.
class batch {
public:
  batch(std::unique_ptr<judge> by, fs::path scratch) : by_(std::move(by)), scratch_(std::move(scratch)) {
    fs::create_directories(scratch_);
  }

  void add(written_value one) {
    bytes_ += one.text.size();
    all_.push_back(std::move(one));
    if (all_.size() >= 500 || bytes_ > 500'000) decide();
  }

  void decide() {
    const auto all = std::exchange(all_, {});
    bytes_ = 0;
    if (all.empty() || by_->complaint(all, scratch_).empty()) return;
    for (const auto& each : all)
      if (const auto complaint = by_->complaint({each}, scratch_); !complaint.empty())
        broken(std::string(by_->name()) + " takes a written value for one value",
               nlohmann::json(each.value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n" +
                   complaint);
    broken(std::string(by_->name()) + " takes values together that it takes one by one");
  }

private:
  std::unique_ptr<judge> by_;
  fs::path scratch_;
  std::vector<written_value> all_;
  std::size_t bytes_ = 0;
};

struct judges {
  fs::path scratch = fs::temp_directory_path() / ("drcon-fuzz-" + std::to_string(::getpid()));
  batch nginx{std::make_unique<nginx_judge>(), scratch / "nginx"};
  batch haproxy{std::make_unique<haproxy_judge>(), scratch / "haproxy"};
  batch shell{std::make_unique<shell_judge>(), scratch / "shell"};
};

judges& all_judges() {
  static judges all;
  static const bool registered = [] {
    std::atexit([] {
      all.nginx.decide();
      all.haproxy.decide();
      all.shell.decide();
      fs::remove_all(all.scratch);
    });
    return true;
  }();
  static_cast<void>(registered);
  return all;
}

// What JSON, TOML and YAML can say of the value: bytes that are no UTF-8 are replaced.
std::string as_text(const std::string& value) {
  return nlohmann::json::parse(nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

void judge_json(const std::string& value) {
  const auto written = "\"" + escaped(value, language::json) + "\"";
  const auto read = nlohmann::json::parse(written, nullptr, false);
  if (!read.is_string() || read.get<std::string>() != as_text(value)) broken("JSON reads the value", written);
}

void judge_toml(const std::string& value) {
  const auto written = "a = \"" + escaped(value, language::toml) + "\"\nb = 1\n";
  const auto read = parse_toml(written, "value");
  const auto* table = std::get_if<toml::table>(&read);
  if (table == nullptr || table->size() != 2 || (*table)["a"].value_or(std::string("?")) != as_text(value))
    broken("TOML reads the value", written);
}

// YAML's double quotes are those of JSON, but its readers refuse characters that are not printable, and fold lines at
// more of them: see "c-printable" and "b-char" of YAML 1.1 and 1.2.
void judge_yaml(const std::string& value) {
  const auto written = escaped(value, language::yaml);
  if (nlohmann::json::parse("\"" + written + "\"", nullptr, false) != nlohmann::json(as_text(value)))
    broken("YAML reads the value", written);
  for (std::size_t i = 0; i < written.size(); ++i) {
    const auto byte = static_cast<unsigned char>(written[i]);
    const std::string_view rest(written.data() + i, written.size() - i);
    if (byte < 0x20 || byte == 0x7f) broken("YAML's readers take the characters", written);
    if (rest.starts_with("\xc2") && static_cast<unsigned char>(rest[1]) < 0xa0)
      broken("YAML has no C1 controls", written);
    for (const std::string_view each : {"\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf"})
      if (rest.starts_with(each)) broken("YAML's readers take the characters", written);
  }
}

void judge_html(const std::string& value) {
  auto text = escaped(value, language::html);
  if (text.find_first_of("<>\"'") != std::string::npos) broken("HTML reads text", text);
  for (const auto& [entity, character] :
       {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
    for (std::size_t i = 0; (i = text.find(entity, i)) != std::string::npos; ++i)
      text.replace(i, std::string_view(entity).size(), character);
  if (text != value) broken("HTML reads the same text", text);
}

void judge_lines(const std::string& value) {
  if (value.find_first_of("\r\n\t") != std::string::npos)
    broken("what is not escaped has no control characters", value);
}

bool is_writable(const std::string& value, language in) { return !unwritable(value, in).has_value(); }

}  // namespace

bool is_sound(std::string_view input) { return is_writable(std::string(input), language::shell); }

void try_input(std::string_view input) {
  const std::string value(input);
  auto& by = all_judges();
  if (is_writable(value, language::json)) judge_json(value);
  if (is_writable(value, language::toml)) judge_toml(value);
  if (is_writable(value, language::yaml)) judge_yaml(value);
  if (is_writable(value, language::html)) judge_html(value);
  if (is_writable(value, language::none)) judge_lines(value);
  if (is_writable(value, language::nginx)) by.nginx.add({value, escaped(value, language::nginx)});
  if (is_writable(value, language::haproxy)) by.haproxy.add({value, escaped(value, language::haproxy)});
  if (is_writable(value, language::shell)) by.shell.add({value, escaped(value, language::shell)});
}

}  // namespace drcon::fuzz
