"""The rows of the matrix: a plugin, in a pipeline of a source and a sink, and the call at which each step begins.

A sink is fed by a file; a source fills rendered files. `hit` is whom the faults of a target strike: the plugin's own
server. The faults of disks strike whoever of drcon writes: the sink its target's files, the host its state, and no
source anything.
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
        if fault.writes:
            return self._reason_of_disks(step)
        return self.hit.reasons.get(name)

    def _reason_of_disks(self, step):
        """A disk's fault lasts for longer than a change: begun at one step, it strikes whoever writes at a later one."""
        if step in (STATE, RELOAD):  # the host writes, what it keeps is this source's, and a reload begins that again
            return self._same_as_template()
        if self.hit is self.registry:
            if step == BEFORE_PUBLISH:
                return self._same_as_template()
            return "the source has answered and writes nothing; host and sink are those of the row of template"
        if not self.target.disks:
            return "neither plugin writes: the host is the first to meet it, in the step 'before the state is kept'"
        return None

    def _same_as_template(self):
        if self.hit is self.registry and self.registry.plugin == "file":
            return "a file that fills a template: the row of template is the same pair"
        return None


def _sink(target):
    return lambda directory: _of(registry_kinds.File(directory / "file"), target(directory / "target"), True)


def _source(registry, of_keys=False):
    return lambda directory: _of(registry(directory / "registry"), targets.Template(directory / "target", of_keys), False)


def _of(registry, target, is_sink):
    return Row(registry, target, target if is_sink else registry)


ROWS = {
    "nginx": _sink(targets.Nginx),
    "nginx, live": _sink(targets.NginxLive),
    "haproxy, dynamic": _sink(lambda directory: targets.Haproxy(directory, "dynamic")),
    "haproxy, slots": _sink(lambda directory: targets.Haproxy(directory, "slots")),
    "template": _sink(targets.Template),
    "consul-catalog": _sink(targets.Catalog),
    "consul-http": _source(registry_kinds.ConsulHttp),
    "consul-dns": _source(registry_kinds.ConsulDns),
    "consul-kv": _source(registry_kinds.ConsulKv, of_keys=True),
    "docker": _source(registry_kinds.Docker),
    "http": _source(registry_kinds.HttpFeed),
    "file": _source(registry_kinds.File),
}
# Plugins without a row, and why.
WITHOUT = {
    "nomad": "no Debian has a Nomad with services of its own; its watcher is that of consul-kv",
}
