"""A seed's actions: random churn, faults and operators, in rounds that end with "settle". The seed alone decides.

The plan knows what it has planned, and nothing of what happens: so the same seed gives the same list on any machine.
"""
import random

import universe

_WAITS = [0, 0, 0.02, 0.1, 0.1, 0.3, 0.3, 0.7, 1.5]
_FIRST_PORT = universe.FIRST_INSTANCE_PORT + 100
_ROUND_SECONDS = 2  # at least: a plan is longer than what is played


def plan(seed, minutes, with_docker=True):
    """The list of actions of a seed."""
    planner = _Planner(random.Random(seed))
    actions = [{"do": "with_docker", "wait": 0}] if with_docker else []
    if not with_docker:
        planner.services = [each for each in planner.services if each not in universe.IN_DOCKER]
    for _ in range(int(minutes * 60 / _ROUND_SECONDS) + 1):
        actions += planner.round()
    return actions


class _Planner:
    def __init__(self, random_numbers):
        self._random = random_numbers
        self._next_port = _FIRST_PORT
        self.services = universe.CHURNED + universe.IN_FILE + universe.IN_DOCKER
        self._ports = {}
        port = universe.FIRST_INSTANCE_PORT
        for service, count in universe.AT_START.items():
            self._ports[service] = list(range(port, port + count))
            port += count

    def round(self):
        actions = []
        for _ in range(self._random.randint(3, 9)):
            actions += self._random.choices(*zip(*self._KINDS))[0](self)
        return actions + [{"do": "settle", "wait": 0}]

    def _step(self, do, wait=None, **arguments):
        return {"do": do, **arguments, "wait": self._random.choice(_WAITS) if wait is None else wait}

    def _port(self):
        self._next_port += 1
        return self._next_port

    def _service(self, among=None):
        return self._random.choice(among or self.services)

    # ---- churn ----

    def _up(self):
        service = self._service()
        if len(self._ports[service]) >= (2 if service in universe.IN_DOCKER else 6):
            return self._down()
        port = self._port()
        self._ports[service].append(port)
        return [self._step("up", service=service, port=port, weight=self._random.choice([1, 1, 1, 2, 5]))]

    def _down(self):
        service = self._service()
        if len(self._ports[service]) <= 1:
            return self._up()
        port = self._ports[service].pop(self._random.randrange(len(self._ports[service])))
        return [self._step("down", service=service, port=port)]

    def _flap(self):
        service = self._service(universe.CHURNED + universe.IN_FILE)
        port = self._random.choice(self._ports[service])
        health = self._random.choice(["critical", "critical", "warning"])
        return [self._step("set", service=service, port=port, health=health)] + self._few(2) + \
            [self._step("set", service=service, port=port, health="passing")]

    def _maintain(self):
        service = self._service(universe.CHURNED + universe.IN_FILE)
        port = self._random.choice(self._ports[service])
        return [self._step("set", service=service, port=port, maintenance=True)] + self._few(2) + \
            [self._step("set", service=service, port=port, maintenance=False)]

    def _weigh(self):
        service = self._service(universe.CHURNED + universe.IN_FILE)
        port = self._random.choice(self._ports[service])
        # Consul's catalogue takes a weight of 0 for none given.
        weights = [0, 1, 1, 3, 10] if service in universe.IN_FILE else [1, 1, 2, 3, 10]
        return [self._step("set", service=service, port=port, weight=self._random.choice(weights))]

    def _deploy(self):
        """A set is replaced by as many others: in one step, or new ones first."""
        service = self._service(universe.CHURNED)
        old = self._ports[service]
        new = [self._port() for _ in old]
        self._ports[service] = new
        up = [[service, port] for port in new]
        down = [[service, port] for port in old]
        if self._random.random() < 0.5:
            return [self._step("several", up=up, down=down)]
        return [self._step("several", up=up, down=[]), self._step("several", up=[], down=down)]

    def _few(self, most):
        """Up to so many steps of churn, to be done in the middle of something."""
        steps = []
        for _ in range(self._random.randint(0, most)):
            steps += self._random.choice([_Planner._up, _Planner._down, _Planner._weigh])(self)
        return steps

    # ---- faults ----

    def _lose_data(self):
        """Consul comes back empty, and its services register again: at once, or one half after the other."""
        steps = [self._step("consul_stop", hard=self._random.random() < 0.5), self._step("consul_start", keep_data=False)]
        steps[-1]["wait"] = self._random.choice([0, 0.3, 1, 2])
        if self._random.random() < 0.7:
            some = self._random.sample(universe.CHURNED, self._random.randint(1, 3))
            steps.append(self._step("refill", services=some, wait=self._random.choice([0.5, 1, 3])))
        return steps + [self._step("refill")]

    def _restart_consul(self):
        return [self._step("consul_stop", hard=self._random.random() < 0.7)] + self._few(2) + \
            [self._step("consul_start")]

    def _disturb_consul(self):
        return [self._step(self._random.choice(["consul_hang", "consul_slow"]))] + self._few(2) + \
            [self._step("consul_normal", wait=0.3)]

    def _break_file(self):
        return [self._step("file_break")] + self._few(2) + [self._step("file_repair")]

    def _disturb_nginx(self):
        first, last = self._random.choice([("nginx_stop", "nginx_start"), ("nginx_break", "nginx_fix")])
        return [self._step(first)] + self._few(3) + [self._step(last)]

    def _reload_nginx(self):
        return [self._step("nginx_reload")]

    def _disturb_haproxy(self):
        return [self._step("haproxy_stop")] + self._few(3) + [self._step("haproxy_start")]

    def _reload_haproxy(self):
        return [self._step("haproxy_reload")]

    def _disturb_disk(self):
        return [self._step("disk", how=self._random.choice(["full", "read-only"]))] + self._few(3) + \
            [self._step("disk", how="normal")]

    def _disturb_reload_command(self):
        return [self._step("template_reload", how=self._random.choice(["fails", "long"]))] + self._few(3) + \
            self._maybe(self._rename) + [self._step("template_reload", how="normal")]

    def _fill_state_disk(self):
        """What is decided meanwhile cannot be kept; space is freed; drcon dies, and its sources are away when it starts."""
        steps = [self._step("state_disk", how="full")] + self._up() + self._few(3) + \
            [self._step("state_disk", how="normal")]
        if self._random.random() < 0.5:
            return steps
        return steps + [self._step("consul_stop", wait=0.3), self._step("drcon_stop", hard=True),
                        self._step("drcon_start", wait=3), self._step("consul_start")]

    def _stop_drcon(self):
        return [self._step("drcon_stop", hard=self._random.random() < 0.6)] + self._few(3) + \
            [self._step("drcon_start")]

    def _start_without_consul(self):
        return [self._step("drcon_stop", hard=self._random.random() < 0.5), self._step("consul_stop"),
                self._step("drcon_start", wait=3)] + self._few(1) + [self._step("consul_start")]

    def _freeze_drcon(self):
        return [self._step("drcon_freeze")] + self._few(3) + [self._step("drcon_thaw")]

    def _register_the_refused(self):
        port = self._port()
        return [self._step("up", service=universe.REFUSED, port=port)] + self._flap() + self._few(2) + \
            [self._step("down", service=universe.REFUSED, port=port)]

    # ---- operators ----

    def _pipeline(self):
        return self._random.choice(list(universe.SOURCES_OF))

    def _pause(self):
        pipeline = self._pipeline()
        return [self._step("pause", pipeline=pipeline)] + self._few(2) + self._maybe(self._stop_drcon) + \
            [self._step("resume", pipeline=pipeline)]

    def _roll_back(self):
        pipeline = self._pipeline()
        return [self._step("rollback", pipeline=pipeline, back=self._random.randint(1, 3))] + self._few(2) + \
            [self._step("resume", pipeline=pipeline)]

    def _press_buttons(self):
        return [self._step(self._random.choice(["release", "resync"]), pipeline=self._pipeline())]

    def _release_too_late(self):
        """Most of a pipeline goes critical and is held; it comes back at the moment that the loss is released."""
        services = universe.CHURNED
        return [self._step("health_of_all", services=services, health="critical", but=0,
                           wait=self._random.choice([0.3, 1, 2])),
                self._step("late_release", pipeline=self._random.choice(["edge", "app"]), services=services,
                           after=self._random.choice([0, 0.02, 0.05, 0.2]), wait=self._random.choice([0.3, 1.5]))] + \
            self._maybe(self._lose_data)

    def _hold_then_lose(self):
        """A loss is held for nearly as long as it may be; then the registry loses its data."""
        return [self._step("health_of_all", services=universe.CHURNED, health="critical", but=0,
                           wait=universe.HOLD - 5)] + self._lose_data() + \
            [self._step("health_of_all", services=universe.CHURNED, health="passing", but=0)]

    def _rename(self):
        return [self._step("reload", names=self._names())]

    def _names(self):
        target = self._random.choice(list(universe.PIPELINE_OF))
        return {target: f"{target}-{self._random.randint(1, 3)}"}

    def _reload(self):
        return [self._step("reload", keepalive=self._random.choice([0, 4, 8]),
                           isolated=self._random.random() < 0.3)]

    def _reload_twice(self):
        """While an update is under way, sinks get another name or other options, and again."""
        def change():
            return self._random.choice([{"names": self._names()}, {"keepalive": self._random.choice([0, 4, 8])},
                                        {"isolated": self._random.random() < 0.5}])
        return self._up() + [self._step("reload_twice", first=change(), second=change())]

    def _rename_during_an_update(self):
        """The sink that is replaced has not answered yet, and fails only when its successor is there."""
        service = self._service(universe.IN_FILE)
        ports = [self._port(), self._port()]
        self._ports[service] += ports
        first, second = [self._step("up", service=service, port=port, wait=0.3) for port in ports]
        rename = self._step("reload", names={"app": f"app-{self._random.randint(1, 3)}"}, wait=0.1)
        return [self._step("template_reload", how="long", wait=0), first,
                self._step("template_reload", how="normal", wait=0), rename] + self._maybe(self._reload_twice) + \
            [second, self._step("template_reload", how="fails", wait=1.5),
             self._step("template_reload", how="normal", wait=0.3), self._step("settle", wait=0)]

    def _remove_pipeline(self):
        pipeline = self._pipeline()
        return [self._step("reload", remove=pipeline)] + self._few(3) + [self._step("reload", add=pipeline)]

    def _silent_clients(self):
        return [self._step("silent_clients", count=70, wait=1.5)] + self._few(2)

    def _maybe(self, more):
        return more() if self._random.random() < 0.4 else []

    _KINDS = [(_up, 14), (_down, 10), (_flap, 8), (_maintain, 4), (_weigh, 4), (_deploy, 5), (_lose_data, 5),
              (_restart_consul, 4), (_disturb_consul, 3), (_break_file, 2), (_disturb_nginx, 4), (_reload_nginx, 2),
              (_disturb_haproxy, 3), (_reload_haproxy, 2), (_disturb_disk, 4), (_disturb_reload_command, 5),
              (_fill_state_disk, 3), (_stop_drcon, 5), (_start_without_consul, 3), (_freeze_drcon, 2),
              (_register_the_refused, 3), (_pause, 4), (_roll_back, 3), (_press_buttons, 3), (_release_too_late, 2),
              (_hold_then_lose, 1), (_rename, 4), (_reload, 3), (_reload_twice, 4), (_rename_during_an_update, 3),
              (_remove_pipeline, 3), (_silent_clients, 2)]
