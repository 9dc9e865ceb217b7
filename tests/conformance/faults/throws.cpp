// takes-its-options: an exception crosses the boundary.
#include <drcon/plugin.h>

#include <stdexcept>

namespace {

drcon_result create(const drcon_host*, drcon_instance*, const drcon_options*, void**) {
  throw std::runtime_error("not caught by the plugin");
}
drcon_result start(void*) { return DRCON_OK; }
void stop(void*) {}
void destroy(void*) {}

const drcon_source_type source_type{sizeof source_type, 0, R"({"type": "object"})", &create, &start, &stop, &destroy};

}  // namespace

extern "C" DRCON_EXPORT const drcon_plugin drcon_plugin_entry = {DRCON_MAGIC,
                                                                 sizeof drcon_plugin_entry,
                                                                 DRCON_ABI_MAJOR,
                                                                 DRCON_ABI_MINOR,
                                                                 0,
                                                                 "throws",
                                                                 "1.0.0",
                                                                 "Throws.",
                                                                 &source_type,
                                                                 nullptr,
                                                                 nullptr};
