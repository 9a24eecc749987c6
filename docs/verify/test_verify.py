"""Tests verify.py on exports that are built by hand (sample.py), on published vectors and on this project's golden files.

    python docs/verify/test_verify.py
"""

import contextlib
import copy
import hashlib
import io
import json
import pathlib
import random
import re
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import events
import ledger
import sample
import verify

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent.parent / "proto/tests/golden"
PINNED = [sample.HUB.vkey], [witness.vkey for witness in sample.WITNESSES]
# Fields that nothing commits to: who exported when, and what the office thought then.
FREE = {"exported_at_us", "seen_at_us", "hub_keys", "hub_keys_pinned", "witnesses"}


class Exports(unittest.TestCase):
    """Each test gets a sample of its own in memory, and a copy of its export in a folder."""

    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory()
        cls.good, cls.sample = pathlib.Path(cls.home.name) / "good", sample.Sample()
        cls.sample.write(cls.good)

    @classmethod
    def tearDownClass(cls):
        cls.home.cleanup()

    def setUp(self):
        self.folder, self.made = pathlib.Path(self.home.name) / "export", copy.deepcopy(self.sample)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.good, self.folder)

    def run_on(self, folder, hub_keys=PINNED[0], witnesses=PINNED[1]):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            problems = verify.run(folder, hub_keys, witnesses)
        return problems, out.getvalue()

    def found(self, *expected):
        """There are problems, and each of the words is in one of their lines."""
        problems, out = self.run_on(self.folder)
        lines = [line for line in out.splitlines() if line.startswith("PROBLEM")]
        self.assertGreater(problems, 0, out)
        for words in expected:
            self.assertTrue(any(words in line for line in lines), f"{words}: {out}")
        self.assertNotIn("http://", out, "no link is ever said")

    def lines(self, name):
        return (self.folder / name).read_text().splitlines()

    def change(self, name, change):
        lines = [json.loads(line) for line in self.lines(name)]
        lines = change(lines) or lines
        sample.put(self.folder / name, b"".join(json.dumps(line).encode() + b"\n" for line in lines))


class WhatIsWhole(Exports):
    def test_everything_holds_together(self):
        problems, out = self.run_on(self.folder)
        self.assertEqual(problems, 0, out)
        self.assertIn("epoch 2, 601 leaves; 4 earlier checkpoints, 192 receipts", out)
        self.assertIn("2 of 3 pinned agencies vouch: final", out)
        self.assertIn("epoch 2 began without the last 12 leaves", out)
        self.assertNotIn("another key than the one in office", out)

    def test_any_key_of_the_chain_may_be_pinned_and_the_folder_is_trusted_with_a_word(self):
        problems, out = self.run_on(self.folder, [sample.NEXT.vkey], [])
        self.assertEqual((problems, "no --hub-key" in out, "no --witness" in out), (0, False, True), out)
        problems, out = self.run_on(self.folder, [], PINNED[1][2:])
        self.assertEqual((problems, "no --hub-key" in out), (0, True), out)
        self.assertIn("0 of 1 pinned agencies vouch: not final", out)

    def test_two_keys_of_one_agency_are_one_vote(self):
        second = sample.Key(sample.WITNESSES[0].name, 99, 4)
        note = self.made.note(self.made.size, [sample.WITNESSES[0], second])
        (self.folder / "checkpoint").write_text(note)
        _, out = self.run_on(self.folder, PINNED[0], [*PINNED[1], second.vkey])
        self.assertIn("1 of 3 pinned agencies vouch: not final", out)

    def test_a_key_under_two_names_has_no_two_votes(self):
        twin = sample.Key(f"{sample.DOMAIN}/witness/de-sn-lka", 10, 4)
        problems, out = self.run_on(self.folder, PINNED[0], [*PINNED[1], twin.vkey])
        self.assertGreater(problems, 0)
        self.assertIn("two witnesses have the same public key", out)

    def test_an_empty_ledger_and_one_of_each_small_size(self):
        for size in [*range(1, 20), 255, 256, 257]:
            self.made.size = size
            hashes = self.made.hashes()[:size]
            tree = ledger.Tree(b"".join(self.made.leaf(index) for index in range(size)))
            for prefix in range(size + 1):
                self.assertEqual(tree.root(prefix), sample.mth(hashes[:prefix]))
        self.assertEqual(ledger.Tree(b"").root(0), hashlib.sha256().digest())


class Tampering(Exports):
    """What somebody changes in the files, as docs/ledger.md's table lists it."""

    def bundle(self, change):
        """Changes the first bundle's entries."""
        path = self.folder / "tile/entries/000"
        entries = [path.read_bytes()[at : at + 77] for at in range(0, 256 * 77, 77)]
        change(entries)
        path.write_bytes(b"".join(entries))

    def test_entries_changed_swapped_doubled_dropped(self):
        def flip(at):
            def change(entries):
                entries[20] = entries[20][:at] + bytes([entries[20][at] ^ 4]) + entries[20][at + 1 :]
            return change

        def swap(entries):
            entries[20], entries[21] = entries[21], entries[20]

        def double(entries):
            entries[21] = entries[20]

        def drop(entries):
            del entries[20]

        cases = [(flip(at), "tile/0/000: leaf 20 is not what the entries hash to") for at in (4, 12, 13, 45, 76)]
        cases += [(flip(2), "leaf 20 is not"), (flip(3), "leaf 20 is not"), (flip(1), "is not 75 bytes long")]
        cases += [(swap, "leaf 20 is not"), (double, "leaf 21 is not"), (drop, "has not 256 entries")]
        for change, words in cases:
            shutil.copytree(self.good, self.folder, dirs_exist_ok=True)
            self.bundle(change)
            self.found(words)

    def test_a_tree_that_was_remade_has_another_root(self):
        entries = [self.made.leaf(index) for index in range(self.made.size)]
        entries[14] = entries[14][:-1] + b"\0"
        shutil.rmtree(self.folder / "tile")
        sample.write_tree(self.folder, entries)
        self.found("root: the 601 leaves", "fork: the first 202 leaves")

    def test_tiles(self):
        for name, words in (("0/001", "leaf 256"), ("1/000.p/2", "hash 0 of level 1")):
            path = self.folder / "tile" / name
            content = path.read_bytes()
            path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
            self.found(words)
            path.unlink()
            self.found("is missing, or has not")
            path.write_bytes(content)
        sample.put(self.folder / "tile/0/002", bytes(256 * 32))
        self.found("tile/0/002 does not belong")

    def test_the_checkpoint(self):
        note, stranger = self.made.note(self.made.size, sample.WITNESSES), sample.Key(f"{sample.DOMAIN}/ledger", 77)
        for change, words in [
            (lambda n: n.replace("/ledger/2\n", "/ledger/1\n"), "does not hold"),
            (lambda n: n.replace("\n601\n", "\n600\n"), "does not hold"),
            (lambda n: n.replace("\n601\n", "\n0601\n"), "does not hold"),
            (lambda n: self.made.note(self.made.size).replace("\n\n", "\nextension\n\n"), "not a checkpoint"),
            (lambda n: n.replace(sample.DOMAIN, "other.example"), "not of"),
            (lambda n: self.made.note(self.made.size, sample.WITNESSES, [stranger]), "not signed by a key"),
            (lambda n: self.made.note(self.made.size, sample.WITNESSES, [sample.STATEMENT]), "not signed by a key"),
            (lambda n: n[:-8] + ("A" if n[-8] != "A" else "B") + n[-7:], "witness/de-by-lka"),
            (lambda n: n.rstrip("\n"), "not a signed note"),
            (lambda n: n.replace("— ", "- ", 1), "not a sig"),
        ]:
            (self.folder / "checkpoint").write_text(change(note))
            self.found(words)

    def test_an_older_tree_is_behind(self):
        self.made.size = 395  # signed anew with the hub's own key
        self.made.write(self.folder)
        self.found("seen.jsonl line 4: behind: 401 leaves were seen", "missing leaf: the tree has no leaf 4")

    def test_a_forked_history_under_the_hubs_own_key(self):
        kind, time_us, agency, salt, statement, decision = self.made.events[40]
        self.made.events[40] = (kind, time_us, "de-by-lka", salt, statement + b"", b"\2")
        self.made.write(self.folder)  # receipts and seen checkpoints stay as they were
        self.found("fork: the first 202 leaves have another root", "receipt: receipts.jsonl")

    def test_an_own_event_that_was_rewritten(self):
        index = next(i for i, event in enumerate(self.made.events) if event[2] == sample.OWN and event[0] == 9)
        event = list(self.made.events[index])
        event[5] += b"\0"
        self.made.events[index] = tuple(event)
        self.made.write(self.folder)
        self.found(f"missing leaf: the tree has another leaf {index}")

    def test_backdating(self):
        event = list(self.made.events[500])
        event[1] = sample.START_US
        self.made.events[500] = tuple(event)
        self.made.write(self.folder)
        self.found("time: leaf 500 is dated before leaf 499")

    def test_events(self):
        name = "events/000000.jsonl"
        def set_to(field, value):
            return lambda lines: lines[50].update({field: value})
        def half(field):
            return lambda lines: lines[50].update({field: lines[50][field][:-1] + ("0" if lines[50][field][-1] != "0" else "1")})
        for change, words in [
            (half("salt"), "not what leaf"), (half("statement"), "not what leaf"), (half("decision"), "not what leaf"),
            (set_to("recorded_at_us", 5), "not what leaf"), (set_to("kind", 3), "not what leaf"),
            (set_to("index", 9999), "not in the tree"), (set_to("agency", "de-by-lka"), "is not this agency's"),
            (lambda lines: lines[1:], "what the public leaf 0 commits to is missing"),
            (lambda lines: lines[:3] + lines[2:], "out of its place"),
            (lambda lines: [lines[1], lines[0]] + lines[2:], "out of its place"),
            (lambda lines: [{**lines[0], "salt": None}] + lines[1:], "malformed"),
            (lambda lines: [{}] + lines[1:], "'index' is missing"),
        ]:
            shutil.copy(self.good / name, self.folder / name)
            self.change(name, change)
            self.found(words)

    def test_receipts(self):
        def set_to(field, value):
            return lambda lines: lines[9].update({field: value})
        def hashed(field):
            return lambda lines: lines[9][field].__setitem__(0, "00" * 32)
        for change, words in [
            (hashed("statement_digests"), "do not lead to the root"), (hashed("decision_digests"), "do not lead to the root"),
            (hashed("before"), "do not lead to the root"), (set_to("before", []), "`before` has not"),
            (set_to("after", ["00" * 32]), "`after` has not 0"), (set_to("kind", 2), "do not lead to the root"),
            (set_to("recorded_at_us", 1), "do not lead to the root"), (set_to("first_leaf", 9999), "the last one is"),
            (set_to("note", self.made.note(30, (), [sample.WITNESSES[0]])), "not signed by a key"),
            (set_to("statement_digests", []), "not one decision a statement"),
            (set_to("state", "unproven"), "has found that it proves nothing"),
            (set_to("state", "given_up"), "said to be given up, and no epoch began without its leaves"),
            (set_to("state", "waived"), "its state is none"),
            (set_to("note", "x"), "not a signed note"), (set_to("first_leaf", -1), "not a number"),
            (lambda lines: lines + [{}], "'first_leaf' is missing"),
        ]:
            shutil.copy(self.good / "receipts.jsonl", self.folder / "receipts.jsonl")
            self.change("receipts.jsonl", change)
            self.found(words)

    def test_a_line_that_is_not_ended(self):
        for name in ("receipts.jsonl", "envelopes.jsonl", "seen.jsonl", "events/000000.jsonl"):
            content = (self.folder / name).read_bytes()
            (self.folder / name).write_bytes(content[:-9])
            self.found("the last line is not ended")
            (self.folder / name).write_bytes(content)

    def test_envelopes(self):
        def deep(field, value):
            return lambda lines: lines[9]["envelope"].update({field: value})
        def signed(**fields):
            return lambda lines: lines[9]["envelope"]["signatures"][0].update(fields)
        other = self.made.envelopes[10]
        for change, words in [
            (deep("payload", other["envelope"]["payload"]), "the signature does not hold"),
            (deep("payloadType", "text/plain"), "not a signed batch"),
            (signed(sig=other["envelope"]["signatures"][0]["sig"]), "the signature does not hold"),
            (signed(keyid=sample.WITNESSES[1].vkey), "its key was never registered"),
            (signed(keyid="x"), "its key was never registered"),
            (deep("signatures", []), "not one signature"),
            (lambda lines: lines[9].update(envelope=other["envelope"]), "its receipt names other leaves"),
            (lambda lines: lines[9].update(first_leaf=lines[9]["first_leaf"] + 1), "its receipt names other leaves"),
        ]:
            shutil.copy(self.good / "envelopes.jsonl", self.folder / "envelopes.jsonl")
            self.change("envelopes.jsonl", change)
            self.found(words)

    def test_a_receipt_of_another_command(self):
        self.change("receipts.jsonl", lambda lines: lines[9].update(command="0" * 32))
        self.found("names another command")

    def test_without_its_receipt_an_envelope_still_names_its_leaves(self):
        sample.put(self.folder / "receipts.jsonl", b"")
        self.change("envelopes.jsonl", lambda lines: lines[9].update(first_leaf=lines[9]["first_leaf"] - 1))
        self.found("is not among what was signed")

    def test_a_revoked_key_signs_nothing_more(self):
        self.made.work(615, sample.REVOKED)
        self.made.size = len(self.made.events)
        self.made.write(self.folder)
        problems, out = self.run_on(self.folder)
        self.assertEqual(problems, 0, out)
        self.assertRegex(out, r"envelopes.jsonl line 19\d: its key is revoked from leaf \d+ on: the signature does not count")

    def test_a_key_that_is_registered_later(self):
        late = sample.Key(f"{sample.DOMAIN}/statement/{sample.OWN}", 5)
        self.made.work(640, late)
        self.made.add(12, sample.CENTRE, sample.record((1, sample.OWN), (2, late.vkey)))
        self.made.size = len(self.made.events)
        self.made.write(self.folder)
        self.found("which is later")

    def test_seen_checkpoints(self):
        other = self.made.note(35)
        for change, words in [
            (lambda lines: lines[1].update(size=36), "out of its place"),
            (lambda lines: [lines[1], lines[0]] + lines[2:], "out of its place"),
            (lambda lines: lines[1].update(note=other.replace("\n35\n", "\n36\n")), "does not hold"),
        ]:
            shutil.copy(self.good / "seen.jsonl", self.folder / "seen.jsonl")
            self.change("seen.jsonl", change)
            self.found(words)


class Keys(Exports):
    def test_a_hub_that_nobody_pinned(self):
        problems, out = self.run_on(self.folder, [sample.Key(f"{sample.DOMAIN}/ledger", 50).vkey])
        self.assertIn("none of the trusted hub keys", out)
        self.assertIn("not signed by a key of the hub that is trusted here", out)
        self.assertGreater(problems, 0)

    def test_a_key_that_puts_itself_in_office(self):
        thief = sample.Key(f"{sample.DOMAIN}/ledger", 51)
        for old in (None, sample.HUB):
            made = copy.deepcopy(self.made)
            made.put_key(thief, old)
            made.size, made.signers = len(made.events), [thief]
            made.write(self.folder)
            self.found("does not follow the key that was in office", "not signed by a key of the hub that is trusted here")

    def test_a_change_of_key_is_signed_by_both(self):
        new, thief = sample.Key(f"{sample.DOMAIN}/ledger", 52), sample.Key(f"{sample.DOMAIN}/ledger", 53)
        other = sample.Key(f"{sample.DOMAIN}/ledgers", 52)
        message = f"meldeverbund ledger key v1\n{sample.NEXT.vkey}\n{{}}\n"
        for key, by_new, by_old, words in [
            (new, new, thief, "not signed by the old key"), (new, thief, sample.NEXT, "not signed by the new key"),
            (other, other, sample.NEXT, "not a key of this ledger"),
        ]:
            made, signed = copy.deepcopy(self.made), message.format(key.vkey).encode()
            fields = (1, key.vkey), (2, sample.NEXT.vkey), (3, by_new.secret.sign(signed)), (4, by_old.secret.sign(signed))
            made.add(17, sample.CENTRE, sample.record(*fields))
            made.size = len(made.events)
            made.write(self.folder)
            self.found(f"key: leaf {made.size - 1}: {words}")

    def test_statements_about_keys(self):
        key = sample.Key(f"{sample.DOMAIN}/statement/de-by-lka", 54)
        for kind, agency, vkey, words in [
            (12, sample.OWN, key.vkey, "not named after"), (14, "de-by-lka", key.vkey, "not of this type"),
            (12, sample.OWN, sample.STATEMENT.vkey, "was registered before"), (13, "de-by-lka", key.vkey, "was not registered"),
            (12, "de-by-lka", "x", "malformed"),
        ]:
            made = copy.deepcopy(self.made)
            made.add(kind, sample.CENTRE, sample.record((1, agency), (2, vkey)))
            made.size = len(made.events)
            made.write(self.folder)
            self.found(words)

    def test_redactions_name_leaves_before_them_in_order(self):
        for ranges in ([(5, 0)], [(5, 2), (6, 1)], [(9, 1), (5, 2)], [(5, 10**6)]):
            made = copy.deepcopy(self.made)
            fields = [(4, first.to_bytes(8, "big") + count.to_bytes(8, "big")) for first, count in ranges]
            made.add(16, sample.CENTRE, sample.record((1, "case"), *fields))
            made.size = len(made.events)
            made.write(self.folder)
            self.found("names leaves out of order")

    def test_an_old_key_alone_is_worth_a_word(self):
        (self.folder / "checkpoint").write_text(self.made.note(self.made.size, (), [sample.HUB]))
        problems, out = self.run_on(self.folder)
        self.assertEqual(problems, 0, out)
        self.assertIn("601 leaves is signed by another key than the one in office", out)

    def test_what_is_no_checkpoint_though_the_hub_signed_it(self):
        root, keys = "A" * 43 + "=", [ledger.parse_key(sample.HUB.vkey)]
        def read(text):
            return ledger.read_checkpoint(text + "\n" + sample.HUB.line(text), keys, sample.DOMAIN)
        self.assertEqual(read(f"{sample.DOMAIN}/ledger/3\n7\n{root}\n")[:2], (3, 7))
        for epoch, size, rest in [("03", 7, ""), ("+3", 7, ""), ("0", 7, ""), ("-1", 7, ""), ("x", 7, ""), ("3", "07", ""),
                                  ("3", "-7", ""), ("3", 1 << 64, ""), ("3", "", ""), ("3", 7, "more\n")]:
            with self.assertRaises((ledger.Bad, ValueError), msg=(epoch, size)):
                read(f"{sample.DOMAIN}/ledger/{epoch}\n{size}\n{root}\n{rest}")
        for text in (f"{sample.DOMAIN}/other/3\n7\n{root}\n", f"{sample.DOMAIN}/ledger/3\n7\n{root[4:]}\n", "x\n",
                     f"a\tb\n7\n{root}\n"):
            with self.assertRaises((ledger.Bad, ValueError), msg=text):
                read(text)

    def test_what_is_no_key(self):
        whole = sample.Key("a", 1)
        def key(name, material):
            key_id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4].hex()
            return f"{name}+{key_id}+{sample.base64.b64encode(material).decode()}"
        material = ledger.unbase64(whole.vkey.split("+", 2)[2])
        self.assertEqual(ledger.parse_key(key("a", material)).public, material[1:])
        for text in (key("", material), key("a b", material), key("a\n", material), key("a", material[:-1]),
                     key("a", b"\2" + material[1:]), "a", key("a", material).upper()):
            with self.assertRaises((ledger.Bad, ValueError), msg=text):
                ledger.parse_key(text)

    def test_keys_of_small_order_and_wrong_ids_are_none(self):
        for point in (0, 1, ledger.PRIME - 1, ledger.PRIME, ledger.ORDER_8, ledger.ORDER_8 | 1 << 255):
            material = b"\1" + point.to_bytes(32, "little")
            key_id = hashlib.sha256(b"a\n" + material).digest()[:4].hex()
            with self.assertRaisesRegex(ledger.Bad, "no usable"):
                ledger.parse_key(f"a+{key_id}+{sample.base64.b64encode(material).decode()}")
        with self.assertRaisesRegex(ledger.Bad, "id does not belong"):
            ledger.parse_key(sample.HUB.vkey.replace(sample.HUB.id.hex(), "00000000"))


class Spellings(unittest.TestCase):
    def test_each_value_has_one(self):
        for text in ("AB==", "AA", "A-==", "AA==\n"):
            with self.assertRaises((ledger.Bad, ValueError), msg=text):
                ledger.unbase64(text)
        for text in ("AB" * 32, "ab" * 31, " " + "ab" * 32, "g" * 64):
            with self.assertRaises((ledger.Bad, ValueError), msg=text):
                ledger.digest(text)
        for value in (-1, 1 << 64, 1.0, True, "1", None):
            with self.assertRaises(ledger.Bad):
                ledger.number(value)
        for data in ("0100000000", "02000000010101000000010a", "0100000002ff", "000000000101", "01000000"):
            with self.assertRaises(ledger.Bad, msg=data):
                ledger.record(bytes.fromhex(data))
        self.assertEqual(ledger.record(bytes.fromhex("010000000107010000000108")), {1: [b"\x07", b"\x08"]})


class Epochs(Exports):
    def epoch(self, *fields):
        event = list(self.made.events[310])
        event[4] = sample.record((1, 2), (2, "restore"), (3, "KD"), *fields)
        self.made.events[310] = tuple(event)
        self.made.seen = [seen for seen in self.made.seen if seen["epoch"] == 1]
        self.made.receipts = [receipt for receipt in self.made.receipts if "/ledger/1" in receipt["note"]]
        self.made.write(self.folder)

    def test_it_owns_up_to_what_was_seen(self):
        first = self.made.seen[1]["note"]
        self.epoch((4, first), (5, 310))
        self.found("fork: epoch 2 does not own up to the 322 leaves of epoch 1")
        self.epoch((5, 310))
        self.found("names no checkpoint of the epoch before")
        self.epoch((4, self.made.seen[2]["note"]), (5, 309))
        self.found("says that 309 leaves were kept, and is leaf 310")
        self.epoch((4, self.made.seen[2]["note"].replace("\n322\n", "\n323\n")), (5, 310))
        self.found("epoch: leaf 310, epoch 2: the signature")

    def test_a_checkpoint_of_an_epoch_that_never_began(self):
        self.made.epoch = 3
        self.made.write(self.folder)
        self.found("the checkpoint is of epoch 3, the last that began is 2")


class Flips(Exports):
    def test_a_flipped_bit_anywhere_is_noticed(self):
        chance = random.Random(7)
        for path in sorted(path.relative_to(self.good) for path in self.good.rglob("*") if path.is_file()):
            content = (self.good / path).read_bytes()
            for _ in range(8):
                at = chance.randrange(len(content))
                changed = content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]
                (self.folder / path).write_bytes(changed)
                problems, out = self.run_on(self.folder)
                if not problems:
                    self.assertTrue(is_free(path.name, content, changed, out), f"{path} at {at}: {out}")
            (self.folder / path).write_bytes(content)


def is_free(name, content, changed, out):
    """The bit is one to which nothing commits: a field of the office's own, or who is said to have signed."""
    if name == "checkpoint":
        return "neither pinned nor registered" in out
    if name.endswith((".json", ".jsonl")):
        lines = zip(content.split(b"\n"), changed.split(b"\n")) if name.endswith("l") else [(content, changed)]
        (old, new) = next((json.loads(old), json.loads(new)) for old, new in lines if old != new)
        other = {field for field in old.keys() | new.keys() if old.get(field) != new.get(field)}
        public = old.get("kind") in events.PUBLIC and "agency" in other
        renamed = "decision" in other and not old["decision"]
        # Leaves from 310 on were given up, and with them the envelopes that name their commands.
        lost = "command" in old and "/ledger/1\n" in old["note"] and old["first_leaf"] + len(old["decision_digests"]) > 310
        command = lost and other == {"command"} or "seen_at_us" in "".join(other) or "note" in other and "neither pinned" in out
        return bool(other <= FREE) or public or renamed or command
    return False


class Published(unittest.TestCase):
    def test_roots_of_certificate_transparency(self):
        leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
        roots = """6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
            fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
            aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
            d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
            4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
            76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
            ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
            5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328""".split()
        hashes = [hashlib.sha256(b"\0" + bytes.fromhex(leaf)).digest() for leaf in leaves]
        for size, root in enumerate(roots, 1):
            self.assertEqual(ledger.root_of((0, at, hashes[at]) for at in range(size)).hex(), root)
            self.assertEqual(sample.mth(hashes[:size]).hex(), root)

    def test_golden_envelope(self):
        envelope = json.loads((GOLDEN / "batch-envelope-v1.json").read_text())
        payload, signature = ledger.unbase64(envelope["payload"]), envelope["signatures"][0]
        self.assertEqual(ledger.text_of(ledger.record(payload), 1), "de-nw-lka")
        message = f"DSSEv1 {len(verify.PAYLOAD_TYPE)} {verify.PAYLOAD_TYPE} {len(payload)} ".encode() + payload
        key = ledger.parse_key(signature["keyid"])
        self.assertTrue(ledger.signature_holds(key, message, ledger.unbase64(signature["sig"])))
        self.assertFalse(ledger.signature_holds(key, message + b"x", ledger.unbase64(signature["sig"])))

    def test_golden_checkpoint_and_keys(self):
        note = (GOLDEN / "cosigned-checkpoint-v1.note").read_text()
        def golden(name):
            return ledger.record(bytes.fromhex((GOLDEN / f"{name}-v1.hex").read_text()))
        first, change = golden("ledger-key-first"), golden("ledger-key")
        hub = ledger.parse_key(ledger.text_of(change, 2) or ledger.text_of(first, 1))
        keys = {key.vkey: key for seed in range(1, 10) for key in [sample.Key("meldeverbund.example/ledger", seed)]}
        self.assertIn(hub.text, keys)
        witnesses = [ledger.parse_key(sample.Key(f"{sample.DOMAIN}/witness/de-nw-lka", seed, 4).vkey) for seed in range(1, 10)]
        checkpoint = ledger.read_checkpoint(note, [*map(ledger.parse_key, keys), *witnesses], sample.DOMAIN)
        self.assertEqual((checkpoint.epoch, checkpoint.size, len(checkpoint.signed)), (1, 1, 2))
        epoch = golden("epoch")
        self.assertEqual((ledger.number_of(epoch, 1), ledger.text_of(epoch, 4), ledger.number_of(epoch, 5)), (2, note, 1))

    def test_golden_redaction(self):
        redaction = ledger.record(bytes.fromhex((GOLDEN / "redaction-v1.hex").read_text()))
        ranges = [(int.from_bytes(value[:8], "big"), int.from_bytes(value[8:], "big")) for value in redaction[4]]
        self.assertEqual(ranges, [(5, 2), (9, 1)])


class Documentation(unittest.TestCase):
    def test_the_worked_examples(self):
        page = (HERE.parent / "ledger.md").read_text()
        leaf = [hashlib.sha256(b"\0" + bytes([at])).digest() for at in range(7)]
        values = {f"{begin}-{end}": ledger.root_of((0, at - begin, leaf[at]) for at in range(begin, end)).hex()
                  for begin in range(7) for end in range(begin + 1, 8)}
        told = re.findall(r"^    h\[(\d), (\d)\)\s+([0-9a-f]{64})", page, re.M)
        self.assertGreater(len(told), 5)
        for begin, end, value in told:
            self.assertEqual(values[f"{begin}-{end}"], value)


if __name__ == "__main__":
    unittest.main()
