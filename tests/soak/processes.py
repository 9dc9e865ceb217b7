"""Child processes of the soak: started with a log of their own, signalled by pid, ended at the end in every case."""
import ctypes
import os
import signal
import subprocess
import time

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_until(condition, seconds, step=0.02):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


class Process:
    def __init__(self, argv, log):
        self._argv = [str(each) for each in argv]
        self._log = log
        self._child = None

    @property
    def pid(self):
        return self._child.pid

    def start(self):
        with open(self._log, "ab") as log:
            self._child = subprocess.Popen(self._argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           preexec_fn=_die_with_parent, start_new_session=True)

    def running(self):
        return self._child is not None and self._child.poll() is None

    def exit_code(self):
        return None if self._child is None else self._child.poll()

    def children(self):
        try:
            with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
                return [int(each) for each in file.read().split()]
        except OSError:
            return []

    def send(self, number):
        if self.running():
            os.kill(self.pid, number)

    def stop(self, number=signal.SIGTERM, seconds=10.0):
        """Ends it and what it started; after `seconds` without mercy."""
        if not self.running():
            return
        children = self.children()
        self.send(number)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            number = signal.SIGKILL
            self.send(number)
            self._child.wait()
        if number == signal.SIGKILL:
            for child in children:
                try:
                    os.kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def log_tail(self, lines=60):
        with open(self._log, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])
