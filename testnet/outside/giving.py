"""jsonschema holds the grants of `/data/360giving.json` against the 360Giving Data Standard.

`grants.schema.json` says in our words what the standard's version 1.4 asks of the fields that the
file has. Its own schema is under CC BY 4.0 and not kept here; `GIVING_SCHEMAS` may name a directory
with `360-giving-package-schema.json` and `360-giving-schema.json`, and these are then asked too.
"""

import copy
import datetime
import json
import os
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from explorer import Explorer, facts, require

FEN_PER_YUAN = 100
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time")
def is_date_time(value):
    """RFC 3339, as far as the standard's readers know it."""
    try:
        return datetime.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


@FORMATS.checks("uri")
def is_uri(value):
    return bool(urlsplit(value).scheme)


def validators():
    """What the file is held against, by name."""
    ours = Path(__file__).with_name("grants.schema.json")
    found = {ours.name: (ours, Registry())}
    if directory := os.environ.get("GIVING_SCHEMAS"):
        package = Path(directory) / "360-giving-package-schema.json"
        grant = json.loads((Path(directory) / "360-giving-schema.json").read_bytes())
        # The package names the schema of a grant by an address with a version in it.
        address = json.loads(package.read_bytes())["properties"]["grants"]["items"]["$ref"]
        resource = Resource.from_contents(grant, default_specification=DRAFT202012)
        found[package.name] = (package, Registry().with_resource(address, resource))
    for name, (path, registry) in found.items():
        schema = json.loads(path.read_bytes())
        yield name, Draft202012Validator(schema, registry=registry, format_checker=FORMATS)


def spoilt(file):
    """The file with one thing wrong in its first grant, which the schema must refuse."""
    changes = {
        "no title": lambda grant: grant.pop("title"),
        "an amount as text": lambda grant: grant.update(amountAwarded="1.00"),
        "a day that is none": lambda grant: grant.update(awardDate="2026-13-01"),
        "an unknown currency": lambda grant: grant.update(currency="yuan"),
        "a giver without a name": lambda grant: grant["fundingOrganization"][0].pop("name"),
        "nobody who got it": lambda grant: grant.update(recipientOrganization=[]),
    }
    for name, change in changes.items():
        other = copy.deepcopy(file)
        change(other["grants"][0])
        yield name, other


def agree(explorer, grants):
    """Every grant is a quota line of the ledger, to the fen."""
    lines = {row["account"]: row for row in explorer.rows("allocations")}
    for grant in grants:
        line = lines[grant["minglianAccount"]]
        for amount, column in [("amountAwarded", "quota_fen"), ("amountDisbursed", "paid_fen")]:
            said, held = grant[amount] * FEN_PER_YUAN, int(line[column])
            require(said == held, f"{grant['id']}: {amount} is {said} fen, the line has {held}")
    names = {grant["id"] for grant in grants}
    require(len(names) == len(grants), "a grant's id is used twice")
    require(all(name.startswith("360G-") for name in names), "an id without the 360G- prefix")


def main():
    explorer = Explorer(facts()["explorer"])
    file = explorer.json("/data/360giving.json")
    for name, validator in validators():
        faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(file)]
        require(not faults, f"{name}: {faults[:5]}")
        for change, other in spoilt(file):
            require(not validator.is_valid(other), f"{name} takes {change}")
        print(f"{name}: {len(file['grants'])} grants, by jsonschema {version('jsonschema')}")
    agree(explorer, file["grants"])


if __name__ == "__main__":
    main()
