#include "config/pipeline/pipeline.hpp"

#include "config/option.hpp"

namespace drcon::config {
namespace {

using nlohmann::json;

// Names of other tables: at least one.
option<pipeline_config> names(const char* key, std::vector<std::string> pipeline_config::*member,
                              const char* description) {
  auto made = text_list(key, member, description, json::object());
  made.schema.erase("default");
  made.schema["minItems"] = 1;
  made.is_required = true;
  return made;
}

option_list<pipeline_config> make_pipeline_options() {
  option_list<pipeline_config> all{
      names("sources", &pipeline_config::sources, "Names of [source.NAME] tables, in order of precedence."),
      names("sinks", &pipeline_config::sinks, "Names of [sink.NAME] tables; each is brought up to date on its own."),
      table(&pipeline_config::filter, filter_options()),
      table(&pipeline_config::limit, limit_options()),
      table(&pipeline_config::wait, wait_options()),
      table(&pipeline_config::brake, brake_options()),
      duration("resync", &pipeline_config::resync,
               "A duration: how often sinks compare their target with what is desired though nothing changed, and "
               "correct what differs. 0: never."),
  };
  add_flat(all, &pipeline_config::merge, merge_options());
  return all;
}

const option_list<pipeline_config>& pipeline_options() {
  static const auto all = make_pipeline_options();
  return all;
}

}  // namespace

json pipeline_schema() {
  const auto& all = pipeline_options();
  auto schema = option_values::table_schema({}, properties_of(all), required_of(all));
  schema.erase("description");  // it belongs to [pipeline] as a whole
  return schema;
}

pipeline_config make_pipeline(const std::string& name, const json& values, const position& where) {
  pipeline_config made;
  made.name = name;
  made.where = where;
  read_options(pipeline_options(), values, made);
  return made;
}

}  // namespace drcon::config
