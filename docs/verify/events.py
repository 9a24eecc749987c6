"""What leaves commit to: the export's events, and what the public ones say about keys, epochs and redactions."""

import json

from ledger import COSIGNATURE, NOTE, demand, digest, leaf_bytes, number, number_of, parse_key, record, sha256
from ledger import signature_holds, text_of

EVENTS_PER_FILE = 65536
KEY_ADDED, KEY_REVOKED, WITNESS_ADDED, WITNESS_DROPPED, REDACTION, LEDGER_KEY, EPOCH, RECONCILED = range(12, 20)
DUPLICATES, HOST_RULES = 24, 25
PUBLIC = {*range(4, 9), *range(11, 20), HOST_RULES}
KNOWN = {*range(1, 20), DUPLICATES, HOST_RULES}


def lines_of(folder, name):
    path = folder / name
    content = path.read_text(encoding="utf-8") if path.is_file() else ""
    demand(not content or content.endswith("\n"), f"{name}: the last line is not ended")
    return [(f"{name} line {at}", line) for at, line in enumerate(content.split("\n")[:-1], 1)]


def read_events(report, folder, tree, agency):
    """Checks each event against its leaf; gives those of the public kinds, and the indices of all."""
    public, seen, files = {}, set(), sorted((folder / "events").glob("*.jsonl"), key=lambda path: path.name.zfill(20))
    for path in files:
        last = -1
        with report.about("event", path.name):
            for place, line in lines_of(folder, f"events/{path.name}"):
                with report.about("event", place):
                    event = json.loads(line)
                    index, kind = number(event["index"]), number(event["kind"])
                    demand(index > last and path.name == f"{index // EVENTS_PER_FILE:06}.jsonl", "out of its place")
                    demand(index < tree.size, f"leaf {index} is not in the tree")
                    last = index
                    check_event(event, tree, agency)
                    seen.add(index)
                    if kind in PUBLIC:
                        public[index] = event
    return public, seen


def check_event(event, tree, agency):
    index, kind, salt = event["index"], event["kind"], digest(event["salt"])
    statement, decision = bytes.fromhex(event["statement"]), bytes.fromhex(event["decision"])
    said = sha256(b"meldeverbund statement v1\0", salt, statement)
    decided = sha256(b"meldeverbund decision v1\0", salt, decision)
    leaf = leaf_bytes(kind, number(event["recorded_at_us"]), said, decided)
    demand(leaf == tree.leaf(index), f"not what leaf {index} commits to")
    if kind not in PUBLIC:
        demand(text_of(record(statement), 1) == event["agency"] == agency, f"leaf {index} is not this agency's")


class Events:
    """What the public events say about keys, epochs and redactions."""

    def __init__(self, report, public, tree, trust_domain):
        self.report, self.tree, self.trust_domain = report, tree, trust_domain
        self.ledger_keys, self.agency_keys, self.redacted, self.epochs = [], {}, set(), []
        read = {KEY_ADDED: self.statement_key, KEY_REVOKED: self.revoked, WITNESS_ADDED: self.witness_key}
        read |= {WITNESS_DROPPED: self.revoked, REDACTION: self.redaction, LEDGER_KEY: self.ledger_key, EPOCH: self.epoch}
        for index in sorted(public):
            kind = public[index]["kind"]
            if kind in read:
                with report.about("epoch" if kind == EPOCH else "key" if kind != REDACTION else "event", f"leaf {index}"):
                    fields = record(bytes.fromhex(public[index]["statement"]))
                    read[kind](index, fields, record(bytes.fromhex(public[index]["decision"])))

    def statement_key(self, index, fields, _):
        self.register(index, fields, NOTE, "statement")

    def witness_key(self, index, fields, _):
        self.register(index, fields, COSIGNATURE, "witness")

    def register(self, index, fields, sort, use):
        key, name = parse_key(text_of(fields, 2)), f"{self.trust_domain}/{use}/{text_of(fields, 1)}"
        demand((key.sort, key.name) == (sort, name), "the key is not of this type, or not named after its agency")
        demand(key.text not in self.agency_keys, "the key was registered before")
        self.agency_keys[key.text] = [key, index, None]

    def revoked(self, index, fields, decided):
        """A key counts for nothing from a leaf on; the bound is the decision's, and may go back later, never forward."""
        known = self.agency_keys.get(text_of(fields, 2))
        demand(known, "takes away a key that was not registered")
        bound = number_of(decided, 1) or index
        known[2] = bound if known[2] is None else min(known[2], bound)

    def redaction(self, index, fields, _):
        free = 0
        for value in fields[4]:
            first, count = int.from_bytes(value[:8], "big"), int.from_bytes(value[8:], "big")
            demand(len(value) == 16 and count and free <= first and first + count <= index, "names leaves out of order")
            free = first + count
            self.redacted.update(range(first, free))

    def ledger_key(self, index, fields, _):
        """The hub's next key, signed by itself and by the one before."""
        new, old = parse_key(text_of(fields, 1)), text_of(fields, 2)
        before = self.ledger_keys[-1][1].text if self.ledger_keys else ""
        demand(old == before, "does not follow the key that was in office")
        message = f"meldeverbund ledger key v1\n{old}\n{new.text}\n".encode()
        demand(new.sort == NOTE and new.name == f"{self.trust_domain}/ledger", "not a key of this ledger")
        demand(signature_holds(new, message, fields[3][0]), "not signed by the new key")
        demand(not old or signature_holds(parse_key(old), message, fields[4][0]), "not signed by the old key")
        self.ledger_keys.append((index, new))

    def epoch(self, index, fields, _):
        self.epochs.append((index, number_of(fields, 1), text_of(fields, 4), number_of(fields, 5)))

    def trusted(self, pinned):
        """The pinned keys of the hub, and those of a chain in which one of them is."""
        chain = [key for _, key in self.ledger_keys]
        if chain and not set(chain) & set(pinned):
            self.report.problem("key", "none of the trusted hub keys is one that this ledger put in office")
            return list(pinned)
        return list(dict.fromkeys([*pinned, *chain]))

    def witnesses(self, pinned):
        """The pinned witnesses, and those that are registered: their lines must hold, too."""
        return list(dict.fromkeys([*pinned, *(key for key, _, _ in self.agency_keys.values() if key.sort == COSIGNATURE)]))

    def in_office(self, size):
        return next((key for index, key in reversed(self.ledger_keys) if index < size), None)

    def kept(self, epoch):
        """How many leaves of an epoch the later ones kept."""
        return min((index for index, later, _, _ in self.epochs if later > epoch), default=self.tree.size)
