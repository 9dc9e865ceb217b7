"""What drcon keeps in step: nginx, HAProxy, rendered files, a Consul agent. One class each.

`sink(variant)` is the sink's table for drcon; `served()` is what is served, as set of (service, port), or None while
that cannot be seen; `steps` names the call that begins each step of a change, or says why there is no such step.
"""
import json
import pathlib
import signal

import consul
import files
import haproxy
import nginx
import universe
from disk import Disk
from http_request import ask

_CANDIDATE = ".[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]"


class Target:
    redirected = proxied = None
    entry = None  # port of a load balancer that requests go through
    forgets = False  # whether a restart of it loses what was served
    follows_visitor = False  # whether it removes a service that is gone
    reasons = {}
    disks = ()
    brake = ""  # the pipeline's, as TOML; empty: the defaults


def _text_of(path):
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


class Nginx(Target):
    plugin = name = "nginx"
    redirected, proxied = 16001, 16002
    entry = universe.NGINX_PORT
    follows_visitor = True  # so that each change is one of shape, which is checked before the reload
    brake = 'brake = { hold = "0s" }\n'  # every second change takes the only endpoint of a service: it would be held
    steps = {
        "rendering": ("open to write", "*/.drcon.conf" + _CANDIDATE, 0),
        "between write and check": ("spawn", "*nginx -t *", 0),
        "between check and reload": ("signal", f"* {int(signal.SIGHUP)}", 0),
        "while applying": ("connect", "16001", 0),
    }

    def __init__(self, directory):
        self._nginx = nginx.Nginx(directory)
        self.disks = [Disk(directory / "conf.d")]

    def start(self):
        self._nginx.start()

    def sink(self, variant):
        return 'plugin = "nginx"\nconfirm_listen = "127.0.0.1:16001"\n' \
               f"keepalive = {variant}\n" + self._nginx.options()

    def served(self):
        return nginx.served_by(_text_of(self._nginx.file))

    def goes(self):
        self._nginx.process.stop(signal.SIGKILL)

    def comes(self):
        self._nginx.start()

    def pids(self):
        return [self._nginx.process.pid] + self._nginx.process.children()


class NginxLive(Nginx):
    """Without a reload. A service that comes or goes changes the shape, and takes one."""
    name = "nginx, live"
    steps = {
        "rendering": ("connect", "16001", 0),
        "between write and check": ("spawn", "*nginx -t *", 0),
        "between check and reload": ("signal", f"* {int(signal.SIGHUP)}", 0),
        "while applying": ("connect", "*/.drcon.conf.live/socket", 0),
    }

    def __init__(self, directory):
        self._nginx = nginx.NginxWithLua(directory)
        self.disks = [Disk(directory / "conf.d")]
        self._sent = directory / "conf.d/.drcon.conf.peers"
        self.redirected = directory / "conf.d/.drcon.conf.live/socket"
        self.proxied = directory / "proxy.sock"

    def sink(self, variant):
        module = pathlib.Path(__file__).resolve().parents[2] / "plugins/nginx/lua/drcon.lua"
        return super().sink(variant) + f'mode = "live"\nlive_module = "{module}"\n'

    def served(self):
        file = _text_of(self._nginx.file)
        return nginx.sent_by(_text_of(self._sent)) if 'Mode "live"' in file else nginx.served_by(file)


class Haproxy(Target):
    plugin = "haproxy"
    entry = universe.HAPROXY_PORT
    forgets = True

    def __init__(self, directory, mode):
        self.name = f"haproxy, {mode}"
        self._mode = mode
        self._haproxy = haproxy.Haproxy(directory)
        self.redirected = self._haproxy.socket
        self.proxied = directory / "proxy.sock"
        self.steps = {
            "rendering": ("send", "*show backend*", 0),
            "between write and check": ("send", "*show backend*", 1),
            "between check and reload": ("send", "*state drain*", 0),  # HAProxy is not reloaded: servers depart
            "while applying": ("send", "*state ready*", 0),
        }
        if mode == "slots":
            self.disks = [Disk(directory / "kept")]  # of the server-state file
            path = directory / "haproxy.cfg"
            path.write_text(path.read_text(encoding="utf-8").replace(
                "roundrobin\n", "roundrobin\n  server-template drcon 1-6 127.0.0.1:1 disabled\n"), encoding="utf-8")

    def start(self):
        self._haproxy.start()

    def sink(self, variant):
        kept = "".join(f'state_file = "{disk.path}/servers.state"\n' for disk in self.disks)
        return f'plugin = "haproxy"\nmode = "{self._mode}"\ndrain_timeout = "{1 + variant}s"\n' + kept \
            + self._haproxy.options()

    def served(self):
        return self._haproxy.served()

    def goes(self):
        self._haproxy.stop()

    def comes(self):
        self._haproxy.start()

    def pids(self):
        process = self._haproxy.process
        return [process.pid] + process.children()


class Template(Target):
    plugin = name = "template"
    reasons = {"reset": "files and commands have no connection", "1 byte/s": "files and commands have no connection"}
    steps = {
        "rendering": ("open to write", "*/.app.txt" + _CANDIDATE, 0),
        "between write and check": ("spawn", "*/check*", 0),
        "between check and reload": ("rename", "*/app.txt", 0),
        "while applying": ("spawn", "*/reload*", 0),
    }
    _ENDPOINTS = "{{#services}}\n{{#endpoints}}\n{{name}} {{server}}\n{{/endpoints}}\n{{/services}}\n# end\n"
    _VALUES = "{{#service.app.values}}\n{{value}}\n{{/service.app.values}}\n# end\n"

    def __init__(self, directory, of_keys=False):
        directory.mkdir()
        self.disks = [Disk(directory / "disk")]
        self._file = directory / "disk" / "app.txt"
        self._form = directory / "lines.mustache"
        self._form.write_text(self._VALUES if of_keys else self._ENDPOINTS, encoding="ascii")
        self._is_gone, self._hangs = directory / "gone", directory / "hangs"
        self._loaded = directory / "loaded"  # what the program has in memory that reads the file
        self._commands = {}
        for name, does in (("check", "grep -q '^# end' \"$1\""), ("reload", f"cp {self._file} {self._loaded}.new && "
                                                                  f"mv {self._loaded}.new {self._loaded}")):
            self._commands[name] = directory / name
            self._commands[name].write_text(f"#!/bin/sh\nwhile [ -e {self._hangs} ]; do sleep 0.1; done\n"
                                            f"[ ! -e {self._is_gone} ] && {does}\n", encoding="ascii")
            self._commands[name].chmod(0o755)

    def start(self):
        pass

    def sink(self, variant):
        return f'plugin = "template"\nreload = {{ command = ["{self._commands["reload"]}", "{variant}"] }}\n' \
               f'[[sink.target.file]]\npath = "{self._file}"\ntemplate = "{self._form}"\nescape = "none"\n' \
               f'check = {{ command = ["{self._commands["check"]}", "{{file}}"] }}\n'

    def served(self):
        return files.served_by(_text_of(self._loaded))

    def goes(self):
        self._is_gone.touch()

    def comes(self):
        self._is_gone.unlink()

    def hang(self, yes):
        if yes:
            self._hangs.touch()
        else:
            self._hangs.unlink(missing_ok=True)

    def pids(self):
        return []


class Catalog(Target):
    plugin = name = "consul-catalog"
    redirected, proxied = universe.CONSUL_PORT, 18500
    reasons = {}
    steps = {
        "rendering": ("send", "*GET /v1/agent/services*", 0),
        "between write and check": ("send", "*PUT /v1/agent/service/deregister*", 0),
        "between check and reload": "an agent takes each registration by itself: it is not reloaded",
        "while applying": ("send", "*PUT /v1/agent/service/register*", 0),
    }

    def __init__(self, directory):
        self._consul = consul.Consul(directory)

    def start(self):
        self._consul.start()

    def sink(self, variant):
        return f'plugin = "consul-catalog"\nverify = "{1 + variant}s"\n'

    def served(self):
        status, text = ask(universe.CONSUL_PORT, "GET", "/v1/agent/services", timeout=1)
        if status != 200:
            return None
        return {(each["Service"], each["Port"]) for each in json.loads(text).values()}

    def goes(self):
        self._consul.stop(signal.SIGKILL)

    def comes(self):
        self._consul.start()

    def pids(self):
        return [self._consul.process.pid]
