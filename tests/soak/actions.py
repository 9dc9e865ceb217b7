"""What can be done to the world: churn and faults, by name. An action file is a list of {"do": NAME, …, "wait": SECONDS}.

Each action can be done at any time and twice, so that a list of which parts were removed still replays: what makes no
sense does nothing.
"""
import signal

import operators
import universe
from model import Record
from registries import Registries


class Actions:
    def __init__(self, world):
        self._world = world
        self._model = world.model
        self.registries = Registries(world)
        self.operators = operators.Operators(world)

    def do(self, action):
        arguments = {key: value for key, value in action.items() if key not in ("do", "wait")}
        verb(action["do"])(self.operators if action["do"] in operators.VERBS else self, **arguments)

    # ---- churn ----

    def _known(self, service, port):
        known = self._model.instances.get(port)
        return known if known is not None and known.truth is not None and known.service == service else None

    def up(self, service, port, health="passing", weight=1):
        if universe.SOURCE_OF[service] == "docker" and not self._world.docker:
            return
        self.registries.change([(self._model.instance(service, port), Record(health, False, weight))])

    def down(self, service, port):
        if known := self._known(service, port):
            self.registries.change([(known, None)])

    def set(self, service, port, health=None, maintenance=None, weight=None):
        if known := self._known(service, port):
            self.registries.change([(known, _changed(known.truth, health, maintenance, weight))])

    def several(self, up, down, at_once=True):
        """`up`, `down`: lists of [service, port]. At once: one transaction."""
        changes = [(self._model.instance(service, port), Record()) for service, port in up]
        changes += [(known, None) for service, port in down if (known := self._known(service, port))]
        self.registries.change(changes, at_once)

    def health_of_all(self, services, health, but=1):
        """All instances of these services but the first `but` of each get this health, in one transaction."""
        changes = []
        for service in services:
            there = [each for each in self._model.of([service]) if each.truth is not None]
            changes += [(each, _changed(each.truth, health)) for each in there[but:]]
        if changes:
            self.registries.change(changes, at_once=True)

    def refill(self, services=None):
        self.registries.catch_up(services)

    # ---- faults ----

    def consul_stop(self, hard=False):
        self._model.conditions.begin("consul")
        self._world.consul.stop(signal.SIGKILL if hard else signal.SIGTERM)

    def consul_start(self, keep_data=True):
        if self._world.consul.process.running():
            return
        if not keep_data:
            self.registries.consul_lost_its_data()
        self._world.consul.start(keep_data)
        if not keep_data:
            self._world.consul.add_node()
        self._model.conditions.end("consul")
        if keep_data:
            self.registries.catch_up()

    def consul_hang(self):
        self._model.conditions.begin("consul")
        self._world.consul.hang()

    def consul_slow(self):
        self._model.conditions.begin("consul")
        self._world.consul.make_slow()

    def consul_normal(self):
        self._world.consul.make_normal()
        if self._world.consul.process.running():
            self._model.conditions.end("consul")
            self.registries.catch_up()

    def file_break(self):
        self.registries.break_file()

    def file_repair(self):
        self.registries.repair_file()

    def nginx_stop(self):
        self._model.conditions.begin("nginx")
        self._world.nginx.stop()

    def nginx_start(self):
        if not self._world.nginx.process.running():
            self._world.nginx.fix()
            self._world.nginx.start()
            self._model.conditions.end("nginx")

    def nginx_reload(self):
        self._world.nginx.reload()

    def nginx_break(self):
        """Requests go on: nginx keeps its workers. But no change can be applied."""
        self._model.conditions.begin("nginx")
        self._world.nginx.break_config()

    def nginx_fix(self):
        self._world.nginx.fix()
        if self._world.nginx.process.running():
            self._model.conditions.end("nginx")

    def haproxy_stop(self):
        self._model.conditions.begin("haproxy")
        self._world.haproxy.stop()
        self._model.forget("haproxy")

    def haproxy_start(self):
        if not self._world.haproxy.process.running():
            self._world.haproxy.start()
            self._model.forget("haproxy")
            self._model.conditions.end("haproxy")

    def haproxy_reload(self):
        """HAProxy forgets what was set at run time: until drcon has added it again, nothing is asked of it."""
        if not self._world.haproxy.process.running():
            return
        self._model.conditions.begin("haproxy")
        self._model.forget("haproxy")
        self._world.haproxy.reload()
        self._model.forget("haproxy")
        self._model.conditions.end("haproxy")

    def disk(self, how):
        """The template targets' disk: "full", "read-only", or "normal"."""
        disk = self._world.files.disk
        if how != "normal":
            self._model.conditions.begin("app")
        disk.make_writable()
        if how != "full":
            disk.free()
        if how == "full":
            disk.fill()
        elif how == "read-only":
            disk.make_read_only()
        else:
            self._model.conditions.end("app")

    def template_reload(self, how):
        """The template targets' reload command: "fails", takes "long", or "normal"."""
        if how != "normal":
            self._model.conditions.begin("app")
        self._world.files.make_reload_fail(how == "fails")
        self._world.files.make_reload_slow(how == "long")
        if how == "normal":
            self._model.conditions.end("app")

    def state_disk(self, how):
        """The disk of drcon's state: "full" or "normal"."""
        if how == "full":
            self._world.state_disk.fill()
        else:
            self._world.state_disk.free()

    def drcon_stop(self, hard=False):
        self._model.conditions.begin("drcon")
        self._world.drcon.stop(signal.SIGKILL if hard else signal.SIGTERM)

    def drcon_start(self):
        if not self._world.drcon.process.running():
            self._model.note_status(None)
            self._world.drcon.start()
            self._model.conditions.end("drcon")
            self.operators.note_start()

    def drcon_freeze(self):
        self._model.conditions.begin("drcon")
        self._world.drcon.freeze()

    def drcon_thaw(self):
        self._world.drcon.thaw()
        if self._world.drcon.process.running():
            self._model.conditions.end("drcon")

    def end_all_faults(self):
        self.drcon_thaw()
        self.consul_normal()
        self.consul_start()
        self.file_repair()
        self.nginx_fix()
        self.nginx_start()
        self.haproxy_start()
        self.disk("normal")
        self.template_reload("normal")
        self.state_disk("normal")
        self.operators.silent_clients(0)
        for each in self._model.of([universe.REFUSED]):
            self.down(each.service, each.port)
        self.registries.catch_up()
        for service in universe.SOURCE_OF:
            self._put_one_into(service)
        self.drcon_start()

    def _put_one_into(self, service):
        """A service without anybody in service gets its first instance back: what empty ones serve is a sink's option."""
        there = [each for each in self._model.of([service]) if each.truth is not None]
        if service != universe.REFUSED and there and not any(each.truth.in_service for each in there):
            self.registries.change([(there[0], Record())])


def _changed(record, health=None, maintenance=None, weight=None):
    old = tuple(record)
    return Record(*(new if new is not None else kept for new, kept in zip((health, maintenance, weight), old)))


def _verbs(*names):
    return {name: getattr(Actions, name) for name in names}


CHURN = _verbs("up", "down", "set", "several", "health_of_all", "refill")
FAULTS = _verbs("consul_stop", "consul_start", "consul_hang", "consul_slow", "consul_normal", "file_break", "file_repair",
                "nginx_stop", "nginx_start", "nginx_reload", "nginx_break", "nginx_fix", "haproxy_stop", "haproxy_start",
                "haproxy_reload", "disk", "template_reload", "state_disk", "drcon_stop", "drcon_start", "drcon_freeze",
                "drcon_thaw")


def verb(name):
    """The function that does it; an action file may name any."""
    return {**CHURN, **FAULTS, **operators.VERBS}[name]
