"""A real HAProxy with a backend for each service and no servers of its own."""
import re
import signal
import socket

import universe
from processes import Process, wait_until

_OUT_OF_SERVICE = 0x01 | 0x02 | 0x08 | 0x10 | 0x20  # maintenance and drain, of the admin or inherited; resolution


class Haproxy:
    def __init__(self, directory):
        directory.mkdir()
        self.socket = directory / "admin.sock"
        self._observed_by = directory / "observer.sock"
        config = directory / "haproxy.cfg"
        services = sorted(universe.services_of("haproxy") | {universe.REFUSED})
        # static-rr takes no dynamic servers: whoever registers a service of that name must harm no other.
        backends = [f"backend be_{name}\n  balance {'static-rr' if name == universe.REFUSED else 'roundrobin'}\n"
                    for name in services]
        config.write_text(
            f"global\n  stats socket {self.socket} level admin\n  stats socket {self._observed_by} level admin\n"
            "  stats timeout 30s\n  nbthread 1\n  hard-stop-after 10s\ndefaults\n  mode http\n  timeout connect 1s\n"
            "  timeout client 30s\n  timeout server 30s\n  retries 3\n  option redispatch\nfrontend f\n"
            f"  bind 127.0.0.1:{universe.HAPROXY_PORT}\n  use_backend be_%[path,field(3,/)]\n" + "".join(backends),
            encoding="utf-8")
        self.process = Process(["haproxy", "-W", "-S", directory / "master.sock", "-f", config], directory / "log")

    def start(self):
        self.process.start()
        if not wait_until(lambda: not self.process.running() or self._worker() is not None, 20):
            raise RuntimeError("HAProxy does not answer:\n" + self.process.log_tail())
        if not self.process.running():
            raise RuntimeError("HAProxy does not start:\n" + self.process.log_tail())

    def stop(self):
        self.process.stop(signal.SIGKILL)  # with its workers, which would finish their requests first

    def reload(self):
        """Returns once a new worker answers, which knows no server."""
        before = self._worker()
        self.process.send(signal.SIGUSR2)
        if not wait_until(lambda: self._worker() not in (None, before), 20):
            raise RuntimeError("HAProxy does not reload:\n" + self.process.log_tail())

    def _worker(self):
        found = re.search(r"^Pid: (\d+)", self._command("show info") or "", re.MULTILINE)
        return found.group(1) if found else None

    def served(self):
        """The servers in service as set of (service, port); None when it does not answer."""
        text = self._command("show servers state")
        if not text or "# be_id" not in text:
            return None
        return set(rows(text))

    def _command(self, line):
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(2)
                connection.connect(str(self._observed_by))
                connection.sendall(line.encode() + b"\n")
                parts = []
                while part := connection.recv(65536):
                    parts.append(part)
                return b"".join(parts).decode()
        except OSError:
            return None

    def options(self):
        return f'socket = "{self.socket}"\nbackend = "be_{{service}}"\nwatch = "200ms"\ntimeout = "2s"\n'


def rows(text):
    """Of `show servers state`: the servers in service, as (service, port)."""
    names = []
    for line in text.splitlines():
        fields = line.split()
        if line.startswith("# "):
            names = fields[1:]
            continue
        if not names or len(fields) != len(names):
            continue
        row = dict(zip(names, fields))
        if not int(row["srv_admin_state"]) & _OUT_OF_SERVICE and int(row["srv_uweight"]) > 0:
            yield row["be_name"].removeprefix("be_"), int(row["srv_port"])
