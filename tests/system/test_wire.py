"""Transport of the agents' socket: patterns, frames, seq, names, keys. Written from docs/protocol.md alone."""
import os
import sys

import msgpack
import pytest
import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import pack, post  # noqa: E402


@pytest.fixture(name="system", scope="module", params=["tcp", "ipc"])
def fixture_system(tmp_path_factory, request):
    system = rig.System(tmp_path_factory.mktemp("wire"), accounts=2, workers=0)
    if request.param == "ipc":
        system.roost.stop()
        path = os.path.join(system.dir, "agents.sock")
        with open(system.roost.config, encoding="utf-8") as f:
            text = f.read()
        with open(system.roost.config, "w", encoding="utf-8") as f:
            f.write(text.replace(system.roost.endpoint, f"ipc://{path}"))
        system.roost.endpoint = f"ipc://{path}"
        system.roost.start_dispatcher()
    yield system
    system.stop()


def test_a_dealer_may_send_a_body_alone_or_behind_an_empty_frame_and_the_answer_mirrors_it(system):
    with rig.Raw(system.roost.endpoint) as raw:
        raw.send(pack(op="ping", seq=1))
        assert len(raw.frames()) == 1
        raw.send(b"", pack(op="ping", seq=2))
        empty, body = raw.frames()
        assert empty == b"" and msgpack.unpackb(body)["seq"] == 2


def test_a_req_socket_works(system):
    with rig.Raw(system.roost.endpoint, zmq.REQ) as raw:
        for seq in range(3):
            assert raw.ask(pack(op="ping", seq=seq))["seq"] == seq


def test_ping_names_server_version_and_time(system):
    answer = system.agent("p").ok("ping")
    rig.check_shape(answer, {"seq": int, "ok": bool, "server": str, "version": str, "time": rig.Ms})
    assert answer["server"] == "roost"


SEQS = [0, -1, 2**63 - 1, 2**64 - 1, -2**63, "text", "", b"\x00\xff", None, True, 1.5, [1, [2]], {"a": {"b": None}},
        "\N{ROCKET}", "x" * 1000]


@pytest.mark.parametrize("seq", SEQS, ids=[repr(s)[:20] for s in SEQS])
def test_seq_of_any_type_is_echoed_in_answers_and_in_refusals(system, seq):
    with rig.Raw(system.roost.endpoint) as raw:
        for body in ({"op": "ping"}, {"op": "nonsense"}, {"op": "ping", "x": 1}, {}):
            answer = raw.ask(msgpack.packb({**body, "seq": seq}))
            assert answer["seq"] == seq and type(answer["seq"]) is type(seq)


def test_without_seq_the_answer_has_none(system):
    with rig.Raw(system.roost.endpoint) as raw:
        assert "seq" not in raw.ask(pack(op="ping"))


def test_a_seq_too_long_to_echo_is_refused_by_name(system):
    with rig.Raw(system.roost.endpoint) as raw:
        error = raw.ask(pack(op="ping", seq="x" * 5000))["error"]
        assert error["code"] == "too_big" and error["field"] == "seq"


def test_pipelined_requests_are_each_answered(system):
    with rig.Raw(system.roost.endpoint) as raw:
        for seq in range(500):
            raw.send(pack(op="ping", seq=seq))
        assert [msgpack.unpackb(raw.frames()[-1])["seq"] for _ in range(500)] == list(range(500))


def test_without_a_name_the_agent_is_default(system):
    unnamed, named, other = system.agent(None), system.agent("default"), system.agent("other")
    job = unnamed.ok("enqueue", jobs=[post(system.accounts[0], run_at=rig.LATE)])["jobs"][0]["id"]
    assert named.ok("get", ids=[job])["jobs"][0]["id"] == job
    assert other.ok("get", ids=[job])["jobs"][0]["error"]["code"] == "not_found"


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "\N{ROCKET}", "a/b", 7, ["a"]], ids=repr)
def test_a_name_that_is_none_is_refused(system, name):
    with rig.Raw(system.roost.endpoint) as raw:
        error = raw.ask(pack(op="ping", agent=name))["error"]
        assert error["code"] == "invalid_argument" and error["field"] == "agent"


def test_an_operation_that_is_not_there_is_unknown(system):
    error = system.agent("a").error("pign")
    assert error["code"] == "unknown_op" and "pign" in error["message"] and "ping" in error["message"]


LATER = ["schedule"]


@pytest.mark.parametrize("op", LATER)
def test_an_operation_of_a_later_version_is_there_or_says_that_it_is_not(system, op):
    answer = system.agent("a").call(op)
    if not answer["ok"] and answer["error"]["code"] == "unknown_op":
        assert "this version" in answer["error"]["message"]


OPS = ["ping", "enqueue", "get", "list", "cancel", "update", "retry", "resolve", "approve", "reject", "explain", "results",
       "subscribe", "ack", "limits", "accounts", "stats"]


@pytest.mark.parametrize("op", OPS)
def test_an_unknown_key_is_refused_and_named(system, op):
    error = system.agent("a").error(op, surprise=1)
    assert error["code"] == "invalid_argument" and error["field"] == "surprise" and "'surprise'" in error["message"]


def test_an_unknown_key_of_a_job_is_refused_and_named(system):
    error = system.agent("a").error("enqueue", jobs=[post(system.accounts[0], prio=1)])
    assert error["code"] == "invalid_argument" and error["field"] == "jobs[0].prio"
    job = {"action": "post", "account": system.accounts[0], "args": {"text": "x", "colour": "red"}}
    error = system.agent("a").error("enqueue", jobs=[job])
    assert error["code"] == "invalid_argument" and error["field"] == "jobs[0].args.colour"


def test_the_admin_socket_speaks_the_same_and_is_for_the_owner_only(system):
    path = os.path.join(system.dir, "state", "admin.sock")
    assert os.stat(path).st_mode & 0o777 == 0o600
    with rig.Raw("ipc://" + path) as raw:
        assert raw.ask(pack(op="ping"))["ok"]
    with rig.Raw(system.roost.endpoint) as raw:
        assert raw.ask(pack(op="account_pause", name=system.accounts[0]))["error"]["code"] == "unknown_op"


MIB = 1024 * 1024


def enqueue_of_one_mebibyte(account):
    """The largest message there may be, to the byte, and how many jobs it has."""
    jobs = []
    while True:
        jobs.append(post(account, run_at=rig.LATE, meta="m" * 8000))
        body = pack(op="enqueue", agent="big", jobs=jobs)
        if len(body) > MIB - 8000:
            jobs[-1]["meta"] += "m" * (MIB - len(body)) if len(body) <= MIB else ""
            return pack(op="enqueue", agent="big", jobs=jobs), len(jobs)


def test_a_message_of_one_mebibyte_is_taken_and_a_byte_more_is_refused_in_words(system):
    body, count = enqueue_of_one_mebibyte(system.accounts[0])
    assert len(body) == MIB
    with rig.Raw(system.roost.endpoint) as raw:
        error = raw.ask(body + b"\xc0")["error"]
        assert error["code"] == "too_big" and "1 MiB" in error["message"]
        assert raw.ask(body)["ok"]
    assert system.agent("big").ok("cancel", account=system.accounts[0])["cancelled"] == count


def test_the_dispatcher_is_still_the_first_one(system):
    assert system.roost.dispatcher.alive
    lab.wait_for("an answer", lambda: system.agent("z").try_call("ping", 500))
