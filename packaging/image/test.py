"""The image in a Docker engine: the recipe under load, and what a container has to do besides.

usage: test.py DRCON IMAGE
"""
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "demo"))
from container import DRCON, Recipe, show as show_recipe  # noqa: E402
from slow_service import Clients, SlowService  # noqa: E402
from stage import free_port, request, wait_for  # noqa: E402

MOST_BYTES = 60_000_000


def expect(what, found, expected):
    if found != expected:
        raise SystemExit(f"image: {what}: expected {expected!r}, found {found!r}")
    print(f"image: {what}: {found!r}")


class Trial(Recipe):
    def run_to_its_end(self, *argv):
        done = subprocess.run(["docker", "-H", self.engine, "run", "--rm", *argv], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def processes_of(self, name):
        """(user, pid, command) of each, as this machine sees them."""
        rows = self.docker("top", name, "-eo", "user,pid,args").splitlines()[1:]
        return [(user, int(pid), args) for user, pid, args in (row.split(None, 2) for row in rows)]

    def another_balancer(self, name, *more):
        self.docker("run", "-d", "--name", name, "--label", self.label, "-e", f"CONSUL={self.consul}", "-e", "SERVICE=simple",
                    *more, DRCON)
        wait_for("nginx in it", lambda: any("nginx: worker" in args for _, _, args in self.processes_of(name)))

    def exit_code(self, name):
        wait_for(f"the end of {name}",
                 lambda: self.docker("inspect", "--format", "{{.State.Running}}", name) == "false")
        return self.docker("inspect", "--format", "{{.State.ExitCode}}", name)


def what_is_wrong_is_reported(trial):
    code, output = trial.run_to_its_end(DRCON)
    expect("exit code without CONSUL", code, 1)
    expect("it says what is missing", "CONSUL is not set" in output, True)
    code, output = trial.run_to_its_end("-e", f"CONSUL={trial.consul}", "-e", "SERVICE=web;x", DRCON)
    expect("exit code with a hostile SERVICE", code, 1)
    code, output = trial.run_to_its_end(DRCON, "--version")
    expect("exit code of a verb", code, 0)


def nobody_is_root(trial, name):
    # The owner is known to the image by name, and to this machine by number.
    users = {user for user, _, _ in trial.processes_of(name)}
    expect("processes of root's", users & {"root", "0"}, set())


def whose_end_it_was(trial):
    name = f"{trial.balancer}-crash"
    trial.another_balancer(name)
    nobody_is_root(trial, name)
    master = next(pid for _, pid, args in trial.processes_of(name) if "nginx: master" in args)
    os.kill(master, signal.SIGKILL)
    expect("exit code after nginx was killed", trial.exit_code(name), "137")

    name = f"{trial.balancer}-host"
    trial.another_balancer(name)
    drcon = [pid for _, pid, args in trial.processes_of(name) if "drcon run" in args]
    expect("process 1 and drcon itself", len(drcon), 2)
    os.kill(max(drcon), signal.SIGKILL)
    expect("exit code after drcon was killed", trial.exit_code(name), "137")


def a_stop_under_load_loses_no_request(trial):
    """Whatever was passed on to a server is answered whole, as by an nginx that is stopped by itself. What comes when
    nginx listens no more is refused, and no matter of drcon's."""
    slow = SlowService(trial.gateway, 2)
    registered = {"ID": "slow-1", "Name": "slow", "Address": trial.gateway, "Port": slow.port}
    expect("status of the registration", request(trial.consul_port, "PUT", "/v1/agent/service/register", registered)[0], 200)
    name = f"{trial.balancer}-slow"
    trial.another_balancer(name, "-e", "SERVICE=slow")
    address = trial.docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", name)
    clients = Clients(address, 80, 16)
    wait_for("requests under way", lambda: len(slow.asked) >= 64)
    trial.docker("stop", "-t", "30", name)
    expect("exit code after a stop under load", trial.exit_code(name), "0")
    wait_for("requests that nobody takes", lambda: clients.refused >= 16)
    clients.stop()
    slow.stop()
    expect("requests that were passed on and not answered", sorted(slow.asked - clients.answered), [])
    print(f"image: stopped under load: {len(clients.answered)} requests answered, 0 failed")


def several_services_have_their_names(trial):
    name = f"{trial.balancer}-many"
    port = free_port()
    trial.another_balancer(name, "-e", "SERVICE=simp.*", "-p", f"127.0.0.1:{port}:80")
    wait_for("a route by path", lambda: request(port, "GET", "/simple/")[0] == 200)
    expect("status of a service that is none", request(port, "GET", "/other/")[0], 404)
    trial.docker("stop", "-t", "30", name)


def show(trial):
    expect("the image is small enough", trial.image.stat().st_size <= MOST_BYTES, True)
    result = show_recipe(trial)
    if result:
        return result
    what_is_wrong_is_reported(trial)
    whose_end_it_was(trial)
    several_services_have_their_names(trial)
    a_stop_under_load_loses_no_request(trial)
    print("image: all of it holds")
    return 0


if __name__ == "__main__":
    sys.exit(Trial(sys.argv[1], sys.argv[2]).present(show))
