"""The end of each round: all faults end, and drcon has ten seconds to have everything as it is, and to say so."""
import time

import universe


class Settling:
    def __init__(self, world, actions, observer):
        self._world = world
        self._model = world.model
        self._actions = actions
        self._observer = observer
        self.times = []  # seconds that each took
        self.usage = []  # what drcon used at each end

    def settle(self, limit=universe.SETTLES_WITHIN):
        self._actions.end_all_faults()
        self._actions.operators.add_all_pipelines()
        began = time.monotonic()
        while not self._model.changed.is_set():
            self._steer()
            if self._is_settled():
                break
            if time.monotonic() - began > limit:
                self._model.violate("not settled", f"{limit:.0f} s after the last fault: " + self._describe())
                return
            time.sleep(0.1)
        if self._model.changed.is_set():
            return
        self.times.append(time.monotonic() - began)
        self._ask_load_balancers()
        self._model.caught_up()
        if usage := self._world.drcon.usage():
            self.usage.append(usage)

    def _steer(self):
        """Ends pauses, and releases what the brake holds when it is truly gone."""
        status = self._observer.last_status or {"pipelines": {}}
        for name, pipeline in status["pipelines"].items():
            if pipeline["paused_since"] or self._model.conditions.is_on(f"steered {name}"):
                self._actions.operators.resume(name)
            if pipeline["held"]:
                self._actions.operators.release(name)

    def _is_settled(self):
        status = self._world.drcon.status()
        return status is not None and status["state"] == "ok" and not self._model.differences()

    def _describe(self):
        status = self._world.drcon.status()
        said = "no status" if status is None else \
            f"status says {status['state']}: " + "; ".join(status["unsettled"] + status["caveats"])
        return said + ". " + ("; ".join(self._model.differences()) or "targets are as they should be")

    def _ask_load_balancers(self):
        """What is served is what the file says: each service is answered by instances that are in service."""
        for target, port in (("nginx", universe.NGINX_PORT), ("haproxy", universe.HAPROXY_PORT)):
            for service in sorted(universe.services_of(target)):
                serving = [each.port for each in self._model.of([service]) if each.serves]
                if not serving:
                    continue
                for status, text in self._world.traffic.ask_each(port, service, len(serving)):
                    if status != 200 or int(text) not in serving:
                        self._model.violate("served wrongly", f"{target} answers for {service} with {status} "
                                            f"{text.strip()[:100]!r}, but in service are {sorted(serving)}")
                        return


def judge_usage(model, usage):
    """Memory and descriptors are flat: of one process, from its second settling to its last."""
    for pid in {each["pid"] for each in usage}:
        own = [each for each in usage if each["pid"] == pid][1:]
        if len(own) < 3:
            continue
        first, last = own[0], own[-1]
        if last["memory"] > first["memory"] * 1.25 + 8192:
            model.violate("memory grows", f"from {first['memory']} KiB to {last['memory']} KiB in {len(own)} settlings")
        for what in ("descriptors", "threads"):
            if last[what] > first[what] + 10:
                model.violate(f"{what} grow", f"from {first[what]} to {last[what]} in {len(own)} settlings")


