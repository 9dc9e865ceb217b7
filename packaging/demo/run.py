"""The demo: a private Consul, nginx and drcon on loopback; instances come and go under steady load.

usage: run.py DRCON [--stay]
Exits 0 when no request failed.
"""
import http.server
import signal
import sys
import threading
import time

from stage import Load, Stage, request, wait_for

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


class Demo(Stage):
    def __init__(self, drcon):
        super().__init__(drcon, "drcon.toml")
        self.backends = {}

    def start_servers(self):
        self.start_consul()
        for name in ("blue", "green"):
            self.add(name)
        self.start_drcon_and_nginx("web")
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
        super().clean_up()
        for backend in self.backends.values():
            backend.stop()


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


def show(demo):
    demo.start_servers()
    result = play(demo)
    if "--stay" in sys.argv:
        demo.add("blue")
        result = stay(demo)
    return result


if __name__ == "__main__":
    sys.exit(Demo(sys.argv[1]).present(show))
