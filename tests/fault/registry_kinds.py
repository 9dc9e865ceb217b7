"""Where the truth is registered: the file, Consul's catalogue, its keys, a Docker engine. One class each.

`source(variant)` is the source's table for drcon; `write(old, new)` makes the registry say `new`, in one step where `at_once` is
true; `goes`, `comes` and `pids` are those of its server. `redirected` is what drcon connects to, `proxied` where it gets.
"""
import base64
import json
import os
import socket
import sys
import types

import consul
import docker
import universe
from processes import Process, wait_until

NAMES = ["steady", "a"]


class File:
    plugin = "file"
    at_once = True
    publishing = ("open to read", "*/hosts.toml", 0)
    redirected = proxied = None
    reasons = {"hung": "a file does not answer late", "reset": "a file has no connection",
               "1 byte/s": "a file is read at once; one that is half written is the row's fault 'gone'"}

    def __init__(self, directory):
        directory.mkdir()
        self._path = directory / "hosts.toml"
        self._text = ""

    def start(self):
        pass

    def source(self, variant):
        return f'plugin = "file"\npath = "{self._path}"\npoll = "{1 + variant}s"\n'

    def write(self, _old, new):
        self._text = "".join(f'[[service]]\nname = "{name}"\n' + "".join(
            f'[[service.endpoint]]\naddress = "127.0.0.1"\nport = {port}\n' for service, port in sorted(new)
            if service == name) for name in sorted({service for service, _ in new}))
        self._put(self._text)

    def _put(self, text):
        beside = self._path.with_suffix(".new")
        beside.write_text(text, encoding="ascii")
        os.rename(beside, self._path)

    def goes(self):
        """It is cut in the middle, and then removed."""
        self._put(self._text[:self._text.rfind("=")])
        self._path.unlink()

    def comes(self):
        self._put(self._text)

    def pids(self):
        return []


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class HttpFeed:
    plugin = "http"
    at_once = True
    redirected, proxied = 16011, 16012
    publishing = ("answer", "16012", 0)
    reasons = {}

    def __init__(self, directory):
        directory.mkdir()
        self._feed = directory / "services.json"
        self._server = Process([sys.executable, "-m", "http.server", str(self.redirected), "--bind", "127.0.0.1",
                                "--directory", str(directory)], directory / "log")

    def start(self):
        self._server.start()
        wait_until(lambda: _listens(self.redirected), 10)

    def source(self, variant):
        return f'plugin = "http"\nurl = "http://127.0.0.1:{self.redirected}/services.json"\npoll = "200ms"\n' \
               f'retry_max = "{1 + variant}s"\ntimeout = "2s"\n'

    def write(self, _old, new):
        services = [{"name": name, "endpoint": [{"address": "127.0.0.1", "port": port}
                                                for service, port in sorted(new) if service == name]}
                    for name in sorted({service for service, _ in new})]
        beside = self._feed.with_suffix(".new")
        beside.write_text(json.dumps({"service": services}), encoding="ascii")
        os.rename(beside, self._feed)

    def goes(self):
        self._server.stop(9)

    def comes(self):
        self.start()

    def pids(self):
        return [self._server.pid]


class _ConsulServer(consul.Consul):
    def __init__(self, directory):
        super().__init__(directory)
        path = directory / "consul.json"
        path.write_text(path.read_text(encoding="utf-8").replace('"dns": -1', '"dns": 8600'), encoding="utf-8")

    def transact(self, operations):
        self._ask("/v1/txn", operations)


class _OfConsul:
    at_once = True
    redirected, proxied = universe.CONSUL_PORT, 18500
    reasons = {}

    def __init__(self, directory):
        self._server = _ConsulServer(directory)

    def start(self):
        self._server.start()
        self._server.add_node()

    def write(self, old, new):
        def operation(verb, service, port):
            body = {"ID": f"{service}-{port}", "Service": service, "Address": "127.0.0.1", "Port": port}
            return {"Service": {"Verb": verb, "Node": consul.NODE, "Service": body}}
        self._server.transact([operation("set", *each) for each in sorted(new - old)] +
                              [operation("delete", *each) for each in sorted(old - new)])

    def goes(self):
        self._server.stop(9)

    def comes(self):
        self._server.start()

    def pids(self):
        return [self._server.process.pid]


class ConsulHttp(_OfConsul):
    plugin = "consul-http"
    publishing = ("answer", "18500", 0)

    def source(self, variant):
        names = ", ".join(f'{{ name = "{name}" }}' for name in NAMES)
        return f'plugin = "consul-http"\nretry_max = "{1 + variant}s"\nservice = [{names}]\n'


class ConsulDns(_OfConsul):
    plugin = "consul-dns"
    redirected, proxied = 8600, 18600
    publishing = ("answer", "18600", 0)

    def source(self, variant):
        names = ", ".join(f'{{ name = "{name}" }}' for name in NAMES)
        return f'plugin = "consul-dns"\nretry_max = "{1 + variant}s"\nservice = [{names}]\n' \
               'interval = { min = "200ms", max = "500ms" }\nsettle = "1s"\n'


class ConsulKv(_OfConsul):
    plugin = "consul-kv"
    publishing = ("answer", "18500", 0)

    def source(self, variant):
        return f'plugin = "consul-kv"\nretry_max = "{1 + variant}s"\nkey = [{{ prefix = "app/", as = "app" }}]\n'

    def write(self, old, new):
        def operation(verb, service, port):
            body = {"Verb": verb, "Key": f"app/{service}-{port}"}
            if verb == "set":
                body["Value"] = base64.b64encode(f"{service} 127.0.0.1:{port}".encode()).decode()
            return {"KV": body}
        self._server.transact([operation("set", *each) for each in sorted(new - old)] +
                              [operation("delete", *each) for each in sorted(old - new)])


class _Engine(docker.Docker):
    """Its containers go on without it."""

    def __init__(self, directory):
        super().__init__(directory)
        self.socket = directory / "docker.sock"
        self.process = Process(["dockerd", "--data-root", directory / "data", "--exec-root", directory / "exec",
                                "--pidfile", directory / "pid", "-H", self.address, "--iptables=false",
                                "--ip6tables=false", "--storage-driver", "vfs", "--live-restore"], directory / "log")
        self._pid_file = directory / "pid"

    def start_again(self):
        self._pid_file.unlink(missing_ok=True)
        self.process.start()
        docker.wait_until(lambda: self._docker("version").returncode == 0, 60, 0.1)


class Docker:
    plugin = "docker"
    at_once = False
    reasons = {}

    def __init__(self, directory):
        self._engine = _Engine(directory)
        self.redirected = self._engine.socket
        self.proxied = directory / "proxy.sock"
        self.publishing = ("answer", str(self.proxied), 0)

    def start(self):
        self._engine.start()
        self._engine.make_image()

    def source(self, variant):
        return self._engine.options().replace('retry_max = "2s"', f'retry_max = "{1 + variant}s"')

    def write(self, old, new):
        for some, record in ((new - old, True), (old - new, None)):
            self._engine.write([types.SimpleNamespace(service=service, port=port, truth=record)
                                for service, port in sorted(some)])

    def goes(self):
        self._engine.process.stop()  # by a kill its containers would be lost as well

    def comes(self):
        self._engine.start_again()

    def pids(self):
        return [self._engine.process.pid]
