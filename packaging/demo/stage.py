"""What the demos share: a directory, programs that are started and ended by pid, and load that is counted."""
import collections
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
DEADLINE = 30  # seconds that any one step may take


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, holds):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"demo: {what} did not happen within {DEADLINE} s")


def request(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path, json.dumps(body) if body else None)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Load:
    """Steady requests on fresh connections: what answered, when, and what failed."""

    def __init__(self, port, threads=2, pause=0.002):
        self.port, self.pause = port, pause
        self.running = True
        self.lock = threading.Lock()
        self.answers = collections.Counter()
        self.first, self.last = {}, {}
        self.failures = []
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while self.running:
            began = time.monotonic()
            try:
                status, body = request(self.port, "GET", "/")
                problem = None if status == 200 else f"{status} {body[:60]!r}"
            except (OSError, http.client.HTTPException) as error:
                problem = repr(error)
            with self.lock:
                if problem:
                    self.failures.append(problem)
                else:
                    name = body.strip()
                    self.answers[name] += 1
                    self.first.setdefault(name, time.monotonic())
                    self.last[name] = began
            time.sleep(self.pause)

    def table(self):
        """What answered since the last call."""
        with self.lock:
            shown = "  ".join(f"{name}: {count}" for name, count in sorted(self.answers.items()))
            self.answers.clear()
        return shown

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join(10)


class Stage:
    """A private Consul, nginx and drcon on loopback. Everything it starts it ends; everything it writes is in one directory."""

    def __init__(self, drcon, config):
        self.drcon, self.config = drcon, config
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="drcon-demo-"))
        self.dir.chmod(0o755)
        self.consul_port, self.nginx_port = free_port(), free_port()
        self.consul_clients = "127.0.0.1"
        self.processes = []

    def start(self, name, argv):
        with open(self.dir / f"{name}.log", "wb") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.processes.append((name, process))
        return process

    def fill(self, name, to, **more):
        text = (HERE / f"{name}.in").read_text()
        values = {"DIR": self.dir, "CONSUL": self.consul_port, "NGINX": self.nginx_port, **more}
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        to.write_text(text)

    def start_consul(self):
        self.start("consul", ["consul", "agent", "-server", "-bootstrap-expect=1", "-node=demo", "-bind=127.0.0.1",
                              f"-client={self.consul_clients}", f"-data-dir={self.dir}/consul", f"-http-port={self.consul_port}",
                              "-dns-port=-1", f"-server-port={free_port()}", f"-serf-lan-port={free_port()}",
                              "-serf-wan-port=-1", "-log-level=warn", "-hcl=performance { raft_multiplier = 1 }"])
        wait_for("a Consul leader", lambda: "demo" in request(self.consul_port, "GET", "/v1/catalog/nodes?consistent")[1])

    def start_drcon_and_nginx(self, service, **more):
        (self.dir / "conf.d").mkdir()
        self.fill("nginx.conf", self.dir / "nginx.conf", SERVICE=service)
        self.fill(self.config, self.dir / "drcon.toml", **more)
        self.start("drcon", [self.drcon, "run", "-c", str(self.dir / "drcon.toml")])
        wait_for("drcon's file for nginx", lambda: (self.dir / "conf.d/drcon.conf").exists())
        self.start("nginx", ["nginx", "-c", str(self.dir / "nginx.conf"), "-p", str(self.dir)])

    def clean_up(self):
        for name, process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                print(f"demo: {name} does not stop; killed")
                process.kill()
                process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def tell(self):
        for name, process in self.processes:
            if process.poll() is not None:
                print(f"demo: {name} ended with {process.returncode}; its output:")
            if process.poll() is not None or name == "drcon":
                print((self.dir / f"{name}.log").read_text(errors="replace"))

    def present(self, show):
        """Runs show(self), which answers 0 when all went well, and cleans up in any case."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        os.environ["LC_ALL"] = "C.UTF-8"
        result = 1
        try:
            result = show(self)
        except KeyboardInterrupt:
            pass
        finally:
            if result:
                self.tell()
            self.clean_up()
        return result
