"""The demo: a private Consul, nginx and drcon on loopback; instances come and go under steady load.

usage: run.py DRCON [--stay]
Exits 0 when no request failed. Everything it starts it ends, by pid; everything it writes is in one directory.
"""
import collections
import http.client
import http.server
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


class Backend:
    """An HTTP server that answers its own name, and stops without dropping what it has begun."""

    def __init__(self, name):
        self.name = name

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = (name + "\n").encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


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


class Demo:
    def __init__(self, drcon):
        self.drcon = drcon
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="drcon-demo-"))
        self.dir.chmod(0o755)
        self.consul_port, self.nginx_port = free_port(), free_port()
        self.processes = []
        self.backends = {}

    def start(self, name, argv):
        with open(self.dir / f"{name}.log", "wb") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.processes.append((name, process))
        return process

    def fill(self, name, to):
        text = (HERE / f"{name}.in").read_text()
        for key, value in (("DIR", self.dir), ("CONSUL", self.consul_port), ("NGINX", self.nginx_port)):
            text = text.replace(f"@{key}@", str(value))
        to.write_text(text)

    def start_servers(self):
        (self.dir / "conf.d").mkdir()
        self.fill("nginx.conf", self.dir / "nginx.conf")
        self.fill("drcon.toml", self.dir / "drcon.toml")
        self.start("consul", ["consul", "agent", "-server", "-bootstrap-expect=1", "-node=demo", "-bind=127.0.0.1",
                              "-client=127.0.0.1", f"-data-dir={self.dir}/consul", f"-http-port={self.consul_port}",
                              "-dns-port=-1", f"-server-port={free_port()}", f"-serf-lan-port={free_port()}",
                              "-serf-wan-port=-1", "-log-level=warn", "-hcl=performance { raft_multiplier = 1 }"])
        wait_for("a Consul leader", lambda: "demo" in request(self.consul_port, "GET", "/v1/catalog/nodes?consistent")[1])
        for name in ("blue", "green"):
            self.add(name)
        self.start("drcon", [self.drcon, "run", "-c", str(self.dir / "drcon.toml")])
        wait_for("drcon's file for nginx", lambda: (self.dir / "conf.d/drcon.conf").exists())
        self.start("nginx", ["nginx", "-c", str(self.dir / "nginx.conf"), "-p", str(self.dir)])
        wait_for("nginx", lambda: request(self.nginx_port, "GET", "/")[0] == 200)

    def add(self, name):
        self.backends[name] = Backend(name)
        request(self.consul_port, "PUT", "/v1/agent/service/register",
                {"Name": "web", "ID": name, "Address": "127.0.0.1", "Port": self.backends[name].port})
        return time.monotonic()

    def remove(self, name):
        request(self.consul_port, "PUT", f"/v1/agent/service/deregister/{name}")
        return time.monotonic()

    def clean_up(self):
        for _, process in reversed(self.processes):
            process.terminate()
        for name, process in reversed(self.processes):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                print(f"demo: {name} does not stop; killed")
                process.kill()
                process.wait()
        for backend in self.backends.values():
            backend.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def tell(self):
        for name, process in self.processes:
            if process.poll() is not None:
                print(f"demo: {name} ended with {process.returncode}; its output:")
            if process.poll() is not None or name == "drcon":
                print((self.dir / f"{name}.log").read_text(errors="replace"))


def play(demo):
    load = Load(demo.nginx_port)
    try:
        wait_for("answers of blue and green", lambda: {"blue", "green"} <= set(load.first))
        load.table()
        time.sleep(1)
        print(f"two instances          {load.table()}")

        added = demo.add("red")
        wait_for("an answer of red", lambda: "red" in load.first)
        print(f"red was added; its first answer came {1000 * (load.first['red'] - added):.0f} ms after Consul knew")
        load.table()
        time.sleep(1)
        print(f"three instances        {load.table()}")

        removed = demo.remove("blue")
        # A request that was begun before nginx's old workers let go is still blue's: it stops when none has come for long.
        wait_for("the end of blue", lambda: time.monotonic() - load.last["blue"] > 0.5)
        print(f"blue was removed; its last request began {max(0, 1000 * (load.last['blue'] - removed)):.0f} ms after Consul knew")
        demo.backends.pop("blue").stop()
        load.table()
        time.sleep(1)
        print(f"blue is stopped        {load.table()}")
    finally:
        load.stop()
    print(f"failed requests: {len(load.failures)}")
    for each in load.failures[:5]:
        print(f"  {each}")
    return 1 if load.failures else 0


def stay(demo):
    red = Backend("red")
    print(f"""
It runs until Ctrl-C. Things to try, from another terminal:

  curl http://127.0.0.1:{demo.nginx_port}/                       # blue and green take turns
  curl -X PUT -d '{{"Name":"web","ID":"red","Address":"127.0.0.1","Port":{red.port}}}' \\
       http://127.0.0.1:{demo.consul_port}/v1/agent/service/register  # now red too
  curl -X PUT http://127.0.0.1:{demo.consul_port}/v1/agent/service/deregister/blue
  cat {demo.dir}/conf.d/drcon.conf                     # what drcon wrote
  curl --unix-socket {demo.dir}/admin.sock http://drcon/v1/status
  {demo.drcon} render --diff -c {demo.dir}/drcon.toml
  tail -f {demo.dir}/drcon.log
""", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        red.stop()
    return 0


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    demo = Demo(sys.argv[1])
    result = 1
    try:
        demo.start_servers()
        result = play(demo)
        if "--stay" in sys.argv:
            demo.add("blue")
            result = stay(demo)
    except KeyboardInterrupt:
        pass
    finally:
        if result:
            demo.tell()
        demo.clean_up()
    return result


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C.UTF-8"
    sys.exit(main())
