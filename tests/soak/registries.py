"""Brings what is true into its registry: Consul's catalogue, the source file, Docker.

What cannot be written because the registry is away is written once it is back, as agents do. Thread rule: the thread
that plays the actions.
"""
import universe
from model import in_service


class Registries:
    def __init__(self, world):
        self._world = world
        self._model = world.model
        self._file_is_broken = False

    def change(self, changes, at_once=False):
        """`changes`: (instance, record or None). What goes out of service is true before its registry knows it, what
        comes into service afterwards, so that no target can be blamed for being as fast as its registry."""
        going = [(each, record) for each, record in changes if not in_service(record)]
        for instance, record in going:
            self._model.set_truth(instance, record)
        for instance, record in changes:
            if record is not None:
                if instance.service not in universe.IN_DOCKER:  # Docker listens there itself
                    self._world.traffic.open(instance.port)
                self._model.set_truth(instance, record)
        self.write([instance for instance, _ in changes], at_once)
        for instance, record in changes:
            if record is None and instance.service not in universe.IN_DOCKER:
                self._world.traffic.close(instance.port)

    def write(self, instances, at_once=False):
        for source, write in (("consul", self._write_consul), ("file", self._write_file),
                              ("docker", self._write_docker)):
            some = [each for each in instances if universe.SOURCE_OF[each.service] == source]
            if some and write(some, at_once):
                for each in some:
                    self._model.set_registry(each, each.truth)

    def _write_consul(self, instances, at_once):
        if self._model.conditions.is_on("consul"):
            return False
        if at_once:
            self._world.consul.write_at_once(instances)
        else:
            self._world.consul.write(instances)
        return True

    def _write_file(self, _instances, _at_once):
        if self._file_is_broken:
            return False
        self._world.files.write_hosts(self._model.of(universe.IN_FILE))
        return True

    def _write_docker(self, instances, _at_once):
        self._world.docker.write(instances)
        return True

    def catch_up(self, services=None):
        """Writes all that a registry does not know yet, of these services or of all."""
        with self._model.lock:
            late = [each for each in self._model.instances.values()
                    if each.truth != each.registry and (services is None or each.service in services)]
        self.write(late)

    def consul_lost_its_data(self):
        for each in self._model.of([name for name, source in universe.SOURCE_OF.items() if source == "consul"]):
            self._model.set_registry(each, None)

    def break_file(self):
        if not self._file_is_broken:
            self._world.files.break_hosts()
        self._file_is_broken = True
        self._model.conditions.begin("file")

    def repair_file(self):
        if self._file_is_broken:
            self._file_is_broken = False
            self._world.files.write_hosts(self._model.of(universe.IN_FILE))
            self.catch_up(universe.IN_FILE)
        self._model.conditions.end("file")
