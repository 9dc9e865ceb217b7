"""A service that takes its time to answer, and knows what it was asked: for what happens to requests under way."""
import http.client
import http.server
import threading
import time


class SlowService:
    """Listens at `address`; each request is answered after `seconds`. Each has a path of its own, by which it is known."""

    def __init__(self, address, seconds):
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with service.lock:
                    service.asked.add(self.path)
                time.sleep(seconds)
                self.send_response(200)
                self.send_header("Content-Length", str(len(self.path)))
                self.end_headers()
                self.wfile.write(self.path.encode())

            def log_message(self, *_):
                """Nothing: what it was asked is in `asked`."""

        self.lock = threading.Lock()
        self.asked = set()
        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Clients:
    """One request after the other by each of `count` threads, each on a connection of its own, until `stop`."""

    def __init__(self, address, port, count):
        self.address, self.port = address, port
        self.lock = threading.Lock()
        self.answered = set()
        self.refused = 0
        self.running = True
        self.threads = [threading.Thread(target=self.run, args=(each,), daemon=True) for each in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self, client):
        number = 0
        while self.running:
            path = f"/{client}-{number}"
            number += 1
            if self.ask(path):
                with self.lock:
                    self.answered.add(path)
                continue
            with self.lock:
                self.refused += 1
            time.sleep(0.05)  # nobody listens: no more attempts than are needed

    def ask(self, path):
        connection = http.client.HTTPConnection(self.address, self.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status == 200 and answer.read().decode() == path
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join(30)
