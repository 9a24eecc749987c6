"""A leaf of the ledger, recomputed with hashlib alone (docs/protocol.md, "The ledger's leaf").

    python docs/examples/leaf.py --salt HEX --time-us N --statement FILE --decision FILE

The files hold the canonical encodings in hexadecimal, as in proto/tests/golden.
"""

import argparse
import hashlib
import json
import pathlib

REFERRAL = 1  # the kind of the leaf


def record(fields):
    """The canonical encoding of (tag, value) pairs: bytes, text or number. What is empty or 0 is left out."""
    encoded = b""
    for tag, value in sorted(fields, key=lambda field: field[0]):
        if isinstance(value, int):
            value = value.to_bytes(8, "big") if value else b""
        elif isinstance(value, str):
            value = value.encode()
        if value:
            encoded += bytes([tag]) + len(value).to_bytes(4, "big") + value
    return encoded


def leaf(kind, time_us, salt, statement, decision):
    """Both salted digests, the leaf's 75 bytes and its hash in the tree (RFC 6962, 2.1)."""
    said = hashlib.sha256(b"meldeverbund statement v1\0" + salt + statement).digest()
    decided = hashlib.sha256(b"meldeverbund decision v1\0" + salt + decision).digest()
    body = bytes([1]) + kind.to_bytes(2, "big") + time_us.to_bytes(8, "big") + said + decided
    digests = {"statement_digest": said, "decision_digest": decided, "leaf": body}
    digests["leaf_hash"] = hashlib.sha256(b"\0" + body).digest()
    return {name: value.hex() for name, value in digests.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--salt", type=bytes.fromhex, required=True, help="32 bytes in hexadecimal")
    parser.add_argument("--time-us", type=int, required=True, help="microseconds since 1970-01-01T00:00:00Z")
    parser.add_argument("--kind", type=int, default=REFERRAL, help="kind of the event; 1: a referral")
    parser.add_argument("--statement", type=pathlib.Path, required=True, help="what the agency said")
    parser.add_argument("--decision", type=pathlib.Path, required=True, help="what the hub decided")
    given = parser.parse_args()
    statement, decision = (bytes.fromhex(path.read_text()) for path in (given.statement, given.decision))
    print(json.dumps(leaf(given.kind, given.time_us, given.salt, statement, decision)))


if __name__ == "__main__":
    main()
