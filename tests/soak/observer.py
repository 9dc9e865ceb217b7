"""Looks at targets and at drcon's status all the time, and passes what it sees to the model.

Thread rule: two threads of its own; one looks at targets, one asks drcon, which may take long to answer.
"""
import os
import threading
import time

import files
import nginx

_FILES_EVERY = 0.015
_ALL_EVERY = 0.25  # HAProxy is asked, and unchanged files are judged again
_STATUS_EVERY = 0.3
_SILENCE_ALLOWED = 5.0  # seconds without an answer of the admin's unix socket
_REFUSALS_ALLOWED = 1.0  # the same of answers that refuse
_START_ALLOWED = 5.0


class Observer:
    def __init__(self, world):
        self._world = world
        self._model = world.model
        self._over = threading.Event()
        self._readers = {"nginx": _FileReader(world.nginx.file, nginx.served_by),
                         "app": _FileReader(world.files.target("app"), files.served_by)}
        if world.docker:
            self._readers["boxes"] = _FileReader(world.files.target("boxes"), files.served_by)
        self.last_status = None
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._look, self._ask)]

    def start(self):
        for each in self._threads:
            each.start()

    def stop(self):
        self._over.set()
        for each in self._threads:
            if each.is_alive():
                each.join()

    def _look(self):
        try:
            judged = 0.0
            while not self._over.wait(_FILES_EVERY):
                again = time.monotonic() - judged > _ALL_EVERY
                for target, reader in self._readers.items():
                    if reader.look() or again:
                        self._model.observe(target, reader.served)
                if again:
                    judged = time.monotonic()
                    down = self._model.conditions.is_on("haproxy")
                    self._model.observe("haproxy", None if down else self._world.haproxy.served())
        except Exception as fault:  # an observer that has ended would find nothing more
            self._model.violate("the soak itself", f"the observer failed: {fault!r}")

    def _ask(self):
        drcon = self._world.drcon
        answered = started = time.monotonic()
        pid = None
        try:
            while not self._over.wait(_STATUS_EVERY):
                expected = drcon.answers
                if expected and drcon.process.pid != pid:
                    pid = drcon.process.pid
                    started = time.monotonic()
                status = drcon.status() if expected else None
                self.last_status = status
                self._model.note_status(status)
                now = time.monotonic()
                if status is not None or not expected or not drcon.answers:
                    answered = now
                elif now - max(answered, started + _START_ALLOWED) > (
                        _REFUSALS_ALLOWED if drcon.refuses() else _SILENCE_ALLOWED):
                    self._model.violate("admin silent", "the admin interface gave no status on its unix socket for "
                                        f"{now - answered:.1f} s")
                    answered = now
        except Exception as fault:
            self._model.violate("the soak itself", f"the one who asks for the status failed: {fault!r}")


class _FileReader:
    """Reads a target file whenever it was replaced or written."""

    def __init__(self, path, parse):
        self._path = path
        self._parse = parse
        self._seen = None
        self.served = None

    def look(self):
        try:
            found = os.stat(self._path)
            mark = (found.st_ino, found.st_mtime_ns, found.st_size)
            if mark == self._seen:
                return False
            self.served = self._parse(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            mark = None
            self.served = set() if self._seen else self.served
        changed = mark != self._seen
        self._seen = mark
        return changed
