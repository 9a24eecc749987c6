"""Verifies a folder that `meldeverbund-node ledger export` wrote, as docs/ledger.md describes it. Needs no hub and no network.

    python docs/verify/verify.py FOLDER [--hub-key VKEY]... [--witness VKEY]...

Keys given here are trusted instead of those in the folder. Exit code 0: everything that is there holds together;
1: something does not (each line that begins with PROBLEM says what); 2: wrong arguments. Needs the package `cryptography`.
"""

import argparse
import collections
import contextlib
import json
import pathlib
import sys

try:
    from events import DUPLICATES, KNOWN, PUBLIC, Events, lines_of, read_events
    from ledger import COSIGNATURE, LEAF, NOTE, Bad, Checkpoint, Tree, demand, digest, leaf_bytes, number, parse_key
    from ledger import parse_note, read_checkpoint, record, root_of, sha256, signature_holds, signers, subtrees
    from ledger import text_of, unbase64
except ImportError as error:
    sys.exit(f"{error}: the package cryptography is needed (docs/examples/requirements.txt; .ci/python installs it)")

FORMAT = "meldeverbund ledger export v1"
PAYLOAD_TYPE = "application/vnd.meldeverbund.batch.v1"
WIDTH = 256  # hashes or entries of a full tile
SIGNED = (1, 9, DUPLICATES)  # referrals and decisions are signed
STATES = ("proven", "unchecked", "unproven", "given_up")  # what the agency's node has found of a receipt
SHOWN = 20  # problems of one sort; a broken tree breaks every receipt


class Report:
    def __init__(self):
        self.problems, self.notes = collections.Counter(), set()

    def problem(self, sort, text):
        self.problems[sort] += 1
        if self.problems[sort] <= SHOWN:
            print(f"PROBLEM {sort}: {text}")
        elif self.problems[sort] == SHOWN + 1:
            print(f"PROBLEM {sort}: and more")

    def note(self, text):
        if text not in self.notes:
            self.notes.add(text)
            print(f"note: {text}")

    @contextlib.contextmanager
    def about(self, sort, place):
        """What goes wrong inside is a problem of this sort at this place."""
        try:
            yield
        except Bad as error:
            self.problem(sort, f"{place}: {error}")
        except KeyError as error:
            self.problem(sort, f"{place}: {error} is missing")
        except (ValueError, TypeError, AttributeError, IndexError, OverflowError, RecursionError) as error:
            self.problem(sort, f"{place}: malformed ({type(error).__name__})")


# --- the folder ---


def tile_path(kind, index, width):
    groups = f"{index:0{max(3, -(-len(str(index)) // 3) * 3)}d}"
    groups = [groups[at : at + 3] for at in range(0, len(groups), 3)]
    path = "/".join(["tile", str(kind), *("x" + group for group in groups[:-1]), groups[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"


def tiles(kind, count):
    """Path, first and width of each tile of one kind that has `count` hashes or entries."""
    for first in range(0, count, WIDTH):
        width = min(WIDTH, count - first)
        yield tile_path(kind, first // WIDTH, width), first, width


def read_entries(folder, size):
    """The leaves, 75 bytes each, one behind the other."""
    leaves = bytearray()
    for path, _, width in tiles("entries", size):
        demand((folder / path).is_file(), f"{path} is missing")
        bundle = (folder / path).read_bytes()
        demand(len(bundle) == width * (LEAF + 2), f"{path} has not {width} entries of {LEAF} bytes")
        for at in range(0, len(bundle), LEAF + 2):
            demand(bundle[at : at + 2] == LEAF.to_bytes(2, "big"), f"{path}: an entry is not {LEAF} bytes long")
            leaves += bundle[at + 2 : at + 2 + LEAF]
    return bytes(leaves)


def check_entries(report, tree):
    before = 0
    for at in range(tree.size):
        if tree.leaf(at)[0] != 1 or tree.kind(at) not in KNOWN:
            report.note(f"leaf {at} has a format or kind that is not known here")
        if tree.time_us(at) < before:
            report.problem("time", f"leaf {at} is dated before leaf {at - 1}")
        before = tree.time_us(at)


def check_tiles(report, folder, tree):
    expected, level = {path for path, _, _ in tiles("entries", tree.size)}, 0
    while tree.size >> 8 * level:
        for path, first, width in tiles(level, tree.size >> 8 * level):
            expected.add(path)
            row = tree.rows[8 * level][32 * first : 32 * (first + width)]
            found = (folder / path).read_bytes() if (folder / path).is_file() else b""
            if len(found) != 32 * width:
                report.problem("tile", f"{path} is missing, or has not {width} hashes")
            elif found != row:
                at = next(at for at in range(width) if found[32 * at : 32 * at + 32] != row[32 * at : 32 * at + 32])
                what = f"leaf {first + at}" if level == 0 else f"hash {first + at} of level {level}"
                report.problem("tile", f"{path}: {what} is not what the entries hash to")
        level += 1
    there = {str(path.relative_to(folder)) for path in (folder / "tile").rglob("*") if path.is_file()}
    for path in sorted(there - expected):
        report.problem("tile", f"{path} does not belong to a tree of {tree.size} leaves")


# --- checkpoints against the tree ---


class History:
    """Decides whether an earlier checkpoint is a prefix of the exported tree."""

    def __init__(self, report, tree, events, keys, newest):
        self.report, self.tree, self.events, self.keys, self.newest = report, tree, events, keys, newest
        self.named = {}  # epoch that began -> the checkpoint of the one before that its first leaf names

    def read(self, note):
        checkpoint = read_checkpoint(note, self.keys, self.events.trust_domain)
        office = self.events.in_office(checkpoint.size)
        if checkpoint.size <= self.tree.size and office and office not in checkpoint.signed:
            self.report.note(f"the checkpoint of {checkpoint.size} leaves is signed by another key than the one in office")
        for name, key_id, _ in parse_note(note)[1]:
            if not any((key.name, key.id) == (name, key_id) for key in self.keys):
                self.report.note(f"{name}, key {key_id}, is said to have signed, and is neither pinned nor registered")
        return checkpoint

    def check_epochs(self):
        before = 0
        for index, epoch, note, kept in self.events.epochs:
            with self.report.about("epoch", f"leaf {index}, epoch {epoch}"):
                demand(epoch > before and epoch <= self.newest.epoch, "epochs do not ascend to that of the checkpoint")
                demand(kept == index, f"says that {kept} leaves were kept, and is leaf {index}")
                demand(note or epoch == 1, "names no checkpoint of the epoch before")
                before = epoch
                if note:
                    self.named[epoch] = named = self.read(note)
                    demand(named.epoch < epoch, "names a checkpoint of an epoch that is not before it")
                    lost = named.size - min(named.size, self.events.kept(named.epoch))
                    if lost:
                        self.report.note(f"epoch {epoch} began without the last {lost} leaves that were signed before")
                    else:
                        demand(named.root == self.tree.root(named.size), "the checkpoint that it names is another tree's")
        last = self.events.epochs[-1][1] if self.events.epochs else 1
        if last != self.newest.epoch:
            self.report.problem("epoch", f"the checkpoint is of epoch {self.newest.epoch}, the last that began is {last}")

    def check(self, old):
        """Raises unless the tree continues this checkpoint, or a later epoch owns up to what it did not keep."""
        demand(old.epoch <= self.newest.epoch, f"behind: epoch {old.epoch} was seen, the newest is {self.newest.epoch}")
        kept = self.events.kept(old.epoch)
        if old.size <= kept:
            if old.root != self.tree.root(old.size):
                raise Bad(f"fork: the first {old.size} leaves have another root than was signed")
        elif old.epoch == self.newest.epoch:
            raise Bad(f"behind: {old.size} leaves were seen, the newest checkpoint has {self.newest.size}")
        else:
            following = min(epoch for epoch in [*self.named, self.newest.epoch] if epoch > old.epoch)
            named = self.named.get(following)
            owned = named and (named.epoch, named.size) >= (old.epoch, old.size)
            demand(owned, f"fork: epoch {following} does not own up to the {old.size} leaves of epoch {old.epoch}")
            same = (named.epoch, named.size) != (old.epoch, old.size) or named.root == old.root
            demand(same, f"fork: epoch {following} names another tree of {old.size} leaves")


def check_newest(report, note, history, witnesses):
    """The signatures of the exported checkpoint; gives how many of how many agencies vouch for it."""
    signed = []
    with report.about("signature", "checkpoint"):
        signed = history.read(note).signed
    return len({key.name for key in witnesses if key in signed}), len({key.name for key in witnesses})


def check_seen(report, folder, history):
    count, last = 0, (0, 0)
    for place, line in lines_of(folder, "seen.jsonl"):
        with report.about("seen", place):
            seen = json.loads(line)
            old = history.read(seen["note"])
            demand((old.epoch, old.size) == (seen["epoch"], seen["size"]) > last, "out of its place")
            last, count = (old.epoch, old.size), count + 1
            history.check(old)
    return count


def check_receipts(report, folder, history):
    """Gives first leaf and leaf count by command, and the commands whose leaves a later epoch did not keep."""
    receipts, apart, last, lost = {}, set(), 0, 0
    for place, line in lines_of(folder, "receipts.jsonl"):
        with report.about("receipt", place):
            receipt = json.loads(line)
            first, kind, time_us = (number(receipt[name]) for name in ("first_leaf", "kind", "recorded_at_us"))
            said, decided = ([digest(d) for d in receipt[f"{name}_digests"]] for name in ("statement", "decision"))
            demand(first >= last and 0 < len(said) == len(decided), "out of its place, or not one decision a statement")
            leaves, last = [leaf_bytes(kind, time_us, *both) for both in zip(said, decided)], first
            signed, end = history.read(receipt["note"]), first + len(leaves)
            demand(end <= signed.size, f"its checkpoint has {signed.size} leaves, the last one is {end - 1}")
            check_promise(receipt, first, leaves, signed)
            command = receipt["command"].replace("-", "")
            kept = history.events.kept(signed.epoch)
            if end > kept:
                demand(signed.epoch < history.newest.epoch, f"missing leaf: the tree has no leaf {end - 1}")
                lost += 1
                if command not in receipts:  # else it was handed in again, and that receipt counts
                    receipts[command] = first, len(leaves)
                    apart.add(command)
            else:
                receipts[command] = first, len(leaves)
                apart.discard(command)
                for index, leaf in enumerate(leaves, first):
                    demand(history.tree.leaf(index) == leaf, f"missing leaf: the tree has another leaf {index}")
            if end > kept or signed.size <= kept:  # else its own leaves are all that it can claim
                history.check(signed)
            demand(receipt["state"] in STATES, "its state is none")
            demand(receipt["state"] != "given_up" or end > kept, "said to be given up, and no epoch began without its leaves")
            demand(receipt["state"] != "unproven", "this agency's node has found that it proves nothing")
    if lost:
        report.note(f"{lost} receipts are of leaves that a later epoch did not keep")
    return receipts, apart


def check_promise(receipt, first, leaves, signed):
    """The hub signed a tree that has these leaves in these places."""
    end = first + len(leaves)
    nodes = [(0, index, sha256(b"\0", leaf)) for index, leaf in enumerate(leaves, first)]
    ranges = []
    for name, places in (("before", subtrees(0, first)), ("after", subtrees(end, signed.size))):
        hashes, places = [digest(value) for value in receipt[name]], list(places)
        demand(len(hashes) == len(places), f"`{name}` has not {len(places)} hashes")
        ranges.append([(*place, value) for place, value in zip(places, hashes)])
    root = root_of([*ranges[0], *nodes, *ranges[1]])
    demand(root == signed.root, "its leaves do not lead to the root that the hub signed")


def check_envelopes(report, folder, tree, events, agency, receipts, apart):
    """Gives the commands that were signed."""
    commands, free = set(), 0
    places = {first: command for command, (first, _) in receipts.items() if command not in apart}
    for place, line in lines_of(folder, "envelopes.jsonl"):
        with report.about("envelope", place):
            signed = json.loads(line)
            first, count, envelope = number(signed["first_leaf"]), number(signed["leaf_count"]), signed["envelope"]
            demand(envelope["payloadType"] == PAYLOAD_TYPE, "not a signed batch")
            demand(len(envelope["signatures"]) == 1, "not one signature")
            payload, signature = unbase64(envelope["payload"]), envelope["signatures"][0]
            batch = record(payload)
            key, since, bound = events.agency_keys.get(signature["keyid"], (None, 0, 0))
            demand(key and key.sort == NOTE, "its key was never registered")
            demand(text_of(batch, 1) == agency == key.name.rpartition("/statement/")[2], "not signed by this agency")
            message = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} ".encode() + payload
            demand(signature_holds(key, message, unbase64(signature["sig"])), "the signature does not hold")
            command = batch[2][0].hex()
            demand(receipts.get(command, (first, count)) == (first, count), "its receipt names other leaves")
            commands.add(command)
            if command in apart:
                continue
            demand(count > 0 and free <= first and first + count <= tree.size, "names leaves that are not there")
            free = first + count
            demand(places.get(first, command) == command, f"the receipt of leaf {first} names another command")
            demand(since < first, f"its key is registered by leaf {since}, which is later")
            if bound is not None and free > bound:
                report.note(f"{place}: its key is revoked from leaf {bound} on: the signature does not count")
            check_batch(tree, first, free, b"".join(batch[3]))
    return commands


def check_batch(tree, first, end, digests):
    """The leaves are among what was signed, in its order; the rest was refused."""
    signed = iter([digests[at : at + 32] for at in range(0, len(digests), 32)])
    for index in range(first, end):
        demand(tree.leaf(index)[11:43] in signed, f"leaf {index} is not among what was signed")  # goes on where it stopped
        demand(tree.kind(index) in SIGNED, f"leaf {index} is of a kind that nobody signs")


def check_what_is_missing(report, tree, events, seen, receipts, commands):
    for index in range(tree.size):
        if tree.kind(index) in PUBLIC and index not in seen and index not in events.redacted:
            report.problem("event", f"what the public leaf {index} commits to is missing, and was not redacted")
    bare = len(receipts.keys() - commands)
    if bare:
        report.note(f"{bare} receipts have no envelope: the agency had no statement key, or their retention has ended")


def verify(folder, hub_keys, witnesses, report):
    settings = json.loads((folder / "keys.json").read_text(encoding="utf-8"))
    demand(settings["format"] == FORMAT, f"keys.json: the format is not {FORMAT}")
    trust_domain, agency = settings["trust_domain"], settings["agency"]
    if not hub_keys:
        report.note("no --hub-key: the hub's keys are taken from the folder" + (
            "" if settings["hub_keys_pinned"] else ", whose maker took them from the hub itself"))
    if not witnesses:
        report.note("no --witness: the witnesses are taken from the folder")
    hub_keys, witnesses = hub_keys or settings["hub_keys"], witnesses or settings["witnesses"]
    hub_keys, witnesses = [parse_key(key) for key in hub_keys], [parse_key(key) for key in witnesses]
    note = (folder / "checkpoint").read_text(encoding="utf-8")
    demand(all(key.sort == COSIGNATURE for key in witnesses), "a witness's key is of type 4")
    # A cosignature does not say under which name it was made: a key under two names would have two votes.
    demand(len({key.public for key in witnesses}) == len(set(witnesses)), "two witnesses have the same public key")
    text, lines = parse_note(note)
    origin, size, root = text.split("\n")[:3]
    signers(text, lines, [*hub_keys, *witnesses])  # a changed size would lead to files that are not there
    newest = Checkpoint(number(int(origin.rpartition("/")[2])), number(int(size)), unbase64(root), ())
    tree = Tree(read_entries(folder, newest.size))
    check_entries(report, tree)
    check_tiles(report, folder, tree)
    if tree.root(tree.size) != newest.root:
        report.problem("root", f"the {tree.size} leaves do not lead to the root of the checkpoint")
    public, seen = read_events(report, folder, tree, agency)
    events = Events(report, public, tree, trust_domain)
    history = History(report, tree, events, [*events.trusted(hub_keys), *events.witnesses(witnesses)], newest)
    votes, pinned = check_newest(report, note, history, witnesses)
    history.check_epochs()
    checkpoints = check_seen(report, folder, history)
    receipts, apart = check_receipts(report, folder, history)
    commands = check_envelopes(report, folder, tree, events, agency, receipts, apart)
    check_what_is_missing(report, tree, events, seen, receipts, commands)
    print(f"epoch {newest.epoch}, {tree.size} leaves; {checkpoints} earlier checkpoints, {len(receipts)} receipts, "
          f"{len(seen)} events, {len(commands)} envelopes of {agency}")
    print(f"witnesses: {votes} of {pinned} pinned agencies vouch: {'final' if 2 * votes > pinned else 'not final'}")


def run(folder, hub_keys, witnesses):
    """Verifies, says what it found, and gives the number of problems."""
    report = Report()
    with report.about("file", "the export"):
        try:
            verify(folder, hub_keys, witnesses, report)
        except OSError as error:
            raise Bad(f"{error.filename}: {error.strerror}") from error
    problems = sum(report.problems.values())
    print(f"{problems} problems" if problems else "OK")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--hub-key", action="append", default=[], metavar="VKEY", help="a key of the hub to trust")
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help="a witness to count")
    given = parser.parse_args()
    sys.exit(1 if run(given.folder, given.hub_key, given.witness) else 0)


if __name__ == "__main__":
    main()
