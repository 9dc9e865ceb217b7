"""A Docker engine of the soak's own, with containers that publish one port each."""
import os
import pathlib
import shutil
import subprocess

from processes import Process, wait_until

_IMAGE = "drcon-soak"


def can_run():
    return all(shutil.which(each) for each in ("dockerd", "docker")) and os.path.exists("/bin/busybox")


class Docker:
    def __init__(self, directory):
        self._directory = directory
        directory.mkdir()
        self.address = f"unix://{directory}/docker.sock"
        self.process = Process(["dockerd", "--data-root", directory / "data", "--exec-root", directory / "exec",
                                "--pidfile", directory / "pid", "-H", self.address, "--iptables=false",
                                "--ip6tables=false", "--storage-driver", "vfs"], directory / "log")

    def start(self):
        shutil.rmtree(self._directory / "exec", ignore_errors=True)
        (self._directory / "pid").unlink(missing_ok=True)
        self.process.start()
        up = wait_until(lambda: not self.process.running() or self._docker("version").returncode == 0, 60, 0.2)
        if not up or not self.process.running():
            raise RuntimeError("dockerd does not start:\n" + self.process.log_tail())

    def make_image(self):
        root = self._directory / "image"
        (root / "bin").mkdir(parents=True)
        shutil.copy("/bin/busybox", root / "bin" / "busybox")
        pathlib.Path(root / "bin" / "sleep").symlink_to("busybox")
        with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as tar:
            subprocess.run(self._words("import", "-", _IMAGE), stdin=tar.stdout, check=True, stdout=subprocess.DEVNULL)

    def write(self, instances):
        """Runs a container for each instance that is there, and removes that of each other."""
        for each in instances:
            name = f"{each.service}-{each.port}"
            if each.truth is None:
                self._check(self._docker("rm", "-f", name))
            else:
                self._check(self._docker("run", "-d", "--name", name, "-p", f"127.0.0.1:{each.port}:80", "-e",
                                         f"SERVICE_NAME={each.service}", _IMAGE, "sleep", "100000"))

    def _words(self, *words):
        return ["docker", "-H", self.address, *words]

    def _docker(self, *words):
        return subprocess.run(self._words(*words), capture_output=True, text=True, check=False, timeout=60)

    @staticmethod
    def _check(done):
        if done.returncode != 0 and "No such container" not in done.stderr:
            raise RuntimeError("docker: " + done.stderr)

    def stop(self):
        self.process.stop()

    def options(self):
        return f'plugin = "docker"\nengine = "{self.address}"\nhost_name = "soak"\nsettle = "2s"\nretry_max = "2s"\n'
