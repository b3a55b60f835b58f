"""What the checks of this folder share: the explorer that they ask, and how they say what fails.

Each check is a program of its own: `python CHECK.py FACTS.json`. The file of facts names the
explorer and what the test knows of the ledger from elsewhere.
"""

import json
import sys
import urllib.request
from decimal import Decimal

TIMEOUT_SECONDS = 60
ROWS_MAX = 500


class Fault(Exception):
    """Something that an outside program finds wrong."""


def require(holds, what):
    """Ends the check unless this holds. Not `assert`, which an option of Python takes out."""
    if not holds:
        raise Fault(what)


def facts():
    """What the test says: the file named on the command line."""
    with open(sys.argv[1], encoding="utf-8") as file:
        return json.load(file)


class Explorer:
    """The public side of an explorer."""

    def __init__(self, base):
        self.base = base

    def bytes(self, path):
        with urllib.request.urlopen(self.base + path, timeout=TIMEOUT_SECONDS) as answer:
            return answer.read()

    def json(self, path):
        """An answer in JSON, no number of which is rounded."""
        return json.loads(self.bytes(path), parse_float=Decimal)

    def rows(self, table):
        """All rows that the API has of a table."""
        cursor = ""
        while cursor is not None:
            page = self.json(f"/api/v1/{table}?limit={ROWS_MAX}&cursor={cursor}")
            yield from page["items"]
            cursor = page["next"]
