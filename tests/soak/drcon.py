"""The drcon under test: its configuration, its process, its admin interface."""
import json
import os
import signal
import socket

import universe
from http_request import ask
from processes import Process, wait_until


def first_shape(docker):
    """What can differ between two configurations: names and options of sinks, and which pipelines there are."""
    return {"pipelines": ["edge", "app"] + (["boxes"] if docker else []), "isolated": False, "keepalive": 0,
            "names": {target: target for target in universe.PIPELINE_OF}}


class Drcon:
    def __init__(self, directory, program, disk, shape):
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self._config = directory / "drcon.toml"
        self._disk = disk  # where its state is
        self.socket = directory / "admin.sock"
        self.shape = shape
        self.process = Process([program, "run", "-c", self._config], directory / "log")
        self._silent = []
        self.frozen = False

    # ---- the configuration ----

    def write_config(self, options):
        """`options`: by source and target, the lines that say where the servers are."""
        text = f'[host]\nstate_directory = "{self._disk.path}/state"\nstop_deadline = "5s"\n' \
               f'[log]\nlevel = "info"\n[admin]\nsocket = "{self.socket}"\nlisten = "127.0.0.1:{universe.ADMIN_PORT}"\n'
        sources = sorted({each for name in self.shape["pipelines"] for each in universe.SOURCES_OF[name]})
        for source in sources:
            text += f"[source.{source}]\n{options[source]}"
        for pipeline in self.shape["pipelines"]:
            for target in universe.TARGETS_OF[pipeline]:
                text += self._sink(target, options[target])
            text += self._pipeline(pipeline)
        beside = self._config.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        os.rename(beside, self._config)

    def _sink(self, target, options):
        name = self.shape["names"][target]
        plugin = {"nginx": "nginx", "haproxy": "haproxy"}.get(target, "template")
        text = f'[sink.{name}]\nplugin = "{plugin}"\n'
        if self.shape["isolated"] and target in ("nginx", "app"):
            text += 'isolation = "process"\n'
        if target == "nginx":
            text += f'keepalive = {self.shape["keepalive"]}\n'
        return text + options.replace("@NAME@", name)

    def _pipeline(self, pipeline):
        sources = json.dumps(universe.SOURCES_OF[pipeline])
        sinks = json.dumps([self.shape["names"][target] for target in universe.TARGETS_OF[pipeline]])
        return f'[pipeline.{pipeline}]\nsources = {sources}\nsinks = {sinks}\n' \
               f'wait = {{ min = "50ms", max = "500ms" }}\nbrake = {{ hold = "{universe.HOLD:.0f}s" }}\n'

    # ---- the process ----

    def start(self):
        self.process.start()
        if not wait_until(lambda: not self.process.running() or ask(self.socket, "GET", "/healthz")[0] == 200, 20):
            raise RuntimeError("drcon does not answer:\n" + self.process.log_tail())

    def stop(self, number=signal.SIGTERM):
        self.thaw()
        self.process.stop(number)

    def freeze(self):
        self.frozen = True
        self.process.send(signal.SIGSTOP)

    def thaw(self):
        self.frozen = False
        self.process.send(signal.SIGCONT)

    @property
    def answers(self):
        """Whether it is expected to answer."""
        return self.process.running() and not self.frozen

    # ---- the admin interface ----

    def status(self):
        return self._get("/v1/status")

    def refuses(self):
        """Whether it answers on the unix socket, but not with what was asked."""
        return ask(self.socket, "GET", "/v1/status")[0] not in (0, 200)

    def pipeline(self, name):
        return self._get("/v1/pipelines/" + name)

    def _get(self, path):
        status, text = ask(self.socket, "GET", path)
        return json.loads(text) if status == 200 else None

    def post(self, path, timeout=10.0):
        return ask(self.socket, "POST", path, timeout=timeout)

    def connect_silent_clients(self, count):
        for _ in range(count):
            client = socket.socket()
            client.settimeout(1)
            try:
                client.connect(("127.0.0.1", universe.ADMIN_PORT))
                self._silent.append(client)
            except OSError:
                client.close()

    def disconnect_silent_clients(self):
        for client in self._silent:
            client.close()
        self._silent.clear()

    # ---- what it uses ----

    def usage(self):
        """Resident memory in KiB, descriptors and threads; None when it is gone."""
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
                fields = dict(line.split(":", 1) for line in file)
            return {"pid": self.process.pid, "memory": int(fields["VmRSS"].split()[0]),
                    "descriptors": len(os.listdir(f"/proc/{self.process.pid}/fd")),
                    "threads": int(fields["Threads"])}
        except (OSError, KeyError):
            return None
