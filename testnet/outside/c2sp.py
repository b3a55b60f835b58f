"""What the public specifications of C2SP and the IETF say, and nothing of the ledger's own code:
c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature and tlog-tiles, RFC 6962 (the tree) and
RFC 9162 (how its proofs are verified). Ed25519 is that of `cryptography`."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TILE_WIDTH = 256
LOG_SIGNATURE, COSIGNATURE = 0x01, 0x04


class Refused(Exception):
    """What the log gave is not what was signed, or not of the form that is specified."""


def require(holds, what):
    if not holds:
        raise Refused(what)


# signed-note


def decode(text):
    """Base64 in its one form: the same bytes have no other text."""
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(f"not base64: {text!r}") from error
    require(base64.b64encode(value) == text.encode(), f"not base64: {text!r}")
    return value


@dataclass(frozen=True)
class Key:
    """A verifier key: `name+id+base64(type || public key)`."""

    name: str
    id: bytes
    type: int
    public: bytes

    @staticmethod
    def read(text):
        name, key_id, material = text.split("+", 2)
        material = decode(material)
        key = Key(name, bytes.fromhex(key_id), material[0], material[1:])
        digest = hashlib.sha256(name.encode() + b"\n" + material).digest()
        require(digest[:4] == key.id, f"the id of {name} is another")
        return key

    def verify(self, signature, message):
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature as error:
            raise Refused(f"a signature of {self.name} does not hold") from error


def note(raw):
    """The text of a note, its last newline included, and the signatures as (name, id, bytes)."""
    try:
        content = raw.decode()
    except UnicodeDecodeError as error:
        raise Refused("not UTF-8") from error
    require(all(letter >= " " or letter == "\n" for letter in content), "a control character")
    text, separator, signatures = content.rpartition("\n\n")
    require(separator and signatures.endswith("\n"), "no signatures")
    found = []
    for line in signatures.removesuffix("\n").split("\n"):
        parts = line.split(" ")
        require(len(parts) == 3 and parts[0] == "\u2014" and parts[1], f"not a signature: {line!r}")
        require("+" not in parts[1] and parts[1].split() == [parts[1]], "not the name of a key")
        signature = decode(parts[2])
        require(len(signature) > 4, "a signature without bytes")
        found.append((parts[1], signature[:4], signature[4:]))
    return text + "\n", found


# tlog-checkpoint and tlog-cosignature


@dataclass(frozen=True)
class Head:
    """A signed head of the log, and the power of those who cosigned it."""

    size: int
    root: bytes
    cosigned: int


@dataclass(frozen=True)
class Trust:
    """Whose heads a reader believes, and how much power must have cosigned them."""

    log: Key
    cosigners: dict
    power: int

    def head(self, raw):
        text, signatures = note(raw)
        lines = text.removesuffix("\n").split("\n")
        require(len(lines) >= 3 and all(lines), "not a checkpoint")
        origin, size, root = lines[0], lines[1], decode(lines[2])
        require(size.isascii() and size.isdecimal() and str(int(size)) == size, "not a size")
        require(len(root) == hashlib.sha256().digest_size, "not a root")
        require(origin == self.log.name, "the head of another log")
        is_signed, cosigned = False, set()
        for name, key_id, signature in signatures:
            if (name, key_id) == (self.log.name, self.log.id):
                self.log.verify(signature, text.encode())
                is_signed = True
            for key in self.cosigners:
                if (name, key_id) == (key.name, key.id):
                    cosignature(key, signature, text)
                    cosigned.add(key)
        require(is_signed, "the log has not signed")
        power = sum(self.cosigners[key] for key in cosigned)
        require(power >= self.power, f"too few have cosigned: {power} of {self.power}")
        return Head(int(size), root, power)


def cosignature(key, signature, text):
    time = int.from_bytes(signature[:8], "big")
    require(len(signature) == 72 and time < 1 << 63, f"not a cosignature of {key.name}")
    key.verify(signature[8:], f"cosignature/v1\ntime {time}\n{text}".encode())


# RFC 6962: the tree


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(count):
    """The largest power of two below a number above one."""
    return 1 << (count - 1).bit_length() - 1


def tree_hash(hashes):
    if len(hashes) == 1:
        return hashes[0]
    left = split(len(hashes))
    return node_hash(tree_hash(hashes[:left]), tree_hash(hashes[left:]))


# RFC 9162, 2.1.3.2 and 2.1.4.2: how proofs are verified


def verify_inclusion(leaf, index, size, path, root):
    require(index < size, "an entry behind the head")
    node, last, reached = index, size - 1, leaf
    for sibling in path:
        require(last != 0, "a proof that is too long")
        if node % 2 == 1 or node == last:
            reached = node_hash(sibling, reached)
            while node % 2 == 0 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        node, last = node >> 1, last >> 1
    require(last == 0 and reached == root, f"entry {index} is not in the log")


def verify_consistency(old_size, old_root, new_size, new_root, path):
    require(0 < old_size < new_size and path, "not a proof of growth")
    if old_size & (old_size - 1) == 0:
        path = [old_root, *path]
    node, last = old_size - 1, new_size - 1
    while node % 2 == 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        require(last != 0, "a proof that is too long")
        if node % 2 == 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node % 2 == 0 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    holds = last == 0 and (old, new) == (old_root, new_root)
    require(holds, f"the log at {new_size} does not go on from {old_size}")


# tlog-tiles


def path_of(level, index, width):
    """Where a tile or bundle is; a level is a number or `entries`."""
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03}")
    partial = f".p/{width}" if width < TILE_WIDTH else ""
    return f"tile/{level}/{'/'.join(parts)}{partial}"


def paths(level, count):
    """The paths and widths of all tiles of a level that has so many hashes."""
    for index in range(0, (count + TILE_WIDTH - 1) // TILE_WIDTH):
        width = min(count - index * TILE_WIDTH, TILE_WIDTH)
        yield path_of(level, index, width), width


def entries_of(bundle, width):
    entries, place = [], 0
    while place < len(bundle):
        start = place + 2
        place = start + int.from_bytes(bundle[place:start], "big")
        require(start <= len(bundle) and place <= len(bundle), "a bundle that ends early")
        entries.append(bundle[start:place])
    require(len(entries) == width, f"{len(entries)} entries in a bundle of {width}")
    return entries
