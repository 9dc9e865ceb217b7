// The nginx sink: the schema of its options, and the plugin object.
#include "nginx/live_probe.hpp"
#include "nginx/probe.hpp"
#include "nginx/settings.hpp"

#include "common/backoff.hpp"

#include <drcon/probe.hpp>
#include <drcon/sink.hpp>

#include <chrono>
#include <vector>

namespace drcon::nginx {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["file"],
  "description": "Writes one file of upstream blocks, has nginx check it, reloads nginx, and confirms that it serves.",
  "properties": {
    "file": { "type": "string", "format": "path", "minLength": 1, "target": true,
      "description": "The file to write. nginx's main configuration must include it within http { }." },
    "template": { "type": "string", "format": "path", "reads": true,
      "description": "A mustache template to render the file with, instead of one upstream block per service. /usr/share/doc/drcon/plugins/nginx/README.md has its values." },
    "nginx": { "type": "string", "format": "path", "default": "/usr/sbin/nginx",
      "description": "The nginx program, for nginx -t." },
    "config": { "type": "string", "format": "path", "default": "/etc/nginx/nginx.conf",
      "description": "nginx's main configuration, given to nginx -t as -c." },
    "prefix": { "type": "string", "format": "path", "default": "",
      "description": "nginx's prefix, given to nginx -t as -p. Empty: nginx's own." },
    "pid_file": { "type": "string", "format": "path", "default": "/run/nginx.pid",
      "description": "Where nginx's master writes its pid." },
    "mode": { "type": "string", "pattern": "^(reload|live|0?[0-7]{3})$", "default": "reload",
      "description": "How nginx learns of changes of servers: \"reload\", by the file and a reload; or \"live\", by a module in Lua that nginx runs, without a reload: a change costs no connection and is served at once. \"live\" needs Debian's libnginx-mod-http-lua and lua-resty-core; while it is not possible, changes go by file and reload, and drcon status says why. See the plugin's README. An octal number is taken for file_mode, as this option was called." },
    "file_mode": { "type": "string", "pattern": "^0?[0-7]{3}$", "default": "0644",
      "description": "Permissions of the file when it is new, in octal. An existing file keeps its mode and owner." },
    "empty": { "type": "string", "enum": ["keep", "503", "down server"], "default": "keep",
      "description": "What a service without endpoints in service gets: its last servers; an answer of 503; or a server marked down, for which nginx answers 502." },
    "balance": { "type": "string", "enum": ["round_robin", "least_conn", "ip_hash", "random", "hash"], "default": "round_robin",
      "description": "How the built-in upstream blocks spread requests. \"hash\" is consistent, and goes by hash_key. In mode \"live\", \"random\" takes the less busy one of two, and there is no \"ip_hash\": use \"hash\" with \"$remote_addr\"." },
    "hash_key": { "type": "string", "pattern": "^[A-Za-z0-9_$.:/@{}-]{1,200}$", "default": "$remote_addr",
      "description": "What decides which server a request goes to, with balance = \"hash\": variables of nginx, such as \"$host$uri\"." },
    "sticky": { "type": "object", "additionalProperties": false, "required": ["cookie"],
      "description": "Binds the requests of a client to one server by a cookie that nginx sets; the first goes where balance says. For nginx 1.29.6 and later: with an earlier one it is left out, and drcon status says so. An endpoint of weight 0, or in maintenance, then goes on serving the sessions that are bound to it (drain). Not in mode \"live\"; built-in form only.",
      "properties": {
        "cookie": { "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,100}$", "description": "Name of the cookie." },
        "expires": { "type": "string", "format": "duration", "default": "0s", "description": "How long a browser keeps it; whole seconds, 0s: until it is closed." },
        "domain": { "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,253}$", "description": "Domain of the cookie. Default: the host of the request." },
        "path": { "type": "string", "pattern": "^(/[A-Za-z0-9_./%~-]{0,200})?$", "default": "/", "description": "Path of the cookie; empty: that of the request." },
        "http_only": { "type": "boolean", "default": true, "description": "Whether scripts of a page cannot read it." },
        "secure": { "type": "boolean", "default": false, "description": "Whether browsers send it over https only." },
        "same_site": { "type": "string", "enum": ["strict", "lax", "none", "unset"], "default": "lax", "description": "The cookie's attribute SameSite; unset: none is written." }
      } },
    "slow_start": { "type": "string", "format": "duration", "default": "0s",
      "description": "Mode \"live\" only: over how long a new server gets its share of the requests, little by little; whole seconds, 0s: at once. Not for \"hash\", since keys would move twice." },
    "live_upstreams": { "type": "string", "enum": ["each", "variable"], "default": "each",
      "description": "Mode \"live\" only: one upstream for each service, so that a new service takes a reload; or one for all, which finds its service in the variable $drcon_service: `set $drcon_service web; proxy_pass http://$drcon_upstream;`. Then not even a new service takes a reload." },
    "live_socket": { "type": "string", "format": "path", "default": "",
      "description": "Mode \"live\" only: the unix socket on which nginx takes the servers, in a directory that only drcon may enter, which is made if it is missing. Empty: in the directory .NAME.live beside the file. Not in drcon's own /run/drcon: that is removed when drcon stops, while nginx goes on." },
    "live_module": { "type": "string", "format": "path", "default": "/usr/share/drcon/nginx/drcon.lua",
      "description": "Mode \"live\" only: the module that nginx runs." },
    "live_dict": { "type": "string", "format": "size", "default": "20MiB",
      "description": "Mode \"live\" only: memory that nginx shares between its workers for the servers and what is counted of them. drcon status warns when it is nearly full." },
    "keepalive": { "type": "integer", "minimum": 0, "maximum": 65535, "default": 0,
      "description": "Idle connections each worker keeps to an upstream; 0: none. nginx 1.29.7 and later keep 32 by default, so that `keepalive 0;` is written for them, which earlier ones refuse; with check = \"master\" the version is not known, and nothing is written. Built-in form only." },
    "max_fails": { "type": "integer", "minimum": 0, "maximum": 1000, "default": 1,
      "description": "Failed tries within fail_timeout after which nginx leaves a server out for as long. Built-in form only." },
    "fail_timeout": { "type": "string", "format": "duration", "default": "10s",
      "description": "See max_fails; whole seconds. Built-in form only." },
    "hostile": { "type": "string", "enum": ["drop endpoint", "drop value"], "default": "drop endpoint",
      "description": "What happens to an endpoint with a tag, metadata, id or node that nginx would give a meaning to (; { } quotes \\ $ #): it is left out, or only that value is. Only what the template writes counts; the built-in form writes none of them." },
    "host_names": { "type": "string", "enum": ["drop", "pass"], "default": "drop",
      "description": "What happens to an endpoint whose address is a host name: it is left out; or nginx resolves it at each reload. An endpoint whose name does not resolve is left out once nginx -t has named it, or, when it would name many, by a look-up of drcon's; with check = \"master\" nobody names it, and the whole change is refused." },
    "confirm": { "type": "string", "enum": ["listener", "workers"], "default": "listener",
      "description": "How drcon knows what nginx serves: by asking a small server block in the file (certain), or by the age of nginx's workers (no extra port, but a worker that died and came back is taken for a reload)." },
    "confirm_listen": { "type": "string", "format": "address", "default": "127.0.0.1:0",
      "description": "Where that server block listens. Port 0: a free one, chosen once and kept in the file." },
    "check": { "type": "string", "enum": ["program", "master"], "default": "program",
      "description": "What checks a change: nginx -t, before the signal where the shape changes; or nginx's master alone, at the signal. The master needs no right to read nginx's keys or to open its logs, as nginx -t does; what it refuses is put back after confirm_timeout, and only its error log tells why. A service that has the name of an upstream of nginx's own configuration is left out as far as drcon may read that configuration." },
    "check_timeout": { "type": "string", "format": "duration", "default": "10s",
      "description": "How long nginx -t may take." },
    "confirm_timeout": { "type": "string", "format": "duration", "default": "5s",
      "description": "How long after the signal the new configuration may take to serve, before the old file is put back." },
    "retire_timeout": { "type": "string", "format": "duration", "default": "1s",
      "description": "How long a change may wait, 10s at most, once the new generation answers, until nginx's old workers take no new connections. nginx's master signals them after 100 ms, and takes no other reload before, so that this holds no change back. With an old worker that does not stop by then the change is applied all the same: drcon status names it, and later changes do not wait for it. With 0s a change is applied as soon as the new generation answers, though old workers may send requests to servers that are gone for a moment more." },
    "reload_interval": { "type": "string", "format": "duration", "default": "0ms",
      "description": "Time between two reloads, at least; 10s at most. Each reload costs clients their idle keep-alive connections, and starts workers while old ones still finish theirs. Changes of a burst are batched by `wait` of the pipeline already, and by nginx, which takes a reload in about 100 ms; set this where several sinks or few workers make that too often." },
    "max_generations": { "type": "integer", "minimum": 0, "maximum": 1000, "default": 0,
      "description": "How many earlier generations of nginx's workers may be left beside the one that serves. While there are as many, changes wait, and drcon status says so: that bounds nginx's memory where long connections (websockets) meet many changes, for the price of changes that come late. Better is nginx's worker_shutdown_timeout, which ends such connections. 0: no bound." },
    "watch": { "type": "string", "format": "duration", "default": "1s",
      "description": "How often drcon looks whether the file was edited or removed, and whether nginx's master is still the same process. When something differs, everything is compared, and brought about again." }
  }
})JSON";

class sink final : public blocking_sink {
public:
  static constexpr const char* schema = schema_text;

  sink(context host, const options& table) : sink(host, read_settings(table, host)) {}

  outcome apply(const update_view& update, std::stop_token stop) override {
    last_ = desired_from(update.wanted(), rules_, host());
    const auto how = applier_.apply(last_, !update.reconcile(), stop);
    in_step_ = how.result == DRCON_OK;
    lost_ = false;
    return how;
  }

  /// Somebody may edit the file or end nginx at any time. The host would notice that at its next resync only.
  std::chrono::nanoseconds tend(const std::stop_token& stop) override {
    const auto now = std::chrono::steady_clock::now();
    if (!in_step_ || now < not_before_) return watch_;  // when it is not in step, the host retries
    if (!lost_ && applier_.is_as_left()) {
      patience_.reset();
      applier_.watch_retirement();
      return watch_;
    }
    not_before_ = now + patience_.next();
    const auto how = applier_.apply(last_, false, stop);
    lost_ = how.result != DRCON_OK;
    if (lost_ && !stop.stop_requested()) host().status_away(how.why);
    return watch_;
  }

  void probe(const probing& into) const {
    probe_target(file_, nginx_, !live_, into);
    if (live_) probe_live(*live_, file_, into);
  }

  bool render(const update_view& update) override {
    for (const auto& each : applier_.preview(desired_from(update.wanted(), rules_, host())))
      if (each.now) host().rendered(each.path, each.desired, *each.now);
      else host().rendered(each.path, each.desired);
    return true;
  }

private:
  sink(context host, settings options)
      : blocking_sink(host),
        rules_(options.desired),
        file_(options.apply.file),
        live_(options.apply.live),
        watch_(options.watch),
        nginx_(std::move(options.target)),
        applier_(std::move(options.apply), nginx_, host) {}

  desired_rules rules_;
  const std::string file_;
  const std::optional<live_layout> live_;
  const std::chrono::nanoseconds watch_;
  const target nginx_;
  applier applier_;
  std::vector<upstream> last_;
  bool in_step_ = false;  // the last update was applied
  bool lost_ = false;     // and the target has lost it since
  common::backoff patience_{std::chrono::seconds(1), std::chrono::seconds(30)};
  std::chrono::steady_clock::time_point not_before_{};
};

}  // namespace
}  // namespace drcon::nginx

DRCON_PROBED_SINK("nginx", "0.1.0", "Writes upstream blocks for nginx and makes it serve them.", drcon::nginx::sink)
