"""One HTTP request, over TCP or a unix socket, with a time limit. Nothing is kept open between requests."""
import http.client
import json
import socket


class _OverUnixSocket(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask(where, method, path, body=None, timeout=2.0):
    """`where`: a port of 127.0.0.1 or the path of a unix socket. Answers (status, text); (0, why) if there is none."""
    over_tcp = isinstance(where, int)
    connection = http.client.HTTPConnection("127.0.0.1", where, timeout=timeout) if over_tcp else \
        _OverUnixSocket(where, timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), {"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as fault:
        return 0, str(fault) or type(fault).__name__
    finally:
        connection.close()
