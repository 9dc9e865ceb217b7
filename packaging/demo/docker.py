"""The DR CoN evening: containers start and stop, and traffic follows, with Docker, Consul, nginx and drcon.

usage: docker.py DRCON
Exits 0 when no request was dropped. Uses the Docker engine that runs, or starts one of its own; removes all that it made.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time

from stage import Load, Stage, request, wait_for

SECONDS_OF_LOAD = 30
IMAGE = "drcon-demo-simple"


class Evening(Stage):
    def __init__(self, drcon):
        super().__init__(drcon, "docker.toml")
        self.engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        self.started_engine = False
        self.had_bridge = pathlib.Path("/sys/class/net/docker0").exists()
        self.label = f"drcon-demo={self.nginx_port}"
        self.made = 0

    def docker(self, *argv):
        done = subprocess.run(["docker", "-H", self.engine, *argv], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"demo: docker {argv[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def engine_runs(self):
        return subprocess.run(["docker", "-H", self.engine, "version"], capture_output=True).returncode == 0

    def start_engine(self):
        if self.engine_runs():
            print(f"Docker engine: the one at {self.engine}")
            return
        self.engine = f"unix://{self.dir}/docker.sock"
        self.started_engine = True
        self.start("dockerd", ["dockerd", "-H", self.engine, "--data-root", f"{self.dir}/docker", "--exec-root",
                               f"{self.dir}/docker-exec", "--pidfile", f"{self.dir}/docker.pid", "--iptables=false",
                               "--ip6tables=false", "--storage-driver", "vfs", "--shutdown-timeout", "2"])
        wait_for("dockerd", self.engine_runs)
        print("Docker engine: one of our own, since none runs")

    def make_image(self):
        root = self.dir / "image"
        (root / "bin").mkdir(parents=True)
        shutil.copy("/bin/busybox", root / "bin/busybox")
        packed = subprocess.run(["tar", "-C", str(root), "-c", "."], check=True, capture_output=True).stdout
        subprocess.run(["docker", "-H", self.engine, "import", "--change", "EXPOSE 80", "-", IMAGE], input=packed,
                       check=True, capture_output=True)

    def run(self):
        """Starts a container of the service `simple` that answers its own name."""
        self.made += 1
        name = f"{IMAGE}-{self.nginx_port}-{self.made}"
        self.docker("run", "-d", "--name", name, "-p", "127.0.0.1:0:80", "-e", "SERVICE_NAME=simple", "--label", self.label,
                    IMAGE, "/bin/busybox", "sh", "-c",
                    f"/bin/busybox mkdir /www; echo {self.made} > /www/index.html; exec /bin/busybox httpd -f -p 80 -h /www")
        return name

    def stop(self, name):
        """As anybody does it: the container has two seconds for what it has begun."""
        self.docker("stop", "-t", "2", name)
        self.docker("rm", name)

    def clean_up(self):
        if self.engine_runs():
            left = self.docker("ps", "-aq", "--filter", f"label={self.label}").split()
            if left:
                self.docker("rm", "-f", *left)
            subprocess.run(["docker", "-H", self.engine, "rmi", IMAGE], capture_output=True)
        super().clean_up()
        if self.started_engine and not self.had_bridge:
            subprocess.run(["ip", "link", "delete", "docker0"], capture_output=True)


def play(evening):
    running = [evening.run()]
    # Workers of before the reload still say 502 for a tenth of a second: nobody was there yet.
    wait_for("answers of the first container",
             lambda: all(request(evening.nginx_port, "GET", "/")[0] == 200 or time.sleep(0.1) for _ in range(20)))
    print(f"one container          a request: {request(evening.nginx_port, 'GET', '/')[1].strip()}")

    running.append(evening.run())
    load = Load(evening.nginx_port)
    try:
        wait_for("answers of both", lambda: {"1", "2"} <= set(load.first))
        load.table()
        time.sleep(1)
        print(f"two containers         {load.table()}")
        print(f"starting and stopping containers for {SECONDS_OF_LOAD} s of requests …", flush=True)
        end = time.monotonic() + SECONDS_OF_LOAD
        while time.monotonic() < end:
            running.append(evening.run())
            newest = str(evening.made)
            wait_for(f"an answer of container {newest}", lambda: newest in load.first)
            evening.stop(running.pop(0))
        print(f"{evening.made} containers came, {evening.made - len(running)} went; answers: {sum(load.answers.values())}")
    finally:
        load.stop()
    for each in load.failures[:5]:
        print(f"  {each}")
    print(f"dropped: {len(load.failures)}")
    return 1 if load.failures else 0


def show(evening):
    evening.start_engine()
    evening.make_image()
    evening.start_consul()
    evening.start_drcon_and_nginx("simple", ENGINE=evening.engine)
    return play(evening)


if __name__ == "__main__":
    sys.exit(Evening(sys.argv[1]).present(show))
