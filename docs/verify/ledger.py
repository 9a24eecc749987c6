"""The ledger's bytes: records, leaves, the tree, keys, notes and checkpoints, as docs/ledger.md describes them.

Python's standard library, and one for Ed25519. Every function raises what a caller can report: Bad, KeyError, ValueError.
"""

import base64
import collections
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LEAF = 75  # bytes of a leaf
NOTE, COSIGNATURE = 1, 4  # C2SP signature types


class Bad(Exception):
    """Something does not hold; the text says what, and never what stands in a statement."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def demand(holds, why):
    if not holds:
        raise Bad(why)


# --- bytes ---


def unbase64(text):
    decoded = base64.b64decode(text, validate=True)
    demand(base64.b64encode(decoded).decode() == text, "not the one spelling in base64")
    return decoded


def digest(text):
    """32 bytes in lower-case hexadecimal."""
    value = bytes.fromhex(text)
    demand(len(value) == 32 and value.hex() == text, "not 32 bytes in lower-case hexadecimal")
    return value


def number(value):
    demand(type(value) is int and 0 <= value < 1 << 64, "not a number of 64 bits")
    return value


def record(data):
    """The fields of a canonical record: tag to values (docs/protocol.md, "Canonical encoding")."""
    fields, at, last = collections.defaultdict(list), 0, 0
    while at < len(data):
        tag, length = data[at], int.from_bytes(data[at + 1 : at + 5], "big")
        value = data[at + 5 : at + 5 + length]
        demand(len(value) == length > 0 and tag >= max(last, 1), "not a canonical record")
        fields[tag].append(value)
        at, last = at + 5 + length, tag
    return fields


def text_of(fields, tag):
    return fields[tag][0].decode() if tag in fields else ""


def number_of(fields, tag):
    return int.from_bytes(fields[tag][0], "big") if tag in fields else 0


# --- the tree (RFC 6962, 2.1) ---


def subtrees(begin, end):
    """The compact range: the largest perfect subtrees of the leaves [begin, end), from left to right."""
    while begin < end:
        level = 0
        while begin % (2 << level) == 0 and begin + (2 << level) <= end:
            level += 1
        yield level, begin >> level
        begin += 1 << level


def root_of(nodes):
    """Folds (level, index, hash) of neighbours, from left to right, to the root of the tree that they make up."""
    stack = []
    for level, index, value in nodes:
        while stack and stack[-1][:2] == (level, index - 1) and index % 2:
            value, level, index = sha256(b"\1", stack.pop()[2], value), level + 1, index // 2
        stack.append((level, index, value))
    value = stack.pop()[2] if stack else sha256()
    while stack:
        value = sha256(b"\1", stack.pop()[2], value)
    return value


class Tree:
    def __init__(self, leaves):
        self.leaves, self.size = leaves, len(leaves) // LEAF
        row = b"".join(sha256(b"\0", self.leaf(at)) for at in range(self.size))
        self.rows = [row]
        while len(row) >= 64:
            row = b"".join(sha256(b"\1", row[at : at + 64]) for at in range(0, len(row) - 63, 64))
            self.rows.append(row)

    def leaf(self, index):
        return self.leaves[LEAF * index : LEAF * index + LEAF]

    def kind(self, index):
        return int.from_bytes(self.leaf(index)[1:3], "big")

    def time_us(self, index):
        return int.from_bytes(self.leaf(index)[3:11], "big")

    def root(self, size):
        """The root that the tree had when it had `size` leaves."""
        places = subtrees(0, size)
        return root_of((level, at, self.rows[level][32 * at : 32 * at + 32]) for level, at in places)


def leaf_bytes(kind, time_us, statement_digest, decision_digest):
    return b"\1" + kind.to_bytes(2, "big") + time_us.to_bytes(8, "big") + statement_digest + decision_digest


# --- keys, notes, checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature) ---

Key = collections.namedtuple("Key", "name sort id public text")
Checkpoint = collections.namedtuple("Checkpoint", "epoch size root signed")
PRIME = 2**255 - 19
ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022  # y of its points
SMALL = {0, 1, PRIME - 1, ORDER_8, PRIME - ORDER_8}


def is_small(point):
    """A point of small order: anybody can sign under such a key (RFC 8032, 5.1.7 leaves that to the verifier)."""
    return (int.from_bytes(point, "little") & (1 << 255) - 1) % PRIME in SMALL


def parse_key(text):
    name, key_id, material = text.split("+", 2)
    material = unbase64(material)
    demand(name and not any(c.isspace() or ord(c) < 32 for c in name), "a key's name has no spaces")
    demand(len(material) == 33 and material[0] in (NOTE, COSIGNATURE), "a key is of type 1 or 4 and has 32 bytes")
    demand(not is_small(material[1:]), "the public key is no usable Ed25519 key")
    demand(sha256(name.encode(), b"\n", material)[:4].hex() == key_id, "the key's id does not belong to it")
    return Key(name, material[0], key_id, material[1:], text)


def signature_holds(key, message, signature):
    if len(signature) != 64 or is_small(signature[:32]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
        return True
    except InvalidSignature:
        return False


def parse_note(note):
    """The signed text, and (name, key id, signature) of each line below it."""
    text, blank, below = note.rpartition("\n\n")
    demand(blank and below.endswith("\n") and not any(c < " " and c != "\n" for c in note), "not a signed note")
    lines = []
    for line in below[:-1].split("\n"):
        dash, name, signature = line.split(" ")
        signature = unbase64(signature)
        demand(dash == "—" and len(signature) > 4, "not a signature line")
        lines.append((name, signature[:4].hex(), signature[4:]))
    return text + "\n", lines


def line_holds(key, text, signature):
    if key.sort == NOTE:
        return signature_holds(key, text.encode(), signature)
    time_s = int.from_bytes(signature[:8], "big")
    return time_s < 1 << 63 and signature_holds(key, f"cosignature/v1\ntime {time_s}\n{text}".encode(), signature[8:])


def signers(text, lines, keys):
    """Those of the keys that signed. Lines of unknown keys are nobody's; a known key's must hold."""
    signed = []
    for name, key_id, signature in lines:
        for key in keys:
            if (key.name, key.id) == (name, key_id):
                demand(line_holds(key, text, signature), f"the signature of {name}, key {key_id}, does not hold")
                signed.append(key)
    return signed


def read_checkpoint(note, keys, trust_domain):
    """What the ledger says, if one of its keys signed the note."""
    text, lines = parse_note(note)
    origin, size, root = text.split("\n")[:3]
    ledger, _, epoch = origin.rpartition("/")
    demand(ledger == f"{trust_domain}/ledger", f"of the log {origin}, not of {trust_domain}")
    demand(str(int(epoch)) == epoch and int(epoch) > 0 and str(number(int(size))) == size, "not a checkpoint")
    demand(len(unbase64(root)) == 32 and text.count("\n") == 3, "not a checkpoint")
    signed = signers(text, lines, keys)
    by_hub = any(key.sort == NOTE and key.name == ledger for key in signed)
    demand(by_hub, "not signed by a key of the hub that is trusted here")
    return Checkpoint(int(epoch), int(size), unbase64(root), signed)
