"""The template targets and the source file: on a disk that can be made full, with a reload command that can fail."""
import os
import re

import universe
from disk import Disk

_LINE = re.compile(r"^(\S+) 127\.0\.0\.1:(\d+)$", re.MULTILINE)
_TEMPLATE = "{{#services}}\n{{#endpoints}}\n{{name}} {{server}}\n{{/endpoints}}\n{{/services}}\n# end\n"


class Files:
    def __init__(self, directory):
        directory.mkdir()
        self.disk = Disk(directory / "disk")
        self._template = directory / "lines.mustache"
        self._template.write_text(_TEMPLATE, encoding="ascii")
        self._fails = directory / "reload-fails"
        self._slow = directory / "reload-slow"
        self._reload = directory / "reload"
        self._reload.write_text(f"#!/bin/sh\n[ ! -e {self._slow} ] || sleep 1.5\n[ ! -e {self._fails} ]\n",
                                encoding="ascii")
        self._reload.chmod(0o755)
        self.hosts = directory / "hosts.toml"

    def target(self, name):
        return self.disk.path / f"{name}.txt"

    def options(self, name):
        return f'reload = {{ command = ["{self._reload}"] }}\n[[sink.@NAME@.file]]\npath = "{self.target(name)}"\n' \
               f'template = "{self._template}"\nescape = "none"\n'

    def make_reload_fail(self, yes):
        _mark(self._fails, yes)

    def make_reload_slow(self, yes):
        _mark(self._slow, yes)

    def write_hosts(self, instances):
        """Puts the truth of the file's services in place, as one rename."""
        text = ""
        for service in universe.IN_FILE:
            text += f'[[service]]\nname = "{service}"\n'
            for each in instances:
                if each.service == service and each.truth is not None:
                    health, maintenance, weight = each.truth
                    text += f'[[service.endpoint]]\naddress = "127.0.0.1"\nport = {each.port}\nweight = {weight}\n' \
                            f'health = "{"maintenance" if maintenance else health}"\n'
        beside = self.hosts.with_suffix(".new")
        beside.write_text(text, encoding="ascii")
        os.rename(beside, self.hosts)

    def break_hosts(self):
        """Cuts the file in the middle of a line, as a writer does that dies."""
        text = self.hosts.read_text(encoding="ascii")
        self.hosts.write_text(text[:text.rfind('"') - 3], encoding="ascii")


def served_by(text):
    return {(name, int(port)) for name, port in _LINE.findall(text)}


def _mark(path, there):
    if there:
        path.touch()
    else:
        path.unlink(missing_ok=True)
