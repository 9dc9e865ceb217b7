// Functions that ask the host to do something: run a program, write a file. It may refuse.
#include "common/templating/format/number.hpp"
#include "common/templating/format/quote.hpp"
#include "common/templating/format/unicode.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

value call_plugin(invocation& in, arguments all) {
  const auto name = all[0].text();
  if (name.empty()) return value(std::string_view());
  std::vector<std::string> words{std::string(name)};
  for (const auto& each : all.subspan(1))
    if (const auto word = trim_space(each.text()); !word.empty()) words.emplace_back(word);
  if (!in.around().run_program) throw failure("exec " + go_quoted(name) + ": programs are not run here");
  const auto done = in.around().run_program(words);
  if (done.why.empty()) return in.text(trim_space(done.output));
  throw failure("exec " + go_quoted(name) + ": " + done.why + "\n\nstdout:\n\n" + done.output + "\n\nstderr:\n\n" +
                done.errors);
}

std::uint32_t mode_of(std::string_view text) {
  const auto read = read_unsigned(text, 8);
  const bool is_too_large = read.why ? *read.why == misread::range : read.number > 0xffffffffU;
  if (!read.why && !is_too_large) return static_cast<std::uint32_t>(read.number);
  throw failure("strconv.ParseUint: parsing " + go_quoted(text) + ": " +
                (is_too_large ? "value out of range" : "invalid syntax"));
}

value call_write_to_file(invocation& in, arguments all) {
  const auto more = all.subspan(4);
  if (more.empty()) throw failure("runtime error: index out of range [-1]");
  const auto flags = more.size() == 2 ? more[0].text() : std::string_view();
  const auto has = [&](std::string_view flag) { return flags.find(flag) != std::string_view::npos; };
  const file_request asked{.path = std::string(all[0].text()),
                           .user = std::string(all[1].text()),
                           .group = std::string(all[2].text()),
                           .mode = mode_of(all[3].text()),
                           .appends = has("append"),
                           .is_of_data = all[0].origin() != origins::none,
                           .content = std::string(more.back().text()) + (has("newline") ? "\n" : "")};
  if (!in.around().write_file) throw failure("open " + asked.path + ": files are not written here");
  in.spend(asked.content.size() / 64 + 1);
  const auto why = in.around().write_file(asked);
  const auto* oversees = in.around().oversees;
  if (why && (oversees == nullptr || !oversees->goes_without(all.first(1), *why, in))) throw failure(*why);
  return value(std::string_view());
}

constexpr function host_table[] = {
    {"plugin", expects::two_texts, true, call_plugin, "PROGRAM ARGUMENT…",
     "what a program prints, where the host runs programs"},
    {"writeToFile", expects::five_texts, true, call_write_to_file, "PATH USER GROUP PERMISSIONS [FLAGS] TEXT",
     "writes a file, where the host allows it; the flags are append and newline"},
};

}  // namespace

std::span<const function> host_functions() { return host_table; }

}  // namespace drcon::templating
