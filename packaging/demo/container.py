"""The recipe of 2015 as it stands, in containers: Registrator's part, and nginx that follows Consul, of drcon's image.

usage: container.py DRCON IMAGE
IMAGE is what packaging/image/build has made. Exits 0 when no request was dropped. Consul runs beside the containers, since
there is no registry to have its image from. Uses the Docker engine that runs, or starts one of its own; removes all that it
made.
"""
import ipaddress
import json
import pathlib
import subprocess
import sys

from docker import Evening, play
from stage import wait_for

DRCON = "drcon-demo-image"


class Recipe(Evening):
    def __init__(self, drcon, image):
        super().__init__(drcon)
        self.image = pathlib.Path(image)
        self.gateway = ""

    def shown(self, *argv):
        """A command of the recipe, shown as somebody types it."""
        print("$ docker " + " ".join(each if each else "''" for each in argv), flush=True)
        return self.docker(*argv)

    def load_image(self):
        loaded = self.docker("load", "-i", str(self.image))
        self.docker("tag", loaded.rsplit(" ", 1)[-1], DRCON)
        print(f"image: {self.image.stat().st_size / 1e6:.0f} MB compressed")

    def start_consul(self):
        """Where containers reach it, at the address that the engine has in their network."""
        bridge = json.loads(self.docker("network", "inspect", "bridge"))[0]
        pool = bridge["IPAM"]["Config"][0]
        self.gateway = pool.get("Gateway") or str(next(ipaddress.ip_network(pool["Subnet"]).hosts()))
        self.consul_clients = f"127.0.0.1 {self.gateway}"
        super().start_consul()

    @property
    def consul(self):
        return f"{self.gateway}:{self.consul_port}"

    @property
    def socket(self):
        return self.engine.removeprefix("unix://")

    def start_registrator(self):
        self.shown("run", "-d", "--name", f"{DRCON}-registrator-{self.nginx_port}", "--label", self.label, "-v",
                   f"{self.socket}:/var/run/docker.sock", DRCON, "registrator", "-internal", f"consul://{self.consul}")

    def start_balancer(self):
        self.balancer = f"{DRCON}-nginx-{self.nginx_port}"
        self.shown("run", "-d", "--name", self.balancer, "--label", self.label, "-e", f"CONSUL={self.consul}", "-e",
                   "SERVICE=simple", "-p", f"127.0.0.1:{self.nginx_port}:80", DRCON)

    def clean_up(self):
        super().clean_up()
        if self.started_engine:
            return
        subprocess.run(["docker", "-H", self.engine, "rmi", DRCON], capture_output=True, check=False)

    def tell(self):
        super().tell()
        for name in self.docker("ps", "-aq", "--filter", f"label={self.label}", "--filter", f"ancestor={DRCON}").split():
            logs = subprocess.run(["docker", "-H", self.engine, "logs", "--tail", "60", name], capture_output=True, text=True,
                                  check=False)
            print(f"demo: container {name}:\n{logs.stdout}{logs.stderr}")

    def health(self):
        return self.docker("inspect", "--format", "{{.State.Health.Status}}", self.balancer)

    def stop_balancer(self):
        """As process 1 it ends nginx first, and leaves with its code."""
        self.docker("stop", "-t", "30", self.balancer)
        code = self.docker("inspect", "--format", "{{.State.ExitCode}}", self.balancer)
        print(f"docker stop: exit code {code}")
        return code


def show(recipe):
    recipe.start_engine()
    recipe.make_image()
    recipe.load_image()
    recipe.start_consul()
    recipe.start_registrator()
    recipe.start_balancer()
    result = play(recipe)
    wait_for("a healthy container", lambda: recipe.health() == "healthy")
    return result or (0 if recipe.stop_balancer() == "0" else 1)


if __name__ == "__main__":
    sys.exit(Recipe(sys.argv[1], sys.argv[2]).present(show))
