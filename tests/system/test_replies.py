"""The reply queue: order, delivery until acknowledged, restarts of both sides, waiting, pushes. From docs/protocol.md alone."""
import os
import sys
import time

import msgpack
import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import check_shape, post  # noqa: E402


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    """Jobs are cancelled to make results: no worker is needed, and no window."""
    system = rig.System(tmp_path_factory.mktemp("replies"), accounts=1, workers=0)
    yield system
    system.stop()


@pytest.fixture(name="agent")
def fixture_agent(system, request):
    return system.agent(rig.name_of(request))


def ended(system, agent, count, **more):
    """Makes `count` results, in the order of the ids returned."""
    ids = [e["id"] for e in agent.ok("enqueue", jobs=[post(system.accounts[0], f"r {i}", run_at=rig.LATE, **more)
                                                     for i in range(count)])["jobs"]]
    for job in ids:
        assert agent.ok("cancel", ids=[job])["cancelled"] == 1
    return ids


def seqs(answer):
    return [r["seq"] for r in answer["results"]]


def test_results_come_in_order_of_seq_and_stay_until_acknowledged(system, agent):
    ids = ended(system, agent, 5, meta={"m": [1]})
    first = agent.ok("results")
    check_shape(first, {"seq": int, "ok": bool, "results": list, "pending": int})
    for result in first["results"]:
        check_shape(result, rig.RESULT)
    assert [r["id"] for r in first["results"]] == ids and first["pending"] == 5
    assert seqs(first) == sorted(set(seqs(first))) and seqs(first)[0] > 0
    assert agent.ok("results")["results"] == first["results"]
    third = seqs(first)[2]
    rest = agent.ok("results", ack=third)
    assert seqs(rest) == seqs(first)[3:] and rest["pending"] == 2
    answer = agent.ok("ack", upto=seqs(first)[-1])
    check_shape(answer, {"seq": int, "ok": bool})
    assert agent.ok("results") == {"seq": agent.seq, "ok": True, "results": [], "pending": 0}


def test_max_bounds_an_answer_and_pending_counts_all(system, agent):
    ended(system, agent, 7)
    answer = agent.ok("results", max=3)
    assert len(answer["results"]) == 3 and answer["pending"] == 7
    for key, value in (("max", 0), ("max", 1001), ("wait_ms", -1), ("wait_ms", 60001), ("ack", -1), ("max", "3")):
        error = agent.error("results", **{key: value})
        assert error["code"] == "invalid_argument" and error["field"] == key


def test_the_default_of_max_is_a_hundred(system, agent):
    ids = [e["id"] for e in agent.ok("enqueue", jobs=[post(system.accounts[0], run_at=rig.LATE)] * 120)["jobs"]]
    agent.ok("cancel", ids=ids)
    assert len(agent.ok("results")["results"]) == 100


def test_a_seq_is_never_used_twice_over_restarts(system, agent):
    seen = []
    for _ in range(3):
        ended(system, agent, 3)
        answer = agent.ok("results")
        seen += seqs(answer)
        agent.ok("ack", upto=seqs(answer)[-1])
        system.restart()
        assert agent.ok("results")["results"] == []
    assert seen == sorted(set(seen)) and len(seen) == 9


def test_results_come_again_under_the_same_seq_over_restarts_of_both_sides(system, agent):
    ended(system, agent, 4)
    before = agent.ok("results")["results"]
    agent.ok("ack", upto=before[0]["seq"])
    system.restart()
    again = system.agent(agent.name)  # another process of the same name
    assert again.ok("results")["results"] == before[1:]
    system.roost.dispatcher.stop()
    system.roost.start_dispatcher()
    assert again.ok("results")["results"] == before[1:]


def test_an_acknowledgement_of_what_is_not_there_does_nothing(system, agent):
    ended(system, agent, 1)
    assert agent.ok("ack", upto=0) and len(agent.ok("results")["results"]) == 1
    last = seqs(agent.ok("results"))[-1]
    agent.ok("ack", upto=last)
    agent.ok("ack", upto=last)
    ended(system, agent, 1)
    assert seqs(agent.ok("results"))[0] > last
    agent.ok("ack", upto=last)
    assert len(agent.ok("results")["results"]) == 1
    for keys in ({}, {"upto": -1}, {"upto": "x"}, {"upto": 1, "credit": -1}):
        assert agent.error("ack", **keys)["code"] == "invalid_argument"


def test_acknowledging_a_seq_that_was_never_given_out_loses_nothing_later(system, agent):
    agent.ok("ack", upto=2**62)
    ended(system, agent, 2)
    assert len(agent.ok("results")["results"]) == 2


def test_an_agent_cannot_acknowledge_anothers_results(system, agent):
    ended(system, agent, 1)
    thief = system.agent("thief")
    assert thief.ok("results", ack=2**62)["results"] == []
    assert len(agent.ok("results")["results"]) == 1


def test_wait_ms_waits_for_the_first_result(system, agent):
    with rig.Raw(system.roost.endpoint) as raw:
        raw.send(rig.pack(op="results", seq="w", agent=agent.name, wait_ms=60000))
        assert not raw.socket.poll(50)
        ids = ended(system, agent, 1)
        answer = msgpack.unpackb(raw.frames()[-1])
        assert answer["seq"] == "w" and [r["id"] for r in answer["results"]] == ids


def test_wait_ms_answers_with_nothing_when_nothing_comes(system, agent):
    began = time.monotonic()
    assert agent.ok("results", wait_ms=300)["results"] == []
    assert time.monotonic() - began >= 0.3


def test_those_who_wait_are_answered_when_the_dispatcher_stops(system, agent):
    with rig.Raw(system.roost.endpoint) as raw:
        raw.send(rig.pack(op="results", seq=1, agent=agent.name, wait_ms=60000))
        agent.ok("ping")
        assert system.roost.dispatcher.stop() == 0
        assert raw.socket.poll(5000), "a stopping dispatcher leaves nobody waiting"
    system.roost.start_dispatcher()


# --- pushes ---

def pushes(agent, count):
    got = [lab.wait_for("a push", lambda: agent.receive(200)) for _ in range(count)]
    for push in got:
        check_shape(push, {"push": str, "result": rig.RESULT})
        assert push["push"] == "result"
    return [p["result"]["seq"] for p in got]


def test_pushes_follow_credit(system, agent):
    ended(system, agent, 3)
    answer = agent.ok("subscribe", credit=2)
    check_shape(answer, {"seq": int, "ok": bool})
    first = pushes(agent, 2)
    agent.ok("ping")
    assert agent.receive(50) is None
    agent.ok("ack", upto=first[0], credit=2)
    third = pushes(agent, 1)
    ended(system, system.agent(agent.name), 2)
    fourth = pushes(agent, 1)
    agent.ok("ping")
    assert agent.receive(50) is None
    assert first + third + fourth == sorted(first + third + fourth)
    assert seqs(system.agent(agent.name).ok("results"))[0] == first[1]
    for keys in ({}, {"credit": 0}, {"credit": -1}, {"credit": "1"}, {"credit": 1, "x": 1}):
        assert agent.error("subscribe", **keys)["code"] == "invalid_argument"


def test_a_subscription_made_again_after_a_restart_gets_what_was_not_acknowledged(system, agent):
    ended(system, agent, 2)
    agent.ok("subscribe", credit=10)
    before = pushes(agent, 2)
    agent.ok("ack", upto=before[0])
    system.restart()
    agent.ok("subscribe", credit=10)
    assert pushes(agent, 1) == before[1:]


def test_a_second_subscription_takes_the_place_of_the_first(system, agent):
    agent.ok("subscribe", credit=10)
    second = system.agent(agent.name)
    second.ok("subscribe", credit=10)
    ended(system, system.agent(agent.name), 1)
    assert len(pushes(second, 1)) == 1
    agent.ok("ping")
    assert agent.receive(50) is None


def test_answers_of_many_large_results_stay_within_a_message(system, agent):
    ids = [e["id"] for chunk in range(3) for e in agent.ok("enqueue", jobs=[
        post(system.accounts[0], run_at=rig.LATE, meta="m" * 16000) for _ in range(50)])["jobs"]]
    agent.ok("cancel", ids=ids)
    got, ack = [], 0
    while True:
        answer = agent.ok("results", max=1000, ack=ack)
        if not answer["results"]:
            break
        got += [r["id"] for r in answer["results"]]
        ack = answer["results"][-1]["seq"]
    assert got == ids
