"""The page of memory that the harness shares with the library preload.cpp in drcon: same layout as `page` there."""
import mmap
import struct

from processes import wait_until

SYNC_FAILS, READ_ONLY, RENAME_LIES = 1, 2, 4
_ARMED, _REACHED, _GO_ON, _FAULTS, _INJECTED, _SKIP, _SHIFT = 0, 4, 8, 12, 16, 20, 24
_CALL, _PATTERN, _ROOT, _REDIRECTED, _PROXY, _SIZE = 32, 64, 320, 576, 704, 832


class Page:
    def __init__(self, path, root):
        self.path = path
        path.write_bytes(bytes(_SIZE))
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SIZE)
        self._write_text(_ROOT, root)

    def redirect(self, peer, proxy):
        """From now on drcon reaches `proxy` where it connects to `peer`: both are paths, or ports of 127.0.0.1."""
        self._write_text(_PROXY, proxy)
        self._write_text(_REDIRECTED, peer)

    def arm(self, step):
        """`step`: kind of call, pattern of what it is about, and how many such calls come before."""
        call, pattern, skip = step
        self._write(_REACHED, 0)
        self._write(_GO_ON, 0)
        self._write(_SKIP, skip)
        self._write_text(_CALL, call)
        self._write_text(_PATTERN, pattern)
        self._write(_ARMED, 1)

    def wait(self, seconds):
        """Whether a thread of drcon is held at the step."""
        return wait_until(lambda: self._read(_REACHED) == 1, seconds, 0.002)

    def let_go(self):
        self._write(_ARMED, 0)
        self._write(_GO_ON, 1)

    def set_faults(self, bits):
        self._write(_FAULTS, bits)

    def injected(self):
        """How many calls were made to fail so far."""
        return self._read(_INJECTED)

    def shift_clock(self, seconds):
        struct.pack_into("<q", self._memory, _SHIFT, seconds)

    def _write(self, where, value):
        struct.pack_into("<I", self._memory, where, value)

    def _read(self, where):
        return struct.unpack_from("<I", self._memory, where)[0]

    def _write_text(self, where, text):
        encoded = str(text).encode() + b"\0"
        self._memory[where:where + len(encoded)] = encoded
