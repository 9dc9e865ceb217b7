#include "cli/admin_answer.hpp"

#include "base/json_text.hpp"
#include "cli/terminal_text.hpp"

#include <iostream>

namespace drcon::cli {

bool is_answer(const admin_client::reply& reply, const arguments& options) {
  if (reply.status == 200) return true;
  if (options.json) {
    const bool is_refusal = reply.body.is_object() && reply.body.contains("error");
    print_json(is_refusal ? reply.body
                          : nlohmann::json{{"error", "refused with HTTP status " + std::to_string(reply.status)},
                                           {"help", ""},
                                           {"code", "failed"}});
    return false;
  }
  if (reply.body.is_object() && reply.body.contains("error")) {
    std::cerr << "drcon: " << printable(reply.body["error"]) << "\n";
    if (reply.body.contains("help")) std::cerr << "  help: " << printable(reply.body["help"]) << "\n";
  } else {
    std::cerr << "drcon: refused with HTTP status " << reply.status << "\n";
  }
  return false;
}

void print_json(const nlohmann::json& body) { std::cout << base::json_text(body, 2) << "\n"; }

int guarded(const arguments& options, const std::function<int()>& verb) {
  try {
    return verb();
  } catch (const refused&) {
    return exit_runtime;
  } catch (const no_answer& error) {
    if (options.json) print_json({{"error", error.what()}, {"help", ""}, {"code", "no-answer"}});
    else std::cerr << "drcon: " << error.what() << "\n";
    return exit_runtime;
  }
}

}  // namespace drcon::cli
