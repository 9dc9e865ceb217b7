// What the admin interface answers.
#pragma once

#include "engine/engine.hpp"
#include "metrics/metrics.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace drcon::admin {

using request = boost::beast::http::request<boost::beast::http::string_body>;
using response = boost::beast::http::response<boost::beast::http::string_body>;

response answer(const request& asked, const engine::engine& engine, const metrics::metrics& figures);

}  // namespace drcon::admin
