#!/usr/bin/env python3
"""Prints a bill of materials (CycloneDX 1.5) of what the program is made of: every crate of its
platform that it is built from, tests left out, as Cargo.lock has it. Needs cargo, no network."""

import json
import pathlib
import subprocess
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


host = next(l[6:] for l in output("rustc", "-vV").splitlines() if l.startswith("host: "))
metadata = json.loads(
    output("cargo", "metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host)
)
lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
checksums = {(p["name"], p["version"]): p.get("checksum") for p in lock["package"]}
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
program = metadata["resolve"]["root"]


def needed(node):
    """Crates that are linked or run during the build, but none that only tests use."""
    for dependency in node["deps"]:
        if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"]):
            yield dependency["pkg"]


reached, left = set(), [program]
while left:
    crate = left.pop()
    if crate not in reached:
        reached.add(crate)
        left.extend(needed(nodes[crate]))


def reference(crate):
    return f"pkg:cargo/{packages[crate]['name']}@{packages[crate]['version']}"


def component(crate):
    package = packages[crate]
    found = {
        "type": "application" if crate == program else "library",
        "bom-ref": reference(crate),
        "name": package["name"],
        "version": package["version"],
        "purl": reference(crate),
    }
    if package["license"]:
        found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    checksum = checksums.get((package["name"], package["version"]))
    if checksum:
        found["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return found


document = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {"component": component(program)},
    "components": [component(crate) for crate in sorted(reached - {program}, key=reference)],
    "dependencies": [
        {"ref": reference(crate), "dependsOn": sorted(reference(d) for d in needed(nodes[crate]))}
        for crate in sorted(reached, key=reference)
    ],
}
print(json.dumps(document, indent=1))
