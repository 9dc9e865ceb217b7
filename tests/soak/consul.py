"""A real Consul server, and what is written to its catalogue."""
import json
import shutil
import signal
import threading

import universe
from http_request import ask
from processes import Process, wait_until

NODE = "soak"
_MOST_OF_A_TRANSACTION = 60  # Consul takes 64 operations


class Consul:
    def __init__(self, directory):
        self._directory = directory
        directory.mkdir()
        (directory / "consul.json").write_text(json.dumps({
            "server": True, "bootstrap_expect": 1, "node_name": "n1", "bind_addr": "127.0.0.1",
            "client_addr": "127.0.0.1", "data_dir": str(directory / "data"), "performance": {"raft_multiplier": 1},
            "disable_update_check": True, "enable_script_checks": False, "log_level": "warn",
            "ports": {"http": universe.CONSUL_PORT, "dns": -1, "grpc": -1, "server": 8300, "serf_lan": 8301,
                      "serf_wan": -1}}), encoding="utf-8")
        self.process = Process(["consul", "agent", "-config-file", directory / "consul.json"], directory / "log")
        self._slowness = None

    def start(self, keep_data=True):
        """Returns once it has a leader that takes writes."""
        if not keep_data:
            shutil.rmtree(self._directory / "data", ignore_errors=True)
        self.process.start()
        if not wait_until(self._has_leader, 30) or not self.process.running():
            raise RuntimeError("Consul does not start:\n" + self.process.log_tail())

    def _has_leader(self):
        status, text = ask(universe.CONSUL_PORT, "GET", "/v1/catalog/nodes?consistent")
        return not self.process.running() or (status == 200 and '"n1"' in text)

    def stop(self, number=signal.SIGTERM):
        self.make_normal()
        self.process.stop(number)

    def hang(self):
        self.process.send(signal.SIGSTOP)

    def go_on(self):
        self.process.send(signal.SIGCONT)

    def make_slow(self):
        """It runs for a quarter of the time only, until make_normal."""
        if self._slowness is None:
            self._slowness = _Slowness(self)

    def make_normal(self):
        if self._slowness is not None:
            self._slowness.end()
            self._slowness = None
        self.go_on()

    def write(self, instances):
        """Registers the truth of each instance, or removes it; the registry's record follows what was taken."""
        for each in instances:
            if each.truth is None:
                self._put("deregister", {"Node": NODE, "ServiceID": _id_of(each)})
            else:
                self._register(each)

    def write_at_once(self, instances):
        """The same in one transaction: watchers see all of it or nothing."""
        operations = []
        for each in instances:
            if each.truth is None and each.registry is None:
                continue  # a transaction fails whole for one that is not there
            verb = "delete" if each.truth is None else "set"
            service = {"ID": _id_of(each), "Service": each.service} if each.truth is None else _service_of(each)
            operations.append({"Service": {"Verb": verb, "Node": NODE, "Service": service}})
            if each.truth is not None:
                operations += [{"Check": {"Verb": "set", "Check": check}} for check in _checks_of(each)]
        for start in range(0, len(operations), _MOST_OF_A_TRANSACTION):
            self._ask("/v1/txn", operations[start:start + _MOST_OF_A_TRANSACTION])

    def _register(self, instance):
        self._put("register", {"Node": NODE, "Address": "127.0.0.1", "Service": _service_of(instance),
                               "Checks": _checks_of(instance)})
        if not instance.truth[1]:
            self._put("deregister", {"Node": NODE, "CheckID": _maintenance_of(instance)})

    def add_node(self):
        self._put("register", {"Node": NODE, "Address": "127.0.0.1"})

    def make_history(self, ghosts):
        """Instances that come and go several times: what a restarted Consul plays back before it knows the present."""
        for _ in range(4):
            for verb in ("set", "delete"):
                for start in range(0, len(ghosts), _MOST_OF_A_TRANSACTION):
                    self._ask("/v1/txn", [{"Service": {"Verb": verb, "Node": NODE, "Service": {
                        "ID": _id_of(each), "Service": each.service, "Address": "127.0.0.1", "Port": each.port}}}
                        for each in ghosts[start:start + _MOST_OF_A_TRANSACTION]])

    def _put(self, what, body):
        self._ask("/v1/catalog/" + what, body)

    def _ask(self, path, body):
        status, text = ask(universe.CONSUL_PORT, "PUT", path, body, timeout=15)
        if status != 200:
            raise RuntimeError(f"Consul refuses {path} {body}: {status} {text}")


def _id_of(instance):
    return f"{instance.service}-{instance.port}"


def _maintenance_of(instance):
    return f"_service_maintenance:{_id_of(instance)}"


def _service_of(instance):
    weight = instance.truth[2]
    return {"ID": _id_of(instance), "Service": instance.service, "Address": "127.0.0.1", "Port": instance.port,
            "Weights": {"Passing": weight, "Warning": weight}}


def _checks_of(instance):
    health, maintenance, _ = instance.truth
    checks = [{"Node": NODE, "CheckID": f"service:{_id_of(instance)}", "Name": "health", "Status": health,
               "ServiceID": _id_of(instance)}]
    if maintenance:
        checks.append({"Node": NODE, "CheckID": _maintenance_of(instance), "Name": "Service Maintenance Mode",
                       "Status": "critical", "ServiceID": _id_of(instance)})
    return checks


class _Slowness:
    def __init__(self, consul):
        self._consul = consul
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._over.is_set():
            self._consul.hang()
            self._over.wait(0.3)
            self._consul.go_on()
            self._over.wait(0.1)

    def end(self):
        self._over.set()
        self._thread.join()
