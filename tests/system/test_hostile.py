"""Bad input on the agents' socket: the documented error, nothing lost, the dispatcher alive, others served."""
import os
import struct
import sys

import msgpack
import pytest
import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402
from rig import pack, post  # noqa: E402


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("hostile"), accounts=1, workers=0)
    system.bystander = system.agent("bystander")
    system.kept = [e["id"] for e in system.bystander.ok("enqueue", jobs=[
        post(system.accounts[0], f"kept {i}", key=f"k{i}", run_at=rig.LATE) for i in range(3)])["jobs"]]
    yield system
    system.stop()


@pytest.fixture(autouse=True)
def nothing_is_lost(system):
    """After each test: the same process, the same jobs, another agent is served at once."""
    pid = system.roost.dispatcher.proc.pid
    yield
    assert system.roost.dispatcher.alive and system.roost.dispatcher.proc.pid == pid
    assert [j["id"] for j in system.bystander.ok("list")["jobs"]] == system.kept[::-1]


def deep(levels, kind):
    body = None
    for _ in range(levels):
        body = [body] if kind == "array" else {"a": body}
    return body


def job_with(meta_bytes):
    """An enqueue whose `meta` is these bytes, whatever they are."""
    head = msgpack.packb({"op": "enqueue", "jobs": [{"action": "post", "account": "demo1", "args": {"text": "x"}, "meta": 0}]})
    assert head[-1:] == b"\x00"
    return head[:-1] + meta_bytes


MALFORMED = {
    "empty": b"", "never used byte": b"\xc1", "truncated map": b"\x82\xa2op", "truncated text": b"\x81\xa2op\xd9\xff",
    "bomb array32": b"\xdd\xff\xff\xff\xff\x00", "bomb map32": b"\xdf\xff\xff\xff\xff\x00", "bomb str32": b"\xdb\xff\xff\xff\xff\x00",
    "bomb bin32": b"\xc6\xff\xff\xff\xff\x00", "bomb ext32": b"\xc9\xff\xff\xff\xff\x00", "bomb array16": b"\xdc\xff\xff\x00\x00\x00",
    "no map": msgpack.packb([1]), "text": msgpack.packb("ping"), "nil": b"\xc0", "two values": pack(op="ping") * 2,
    "no op": pack(seq=1), "op is a number": pack(op=1), "op is nil": pack(op=None),
    "key twice": b"\x83\xa2op\xa4ping\xa1a\x01\xa1a\x02", "op twice": b"\x82\xa2op\xa4ping\xa2op\xa4ping", "key is a number": b"\x82\xa2op\xa4ping\x01\x02",
    "key is binary": b"\x82\xa2op\xa4ping\xc4\x01a\x02", "key is nil": b"\x82\xa2op\xa4ping\xc0\x02",
    "text is no UTF-8": b"\x82\xa2op\xa4ping\xa3seq\xa2\xff\xfe", "text is half a character": b"\x82\xa2op\xa4ping\xa3seq\xa1\xe2",
    "text has a surrogate": b"\x82\xa2op\xa4ping\xa3seq\xa3\xed\xa0\x80", "key is no UTF-8": b"\x82\xa2op\xa4ping\xa1\xff\x01",
    "ext": b"\x82\xa2op\xa4ping\xa3seq\xd4\x01\x00", "timestamp": b"\x82\xa2op\xa4ping\xa3seq\xd6\xff\x00\x00\x00\x00",
    "NaN": b"\x82\xa2op\xa4ping\xa3seq\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "infinity": b"\x82\xa2op\xa4ping\xa3seq" + msgpack.packb(float("inf")),
    "NaN in meta": job_with(msgpack.packb(float("nan"))), "ext in meta": job_with(b"\xd4\x01\x00"), "bomb in meta": job_with(b"\xdf\xff\xff\xff\xff"),
    "key twice in meta": job_with(b"\x82\xa1a\x01\xa1a\x02"), "no UTF-8 in meta": job_with(b"\xa1\xff"),
}
TOO_BIG = {
    "17 deep arrays": msgpack.packb({"op": "ping", "seq": deep(17, "array")}), "1000 deep maps": msgpack.packb({"op": "ping", "seq": deep(400, "map")}),
    "a million levels": b"\x91" * 1000000, "300,000 values": msgpack.packb({"op": "ping", "seq": [0] * 300000}),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_message_is_refused_in_words(system, name):
    with rig.Raw(system.roost.endpoint) as raw:
        answer = raw.ask(MALFORMED[name])
        assert answer["ok"] is False and answer["error"]["code"] == "invalid_message" and len(answer["error"]["message"]) > 15
        assert raw.ask(pack(op="ping"))["ok"], "the same connection goes on"


@pytest.mark.parametrize("name", TOO_BIG)
def test_what_is_too_deep_or_has_too_many_values_is_too_big(system, name):
    with rig.Raw(system.roost.endpoint) as raw:
        assert raw.ask(TOO_BIG[name])["error"]["code"] == "too_big"
        assert raw.ask(pack(op="ping"))["ok"]


def test_every_prefix_of_a_message_is_refused(system):
    body = pack(op="enqueue", seq=1, jobs=[post(system.accounts[0], run_at=rig.LATE)])
    with rig.Raw(system.roost.endpoint) as raw:
        for n in range(len(body)):
            assert raw.ask(body[:n])["error"]["code"] == "invalid_message", n


def test_every_flipped_byte_is_answered(system):
    body = pack(op="get", seq=1, agent="flipper", ids=["j1"], keys=["k"])
    with rig.Raw(system.roost.endpoint) as raw:
        for n in range(len(body)):
            for bit in (0x01, 0x80, 0xff):
                answer = raw.ask(body[:n] + bytes([body[n] ^ bit]) + body[n + 1:])
                assert answer["ok"] or answer["error"]["message"], n


FRAMES = {"no body": [b"", b""], "three": [b"", pack(op="ping"), b"x"], "body then empty": [pack(op="ping"), b""],
          "two bodies": [pack(op="ping"), pack(op="ping")], "many": [b"", pack(op="ping")] + [b"x"] * 50, "only empty": [b""]}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_in_another_order_are_refused(system, name):
    with rig.Raw(system.roost.endpoint) as raw:
        assert raw.ask(*FRAMES[name])["error"]["code"] == "invalid_message"
        assert raw.ask(pack(op="ping"))["ok"]


WRONG = [("enqueue", "jobs", 7), ("enqueue", "jobs", {}), ("enqueue", "jobs", None), ("enqueue", "atomic", 1), ("get", "ids", "j1"),
         ("get", "ids", [None]), ("list", "limit", "7"), ("list", "limit", 1.0), ("cancel", "ids", {}), ("update", "id", 7), ("retry", "ids", "j1"),
         ("resolve", "as", 1), ("approve", "ids", [[]]), ("reject", "reason", "x" * 201), ("explain", "id", ["j1"]), ("results", "max", True),
         ("results", "wait_ms", 2**64 - 1), ("subscribe", "credit", 2**63 - 1), ("ack", "upto", -1), ("limits", "account", "a b")]


@pytest.mark.parametrize("op,key,value", WRONG, ids=[f"{o}-{k}-{str(v)[:8]}" for o, k, v in WRONG])
def test_wrong_types_and_ranges_name_their_field(system, op, key, value):
    agent = system.agent("wrong")
    keys = {"enqueue": {"jobs": [post("x")]}, "resolve": {"id": "j1"}, "reject": {"ids": ["j1"]}}.get(op, {})
    error = agent.error(op, **{**keys, key: value})
    assert error["code"] == "invalid_argument" and error["field"].startswith(key)


@pytest.mark.parametrize("job", [None, 7, "post", [], {}, {"action": "post"}], ids=repr)
def test_a_job_that_is_none_is_refused(system, job):
    error = system.agent("wrong").error("enqueue", jobs=[job])
    assert error["code"] == "invalid_argument" and error["field"].startswith("jobs[0]")


TEXTS = {"281 letters": "x" * 281, "141 CJK": "\u4e00" * 141, "empty": "", "a number": 7}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_x_would_not_take_is_refused_here(system, name):
    error = system.agent("wrong").error("enqueue", jobs=[{"action": "post", "account": system.accounts[0], "args": {"text": TEXTS[name]}}])
    assert error["code"] == "invalid_argument" and error["field"] == "jobs[0].args.text"


def test_a_key_used_again_with_other_content_changes_nothing(system):
    before = system.bystander.ok("get", keys=["k0"])["jobs"][0]
    error = system.bystander.error("enqueue", jobs=[post(system.accounts[0], "other", key="k0", run_at=rig.LATE)])
    assert error["code"] == "conflict" and error["field"] == "jobs[0].key"
    assert system.bystander.ok("get", keys=["k0"])["jobs"][0]["args"] == before["args"]


def test_a_frame_of_two_mebibytes_harms_only_its_sender(system):
    with rig.Raw(system.roost.endpoint) as raw:
        raw.send(b"\x00" * (2 * 1024 * 1024))
        assert system.bystander.ok("ping")
        assert not raw.socket.poll(200)


def test_the_command_says_that_a_request_is_too_large(system, tmp_path):
    path = tmp_path / "big.jsonl"
    path.write_text("".join('{"action": "post", "account": "demo1", "key": "b%d", "run_at": %d, "args": {"text": "x"}, "meta": "%s"}\n'
                            % (i, rig.LATE, "m" * 16000) for i in range(90)))
    run = system.roost.cli("enqueue", path, check=False)
    if run.returncode:  # a client that does not divide its message has to say so
        assert "1 MiB" in run.stderr
    default = system.agent(None)
    assert default.ok("cancel", account="demo1")["cancelled"] == (0 if run.returncode else 90)


def test_a_flood_from_one_leaves_others_served(system):
    with rig.Raw(system.roost.endpoint) as raw:
        for _ in range(5000):
            raw.send(b"\xc1")
        assert system.bystander.try_call("ping", 5000)


def test_a_peer_whose_name_is_too_long_gets_no_answer_and_harms_nobody(system):
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.linger = 0
    socket.setsockopt(zmq.ROUTING_ID, b"n" * 200)
    socket.connect(system.roost.endpoint)
    before = system.bystander.ok("stats")["refused_requests"]
    socket.send(pack(op="ping", seq=1))
    rig.lab.wait_for("it to be taken", lambda: system.bystander.ok("stats")["refused_requests"] > before)
    assert not socket.poll(0)
    socket.close()


def test_raw_bytes_on_the_port_are_no_matter(system):
    import socket
    port = system.roost.ports["agents"]
    for junk in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 64, b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03" + b"\x00" * 100, os.urandom(4096)):
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(junk)
        assert system.bystander.try_call("ping", 5000)


def test_a_seeded_storm_of_random_bytes(system):
    import random
    seed = int(os.environ.get("ROOST_TEST_SEED", "1"))
    print(f"seed {seed}")
    r = random.Random(seed)
    body = pack(op="enqueue", seq=1, agent="storm", jobs=[{"action": "post", "account": "nobody", "args": {"text": "x"}}])
    with rig.Raw(system.roost.endpoint) as raw:
        for _ in range(2000):
            mutant = bytearray(body)
            for _ in range(r.randrange(1, 6)):
                mutant[r.randrange(len(mutant))] = r.randrange(256)
            raw.send(bytes(mutant[:r.randrange(1, len(mutant) + 1)]))
        for _ in range(2000):
            assert msgpack.unpackb(raw.frames()[-1], strict_map_key=False)["ok"] in (True, False)
