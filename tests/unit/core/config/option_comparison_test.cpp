// Every option of drcon's own that a reload must see, found from the schema: changed alone, the configuration is not
// equal to the one before. An option that is in the schema and not in the struct, its reader or its comparison fails.
#include "engine/asked_for.hpp"
#include "known_plugins.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <ostream>

namespace drcon::config {
namespace option_comparison_test {

using nlohmann::json;

/// One option and the lines that set it.
struct changed_option {
  std::string name;
  std::string written;    ///< a value that is not the default
  std::string otherwise;  ///< the default, as it would be written; empty when there is none

  friend void PrintTo(const changed_option& option, std::ostream* out) { *out << option.name; }
};

// A value that the schema accepts and that is not the default, as TOML. JSON's strings, numbers and lists are TOML's.
std::string other_value(const json& schema) {
  const auto otherwise = schema.value("default", json());
  const auto format = schema.value("format", "");
  const auto type = schema.at("type").get<std::string>();
  for (const auto& each : schema.value("enum", json::array()))
    if (each != otherwise) return each.dump();
  if (type == "integer") return std::to_string(otherwise.get<int>() + 1);
  if (type == "boolean") return otherwise == json(true) ? "false" : "true";
  if (type == "array") return "[" + other_value(schema.at("items")) + "]";
  if (type == "object") return "{ x = " + other_value(schema.at("additionalProperties")) + " }";
  // Within what other options allow: not longer than wait.max and restart_max, not shorter than wait.min and
  // restart_min.
  if (format == "duration") return "\"101ms\"";
  if (format == "percent") return "\"49%\"";
  if (format == "size") return "\"1GiB\"";
  return "\"x\"";
}

// All options below `schema`; those of a table within it are called TABLE.KEY.
void add_options(std::vector<changed_option>& all, const json& schema, const std::string& prefix) {
  for (const auto& [key, each] : schema.at("properties").items()) {
    if (each.contains("properties")) {
      add_options(all, each, prefix + key + ".");
      continue;
    }
    const auto otherwise = each.value("default", json());
    all.push_back({prefix + key, other_value(each), otherwise.is_null() ? "" : otherwise.dump()});
  }
}

std::vector<changed_option> options_of(const char* pointer) {
  std::vector<changed_option> all;
  add_options(all, host_schema().at(json::json_pointer(pointer)), "");
  return all;
}

std::string test_name(const ::testing::TestParamInfo<changed_option>& info) {
  auto name = info.param.name;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

class OptionComparison : public ::testing::TestWithParam<changed_option> {
protected:
  configuration loaded(const std::string& text) {
    std::ofstream(dir_ / "drcon.toml") << text;
    diagnostics found;
    auto made = load(dir_ / "drcon.toml", known_plugins(), found);
    EXPECT_TRUE(made) << text << found.text();
    return made.value_or(configuration{});
  }

private:
  test::temp_dir dir_;
};

class PipelineOption : public OptionComparison {
protected:
  // The pipeline p with these lines. Tables called x are there for the options that name one.
  pipeline_config pipeline_with(const std::string& lines) {
    std::string text;
    for (const auto* name : {"a", "x"})
      text += std::string("[source.") + name + "]\nplugin = \"file\"\npath = \"/a\"\n[sink." + name +
              "]\nplugin = \"nginx\"\nfile = \"/b\"\n";
    return loaded(text + "[pipeline.p]\n" + lines).pipelines["p"];
  }
  static std::string lines_with(const std::string& name, const std::string& value) {
    std::string lines;
    for (const auto* each : {"sources", "sinks"})
      if (name != each) lines += std::string(each) + " = [\"a\"]\n";
    return lines + name + " = " + value + "\n";
  }
  const std::string plain_ = "sources = [\"a\"]\nsinks = [\"a\"]\n";
};

TEST_P(PipelineOption, IsSeenByAReloadWhenItAloneChanges) {
  const auto before = pipeline_with(plain_);
  EXPECT_EQ(before, pipeline_with(plain_));
  EXPECT_NE(before, pipeline_with(lines_with(GetParam().name, GetParam().written)));
}

// Else a last good state would be served as if it were the answer to another filter.
TEST_P(PipelineOption, IsPartOfWhatIsAskedForWhenItSelects) {
  const auto asked = [this](const std::string& lines) {
    auto pipeline = pipeline_with(lines);
    pipeline.sources.clear();  // the plugins' part is not looked at here
    return engine::asked_for_by(pipeline, {}).filter;
  };
  const auto& name = GetParam().name;
  const bool selects = name.starts_with("filter.") || name.starts_with("limit.");
  EXPECT_EQ(asked(plain_) != asked(lines_with(name, GetParam().written)), selects);
}

TEST_P(PipelineOption, HasOneDefault) {
  const pipeline_config made{.name = "p", .sources = {"a"}, .sinks = {"a"}};
  EXPECT_EQ(made, pipeline_with(plain_));
  if (!GetParam().otherwise.empty()) {
    EXPECT_EQ(made, pipeline_with(lines_with(GetParam().name, GetParam().otherwise)));
  }
}

INSTANTIATE_TEST_SUITE_P(All, PipelineOption,
                         ::testing::ValuesIn(options_of("/properties/pipeline/additionalProperties")), test_name);

class IsolationOption : public OptionComparison {
protected:
  instance_config source_with(const std::string& isolation) {
    return loaded("[source.a]\nplugin = \"file\"\npath = \"/a\"\nisolation = " + isolation +
                  "\n[sink.b]\nplugin = \"nginx\"\nfile = \"/b\"\n[pipeline.p]\nsources = [\"a\"]\nsinks = [\"b\"]\n")
        .sources["a"];
  }
};

TEST_P(IsolationOption, IsSeenByAReloadWhenItAloneChanges) {
  const auto before = source_with("{}");
  EXPECT_EQ(before, source_with("{}"));
  EXPECT_NE(before, source_with("{ " + GetParam().name + " = " + GetParam().written + " }"));
  EXPECT_EQ(before, source_with("{ " + GetParam().name + " = " + GetParam().otherwise + " }"));
}

INSTANTIATE_TEST_SUITE_P(
    All, IsolationOption,
    ::testing::ValuesIn(options_of("/properties/source/additionalProperties/properties/isolation")), test_name);

TEST(InstanceConfig, IsTheSameWhereverItStandsAndHoweverLongStoppingMayTake) {
  const instance_config one{.name = "a", .plugin = "file", .options = {{"path", "/a"}}};
  auto other = one;
  other.where = {"elsewhere", 2, 1};
  other.positions["/path"] = {"elsewhere", 3, 8};
  other.isolation.stop_patience = std::chrono::nanoseconds(1);
  EXPECT_EQ(one, other);
  other.options["path"] = "/b";
  EXPECT_NE(one, other);
}

class HostOption : public OptionComparison {
protected:
  static constexpr const char* fits =
      "[source.a]\nplugin = \"file\"\npath = \"/a\"\n[sink.b]\nplugin = \"nginx\"\n"
      "file = \"/b\"\n[pipeline.p]\nsources = [\"a\"]\nsinks = [\"b\"]\n";
  host_config host_with(const std::string& lines) { return loaded(fits + lines).host; }

  // The section of the option with this value for it, or without it when there is none.
  std::string written(const std::optional<std::string>& value) const {
    std::map<std::string, std::string> values;
    if (section() == "admin") values = {{"certificate", "\"/c\""}, {"private_key", "\"/k\""}};  // one needs the other
    if (value) values[key()] = *value;
    auto lines = "[" + section() + "]\n";
    for (const auto& [name, each] : values) lines += name + " = " + each + "\n";
    return lines;
  }
  std::string section() const { return GetParam().name.substr(0, GetParam().name.find('.')); }
  std::string key() const { return GetParam().name.substr(section().size() + 1); }
  std::string description() const {
    return host_schema().at("properties").at(section()).at("properties").at(key()).at("description");
  }
};

std::vector<changed_option> host_options() {
  std::vector<changed_option> all;
  for (const auto* section : {"host", "log", "admin"}) {
    for (auto& each : options_of((std::string("/properties/") + section).c_str())) {
      if (each.name == "listen") each.written = "\"127.0.0.1:1\"";
      if (each.name == "token") each.written = "\"sixteen characters\"";
      all.push_back({std::string(section) + "." + each.name, each.written, each.otherwise});
    }
  }
  return all;
}

// A change is seen by a reload, or is reported as one that needs a restart and is left out. Which of the two it is must
// be what the option's description says.
TEST_P(HostOption, IsSeenByAReloadOrIsReportedAsOneForARestart) {
  const auto before = host_with(written({}));
  EXPECT_EQ(before, host_with(written({})));
  auto after = host_with(written(GetParam().written));
  EXPECT_NE(before, after);
  diagnostics found;
  keep_what_is_read_at_start(before, after, "drcon.toml", found);
  const bool needs_restart = description().find("Read at start only.") != std::string::npos;
  EXPECT_EQ(before == after, needs_restart) << found.text();
  EXPECT_EQ(found.text().find("'" + key() + "' in [" + section() + "] is read at start only") != std::string::npos,
            needs_restart)
      << found.text();
  EXPECT_EQ(found.sorted().size(), needs_restart ? 1U : 0U);
}

TEST_P(HostOption, HasOneDefault) {
  EXPECT_EQ(host_config{}, host_with(""));
  if (!GetParam().otherwise.empty()) {
    EXPECT_EQ(host_config{}, host_with("[" + section() + "]\n" + key() + " = " + GetParam().otherwise + "\n"));
  }
}

INSTANTIATE_TEST_SUITE_P(All, HostOption, ::testing::ValuesIn(host_options()), test_name);

}  // namespace option_comparison_test
}  // namespace drcon::config
