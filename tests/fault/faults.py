"""The faults of the matrix. Each begins while drcon is held at a step, is there for a time, and ends.

Thread rule: the thread that plays the cell.
"""
import os
import resource
import signal
import time

import control
import proxy

LASTS = 1.5  # seconds


class Fault:
    """Begun at the step; `hold` is the time that it lasts; after `end` nothing is left of it but its consequences."""

    may_end_drcon = False  # whether drcon may end by it: then it is started again, as a service manager does
    hits_target = False  # whether it is a fault of the plugin's own target: then that cannot be judged while it lasts
    writes = False  # whether it can only hit who writes files

    def begin(self, world):
        raise NotImplementedError

    def hold(self, world):
        world.page.let_go()
        time.sleep(LASTS)

    def end(self, world):
        pass


class Kill(Fault):
    may_end_drcon = True

    def begin(self, world):
        world.drcon.stop(signal.SIGKILL)

    def hold(self, world):
        world.page.let_go()
        time.sleep(0.2)


class Stop(Fault):
    def begin(self, world):
        world.drcon.freeze()

    def end(self, world):
        world.drcon.thaw()


class Full(Fault):
    writes = True

    def begin(self, world):
        for disk in world.disks:
            disk.fill()

    def end(self, world):
        for disk in world.disks:
            disk.free()


class Injected(Fault):
    writes = True

    def __init__(self, bits):
        self._bits = bits

    def begin(self, world):
        world.page.set_faults(self._bits)

    def end(self, world):
        world.page.set_faults(0)


class Gone(Fault):
    hits_target = True

    def begin(self, world):
        world.row.hit.goes()

    def end(self, world):
        world.row.hit.comes()


class Hung(Fault):
    hits_target = True

    def begin(self, world):
        _hang(world.row.hit, True)

    def end(self, world):
        _hang(world.row.hit, False)


class Between(Fault):
    """A fault of the connection to the target: the target itself goes on."""

    def __init__(self, mode):
        self._mode = mode

    def begin(self, world):
        world.proxy.set_mode(self._mode)

    def end(self, world):
        world.proxy.set_mode(proxy.PASS)


class Limit(Fault):
    """drcon gets no more of a resource than it has at this moment."""

    def __init__(self, what, used, may_end_drcon):
        self._what = what
        self._used = used
        self._before = None
        self.may_end_drcon = may_end_drcon

    def begin(self, world):
        pid = world.drcon.process.pid
        self._before = resource.prlimit(pid, self._what)
        resource.prlimit(pid, self._what, (self._used(pid), self._before[1]))

    def end(self, world):
        if world.drcon.process.running():
            resource.prlimit(world.drcon.process.pid, self._what, self._before)


class Clock(Fault):
    def begin(self, world):
        world.page.shift_clock(-3600)

    def hold(self, world):
        world.page.let_go()
        time.sleep(LASTS / 2)
        world.page.shift_clock(3600)
        time.sleep(LASTS / 2)

    def end(self, world):
        world.page.shift_clock(0)


class Liar(Injected):
    """Not of the matrix: renames say that they were done and are not. It shows that the matrix can fail."""

    def __init__(self):
        super().__init__(control.RENAME_LIES)

    def end(self, world):
        pass  # a lie that ends is corrected, as any edit of a target by others


def _hang(server, yes):
    if hasattr(server, "hang"):
        server.hang(yes)
    for pid in server.pids():
        os.kill(pid, signal.SIGSTOP if yes else signal.SIGCONT)


def _first_free_descriptor(pid):
    used = {int(each) for each in os.listdir(f"/proc/{pid}/fd")}
    return min(set(range(len(used) + 1)) - used)


def _address_space(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


FAULTS = {
    "SIGKILL": Kill(),
    "SIGSTOP": Stop(),
    "ENOSPC": Full(),
    "EIO on fsync": Injected(control.SYNC_FAILS),
    "EROFS": Injected(control.READ_ONLY),
    "gone": Gone(),
    "hung": Hung(),
    "reset": Between(proxy.RESET),
    "1 byte/s": Between(proxy.SLOW),
    "descriptors": Limit(resource.RLIMIT_NOFILE, _first_free_descriptor, False),
    "memory": Limit(resource.RLIMIT_AS, _address_space, True),
    "clock": Clock(),
}
