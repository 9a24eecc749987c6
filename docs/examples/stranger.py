"""A client of the hub in another language: no generated code, only docs/protocol.md and the hub's own descriptors.

Opens a case, hands in some made-up links, hands them in again, follows its feed and acknowledges it. Prints one JSON
object a line. Never prints a link: what an officer's client prints ends up in somebody's log.

    python docs/examples/stranger.py --hub hub.example:7443 --ca trust_anchors.pem --cert certificate.pem \
        --key key.pem --case ST/0123456/2026
"""

import argparse
import json
import os
import sys
import time
import uuid

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status

import leaf

PACKAGE = "meldeverbund.v1"
# gRPC libraries take 4 MiB by default; an event of the feed brings a batch and its answers.
OPTIONS = [("grpc.max_receive_message_length", 8 * 1024 * 1024)]
SECONDS = 30
LINKS = [
    "https://files.example/d/Ab3",
    "HTTP://FILES.example:80/x/../d/%41b3#page=2",  # another spelling of the first
    "https://files.example./d/Ab3",  # and another
    "https://files.example/d/ab3",  # another thing: the case of a path counts
    "hxxps://files.example/d/Ab3",  # defanged: a wire format does not guess
]


class Hub:
    """Calls and messages of the hub, made from what its reflection service says."""

    def __init__(self, given):
        files = (open(path, "rb").read() for path in (given.ca, given.key, given.cert))
        self.channel = grpc.secure_channel(given.hub, grpc.ssl_channel_credentials(*files), OPTIONS)
        self.pool = descriptor_pool.DescriptorPool()
        self.files = set()
        for service in ("AgencyService", "CaseService", "ReferralService", "FeedService"):
            self.describe(file_containing_symbol=f"{PACKAGE}.{service}")

    def describe(self, **wanted):
        """Asks for a file, and first for what it imports. v1 of the service has the messages of v1alpha."""
        ask = self.channel.stream_stream(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest.SerializeToString,
            reflection_pb2.ServerReflectionResponse.FromString,
        )
        answer = next(ask(iter([reflection_pb2.ServerReflectionRequest(**wanted)]), timeout=SECONDS))
        for encoded in answer.file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(encoded)
            for name in set(file.dependency) - self.files:
                self.describe(file_by_filename=name)
            if file.name not in self.files:
                self.files.add(file.name)
                self.pool.Add(file)

    def message(self, name, **fields):
        kind = self.pool.FindMessageTypeByName(f"{PACKAGE}.{name}")
        return message_factory.GetMessageClass(kind)(**fields)

    def call(self, service, method, request, metadata=None):
        """One call; streams go in and come out as iterators."""
        described = self.pool.FindServiceByName(f"{PACKAGE}.{service}").methods_by_name[method]
        sides = (described.client_streaming, described.server_streaming)
        make = getattr(self.channel, "_".join("stream" if side else "unary" for side in sides))
        answer = message_factory.GetMessageClass(described.output_type)
        path = f"/{PACKAGE}.{service}/{method}"
        return make(path, lambda message: message.SerializeToString(), answer.FromString)(
            request, timeout=SECONDS, metadata=metadata
        )

    def submit(self, request):
        """One batch on a stream of its own: what is under way together is not carried out in a fixed order."""
        [answer] = self.call("ReferralService", "Submit", iter([request]))
        return answer


def uuid7():
    """RFC 9562, 5.7: 48 bits of milliseconds, then random bits."""
    value = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10), "big")
    return str(uuid.UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | (0x7 << 76) | (0x2 << 62)))


def say(step, **facts):
    print(json.dumps({"step": step, **facts}, ensure_ascii=False), flush=True)


def plain(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def leaf_hash(agency, request, position, answer, recorded_at_us):
    """The hash of a referral's leaf in the ledger: the hub cannot say later that something else was handed in."""
    referral, bytes_of = request.referrals[position], lambda text: uuid.UUID(text).bytes
    statement = [(1, agency), (2, bytes_of(request.submission_id)), (3, position), (4, request.case_number)]
    statement += [(5, referral.link), (7, referral.offence_class), (8, referral.found_where), (19, referral.note)]
    decision = [(1, answer.verdict), (2, bytes_of(answer.target_id)), (3, answer.round), (4, answer.owner_agency_id)]
    decision += [(5, answer.owner_basis), (6, 1), (7, answer.link_id)]
    encoded = leaf.record(statement), leaf.record(decision)
    return leaf.leaf(leaf.REFERRAL, recorded_at_us, referral.salt, *encoded)["leaf_hash"]


def say_answers(agency, request, accepted):
    index = accepted.first_leaf_index
    for position, answer in enumerate(accepted.answers):
        facts = plain(answer)
        facts.pop("link_id", None)  # as sensitive as the link
        if not answer.HasField("refusal"):
            hashed = leaf_hash(agency, request, position, answer, accepted.recorded_at_us)
            facts |= {"leaf_index": index, "leaf_hash": hashed}
            index += 1
        say("answer", position=position, **facts)


def run(given):
    hub = Hub(given)
    me = hub.call("AgencyService", "WhoAmI", hub.message("WhoAmIRequest"))
    say("who_am_i", **plain(me))
    # A real client keeps the first of these with its database, and makes the other when its process starts.
    instance, boot = str(uuid.uuid4()), str(uuid.uuid4())

    case = hub.message("Case", number=given.case, kind=1)
    opening = hub.message("OpenCaseRequest", command_id=uuid7(), salt=os.urandom(32), case=case)
    opened = hub.call("CaseService", "OpenCase", opening)
    say("case", state=plain(opened)["state"], stood_already=opened.stood_already)

    words = {"offence_class": 4, "found_where": "forum.test, Thema „7“", "note": "made up"}
    referrals = [hub.message("Referral", link=link, salt=os.urandom(32), **words) for link in LINKS]
    ids = {"submission_id": uuid7(), "instance_id": instance, "case_number": given.case}
    request = hub.message("SubmitRequest", **ids, referrals=referrals)
    other = hub.message("SubmitRequest", **ids, referrals=referrals[:1])
    first = hub.submit(request)
    if first.WhichOneof("result") == "refused":
        say("refused", **plain(first.refused))
        sys.exit(1)
    say_answers(me.agency.agency_id, request, first.accepted)
    again = hub.submit(request).accepted
    say("repeated", repeated=again.repeated, identical=again.answers == first.accepted.answers)
    say("conflict", **plain(hub.submit(other).refused))

    following = hub.message("FollowRequest", instance_id=instance, boot_id=boot, after_sequence=0)
    events = hub.call("FeedService", "Follow", following)
    for event in events:
        kind = event.WhichOneof("event")
        say("event", sequence=event.sequence, event=kind)
        if kind == "referrals_recorded" and event.referrals_recorded.submission_id == request.submission_id:
            break  # the feed never ends by itself
    events.cancel()
    done = hub.message("AcknowledgeRequest", instance_id=instance, sequence=event.sequence)
    hub.call("FeedService", "Acknowledge", done)
    say("acknowledged", sequence=event.sequence)


def refusal(error):
    """What a failed call says: the gRPC status, and the hub's reason, field and hint where there are any."""
    facts = {"grpc": error.code().name, "reason": error.details()}
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        info, bad, retry = (getattr(error_details_pb2, name)() for name in ("ErrorInfo", "BadRequest", "RetryInfo"))
        if detail.Unpack(info):
            facts["code"] = info.reason
        elif detail.Unpack(bad):
            facts["field"] = bad.field_violations[0].field
        elif detail.Unpack(retry):
            facts["retry_after_ms"] = retry.retry_delay.ToMilliseconds()
    return facts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hub", required=True, help="host:port")
    parser.add_argument("--ca", required=True, help="the trust anchors, PEM")
    parser.add_argument("--cert", required=True, help="the client certificate, PEM")
    parser.add_argument("--key", required=True, help="its private key, PEM")
    parser.add_argument("--case", required=True, help="the number of the agency's case")
    try:
        run(parser.parse_args())
    except grpc.RpcError as error:
        say("refused", **refusal(error))
        sys.exit(1)
