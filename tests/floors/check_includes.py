#!/usr/bin/env python3
"""Reads every #include of core, plugins, sdk and tools, and fails on one that the design forbids.

usage: check_includes.py SOURCE_ROOT              checks the tree
       check_includes.py --self-check SOURCE_ROOT puts each kind of wrong include into a copy and expects it to be found

The order of the floors is in core/floors.txt. The other rules:
  plugins/NAME includes plugins/NAME, plugins/common and sdk; never core, never another plugin;
  core includes core and sdk, never plugins/;
  core/engine includes no JSON, but for state_file.cpp: what people and programs read is made in core/report;
  tools/NAME includes tools/NAME, plugins/common and sdk: a program beside the host has no part of it;
  sdk includes sdk.
"""

import pathlib
import re
import shutil
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
SOURCES = (".cpp", ".hpp", ".c", ".h", ".in")


def floors(root):
    """Directory of core -> its floor; the ground floor is 0."""
    lines = (root / "core/floors.txt").read_text().splitlines()
    named = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {directory: number for number, names in enumerate(named) for directory in names}


def area_of(path):
    """("core", "engine"), ("plugins", "nginx"), ("tools", "import") or ("sdk", ""): which area and directory a path below the root is in."""
    parts = path.parts
    if parts[0] == "sdk":
        return "sdk", ""
    return parts[0], parts[1] if len(parts) > 2 else ""


def resolve(root, including, name, quoted):
    """The file of this tree that an include means, relative to the root; None for a header of the system.

    The areas are tried in an order that finds the file of the including area first: core/plugins and plugins/ share
    a name, and each has its own include directory.
    """
    places = [including.parent] if quoted else []
    own = including.parts[0]
    places += sorted([pathlib.Path("core"), pathlib.Path("plugins"), pathlib.Path("sdk/include"),
                      pathlib.Path("tools")],
                     key=lambda place: place.parts[0] != own)
    places += [pathlib.Path("."), pathlib.Path("sdk")]
    for place in places:
        found = (root / place / name).resolve()
        if found.is_file() and found.is_relative_to(root):
            return found.relative_to(root)
    return None


def broken_rule(including, included, order):
    """The rule that this include breaks; None if it breaks none."""
    area, directory = area_of(including)
    other_area, other_directory = area_of(included)
    if area == "tools":
        known = other_area == "sdk" or (other_area, other_directory) in (("plugins", "common"), (area, directory))
        return None if known else "a tool sees its own directory, plugins/common and the sdk"
    if other_area not in ("core", "plugins", "sdk"):
        return f"{area} includes nothing of {other_area}/"
    if area == "sdk":
        return None if other_area == "sdk" else "sdk includes neither core nor plugins"
    if area == "plugins":
        if other_area == "core":
            return "a plugin sees the sdk and plugins/common, never core"
        if other_area == "plugins" and other_directory not in (directory, "common"):
            return (f"plugins/{directory} never includes plugins/{other_directory}; "
                    "what both need belongs to plugins/common")
        return None
    if other_area == "plugins":
        return "core knows no plugin: it never includes plugins/"
    if other_area == "sdk" or directory in ("", other_directory):
        return None
    if other_directory == "" or order[other_directory] >= order[directory]:
        return (f"core/{directory} includes only floors below its own; "
                f"core/{other_directory or 'main'} is not one (core/floors.txt)")
    return None


def broken_ban(including, name):
    """The rule that an include of a header of another project breaks; None if it breaks none."""
    if name.startswith("nlohmann/") and area_of(including) == ("core", "engine") and including.name != "state_file.cpp":
        return "core/engine makes no JSON; core/report encodes what people and programs read"
    return None


def check(root):
    """Every broken rule, as "file:line: ..."; what is found in the order of the files' names."""
    root = root.resolve()
    order = floors(root)
    found = []
    directories = {path.relative_to(root).parts[1] for path in (root / "core").glob("*/**/*") if path.suffix in SOURCES}
    for directory in sorted(directories):
        if directory not in order:
            found.append(f"core/{directory}: has no floor; add it to core/floors.txt")
    if found:
        return found
    for area in ("core", "plugins", "sdk", "tools"):
        for path in sorted((root / area).rglob("*")):
            if path.suffix not in SOURCES or not path.is_file():
                continue
            including = path.relative_to(root)
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                included = resolve(root, including, match[2], match[1] == '"')
                rule = broken_rule(including, included, order) if included else broken_ban(including, match[2])
                if rule:
                    found.append(f"{including}:{number}: includes {included or match[2]}: {rule}")
    return found


# File, a wrong include in it, and a word of the rule that must be reported. Each is a file of its own.
WRONG = [
    ("core/base/probe.hpp", '#include "log/log.hpp"', "floors below"),
    ("core/log/probe.cpp", '#include "metrics/metrics.hpp"', "floors below"),
    ("core/plugins/probe.cpp", '  #  include "../engine/engine.hpp"', "floors below"),
    ("core/engine/probe.hpp", "#include <admin/routes.hpp>", "floors below"),
    ("core/engine/probe.cpp", '#include "common/http_client.hpp"', "never includes plugins/"),
    ("core/engine/probe2.hpp", "#include <nlohmann/json_fwd.hpp>", "makes no JSON"),
    ("core/cli/probe.cpp", '#include "../../plugins/nginx/render.hpp"', "never includes plugins/"),
    ("core/cli/probe.hpp", '#include "../../tests/support/process.hpp"', "nothing of tests/"),
    ("plugins/nginx/probe.cpp", '#include "haproxy/plan.hpp"', "never includes plugins/haproxy"),
    ("plugins/nginx/probe.hpp", '#include "log/log.hpp"', "never core"),
    ("plugins/common/probe.hpp", '#include "nginx/render.hpp"', "never includes plugins/nginx"),
    ("core/cli/probe2.hpp", '#include "import/hcl.hpp"', "nothing of tools/"),
    ("plugins/template/probe.hpp", '#include "import/hcl.hpp"', "nothing of tools/"),
    ("tools/import/probe.hpp", '#include "log/log.hpp"', "a tool sees"),
    ("tools/import/probe.cpp", '#include "template/escape.hpp"', "a tool sees"),
    ("sdk/include/drcon/probe.hpp", '#include "model/snapshot.hpp"', "neither core nor plugins"),
    ("sdk/examples/probe.cpp", '#include "common/http_client.hpp"', "neither core nor plugins"),
]


def self_check(root):
    """What is wrong with this script: each wrong include that it does not find, and each right one that it reports."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder).resolve()
        for area in ("core", "plugins", "sdk", "tools", "tests/support"):
            shutil.copytree(root / area, copy / area, ignore=shutil.ignore_patterns("node_modules", "target", "build"))
        faults = [f"the copy is not clean: {each}" for each in check(copy)]
        for name, line, _ in WRONG:
            (copy / name).write_text("// A wrong include.\n" + line + "\n")
        found = check(copy)
        for name, line, word in WRONG:
            if not any(each.startswith(f"{name}:2: ") and word in each for each in found):
                faults.append(f"not found: {line} in {name}")
        if len(found) != len(WRONG):
            faults.append(f"{len(WRONG)} includes are wrong, {len(found)} were found: {found}")
        (copy / "core/attic").mkdir()
        (copy / "core/attic/old.hpp").write_text("")
        if check(copy) != ["core/attic: has no floor; add it to core/floors.txt"]:
            faults.append("a directory without a floor is not found")
    return faults


def main(arguments):
    own_check = arguments[:1] == ["--self-check"]
    root = pathlib.Path(arguments[1 if own_check else 0])
    found = self_check(root) if own_check else check(root)
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
