"""A file system of its own (tmpfs) that can be made full or read-only."""
import os
import subprocess

from processes import wait_until


class Disk:
    def __init__(self, path, size="1m"):
        self.path = path
        path.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "none", path], check=True)

    def fill(self):
        with open(self.path / "filler", "ab", buffering=0) as file:
            for size in (65536, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass

    def free(self):
        if os.path.exists(self.path / "filler"):
            os.unlink(self.path / "filler")

    def make_read_only(self):
        """Refused while somebody writes there: tried again for a moment."""
        return wait_until(lambda: self._remount("ro"), 2)

    def make_writable(self):
        self._remount("rw")

    def _remount(self, how):
        return subprocess.run(["mount", "-o", "remount," + how, self.path], check=False,
                              stderr=subprocess.DEVNULL).returncode == 0

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=True)
