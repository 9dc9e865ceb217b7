"""One row's servers, drcon with the preloaded library, and what goes between them; everything in one directory."""
import json
import os
import pathlib
import shutil
import signal

import drcon
import truth
from control import Page
from disk import Disk
from http_request import ask
from processes import Process, wait_until
from proxy import Proxy
from traffic import Traffic


_TURNS = 5  # requests to a service that show who answers for it


class FaultyDrcon(drcon.Drcon):
    """Of the soak's drcon all but the configuration, which has one pipeline here, and may differ in a variant."""

    def __init__(self, directory, program, preload, page, disk):
        super().__init__(directory, program, disk, {})
        self._state = disk.path / "state"
        self.config = directory / "drcon.toml"
        self.process = Process(["env", f"LD_PRELOAD={preload}", f"DRCON_FAULT_PAGE={page.path}", program, "run", "-c",
                                self.config], directory / "log")

    def configure(self, row, variant):
        text = f'[host]\nstate_directory = "{self._state}"\nstop_deadline = "5s"\n' \
               f'[log]\nlevel = "debug"\n[admin]\nsocket = "{self.socket}"\n[source.source]\n' \
               + row.registry.source(variant) + "[sink.target]\n" \
               + row.target.sink(variant).replace("@NAME@", "target") \
               + '[pipeline.web]\nsources = ["source"]\nsinks = ["target"]\n' + row.target.brake \
               + 'wait = { min = "10ms", max = "100ms" }\n'
        beside = self.config.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        os.rename(beside, self.config)

    def forget(self):
        """Stops it, and removes what it keeps between two runs."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self._state, ignore_errors=True)

    def launch(self):
        """Starts it again, without waiting until it answers."""
        self.frozen = False
        self.process.start()


class World:
    def __init__(self, directory, row, program_dir):
        self.row = row
        self.directory = directory
        self.turn = 0
        self._variant = 0
        self.page = Page(directory / "page", directory)
        (directory / "drcon").mkdir()
        state = Disk(directory / "drcon" / "disk")
        self.disks = [state, *row.target.disks]
        self.drcon = FaultyDrcon(directory / "drcon", pathlib.Path(program_dir) / "bin" / "drcon",
                                 pathlib.Path(program_dir) / "lib" / "drcon" / "fault" / "preload.so", self.page, state)
        self.traffic = Traffic(None)
        self.proxy = None
        if row.hit.redirected:
            self.proxy = Proxy(row.hit.proxied, row.hit.redirected)
            self.page.redirect(row.hit.redirected, row.hit.proxied)

    def start(self):
        for port in truth.PORTS:
            if self.row.registry.plugin != "docker":  # Docker listens there itself
                self.traffic.open(port)
        self.row.target.start()
        if self.row.registry is not self.row.target:
            self.row.registry.start()
        self.row.registry.write(set(), self.truth(0))
        self.drcon.configure(self.row, 0)
        self.drcon.start()
        if not wait_until(self.is_settled, 30):
            raise RuntimeError(f"the world of {self.row.hit.plugin} does not settle:\n" + self.drcon.process.log_tail())

    def truth(self, turn):
        return truth.truth(turn, self.row.target.follows_visitor)

    def change(self):
        self.turn += 1
        self.row.registry.write(self.truth(self.turn - 1), self.truth(self.turn))

    def begin_reload(self):
        """The source and the sink have another option each, so that both are replaced."""
        self._variant = 1 - self._variant
        self.drcon.configure(self.row, self._variant)
        self.drcon.process.send(signal.SIGHUP)

    def reload_again(self):
        self.drcon.process.send(signal.SIGHUP)

    def is_settled(self):
        now = self.truth(self.turn)
        return self.row.target.served() == now and self.state()[0] == "ok" and self.answerers(now) <= now

    def answerers(self, served):
        """Who answers some requests to these services through a load balancer, as set of (service, port); one that
        failed has port 0. Empty for a target that is no load balancer."""
        if not self.row.target.entry:
            return set()
        return {(service, int(text) if status == 200 else 0) for service in sorted({name for name, _ in served})
                for status, text in self.traffic.ask_each(self.row.target.entry, service, _TURNS)}

    def state(self):
        """The word of the status and the number of the decided revision; None twice while drcon does not answer."""
        read = self._status()
        return (read["state"], read["pipelines"]["web"]["revision"]) if read else (None, None)

    def verdict(self):
        """What the status says of the whole, for people."""
        read = self._status()
        return f"status says {read['state']} ({'; '.join([read['verdict'], *read['caveats']])})" if read else "no status"

    def _status(self):
        if self.drcon.answers:
            status, text = ask(self.drcon.socket, "GET", "/v1/status", timeout=0.5)
            if status == 200:
                return json.loads(text)
        return None

    def restore(self):
        """Between two cells: as at the start. False when drcon does not come there, even without its memory."""
        self.page.set_faults(0)
        if wait_until(self.is_settled, 10):
            return True
        self.drcon.forget()
        self.drcon.start()
        return wait_until(self.is_settled, 20)

    def stop(self):
        self.page.let_go()
        self.drcon.process.stop(signal.SIGKILL)
        self.traffic.stop()
