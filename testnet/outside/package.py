"""frictionless validates the data package: the hash, size and rows of every file, and each cell by
the type that `datapackage.json` gives its column."""

import hashlib
import json
import tempfile
import zipfile
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import frictionless

from explorer import Explorer, facts, require

DESCRIPTION = "datapackage.json"


def faults(directory):
    """The kinds of faults that frictionless finds."""
    report = frictionless.validate(str(Path(directory) / DESCRIPTION))
    return {kind for (kind,) in report.flatten(["type"])}


def is_whole(directory):
    """The package is valid, and every file of it was read to its last row."""
    report = frictionless.validate(str(Path(directory) / DESCRIPTION))
    require(report.valid, f"{report.flatten(['name', 'type', 'message'])[:5]}")
    described = json.loads((Path(directory) / DESCRIPTION).read_bytes())["resources"]
    require(len(described) == len(report.tasks) > 0, "a file was not read")
    for resource, task in zip(described, report.tasks):
        name, rows = resource["name"], resource["rows"]
        require(task.name == name and task.stats["rows"] == rows > 0, f"{name}: {task.stats}")
        require(resource["hash"].startswith("sha256:"), f"{name}: no SHA-256")
        print(f"{name}: {rows} rows")


def refuses(directory, name, old, new, kind, described=True):
    """A file that was changed is found, also by who changed what the description says of it."""
    path, description = Path(directory) / "data" / name, Path(directory) / DESCRIPTION
    whole, said = path.read_bytes(), description.read_bytes()
    changed = whole.replace(old, new, 1)
    require(changed != whole, f"{name} has no {old}")
    path.write_bytes(changed)
    if described:
        package = json.loads(said)
        for resource in package["resources"]:
            if resource["path"] == f"data/{name}":
                resource["hash"] = f"sha256:{hashlib.sha256(changed).hexdigest()}"
                resource["bytes"] = len(changed)
        description.write_text(json.dumps(package), encoding="utf-8")
    found = faults(directory)
    require(kind in found, f"{name} with {new} for {old}: {found}")
    path.write_bytes(whole)
    description.write_bytes(said)


def main():
    explorer = Explorer(facts()["explorer"])
    print(f"frictionless {version('frictionless')}")
    with tempfile.TemporaryDirectory() as directory:
        with zipfile.ZipFile(BytesIO(explorer.bytes("/data/package.zip"))) as archive:
            require(archive.testzip() is None, "the archive is damaged")
            archive.extractall(directory)
        alone = explorer.json(f"/data/{DESCRIPTION}")
        packed = json.loads((Path(directory) / DESCRIPTION).read_bytes())
        require(alone == packed, "the description alone is another one")
        is_whole(directory)
        refuses(directory, "movements.csv", b",cash,", b",CASH,", "hash-count", described=False)
        refuses(directory, "allocations.csv", b".00", b".0O", "type-error")
        refuses(directory, "movements.csv", b"\n2,", b"\n1,", "primary-key")


if __name__ == "__main__":
    main()
