#include "support/hosts_page.hpp"

#include <algorithm>
#include <filesystem>

namespace drcon::test {

void hosts_page::start(const std::string& keys, const std::string& of_file, const std::string& of_sink) {
  drcon_ = std::make_unique<drcon_process>(
      keys +
      "\n[source.hosts]\nplugin = \"file\"\npath = \"hosts.toml\"\n"
      "[sink.page]\nplugin = \"template\"\n" +
      of_sink + "file = [{ template = \"page.mustache\", path = \"page.conf\", escape = \"nginx\"" +
      (of_file.empty() ? "" : ", " + of_file) +
      " }]\n"
      "[pipeline.web]\nsources = [\"hosts\"]\nsinks = [\"page\"]\nwait = { min = \"1ms\", max = \"10ms\" }\n");
  set_hosts(3);
  write_file(drcon_->directory() / "page.mustache",
             "{{#services}}{{#endpoints}}server {{address}}:{{port}};\n{{/endpoints}}{{/services}}");
  drcon_->start();
  ASSERT_TRUE(drcon_->settled()) << drcon_->log();
}

void hosts_page::set_hosts(int count) const {
  std::string text = "[[service]]\nname = \"web\"\n";
  for (int i = 1; i <= count; ++i)
    text += "[[service.endpoint]]\naddress = \"10.0.0." + std::to_string(i) + "\"\nport = 80\n";
  write_file(drcon_->directory() / "next", text);
  std::filesystem::rename(drcon_->directory() / "next", drcon_->directory() / "hosts.toml");
}

int hosts_page::lines() const {
  const auto text = read_file(drcon_->directory() / "page.conf");
  return static_cast<int>(std::ranges::count(text, '\n'));
}

}  // namespace drcon::test
