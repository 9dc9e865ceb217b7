"""Plays a list of actions in a new world, and reports what was seen. Runs in namespaces of its own, see run."""
import json
import pathlib
import shutil
import tempfile
import time

import docker
import universe
from actions import Actions
from disk import Disk
from model import Model, Record
from observer import Observer
from settling import Settling, judge_usage
from world import World


def play(actions, program_dir, seconds=None, keep=False, out=None):
    """Plays `actions`, and after `seconds` only to the end of the round. Answers the result as a dictionary."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="drcon-soak-"))
    # In memory: Consul waits for the disk at each write, and a busy disk would be taken for a slow drcon.
    disk = Disk(directory, "2g")
    model = Model()
    needs_docker = any(action.get("service") in universe.IN_DOCKER or action["do"] == "with_docker"
                       for action in actions)
    world = World(directory, program_dir, model, needs_docker and docker.can_run())
    player = _Player(world, out or (lambda line: None))
    try:
        player.start()
        player.play(actions, seconds)
        return player.result()
    finally:
        player.stop()
        if keep:
            print(f"logs and configurations: {_copy(directory)}", flush=True)
        disk.unmount()
        directory.rmdir()


def _copy(directory):
    """Out of the memory disk, which ends with this process: what a reader needs, without data and sockets."""
    kept = directory.with_name(directory.name + "-kept")
    for path in directory.rglob("*"):
        if path.is_file() and path.relative_to(directory).parts[1] not in ("data", "exec", "disk", "image"):
            copied = kept / path.relative_to(directory)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
    return kept


class _Player:
    def __init__(self, world, out):
        self._world = world
        self._model = world.model
        self._out = out
        self._actions = world.actions = Actions(world)
        self._observer = Observer(world)
        self._settling = Settling(world, self._actions, self._observer)
        self._played = []
        self._began = time.monotonic()

    def start(self):
        """The world as it is at the beginning of each list of actions: all is well."""
        for pipeline in set(universe.SOURCES_OF) - set(self._world.drcon.shape["pipelines"]):
            self._model.conditions.begin(f"removed {pipeline}")
        self._world.start_servers()
        self._world.consul.make_history([
            self._model.instance(universe.CHURNED[number % len(universe.CHURNED)], universe.FIRST_GHOST_PORT + number)
            for number in range(universe.GHOSTS)])
        port = universe.FIRST_INSTANCE_PORT
        for service, count in universe.AT_START.items():
            ports = range(port, port + count)
            port += count
            if universe.SOURCE_OF[service] != "docker" or self._world.docker:
                self._actions.registries.change([(self._model.instance(service, each), Record()) for each in ports])
        self._world.write_config()
        self._world.drcon.start()
        self._observer.start()
        self._settling.settle(limit=30)
        self._world.traffic.begin()
        self._began = time.monotonic()

    def play(self, actions, seconds):
        for action in actions:
            if self._model.changed.is_set():
                return
            self._played.append(action)
            if action["do"] == "settle":
                self._settling.settle()
                if self._model.changed.is_set():
                    return
                self._out(f"{time.monotonic() - self._began:6.1f} s: {len(self._played)} actions, settled in "
                          f"{self._settling.times[-1]:.1f} s")
                if seconds is not None and time.monotonic() - self._began > seconds:
                    break
            elif action["do"] != "with_docker":
                self._do(action)
        if not self._model.changed.is_set():
            self._settling.settle()
        judge_usage(self._model, self._settling.usage)

    def _do(self, action):
        self._actions.do(action)
        code = self._world.drcon.process.exit_code()
        if code is not None and not self._model.conditions.is_on("drcon"):
            self._model.violate("drcon ended", f"with code {code}")
        self._model.changed.wait(action.get("wait", 0))

    def result(self):
        with self._model.lock:
            violations = [{"rule": each["rule"], "text": each["text"], "after": round(each["at"] - self._began, 2)}
                          for each in self._model.violations]
        return {"violations": violations, "played": self._played, "seconds": time.monotonic() - self._began,
                "settled_in": self._settling.times, "usage": self._settling.usage,
                "requests": self._world.traffic.requests, "conditions": self._model.conditions.all_on(),
                "log": self._world.drcon.process.log_tail(80) if violations else ""}

    def stop(self):
        self._observer.stop()
        self._world.stop()


def play_file(path, program_dir, result, seconds, keep):
    """What runs in the namespaces: the result goes to a file, for whoever started it."""
    actions = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    found = play(actions, program_dir, seconds, keep, lambda line: print(line, flush=True))
    pathlib.Path(result).write_text(json.dumps(found), encoding="utf-8")
