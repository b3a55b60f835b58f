"""A client of the log that was written from the public specifications alone (`c2sp.py`), and
shares no code with the ledger.

It verifies a signed head, reads the whole log up to it as tiles and entry bundles, proves every
entry and the growth since an earlier head, and then sees that no changed byte gets past it.
"""

import json
import random
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from importlib.metadata import version

from c2sp import (
    COSIGNATURE, LOG_SIGNATURE, TILE_WIDTH, Key, Refused, Trust, entries_of, leaf_hash, node_hash,
    path_of, paths, require, split, tree_hash, verify_consistency, verify_inclusion,
)

TIMEOUT_SECONDS = 60
TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"

# Which bits are turned in every byte of a head: the lowest, and that of upper and lower case.
MASKS = [0x01, 0x20]
# How many bytes of each tile and bundle are changed, one at a time.
CHANGES = 6


class Log:
    """The log up to a verified head; what it reads is held against that head's root."""

    def __init__(self, get, head):
        self.size, self.root, self.levels, self.known = head.size, head.root, [], {}
        count = head.size
        while count:
            self.levels.append(self.hashes(get, len(self.levels), count))
            count //= TILE_WIDTH
        for below, level in zip(self.levels, self.levels[1:]):
            tiles = range(0, len(level) * TILE_WIDTH, TILE_WIDTH)
            above = [tree_hash(below[tile : tile + TILE_WIDTH]) for tile in tiles]
            require(above == level, "a tile is not of the tiles below it")
        require(self.range_hash(0, self.size) == self.root, "the tiles lead to another root")
        leaves = []
        for path, width in paths("entries", head.size):
            leaves += [leaf_hash(entry) for entry in entries_of(get(path, BYTES), width)]
        require(leaves == self.levels[0], "the entries are not those of the tiles")

    def hashes(self, get, level, count):
        found = []
        for path, width in paths(level, count):
            tile = get(path, BYTES)
            require(len(tile) == 32 * width, f"{path} has {len(tile)} bytes")
            found += [tile[place : place + 32] for place in range(0, len(tile), 32)]
        return found

    def range_hash(self, start, end):
        """MTH(D[start:end]), from the highest tile that has it."""
        count = end - start
        if (start, end) not in self.known:
            level = next((i for i in range(len(self.levels)) if TILE_WIDTH**i == count), None)
            if level is not None and start % count == 0:
                return self.levels[level][start // count]
            middle = start + split(count)
            both = self.range_hash(start, middle), self.range_hash(middle, end)
            self.known[start, end] = node_hash(*both)
        return self.known[start, end]

    def inclusion(self, index, start=0, end=None):
        """PATH(m, D[n]) of RFC 6962, 2.1.1."""
        end = self.size if end is None else end
        if end - start == 1:
            return []
        middle = start + split(end - start)
        if index < middle:
            return [*self.inclusion(index, start, middle), self.range_hash(middle, end)]
        return [*self.inclusion(index, middle, end), self.range_hash(start, middle)]

    def consistency(self, old_size):
        """PROOF(m, D[n]) of RFC 6962, 2.1.2."""

        def below(start, end, is_whole):
            if old_size == end:
                return [] if is_whole else [self.range_hash(start, end)]
            middle = start + split(end - start)
            if old_size <= middle:
                return [*below(start, middle, is_whole), self.range_hash(middle, end)]
            return [*below(middle, end, False), self.range_hash(start, middle)]

        return below(0, self.size, True)

    def prove(self, earlier):
        """Every entry is under the root, and so is the log of an earlier head."""
        for index, leaf in enumerate(self.levels[0]):
            verify_inclusion(leaf, index, self.size, self.inclusion(index), self.root)
        path = self.consistency(earlier.size)
        verify_consistency(earlier.size, earlier.root, self.size, self.root, path)


@dataclass
class Site:
    """The log's prefix; what was read once is not asked for again."""

    prefix: str
    read: dict = field(default_factory=dict)

    def get(self, path, kind):
        if path not in self.read:
            with urllib.request.urlopen(self.prefix + path, timeout=TIMEOUT_SECONDS) as answer:
                given = answer.headers["content-type"]
                require(given == kind, f"{path} is {given}, not {kind}")
                self.read[path] = answer.read()
        return self.read[path]

    def status(self, path):
        try:
            with urllib.request.urlopen(self.prefix + path, timeout=TIMEOUT_SECONDS) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code


def read_log(get, trust):
    return Log(get, trust.head(get("checkpoint", TEXT)))


def turned(value, place, mask):
    return value[:place] + bytes([value[place] ^ mask]) + value[place + 1 :]


def changed(site):
    """Everything that was read, with one byte changed at a time."""
    chosen = random.Random(1)
    for path, value in site.read.items():
        if path == "checkpoint":
            places = [(place, mask) for place in range(len(value)) for mask in MASKS]
        else:
            last = len(value) - 1
            places = [0, last, *(chosen.randint(0, last) for _ in range(CHANGES - 2))]
            places = [(place, 1 << chosen.randrange(8)) for place in places]
        for place, mask in places:
            yield path, place, turned(value, place, mask)


def refuses(what, read):
    try:
        read()
    except Refused:
        return
    raise SystemExit(f"taken: {what}")


def refuses_changes(site, trust, log, earlier):
    """No changed byte gets past: of a head, a tile, a bundle, or a proof."""
    count = 0
    for path, place, value in changed(site):
        def get(wanted, kind):
            return value if wanted == path else site.get(wanted, kind)
        refuses(f"{path} with another byte {place}", lambda: read_log(get, trust))
        count += 1
    index = log.size // 2
    leaf, path = log.levels[0][index], log.inclusion(index)
    growth = log.consistency(earlier.size)
    for place in range(len(path)):
        other = [*path[:place], turned(path[place], 5, 1), *path[place + 1 :]]
        refuses("an inclusion", lambda: verify_inclusion(leaf, index, log.size, other, log.root))
    for place in range(len(growth)):
        other = [*growth[:place], turned(growth[place], 5, 1), *growth[place + 1 :]]
        refuses("a growth", lambda: verify_consistency(
            earlier.size, earlier.root, log.size, log.root, other))
    refuses("another past", lambda: verify_consistency(
        earlier.size, turned(earlier.root, 5, 1), log.size, log.root, growth))
    print(f"{count} changed bytes, {len(path) + len(growth) + 1} changed proofs: all refused")


def serves_no_more(site, size):
    """What a log of this size does not have."""
    width = size % TILE_WIDTH
    absent = [
        path_of(0, size // TILE_WIDTH, TILE_WIDTH),
        path_of(0, size // TILE_WIDTH + 1, 1),
        path_of(0, size // TILE_WIDTH, TILE_WIDTH) + f".p/{width + 1}",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/00/000",
        "tile/0/0",
        "tile/entries/x000/000",
    ]
    for path in absent:
        require(site.status(path) == 404, f"{path} is served")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        known = json.load(file)
    site = Site(known["explorer"] + "/log/")
    cosigners = {Key.read(key): power for key, power in known["cosigners"]}
    require({key.type for key in cosigners} == {COSIGNATURE}, "not keys of cosigners")
    log_key, total = Key.read(known["log_key"]), sum(cosigners.values())
    require(log_key.type == LOG_SIGNATURE, "not the key of a log")
    # An earlier head binds by the log's signature alone: whoever kept it has seen it.
    earlier = Trust(log_key, cosigners, 0).head(known["earlier_checkpoint"].encode())
    everyone = Trust(log_key, cosigners, total)
    log = read_log(site.get, everyone)
    require(len(log.levels) > 1, "too short for tiles above the first level")
    log.prove(earlier)
    print(f"cryptography {version('cryptography')}")
    print(f"{log.size} entries in {len(log.levels)} levels of tiles, each under the signed root")
    print(f"head cosigned by {total} of {total}, grown from {earlier.size}")
    refuses_changes(site, everyone, log, earlier)
    serves_no_more(site, log.size)


if __name__ == "__main__":
    main()
