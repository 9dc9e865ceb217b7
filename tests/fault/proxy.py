"""Stands between drcon and a server: passes everything on, resets connections, or passes one byte a second.

Thread rule: an event loop on a thread of its own; set_mode may be called from any thread.
"""
import asyncio
import socket
import struct
import threading

PASS, RESET, SLOW = "pass", "reset", "slow"


class Proxy:
    """`listen` and `server`: a path, or a port of 127.0.0.1."""

    def __init__(self, listen, server):
        self._server = server
        self._mode = PASS
        self._open = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(listen,), daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        self._ready.wait(10)

    def _run(self, listen):
        asyncio.set_event_loop(self._loop)
        if isinstance(listen, int):
            start = asyncio.start_server(self._serve, "127.0.0.1", listen)
        else:
            start = asyncio.start_unix_server(self._serve, str(listen))
        self._loop.run_until_complete(start)
        self._ready.set()
        self._loop.run_forever()

    def set_mode(self, mode):
        """A slow connection is slow until it ends, or until the mode is another."""
        self._mode = mode
        if mode == RESET:
            self._loop.call_soon_threadsafe(self._reset_all)

    def _reset_all(self):
        for writer in list(self._open):
            _reset(writer)

    async def _serve(self, reader, writer):
        if self._mode == RESET:
            _reset(writer)
            return
        self._open.add(writer)
        try:
            if isinstance(self._server, int):
                other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._server)
            else:
                other_reader, other_writer = await asyncio.open_unix_connection(str(self._server))
        except OSError:
            self._open.discard(writer)
            _reset(writer)
            return
        await asyncio.gather(self._copy(reader, other_writer, False), self._copy(other_reader, writer, True))
        self._open.discard(writer)

    async def _copy(self, reader, writer, answers):
        try:
            while part := await reader.read(65536):
                while answers and part and self._mode == SLOW:
                    writer.write(part[:1])
                    part = part[1:]
                    for _ in range(20):
                        await asyncio.sleep(0.05)
                        if self._mode != SLOW:
                            break
                writer.write(part)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


def _reset(writer):
    """Closes so that the other side gets a reset; a unix socket knows none, and is closed."""
    plain = writer.get_extra_info("socket")
    if plain is not None and plain.family != socket.AF_UNIX:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
