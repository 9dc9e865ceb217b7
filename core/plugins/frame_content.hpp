// Services, updates and figures as the fields of a frame.
//
// Thread rule: pure functions.
#pragma once

#include "model/snapshot.hpp"
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
void put_difference(frame_writer& to, const model::snapshot* before, const model::snapshot& after);
/// Brings `services` up to date by it.
void get_difference(frame_reader& from, std::map<std::string, model::service_ptr>& services);

}  // namespace drcon::plugins
