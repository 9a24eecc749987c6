"""Rewrites the tree of the sample export with the hub's own key: one office's leaf gives way to another.

    python docs/verify/rewritten.py FOLDER
"""

import pathlib
import sys

import sample


def rewrite(folder):
    made = sample.Sample()
    at = next(index for index, event in enumerate(made.events) if index > 40 and event[2] == sample.OWN and event[0] == 1)
    kind, time_us, agency, salt, _, decision = made.events[at]
    made.events[at] = (kind, time_us, agency, salt, b"another statement", decision)
    made.write_tree(folder)
    note = made.note(made.size, sample.WITNESSES[:2])
    (folder / "checkpoint").write_text(note, encoding="utf-8")


if __name__ == "__main__":
    rewrite(pathlib.Path(sys.argv[1]))
