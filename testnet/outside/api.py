"""schemathesis asks the API what its OpenAPI document allows, and what it does not allow: nothing
fails inside, every status, type and answer is one that the document names, every question that fits
it is taken and every other is refused.

The same seed asks the same of the same ledger. The one thing that is put in is a cursor: what the
document calls a text is a word of the API's own, which nobody can make up.
"""

import os
import re
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

import schemathesis

from explorer import Explorer, facts, require

DOCUMENT = "/api/v1/openapi.json"
SEED = "1"
EXAMPLES_MAX = "12"
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "unsupported_method",
    "allow_header_conformance",
]


@lru_cache
def next_of(address):
    """A cursor that the API gave for a list; an empty one counts as none."""
    try:
        return Explorer("").json(f"{address}?limit=1")["next"] or ""
    except OSError:
        return ""


@schemathesis.hook
def before_call(context, case, **arguments):
    """A question that is to be taken goes on where a real answer ended."""
    del context, arguments
    is_fit = case.meta is not None and case.meta.generation.mode.is_positive
    if is_fit and "cursor" in (case.query or {}) and "search" not in case.path:
        base = os.environ["EXPLORER"]
        case.query["cursor"] = "" if "{" in case.path else next_of(base + case.path)


def main():
    base = facts()["explorer"]
    paths = Explorer(base).json(DOCUMENT)["paths"]
    with tempfile.TemporaryDirectory() as directory:
        command = [
            Path(sys.executable).with_name("schemathesis"), "run", base + DOCUMENT,
            "--checks", ",".join(CHECKS), "--max-examples", EXAMPLES_MAX, "--seed", SEED,
            "--generation-deterministic",
            "--continue-on-failure", "--no-color",
        ]
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": "api",
            "EXPLORER": base,
            "PYTHONPATH": str(Path(__file__).parent),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            command, cwd=directory, env=environment, capture_output=True, text=True, check=False,
        )
    require(done.returncode == 0, f"schemathesis:\n{done.stdout}\n{done.stderr}")
    print(done.stdout)
    tested = re.search(r"Tested: (\d+)", done.stdout)
    require(tested and int(tested[1]) == len(paths), f"it did not ask all {len(paths)} addresses")


if __name__ == "__main__":
    main()
