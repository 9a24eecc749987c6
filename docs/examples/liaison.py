"""A liaison body's client in another language: hit or no hit, and details of the first hit.

Asks about selectors in one batch under an officer's ID token, asks the same batch again, and requests a disclosure of the
first hit. The token is taken from the environment (MELDEVERBUND_TOKEN), never from an argument. Prints one JSON object a
line, and never a selector: what an officer's client prints ends up in somebody's log.

    python docs/examples/liaison.py --hub hub.example:7443 --ca trust_anchors.pem --cert certificate.pem --key key.pem \
        --purpose investigation --case EP/7/26 < selectors.txt
"""

import argparse
import os
import sys
import uuid

import grpc

import stranger

ALGORITHMS = {64: "HASH_ALGORITHM_SHA256", 40: "HASH_ALGORITHM_SHA1", 32: "HASH_ALGORITHM_MD5"}


def selector(hub, text):
    """A link in any spelling that the wire takes, or a digest whose length says how it was made."""
    if len(text) in ALGORITHMS and all(letter in "0123456789abcdef" for letter in text.lower()):
        content = hub.message("ContentHash", algorithm=ALGORITHMS[len(text)], digest=bytes.fromhex(text))
        return hub.message("Selector", content_hash=content)
    return hub.message("Selector", link=text)


def ask(hub, request, metadata):
    """One batch on a stream of its own."""
    [answer] = hub.call("LiaisonService", "Query", iter([request]), metadata)
    if answer.HasField("refused"):
        stranger.say("refused", **stranger.plain(answer.refused))
        sys.exit(1)
    return answer.answered


def main():
    parser = argparse.ArgumentParser()
    for name in ("hub", "ca", "cert", "key", "purpose", "case"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    metadata = [("authorization", f"Bearer {os.environ['MELDEVERBUND_TOKEN']}")]
    hub = stranger.Hub(given)
    hub.describe(file_containing_symbol=f"{stranger.PACKAGE}.LiaisonService")
    # Made once and kept with the question, so that sent again it is the same one.
    own = {"salt": os.urandom(32), "instance_id": str(uuid.uuid4())}
    lines = [line.strip() for line in sys.stdin if line.strip()]
    request = hub.message(
        "QueryRequest",
        query_id=stranger.uuid7(),
        purpose=hub.message("Purpose", code=given.purpose, case_number=given.case),
        selectors=[selector(hub, line) for line in lines],
        **own,
    )
    answered = ask(hub, request, metadata)
    kinds = [answer.WhichOneof("answer") for answer in answered.answers]
    for position, answer in enumerate(answered.answers):
        # No hit: no reportable hit, not a clearance.
        stranger.say(kinds[position], position=position, **stranger.plain(getattr(answer, kinds[position])))
    again = ask(hub, request, metadata)
    stranger.say("again", repeated=again.repeated, same_leaf=again.leaf_index == answered.leaf_index)
    if "hit" in kinds:
        asked = hub.message(
            "RequestDisclosureRequest",
            disclosure_id=stranger.uuid7(),
            query_id=request.query_id,
            position=kinds.index("hit"),
            reason="joint action",
            salt=os.urandom(32),
            instance_id=request.instance_id,
        )
        answer = hub.call("LiaisonService", "RequestDisclosure", asked, metadata)
        stranger.say("disclosure", asked=answer.agency.agency_id, due_at_us=answer.due_at_us)


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        stranger.say("refused", **stranger.refusal(error))
        sys.exit(1)
