"""Builds an export by hand, for the tests: three offices, a change of the hub's key, a restore, a redaction.

    python docs/verify/sample.py FOLDER

Written apart from verify.py: the tree is RFC 6962's recursion, and nothing is shared but the format.
"""

import base64
import hashlib
import json
import pathlib
import shutil
import sys
import uuid

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DOMAIN, OWN, CENTRE = "meldeverbund.example", "de-nw-lka", "de-bka"
OFFICES = [CENTRE, OWN, "de-by-lka"]
START_US = 1_795_305_600_000_000
TYPE = "application/vnd.meldeverbund.batch.v1"


def h(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mth(hashes):
    """RFC 6962, 2.1."""
    if len(hashes) < 2:
        return hashes[0] if hashes else h()
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return h(b"\1", mth(hashes[:half]), mth(hashes[half:]))


def cover(hashes, begin, end, low=0, width=1 << 12):
    """The hashes of the perfect subtrees that make up [begin, end), from left to right."""
    if end <= low or low + width <= begin:
        return []
    if begin <= low and low + width <= end:
        return [mth(hashes[low : low + width])]
    return cover(hashes, begin, end, low, width // 2) + cover(hashes, begin, end, low + width // 2, width // 2)


def record(*fields):
    encoded = b""
    for tag, value in fields:
        value = value.to_bytes(8, "big") if isinstance(value, int) and value else value or b""
        value = value.encode() if isinstance(value, str) else value
        encoded += bytes([tag]) + len(value).to_bytes(4, "big") + value if value else b""
    return encoded


class Key:
    def __init__(self, name, seed, sort=1):
        self.name, self.sort, self.secret = name, sort, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        material = bytes([sort]) + self.secret.public_key().public_bytes_raw()
        self.id = h(name.encode(), b"\n", material)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(material).decode()}"

    def line(self, text, time_s=START_US // 1_000_000 + 60):
        if self.sort == 1:
            signature = self.secret.sign(text.encode())
        else:
            signed = f"cosignature/v1\ntime {time_s}\n{text}".encode()
            signature = time_s.to_bytes(8, "big") + self.secret.sign(signed)
        return f"— {self.name} {base64.b64encode(self.id + signature).decode()}\n"


HUB, NEXT = Key(f"{DOMAIN}/ledger", 1), Key(f"{DOMAIN}/ledger", 2)
STATEMENT, REVOKED = Key(f"{DOMAIN}/statement/{OWN}", 3), Key(f"{DOMAIN}/statement/{OWN}", 4)
WITNESSES = [Key(f"{DOMAIN}/witness/{office}", 10 + at, 4) for at, office in enumerate(OFFICES)]


class Sample:
    """A ledger, and what one office exports of it."""

    def __init__(self):
        self.events, self.receipts, self.envelopes, self.seen = [], [], [], []
        self.redacted, self.epoch, self.signers = set(), 1, [HUB]
        self.tell()

    def tell(self):
        self.put_key(HUB, None)
        for office in OFFICES:
            self.add(4, CENTRE, record((1, office), (2, office.upper()), (4, 1)))
        self.add(12, CENTRE, record((1, OWN), (2, REVOKED.vkey), (3, "first key")))
        for witness, office in zip(WITNESSES, OFFICES):
            self.add(14, CENTRE, record((1, office), (2, witness.vkey)))
        self.add(11, CENTRE, record((1, CENTRE), (2, "KD"), (3, "[rules]")))
        self.work(20, REVOKED)
        self.see([])
        self.add(12, CENTRE, record((1, OWN), (2, STATEMENT.vkey)))
        self.add(13, CENTRE, record((1, OWN), (2, REVOKED.vkey)), record((1, len(self.events))))
        self.work(200, STATEMENT)
        self.see(WITNESSES[:1])
        self.put_key(NEXT, HUB)
        self.signers = [NEXT, HUB]
        self.work(320, STATEMENT)
        self.restore(310)
        self.work(400, STATEMENT)
        self.redact(12, 2)
        self.see(WITNESSES)
        self.signers = [NEXT]
        self.administer()
        self.work(600, STATEMENT)
        self.size = len(self.events)
        self.work(610, STATEMENT)
        self.answer_again(7)
        self.cut()

    def add(self, kind, agency, statement, decision=b""):
        index = len(self.events)
        salt = h(b"salt", bytes([self.epoch]), index.to_bytes(8, "big"))
        self.events.append((kind, START_US + 1000 * index, agency, salt, statement, decision))
        return index

    def administer(self):
        """One leaf of each public kind that the rest does not need, and one of a kind that is the centre's own."""
        late = Key(WITNESSES[2].name, 20, 4)
        self.add(5, CENTRE, record((1, OFFICES[2]), (2, "maintenance")))
        self.add(6, CENTRE, record((1, OFFICES[2])))
        self.add(7, CENTRE, record((1, OFFICES[2]), (2, bytes(32)), (3, "node")))
        self.add(8, CENTRE, record((1, OFFICES[2]), (2, bytes(32)), (3, "node")))
        self.add(14, CENTRE, record((1, OFFICES[2]), (2, late.vkey)))
        self.add(15, CENTRE, record((1, OFFICES[2]), (2, late.vkey)))
        self.add(19, OWN, record((1, OWN), (2, 2)))
        self.add(24, CENTRE, record((1, CENTRE), (2, bytes(16)), (3, "KD"), (4, 1), (5, "one"), (6, bytes(32))))
        self.add(25, CENTRE, record((1, CENTRE), (2, "KD"), (3, "version = 1\n")))

    def put_key(self, new, old):
        message = f"meldeverbund ledger key v1\n{old.vkey if old else ''}\n{new.vkey}\n".encode()
        signed = [(3, new.secret.sign(message)), (4, old.secret.sign(message) if old else b"")]
        self.add(17, CENTRE, record((1, new.vkey), (2, old.vkey if old else ""), *signed))

    def work(self, until, key):
        """Other offices hand in, this one hands in, decides, and is given receipts."""
        while len(self.events) < until:
            for at in range(2):
                self.add(1, "de-by-lka", record((1, "de-by-lka"), (3, at), (5, "http://other.example/")), b"\1")
            time_us = START_US + 1000 * len(self.events)
            if len(self.events) % 3:
                self.batch(key, time_us, 1, [0, 1, 3], 4)  # the third of four was refused
            else:
                self.batch(key, time_us, 9, [0], 1)

    def batch(self, key, time_us, kind, kept, count):
        first, command = len(self.events), h(b"command", bytes([self.epoch]), len(self.events).to_bytes(8, "big"))[:16]
        said = [record((1, OWN), (2, command), (3, at), (4, "ST/1/2026"), (5, "http://own.example/")) for at in range(count)]
        salts = [h(b"own", bytes([self.epoch]), (first * 8 + at).to_bytes(8, "big")) for at in range(count)]
        digests = [h(b"meldeverbund statement v1\0", salt, text) for salt, text in zip(salts, said)]
        for at in kept:
            self.events.append((kind, time_us, OWN, salts[at], said[at], record((1, 1), (4, OWN))))
        payload = record((1, OWN), (2, command), (3, b"".join(digests)))
        signed = f"DSSEv1 {len(TYPE)} {TYPE} {len(payload)} ".encode() + payload
        signature = {"keyid": key.vkey, "sig": base64.b64encode(key.secret.sign(signed)).decode()}
        envelope = {"payload": base64.b64encode(payload).decode(), "payloadType": TYPE, "signatures": [signature]}
        self.envelopes.append({"first_leaf": first, "leaf_count": len(kept), "envelope": envelope})
        hashes, end = self.hashes(), len(self.events)
        leaf_digests = [self.leaf(index)[11:] for index in range(first, end)]
        self.receipts.append({
            "command": str(uuid.UUID(bytes=command)),
            "kind": kind, "recorded_at_us": time_us, "first_leaf": first,
            "statement_digests": [digest[:32].hex() for digest in leaf_digests],
            "decision_digests": [digest[32:].hex() for digest in leaf_digests],
            "note": self.note(end),
            "before": [value.hex() for value in cover(hashes, 0, first)],
            "after": [value.hex() for value in cover(hashes, end, end)],
            "state": "proven",
        })

    def answer_again(self, number):
        """A command that is sent again gets a receipt under the newest checkpoint."""
        receipt, size = self.receipts[number], len(self.events)
        end = receipt["first_leaf"] + len(receipt["statement_digests"])
        receipt["note"], receipt["after"] = self.note(size), [value.hex() for value in cover(self.hashes(), end, size)]

    def cut(self):
        """What is newer than the published checkpoint is not exported."""
        self.receipts = [item for item in self.receipts if item["first_leaf"] < self.size]
        self.envelopes = [item for item in self.envelopes if item["first_leaf"] < self.size]

    def restore(self, kept):
        """A backup is put back: its last leaves are gone, and the next epoch's first leaf says so."""
        lost = self.see(WITNESSES)
        self.events, self.epoch = self.events[:kept], 2
        self.envelopes = [item for item in self.envelopes if item["first_leaf"] + item["leaf_count"] <= kept]
        self.add(18, CENTRE, record((1, 2), (2, "restore"), (3, "KD"), (4, lost["note"]), (5, kept)))

    def redact(self, first, count):
        ranges = first.to_bytes(8, "big") + count.to_bytes(8, "big")
        self.add(16, CENTRE, record((1, "case"), (2, "BKAG § 77"), (3, START_US + 10**9), (4, ranges)))
        self.redacted |= set(range(first, first + count))

    def see(self, witnesses):
        size = len(self.events)
        note = self.note(size, witnesses)
        self.seen.append({"epoch": self.epoch, "size": size, "note": note, "seen_at_us": START_US + 1000 * size})
        return self.seen[-1]

    def leaf(self, index):
        kind, time_us, _, salt, statement, decision = self.events[index]
        digests = h(b"meldeverbund statement v1\0", salt, statement), h(b"meldeverbund decision v1\0", salt, decision)
        return b"\1" + kind.to_bytes(2, "big") + time_us.to_bytes(8, "big") + b"".join(digests)

    def hashes(self):
        return [h(b"\0", self.leaf(index)) for index in range(len(self.events))]

    def note(self, size, witnesses=(), signers=None):
        root = base64.b64encode(mth(self.hashes()[:size])).decode()
        text = f"{DOMAIN}/ledger/{self.epoch}\n{size}\n{root}\n"
        return text + "\n" + "".join(key.line(text) for key in [*(signers or self.signers), *witnesses])

    def write(self, folder):
        """The export; later calls on changed lists replace it."""
        folder.mkdir(exist_ok=True)
        self.write_tree(folder)
        (folder / "checkpoint").write_text(self.note(self.size, WITNESSES[:2]), encoding="utf-8")
        put(folder / "keys.json", json.dumps({
            "format": "meldeverbund ledger export v1", "trust_domain": DOMAIN, "agency": OWN,
            "exported_at_us": START_US + 10**9, "hub_keys": [HUB.vkey], "hub_keys_pinned": True,
            "witnesses": [witness.vkey for witness in WITNESSES],
        }).encode())
        self.receipts.sort(key=lambda receipt: receipt["first_leaf"])
        for name in ("receipts", "envelopes", "seen"):
            put(folder / f"{name}.jsonl", b"".join(json.dumps(item).encode() + b"\n" for item in getattr(self, name)))
        events = [
            {"index": index, "kind": kind, "recorded_at_us": time_us, "agency": agency, "salt": salt.hex(),
             "statement": statement.hex(), "decision": decision.hex()}
            for index, (kind, time_us, agency, salt, statement, decision) in enumerate(self.events[: self.size])
            if (agency == OWN or kind not in (1, 9, 24)) and index not in self.redacted
        ]
        put(folder / "events/000000.jsonl", b"".join(json.dumps(event).encode() + b"\n" for event in events))

    def write_tree(self, folder):
        shutil.rmtree(folder / "tile", ignore_errors=True)
        entries = [self.leaf(index) for index in range(self.size)]
        write_tree(folder, entries)


def write_tree(folder, entries):
    """Entry bundles and hash tiles, of a tree with fewer than 65,536 leaves."""
    hashes = [h(b"\0", entry) for entry in entries]
    tops = [mth(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
    bundle = [len(entry).to_bytes(2, "big") + entry for entry in entries]
    for name, items in (("entries", bundle), ("0", hashes), ("1", tops)):
        for at in range(0, len(items), 256):
            part = items[at : at + 256]
            put(folder / f"tile/{name}/{at // 256:03}{'' if len(part) == 256 else f'.p/{len(part)}'}", b"".join(part))


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    Sample().write(pathlib.Path(sys.argv[1]))
