#!/usr/bin/env python3
"""Fails when README's table of what drcon says when it does not work quotes a message that drcon does not have.

usage: check_messages.py SOURCE_ROOT              checks the table
       check_messages.py --self-check SOURCE_ROOT expects wrong messages to be found, and right ones not

Looked at are the words in `backticks` of the first column. Each part between "…" must be within a string of the sources;
what a message ends with may be the system's, such as "Permission denied".
"""

import re
import sys

sys.dont_write_bytecode = True

import command_line  # noqa: E402

HEADING = "### When it does not work"
FOLDERS = ("core", "plugins", "tools")
BACKTICKS = re.compile(r"`([^`]+)`")
LITERALS = re.compile(r'"((?:[^"\\\n]|\\.)*)"(?=\s*")?')
ADJACENT = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
# What others say: the system, nginx. And what is in a table of `drcon status`, and no message.
OF_OTHERS = ("Connection refused", "Permission denied", "Read-only file system", "permission denied",
             'nginx: [emerg] host not found in upstream "web"', "0 of 0", "held")


def strings_of(root):
    """All string literals, those that the compiler joins as one."""
    found = []
    for folder in FOLDERS:
        for ending in ("cpp", "hpp"):
            for path in (root / folder).rglob("*." + ending):
                for each in ADJACENT.findall(path.read_text(errors="replace")):
                    found.append("".join(LITERALS.findall(each)).replace('\\"', '"').replace("\\n", "\n"))
    return "\0".join(found)


def quoted_in(text):
    """("line number", "message") for each that the first column has."""
    lines = text.splitlines()
    start = lines.index(HEADING)
    for number, line in enumerate(lines[start + 1:], start + 2):
        if line.startswith("#"):
            return
        if line.startswith("| `"):
            for message in BACKTICKS.findall(line.split(" | ")[0]):
                yield number, message


def parts_of(message):
    parts = [each.strip(" :;,()") for each in message.split("…")]
    return [each.strip('"') for each in parts if each.strip('"') and each not in OF_OTHERS]


def faults(text, strings):
    return [f"README.md:{number}: drcon never says `{message}`: '{part}' is in no string"
            for number, message in quoted_in(text) for part in parts_of(message) if part not in strings]


def check(root):
    text = (root / "README.md").read_text()
    found = faults(text, strings_of(root))
    # Otherwise a pattern that fits nothing any more would look like a table without a fault.
    if len(list(quoted_in(text))) < 8:
        found.append(f"README.md: there is no table below '{HEADING}'")
    return found


def self_check(root):
    """A checker that finds nothing looks like one that works."""
    strings = strings_of(root)
    found = []
    for wrong in ("Consul answers 403: … Permission denied", "nginx never runs", "… the socket wants 'level admin'"):
        if len(faults(f"{HEADING}\n\n| `{wrong}` | why |\n", strings)) != 1:
            found.append(f"not found: {wrong}")
    for right in ("Consul refuses the token (403): …", "held", "cannot connect to …: Connection refused"):
        if faults(f"{HEADING}\n\n| `{right}` | why |\n", strings):
            found.append(f"found without reason: {right}")
    return found


if __name__ == "__main__":
    command_line.run(__doc__, check, self_check)
