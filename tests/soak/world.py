"""All servers of one run, in one directory, and their end in every case."""
import pathlib

import consul
import docker
import drcon
import files
import haproxy
import nginx
import universe
from disk import Disk
from traffic import Traffic


class World:
    """`directory`: new and empty. `program_dir`: a build, with bin/drcon. The model is told of everything by actions."""

    def __init__(self, directory, program_dir, model, with_docker):
        self.directory = pathlib.Path(directory)
        self.model = model
        self.consul = consul.Consul(self.directory / "consul")
        self.nginx = nginx.Nginx(self.directory / "nginx")
        self.haproxy = haproxy.Haproxy(self.directory / "haproxy")
        self.files = files.Files(self.directory / "files")
        self.docker = docker.Docker(self.directory / "docker") if with_docker else None
        (self.directory / "drcon").mkdir()
        self.state_disk = Disk(self.directory / "drcon" / "disk")
        self.drcon = drcon.Drcon(self.directory / "drcon", pathlib.Path(program_dir) / "bin" / "drcon",
                                 self.state_disk, drcon.first_shape(with_docker))
        self.traffic = Traffic(model)

    def start_servers(self):
        """All but drcon."""
        self.consul.start()
        self.consul.add_node()
        self.nginx.start()
        self.haproxy.start()
        if self.docker:
            self.docker.start()
            self.docker.make_image()

    def write_config(self):
        options = {
            "consul": f'plugin = "consul-http"\naddress = "http://127.0.0.1:{universe.CONSUL_PORT}"\nretry_max = "2s"\n'
                      "service = [" + ", ".join(f'{{ name = "{name}", health = "any" }}' for name in universe.NAMED)
                      + ', { match = "m-.*", health = "any" }]\n',
            "file": f'plugin = "file"\npath = "{self.files.hosts}"\n',
            "nginx": self.nginx.options(),
            "haproxy": self.haproxy.options(),
            "app": self.files.options("app"),
            "boxes": self.files.options("boxes"),
        }
        if self.docker:
            options["docker"] = self.docker.options()
        self.drcon.write_config(options)

    def targets(self):
        return [target for target in universe.PIPELINE_OF if target != "boxes" or self.docker]

    def stop(self):
        self.drcon.disconnect_silent_clients()
        for each in (self.drcon, self.nginx, self.haproxy, self.consul) + ((self.docker,) if self.docker else ()):
            try:
                each.stop()
            except (OSError, RuntimeError):
                pass  # the namespace of processes ends with this one in any case
        self.traffic.stop()
