// Services, updates and figures as the fields of a frame.
//
// Thread rule: pure functions.
#pragma once

#include "engine/model.hpp"
#include "plugins/frame.hpp"

#include <drcon/update.hpp>

#include <functional>
#include <map>
#include <string>

namespace drcon::plugins {

void put(frame_writer& to, const service_view& from);
service get_service(frame_reader& from);

void put(frame_writer& to, const drcon_metric& from);
/// Calls `use` with the figure, which is valid during the call.
void get_metric(frame_reader& from, const std::function<void(const drcon_metric&)>& use);

/// What turns `before`, which may be null, into `after`.
void put_difference(frame_writer& to, const engine::snapshot* before, const engine::snapshot& after);
/// Brings `services` up to date by it.
void get_difference(frame_reader& from, std::map<std::string, engine::service_ptr>& services);

}  // namespace drcon::plugins
