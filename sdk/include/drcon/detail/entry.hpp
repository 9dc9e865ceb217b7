// drcon/detail/entry.hpp: the functions behind the C tables; catches every exception before it could cross.
#pragma once

#include <drcon/context.hpp>
#include <drcon/options.hpp>
#include <drcon/update.hpp>

#include <exception>
#include <string>

namespace drcon::detail {

inline void fail(const drcon_host* host, drcon_instance* instance, std::string_view pointer, std::string_view why) {
  host->failed(instance, c_string(pointer), c_string(why));
}

template <class Type>
drcon_result create(const drcon_host* host, drcon_instance* instance, const drcon_options* raw, void** self) noexcept {
  try {
    *self = new Type(context(host, instance), options(host, raw));
    return DRCON_OK;
  } catch (const config_error& error) {
    fail(host, instance, error.pointer(), error.what());
  } catch (const std::exception& error) {
    fail(host, instance, {}, error.what());
  } catch (...) {
    fail(host, instance, {}, "an exception of unknown type");
  }
  return DRCON_CONFIG;
}

template <class Type>
drcon_result start(void* self) noexcept {
  auto& instance = *static_cast<Type*>(self);
  try {
    instance.start();
    return DRCON_OK;
  } catch (const std::exception& error) {  // no thread, no descriptor: the host tries again later
    instance.failed(error.what());
  } catch (...) {
    instance.failed("an exception of unknown type");
  }
  return DRCON_RETRY;
}

template <class Type>
void stop(void* self) noexcept {
  static_cast<Type*>(self)->stop();
}

template <class Type>
void destroy(void* self) noexcept {
  delete static_cast<Type*>(self);
}

template <class Type>
void apply(void* self, const drcon_update* update) noexcept {
  static_cast<Type*>(self)->begin_apply(update_view{update});
}

template <class Type>
drcon_result render(void* self, const drcon_update* update) noexcept {
  auto& instance = *static_cast<Type*>(self);
  try {
    return instance.render(update_view{update}) ? DRCON_OK : DRCON_REJECTED;
  } catch (const std::exception& error) {
    instance.failed(error.what());
  } catch (...) {
    instance.failed("an exception of unknown type");
  }
  return DRCON_RETRY;
}

template <class Type>
constexpr drcon_source_type source_type() {
  return {.size = sizeof(drcon_source_type),
          .reserved = 0,
          .options = Type::schema,
          .create = &create<Type>,
          .start = &start<Type>,
          .stop = &stop<Type>,
          .destroy = &destroy<Type>};
}

template <class Type>
constexpr drcon_sink_type sink_type() {
  return {.size = sizeof(drcon_sink_type),
          .reserved = 0,
          .options = Type::schema,
          .create = &create<Type>,
          .start = &start<Type>,
          .apply = &apply<Type>,
          .stop = &stop<Type>,
          .destroy = &destroy<Type>,
          .render = &render<Type>};
}

constexpr drcon_plugin entry(const char* name, const char* version, const char* summary,
                             const drcon_source_type* source, const drcon_sink_type* sink) {
  return {.magic = {'D', 'R', 'C', 'O', 'N', 'P', 'L', '\0'},
          .size = sizeof(drcon_plugin),
          .abi_major = DRCON_ABI_MAJOR,
          .abi_minor = DRCON_ABI_MINOR,
          .reserved = 0,
          .name = name,
          .version = version,
          .summary = summary,
          .source = source,
          .sink = sink,
          .ability = nullptr};
}

}  // namespace drcon::detail
