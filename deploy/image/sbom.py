"""Prints what the image is made of, as CycloneDX JSON: the crates linked into the program, and Debian's packages.

    sbom.py VERSION CREATED PACKAGES_LOCK

Nothing in it differs between two runs: no serial number, and the time is the one that was given.
"""

import json
import re
import subprocess
import sys
from urllib.parse import quote

TARGET = "x86_64-unknown-linux-gnu"


def checksums():
    """Hashes by name and version, of crates that come from a registry."""
    with open("Cargo.lock", encoding="utf-8") as file:
        packages = file.read().split("[[package]]")[1:]
    fields = [dict(re.findall(r'^(\w+) = "([^"]*)"$', package, re.M)) for package in packages]
    return {(it["name"], it["version"]): it["checksum"] for it in fields if "checksum" in it}


def crates():
    """What cargo links into the program, each once."""
    command = ["cargo", "tree", "--locked", "--package", "tributary", "--target", TARGET, "--no-dedupe"]
    command += ["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}\t{l}"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    hashes = checksums()
    for line in sorted(set(lines)):
        package, licenses = line.split("\t")
        name, version = package.split()[:2]
        version = version.removeprefix("v")
        component = {"type": "library", "name": name, "version": version}
        if licenses:
            # Cargo's old way to say "or".
            expression = re.sub(r"\s*/\s*", " OR ", licenses)
            component["licenses"] = [{"expression": expression}]
        if (name, version) in hashes:
            component["hashes"] = [{"alg": "SHA-256", "content": hashes[name, version]}]
            component["purl"] = f"pkg:cargo/{name}@{quote(version)}"
        yield component


def packages(lock):
    with open(lock, encoding="utf-8") as file:
        for line in file:
            name, version, architecture, checksum = line.split()
            yield {
                "type": "library",
                "name": name,
                "version": version,
                "hashes": [{"alg": "SHA-256", "content": checksum}],
                "purl": f"pkg:deb/debian/{name}@{quote(version)}?arch={architecture}&distro=debian-12",
            }


def main(version, created, lock):
    program = {"type": "application", "name": "tributary", "version": version}
    components = [it for it in crates() if it["name"] != "tributary"]
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": created, "component": program},
        "components": [*components, *packages(lock)],
    }
    json.dump(bom, sys.stdout, indent=1)
    print()


main(*sys.argv[1:])
