// Services, updates and figures as the fields of a frame. Each get_… reads what the put of the same type has written,
// and throws frame_fault when the fields are not there.
//
// Thread rule: pure functions.
#pragma once

#include "model/snapshot_ptr.hpp"
#include "plugins/frame.hpp"

#include <drcon/update.hpp>

#include <functional>
#include <map>
#include <string>

namespace drcon::plugins {

void put(frame_writer& frame, const service_view& service);
service get_service(frame_reader& fields);

void put(frame_writer& frame, const drcon_metric& figure);
/// Calls `use` with the figure, which is valid during the call.
void get_metric(frame_reader& fields, const std::function<void(const drcon_metric&)>& use);

/// The services that differ between `before`, which may be null, and `after`.
void put_difference(frame_writer& frame, const model::snapshot* before, const model::snapshot& after);
/// Turns `services`, which hold those of `before`, into those of `after`.
void get_difference(frame_reader& fields, std::map<std::string, model::service_ptr>& services);

}  // namespace drcon::plugins
