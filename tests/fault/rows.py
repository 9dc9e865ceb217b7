"""The rows of the matrix: a plugin, in a pipeline of a source and a sink, and the call at which each step begins.

A sink is fed by a file; a source fills rendered files. `hit` is whom the faults of a target strike: the plugin's own
server.
"""
import registry_kinds
import targets

BEFORE_PUBLISH, RELOAD, STATE = "before publish", "during a reload of drcon", "before the state is kept"
STEPS = [BEFORE_PUBLISH, "rendering", "between write and check", "between check and reload", "while applying", STATE, RELOAD]


class Row:
    def __init__(self, registry, target, hit):
        self.registry = registry
        self.target = target
        self.hit = hit
        self.steps = {BEFORE_PUBLISH: registry.publishing, **target.steps, STATE: ("rename", "*/web.state", 0),
                      RELOAD: ("open to read", "*/drcon.toml", 0)}

    def reason(self, step, name, fault):
        """Why this cell cannot be; None when it can."""
        if isinstance(self.steps[step], str):
            return self.steps[step]
        if fault.writes and self.hit is self.registry:
            return "a source writes nothing: see the row of template"
        if fault.writes and not self.target.disks and step != STATE:
            return "it writes nothing: see the step 'before the state is kept'"
        return self.hit.reasons.get(name)


def _sink(target):
    return lambda directory: _of(registry_kinds.File(directory / "file"), target(directory / "target"), True)


def _source(registry, of_keys=False):
    return lambda directory: _of(registry(directory / "registry"), targets.Template(directory / "target", of_keys), False)


def _of(registry, target, is_sink):
    return Row(registry, target, target if is_sink else registry)


ROWS = {
    "nginx": _sink(targets.Nginx),
    "haproxy, dynamic": _sink(lambda directory: targets.Haproxy(directory, "dynamic")),
    "haproxy, slots": _sink(lambda directory: targets.Haproxy(directory, "slots")),
    "template": _sink(targets.Template),
    "consul-catalog": _sink(targets.Catalog),
    "consul-http": _source(registry_kinds.ConsulHttp),
    "consul-dns": _source(registry_kinds.ConsulDns),
    "consul-kv": _source(registry_kinds.ConsulKv, of_keys=True),
    "docker": _source(registry_kinds.Docker),
    "file": _source(registry_kinds.File),
}
