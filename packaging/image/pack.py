#!/usr/bin/env python3
"""Packs a tree of files as an image for `docker load`, with what a Dockerfile says of how it is run.

    pack.py ROOT DOCKERFILE NAME OUTPUT
"""
import gzip
import hashlib
import io
import json
import platform
import re
import subprocess
import sys
import tarfile

root, dockerfile, name, output = sys.argv[1:5]
NANOSECONDS = {"s": 10**9, "m": 60 * 10**9}


def duration(text):
    number, unit = re.fullmatch(r"(\d+)([sm])", text).groups()
    return int(number) * NANOSECONDS[unit]


def healthcheck(text):
    options, command = re.fullmatch(r"((?:--\S+ )*)CMD (.*)", text).groups()
    given = dict(re.findall(r"--([a-z-]+)=(\S+)", options))
    return {"Test": ["CMD", *json.loads(command)], "Interval": duration(given["interval"]),
            "StartPeriod": duration(given["start-period"])}


def run_configuration():
    """Of the instructions that are about running; those that make the files are done already."""
    found = dict(re.findall(r"^(EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT) (.*)$", open(dockerfile, encoding="utf-8").read(),
                            re.MULTILINE))
    return {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "ExposedPorts": {found["EXPOSE"] + "/tcp": {}}, "StopSignal": found["STOPSIGNAL"],
            "Healthcheck": healthcheck(found["HEALTHCHECK"]), "Entrypoint": json.loads(found["ENTRYPOINT"])}


layer = subprocess.run(["tar", "-C", root, "--one-file-system", "--sort=name", "--numeric-owner", "-c", "."], check=True,
                       stdout=subprocess.PIPE).stdout
layer_digest = hashlib.sha256(layer).hexdigest()
configuration = json.dumps({
    "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
    "os": "linux", "config": run_configuration(), "created": "1970-01-01T00:00:00Z",
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + layer_digest]},
    "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "packaging/image/build"}]}).encode()
configuration_name = hashlib.sha256(configuration).hexdigest() + ".json"
manifest = json.dumps([{"Config": configuration_name, "RepoTags": [name + ":latest"],
                        "Layers": [layer_digest + "/layer.tar"]}]).encode()

with gzip.open(output, "wb", compresslevel=6) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
    for path, content in ((configuration_name, configuration), (layer_digest + "/layer.tar", layer),
                          ("manifest.json", manifest)):
        entry = tarfile.TarInfo(path)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
