"""The workers' socket: what a worker by script can and cannot do. Written from docs/worker-protocol.md alone."""
import os
import signal
import sys

import msgpack
import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import films  # noqa: E402
import rig  # noqa: E402
from rig import pack, post  # noqa: E402


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("worker"), accounts=2, workers=0)
    yield system
    system.stop()


@pytest.fixture(name="worker")
def fixture_worker(system, request):
    worker = rig.Worker(system.roost, rig.name_of(request))
    yield worker
    worker.say("bye")
    worker.close()


@pytest.fixture(name="agent")
def fixture_agent(system, request):
    return system.agent(rig.name_of(request))


def enqueue(system, agent, text="work", **more):
    return agent.ok("enqueue", jobs=[post(system.accounts[0], text, **more)])["jobs"][0]["id"]


def state(agent, job):
    return agent.ok("get", ids=[job])["jobs"][0]["state"]


def refused(system):
    return system.log().count("peer.refused")


def sees_refusal(system, do):
    before = refused(system)
    do()
    lab.wait_for("a refusal in the log", lambda: refused(system) > before)


def test_hello_is_welcomed_with_the_times_to_keep(system):
    worker = rig.Worker(system.roost, "greeting")
    welcome = worker.hello()
    rig.check_shape(welcome, {"op": str, "protocol": int, "heartbeat_ms": int, "silence_ms": int, "request_ms": int})
    assert welcome["protocol"] == 1 and welcome["heartbeat_ms"] == 300 and welcome["silence_ms"] == 1500
    worker.say("beat")
    assert worker.hear("beat") == {"op": "beat", "drain": False}
    worker.say("bye")
    worker.close()


def test_another_protocol_is_told_ours_and_gets_no_work(system, agent):
    raw = rig.Raw(f"tcp://127.0.0.1:{system.roost.ports['workers']}")
    answer = raw.ask(pack(op="hello", worker="future", protocol=2, slots=5))
    assert answer["op"] == "welcome" and answer["protocol"] == 1
    job = enqueue(system, agent)
    assert raw.ask(pack(op="beat"))["op"] == "hello"
    assert state(agent, job) == "ready"
    agent.ok("cancel", ids=[job])
    raw.socket.close()


def test_one_who_has_not_said_hello_is_asked_who_he_is(system):
    raw = rig.Raw(f"tcp://127.0.0.1:{system.roost.ports['workers']}")
    for op in ("beat", "bye", "begin", "result"):
        assert raw.ask(pack(op=op, items=[]))["op"] == "hello"
    raw.socket.close()


def test_an_assignment_has_what_a_worker_needs(system, worker, agent):
    job = enqueue(system, agent, "needs")
    work = worker.work()
    tokens = {a["access_token"] for a in system.xsim.accounts()}
    rig.check_shape(work, {"job": int, "lease": int, "step": str, "begin": bool, "action": str, "user_id": str,
                           "username": str, "token": str, "args": dict})
    assert f"j{work['job']}" == job and work["step"] == "act" and work["begin"] is True and work["token"] in tokens
    assert work["args"] == {"text": "needs"}
    assert worker.begin(work)
    assert worker.result(work, **rig.DONE) == [[work["job"], work["lease"]]]
    assert agent.results_of(1)[job]["state"] == "done"


def test_a_read_needs_no_begin(system, worker, agent):
    job = agent.ok("enqueue", jobs=[{"action": "get_me", "account": system.accounts[0]}])["jobs"][0]["id"]
    work = worker.work()
    assert work["begin"] is False
    worker.result(work, **{"class": "done", "cause": "none", "status": 200, "objects": 1, "response": {"data": {}}})
    assert agent.results_of(1)[job]["state"] == "done"


def test_a_job_handed_back_is_assigned_again_and_cost_nothing(system, worker, agent):
    job = enqueue(system, agent)
    first = worker.work()
    worker.say("back", items=[[first["job"], first["lease"]]])
    second = worker.work()
    assert second["job"] == first["job"] and second["lease"] != first["lease"]
    assert worker.begin(second)
    worker.result(second, **rig.DONE)
    assert agent.results_of(1)[job]["attempts"] == 1


def test_a_wrong_lease_is_refused_go_and_its_result_changes_nothing(system, worker, agent):
    job = enqueue(system, agent)
    work = worker.work()
    for lease in (work["lease"] + 1, work["lease"] - 1, 1, 2**62):
        worker.say("begin", items=[[work["job"], lease]])
        assert worker.hear("go")["items"] == [[work["job"], lease, False]]
        worker.result({**work, "lease": lease}, **rig.DONE)
    assert state(agent, job) == "running"
    assert worker.begin(work)
    worker.result({**work, "lease": work["lease"] + 1}, **rig.REFUSED)
    assert state(agent, job) == "running"
    worker.result(work, **rig.DONE)
    assert agent.results_of(1)[job]["state"] == "done"


def test_another_workers_job_is_not_ones_own(system, worker, agent):
    job = enqueue(system, agent)
    work = worker.work()
    thief = rig.Worker(system.roost, "thief", slots=0)
    assert not thief.begin(work)
    thief.say("back", items=[[work["job"], work["lease"]]])
    thief.result(work, kept=False, **rig.REFUSED)
    thief.hear("kept")
    assert state(agent, job) == "running"
    assert worker.begin(work)
    assert not thief.begin(work)
    thief.result(work, **rig.REFUSED)
    assert state(agent, job) == "running", "a result counts only from the worker that holds the lease"
    worker.result(work, **rig.DONE)
    assert agent.results_of(1)[job]["state"] == "done"
    thief.say("bye")
    thief.close()


def test_bytes_go_to_the_worker_that_holds_the_lease_alone(system, worker, agent):
    data = films.made("image/png", 5000)
    handle = films.send(agent, data, "image/png")["media"]
    job = agent.ok("enqueue", jobs=[films.a_post(system, "look", [handle])])["jobs"][0]["id"]
    work = worker.work()
    assert work["step"] == "part" and work["size"] == len(data)
    thief = rig.Worker(system.roost, "reader", slots=0)
    want = {"job": work["job"], "lease": work["lease"], "offset": 0, "size": len(data)}
    thief.say("media", **want)
    assert "data" not in thief.hear("media")
    thief.result(work, **{"class": "done", "cause": "none", "status": 200, "response": {"data": {"id": "666"}}})
    worker.say("media", **want)
    assert worker.hear("media")["data"] == data
    assert "666" not in str(agent.ok("explain", id=job))
    agent.ok("cancel", ids=[job])
    worker.say("back", items=[[work["job"], work["lease"]]])
    thief.say("bye")
    thief.close()


def test_a_result_twice_and_a_result_after_the_end_change_nothing(system, worker, agent):
    job = enqueue(system, agent)
    work = worker.work()
    assert worker.begin(work)
    worker.result(work, **rig.DONE)
    worker.result(work, **rig.DONE)
    worker.result(work, **rig.REFUSED)
    assert not worker.begin(work)
    result = agent.results_of(1)[job]
    assert result["state"] == "done" and result["x_id"] == rig.DONE["x_id"]
    assert agent.ok("results")["pending"] == 0 and state(agent, job) == "done"


def test_begin_twice_is_one_attempt(system, worker, agent):
    job = enqueue(system, agent)
    work = worker.work()
    assert worker.begin(work)
    worker.begin(work)
    worker.result(work, **rig.DONE)
    assert agent.results_of(1)[job]["attempts"] == 1


def test_a_job_that_never_was_is_refused(system, worker, agent):
    for job, lease in ((999999, 1), (2**62, 2**62)):
        assert not worker.begin({"job": job, "lease": lease})
        worker.result({"job": job, "lease": lease}, **rig.DONE)
    assert agent.ok("list")["jobs"] == []


NONSENSE = [
    b"", b"\xc1", b"\x81", b"\xdf\xff\xff\xff\xff", b"\x90", msgpack.packb("text"), msgpack.packb({"op": 7}), msgpack.packb({}),
    msgpack.packb({"op": "dance"}), msgpack.packb({"op": "begin"}), msgpack.packb({"op": "begin", "items": 7}),
    msgpack.packb({"op": "result", "items": [7]}), msgpack.packb({"op": "result", "items": [{"job": 1}]}),
    msgpack.packb({"op": "result", "items": [{"job": -1, "lease": 1, "class": "done", "cause": "none"}]}),
    msgpack.packb({"op": "result", "items": [{"job": 1, "lease": 1, "class": 7, "cause": "none"}]}),
    msgpack.packb({"op": "result", "items": [{"job": 1, "lease": 1, "class": "done", "cause": "none", "status": 99999}]}),
    msgpack.packb({"op": "credit", "slots": -1}), msgpack.packb({"op": "credit", "slots": "many"}),
    msgpack.packb({"op": "hello", "worker": "", "protocol": 1, "slots": 1}),
    msgpack.packb({"op": "hello", "worker": "a b", "protocol": 1, "slots": 1}),
    msgpack.packb({"op": "hello", "worker": "x", "protocol": 1, "slots": 10**9}),
    msgpack.packb({"op": "hello", "protocol": 1, "slots": 1}),
]


@pytest.mark.parametrize("body", NONSENSE, ids=[b[:24].hex() for b in NONSENSE])
def test_nonsense_is_refused_with_words_in_the_log_and_changes_nothing(system, worker, body):
    sees_refusal(system, lambda: worker.raw.send(body))
    worker.say("beat")
    worker.hear("beat")
    assert system.roost.dispatcher.alive


ITEMS_THAT_ARE_NONE = [[], [1], ["a", "b"], [-1, 1], [1, -1], [0, 0], {"job": 1}, None, "x", [1, 2, 3, 4]]


@pytest.mark.parametrize("op", ["begin", "back"])
def test_items_that_are_none_are_passed_over(system, worker, agent, op):
    job = enqueue(system, agent)
    work = worker.work()
    worker.say(op, items=ITEMS_THAT_ARE_NONE)
    worker.say("beat")
    worker.hear("beat")
    assert worker.begin(work)
    worker.result(work, **rig.DONE)
    assert agent.results_of(1)[job]["state"] == "done"


def test_an_outcome_of_an_unknown_class_is_taken_as_unknown(system, worker, agent):
    job = enqueue(system, agent, on_unsure="ask")
    work = worker.work()
    assert worker.begin(work)
    worker.result(work, **{"class": "splendid", "cause": "luck"})
    lab.wait_for("a doubt", lambda: state(agent, job) == "unsure")
    agent.ok("resolve", id=job, **{"as": "failed"})
    agent.results_of(1)


HOSTILE = [
    {"class": "done", "cause": "none", "x_id": "not an id"}, {"class": "done", "cause": "none", "response": "x" * 300000},
    {"class": "done", "cause": "none", "rate": [[1, 2], "x", [-1, -1, -1]]},
    {"class": "done", "cause": "none", "rate": [[2**62, -2**62, 2**62], None, None]},
    {"class": "done", "cause": "none", "message": "m" * 1000, "objects": 100000},
    {"class": "done", "cause": "none", "found": ["x"] * 100, "look": "found"},
]


@pytest.mark.parametrize("outcome", HOSTILE, ids=[str(i) for i in range(len(HOSTILE))])
def test_an_outcome_with_wild_parts_still_ends_its_job(system, worker, agent, outcome):
    job = enqueue(system, agent)
    work = worker.work()
    assert worker.begin(work)
    worker.result(work, **outcome)
    result = agent.results_of(1)[job]
    rig.check_shape(result, rig.RESULT)
    assert result["state"] == "done"


def test_a_hello_with_leases_that_are_not_its_own_gets_nothing(system, worker, agent):
    job = enqueue(system, agent)
    work = worker.work()
    thief = rig.Worker(system.roost, "claimer", slots=1)
    thief.hello(holds=[[work["job"], work["lease"], True], [1, 2, True], ["x"], [2**62, 2**62, False]])
    assert worker.begin(work), "the lease is still the first worker's"
    worker.result(work, **rig.DONE)
    assert agent.results_of(1)[job]["state"] == "done"
    thief.say("bye")
    thief.close()


def test_a_worker_that_was_given_up_is_asked_to_say_hello_and_gets_work_again(system, agent):
    silent = rig.Worker(system.roost, "silent")
    job = enqueue(system, agent)
    work = silent.work()
    lab.wait_for("it to be given up", lambda: "worker.gone worker=silent" in system.log())
    silent.kept.clear()
    silent.say("begin", items=[[work["job"], work["lease"]]])
    for _ in range(200):
        message = msgpack.unpackb(silent.raw.frames()[-1])
        if message["op"] == "hello":
            break
    assert message["op"] == "hello", "it is asked who it is, and nothing may be sent"
    silent.hello()
    again = silent.work()
    assert again["job"] == work["job"] and again["lease"] != work["lease"]
    assert silent.begin(again)
    silent.result(again, **rig.DONE)
    assert agent.results_of(1)[job]["attempts"] == 1
    silent.say("bye")
    silent.close()


def test_hellos_that_queued_up_poison_no_job(system, worker, agent):
    """A worker that said hello again and again while nobody listened: all of them come at once, with what it held then."""
    job = enqueue(system, agent, "not poisoned")
    for _ in range(8):
        worker.work()
        worker.hello(holds=[])
    work = worker.work()
    assert worker.begin(work)
    worker.result(work, **rig.DONE)
    assert agent.results_of(1)[job]["state"] == "done"


def test_a_real_worker_that_was_stopped_for_a_while_gets_work_again(system, agent):
    worker = system.roost.start_worker()
    lab.wait_for("the worker", lambda: agent.ok("stats")["workers"] == 1)
    worker.proc.send_signal(signal.SIGSTOP)
    lab.wait_for("it to be given up", lambda: agent.ok("stats")["workers"] == 0)
    worker.proc.send_signal(signal.SIGCONT)
    job = agent.ok("enqueue", jobs=[post(system.accounts[1], "after the pause")])["jobs"][0]["id"]
    assert agent.results_of(1)[job]["state"] == "done"
    assert worker.stop() == 0
