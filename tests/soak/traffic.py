"""Backends of all instances, and a bounded stream of requests to the undisturbed service through both load balancers.

Thread rule: everything happens on one thread that runs an event loop; other threads call open, close and ask_each.
"""
import asyncio
import threading
import time

import universe

_PERIOD = 0.15  # seconds between two requests through one load balancer
_TIMEOUT = 5.0
_LEAD = 1.0  # a request counts when the way was fit for so long before it


class Traffic:
    def __init__(self, model):
        self._model = model
        self._loop = asyncio.new_event_loop()
        self._listeners = {}
        self.requests = {"nginx": 0, "haproxy": 0}  # those that had to succeed
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _wait_for(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    # ---- backends ----

    def open(self, port):
        """An instance listens; it answers each request with its own port."""
        self._wait_for(self._open(port))

    def close(self, port):
        self._wait_for(self._close(port))

    async def _open(self, port):
        async def answer(reader, writer):
            try:
                while await reader.readline() not in (b"\r\n", b"\n", b""):
                    pass
                body = f"{port}\n".encode()
                writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                await writer.drain()
            except OSError:
                pass
            finally:
                writer.close()

        if port not in self._listeners:
            self._listeners[port] = await asyncio.start_server(answer, "127.0.0.1", port)

    async def _close(self, port):
        listener = self._listeners.pop(port, None)
        if listener is not None:
            listener.close()

    # ---- requests ----

    def begin(self):
        for target, port in (("nginx", universe.NGINX_PORT), ("haproxy", universe.HAPROXY_PORT)):
            asyncio.run_coroutine_threadsafe(self._stream(target, port), self._loop)

    async def _stream(self, target, port):
        fit_since = None
        while True:
            started = time.monotonic()
            if not self._is_fit(target):
                fit_since = None
            elif fit_since is None:
                fit_since = started
            status, text = await _get(port, universe.UNDISTURBED)
            if fit_since is not None and started - fit_since > _LEAD and self._is_fit(target):
                self.requests[target] += 1
                if status != 200:
                    self._model.violate("request failed", f"a request to the undisturbed service through {target} "
                                        f"failed: {status or ''} {text.strip()[:200]}")
            await asyncio.sleep(max(0.0, _PERIOD - (time.monotonic() - started)))

    def _is_fit(self, target):
        return not self._model.conditions.is_on(target) and self._model.must_answer(target)

    def ask_each(self, port, service, count):
        """Answers of `count` requests, one after the other, as list of (status, text)."""
        async def all_of_them():
            return [await _get(port, service) for _ in range(count)]
        return self._wait_for(all_of_them())

    def stop(self):
        async def cancel_all():
            for each in asyncio.all_tasks() - {asyncio.current_task()}:
                each.cancel()
        self._wait_for(cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


async def _get(port, service):
    try:
        return await asyncio.wait_for(_exchange(port, service), _TIMEOUT)
    except (OSError, ValueError, asyncio.TimeoutError, asyncio.IncompleteReadError) as fault:
        return 0, f"{type(fault).__name__} {fault}"


async def _exchange(port, service):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET /svc/{service} HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n\r\n".encode())
        text = (await reader.read()).decode("latin-1")
        return int(text.split(" ", 2)[1]) if text.startswith("HTTP/") else 0, text.rpartition("\r\n\r\n")[2] or text
    finally:
        writer.close()
