"""The main job with real processes: what agents ask for, what reaches X, what comes back."""
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import post  # noqa: E402


@pytest.fixture(name="system")
def fixture_system(tmp_path):
    system = rig.System(tmp_path)
    yield system
    system.stop()


def test_a_post_reaches_x_once_and_its_result_the_agent(system):
    agent = system.agent("a")
    entry = agent.ok("enqueue", jobs=[post(system.accounts[0], "hello", meta={"n": 1})])["jobs"][0]
    assert entry["duplicate"] is False and entry["price_usd_micros"] == 15000
    result = agent.results_of(1)[entry["id"]]
    assert result["state"] == "done" and result["http_status"] == 201 and result["meta"] == {"n": 1}
    assert result["x_id"] == result["response"]["data"]["id"]
    assert system.posted() == ["hello"]


def test_a_link_makes_a_post_dearer(system):
    agent = system.agent("a")
    entry = agent.ok("enqueue", jobs=[post(system.accounts[0], "see https://example.com")])["jobs"][0]
    assert entry["price_usd_micros"] == 200000


def test_the_same_key_and_content_is_the_same_job(system):
    agent = system.agent("a")
    job = post(system.accounts[0], "once", key="k")
    first = agent.ok("enqueue", jobs=[job])["jobs"][0]
    again = agent.ok("enqueue", jobs=[job])["jobs"][0]
    assert again["id"] == first["id"] and again["duplicate"] is True
    error = agent.error("enqueue", jobs=[post(system.accounts[0], "other", key="k")])
    assert error["code"] == "conflict" and error["field"] == "jobs[0].key"
    agent.results_of(1)
    assert system.posted() == ["once"]


def test_a_bad_job_refuses_an_atomic_batch_and_only_itself_otherwise(system):
    agent = system.agent("a")
    good, bad = post(system.accounts[0], "good"), post(system.accounts[0], "x" * 281)
    error = agent.error("enqueue", jobs=[good, bad])
    assert error["code"] == "invalid_argument" and error["field"] == "jobs[1].args.text"
    answer = agent.ok("enqueue", jobs=[good, bad], atomic=False)["jobs"]
    assert "id" in answer[0] and answer[1]["error"]["field"] == "args.text"
    agent.results_of(1)
    assert system.posted() == ["good"]


def test_a_name_becomes_an_id_and_is_remembered(system):
    agent = system.agent("a")
    follow = {"action": "follow", "args": {"user": "@crowd007"}}
    first = agent.ok("enqueue", jobs=[{**follow, "account": system.accounts[0]}])["jobs"][0]["id"]
    assert agent.results_of(1)[first]["state"] == "done"
    second = agent.ok("enqueue", jobs=[{**follow, "account": system.accounts[1]}])["jobs"][0]["id"]
    assert agent.results_of(1)[second]["state"] == "done"
    targets = {e["target"] for e in system.xsim.ledger() if e["action"] == "follow"}
    assert len(targets) == 1 and targets.pop().isdigit()
    assert system.xsim.stats()["routes"]["get_user_by"]["seen"] == 1


def test_a_job_waits_for_its_time_and_can_be_cancelled_updated_and_retried(system):
    agent = system.agent("a")
    late = 4102444800000
    ids = [e["id"] for e in agent.ok("enqueue", jobs=[post(system.accounts[0], f"later {i}", run_at=late)
                                                     for i in range(2)])["jobs"]]
    jobs = agent.ok("get", ids=ids)["jobs"]
    assert {j["state"] for j in jobs} == {"scheduled"} and jobs[0]["verdict"]["blocker"] in ("time", "state")
    assert agent.ok("cancel", ids=[ids[0]])["cancelled"] == 1
    assert agent.ok("update", id=ids[1], run_at=0)["job"]["id"] == ids[1]
    results = agent.results_of(2)
    assert results[ids[0]]["state"] == "cancelled" and results[ids[1]]["state"] == "done"
    assert agent.ok("retry", ids=[ids[0]])["jobs"][0]["state"] == "ready"
    assert agent.results_of(1)[ids[0]]["state"] == "done"
    assert sorted(system.posted()) == ["later 0", "later 1"]


def test_agents_see_their_own_jobs_and_results_only(system):
    a, b = system.agent("a"), system.agent("b")
    job = a.ok("enqueue", jobs=[post(system.accounts[0], "mine")])["jobs"][0]["id"]
    a.results_of(1)
    assert b.ok("get", ids=[job])["jobs"][0]["error"]["code"] == "not_found"
    assert b.ok("list")["jobs"] == [] and b.ok("results")["results"] == []
    assert [j["id"] for j in json.loads(system.roost.cli("jobs", "--json").stdout)] == [job]


def test_results_stay_until_acknowledged_over_a_kill_of_the_dispatcher(system):
    agent = system.agent("a")
    ids = {e["id"] for e in agent.ok("enqueue", jobs=[post(system.accounts[i], "kept") for i in range(3)])["jobs"]}
    lab.wait_for("three results", lambda: agent.ok("results")["pending"] == 3)
    before = agent.ok("results")["results"]
    system.roost.dispatcher.kill()
    system.roost.start_dispatcher()
    after = agent.ok("results")["results"]
    assert [(r["seq"], r["id"]) for r in after] == [(r["seq"], r["id"]) for r in before]
    assert {r["id"] for r in after} == ids
    agent.ok("ack", upto=before[-1]["seq"])
    assert agent.ok("results")["results"] == []
    assert len(system.posted()) == 3


def test_results_are_pushed_as_credit_allows(system):
    agent = system.agent("a")
    agent.ok("subscribe", credit=1)
    agent.ok("enqueue", jobs=[post(system.accounts[i], "pushed") for i in range(2)])
    first = lab.wait_for("a push", lambda: agent.receive(200))
    assert first["push"] == "result"
    lab.wait_for("both to end", lambda: agent.ok("results")["pending"] == 2)
    agent.ok("ack", upto=first["result"]["seq"], credit=1)
    second = lab.wait_for("another push", lambda: agent.receive(200))
    assert second["result"]["seq"] == first["result"]["seq"] + 1


def test_a_paused_account_waits_and_says_why(system):
    agent = system.agent("a")
    system.roost.cli("account", "pause", system.accounts[0])
    job = agent.ok("enqueue", jobs=[post(system.accounts[0], "patience")])["jobs"][0]["id"]
    verdict = agent.ok("explain", id=job)["verdict"]
    assert verdict["blocker"] == "pause" and verdict["ref"] == f"account {system.accounts[0]}"
    system.roost.cli("account", "resume", system.accounts[0])
    assert agent.results_of(1)[job]["state"] == "done"


def test_windows_are_kept_over_a_restart(system):
    agent = system.agent("a")
    agent.ok("enqueue", jobs=[post(system.accounts[0], "counted")])
    agent.results_of(1)

    def used():
        windows = agent.ok("limits", account=system.accounts[0])["windows"]
        return {(w["family"], w["scope"]): (w["used"], w["limit"]) for w in windows}

    before = used()
    assert before[("POST /2/tweets", "account")] == (1, 100)
    system.roost.dispatcher.kill()
    system.roost.start_dispatcher()
    assert used() == before


def test_a_worker_ends_on_sigterm_and_another_goes_on(system):
    agent = system.agent("a")
    ids = [e["id"] for e in agent.ok("enqueue", jobs=[post(system.accounts[i % 4], f"drain {i}") for i in range(40)])["jobs"]]
    assert system.roost.workers[0].stop() == 0
    system.roost.start_worker()
    results = agent.results_of(40)
    assert {results[i]["state"] for i in ids} == {"done"} and len(set(system.posted())) == 40


def test_the_command_line_does_a_post_and_shows_it(system):
    done = json.loads(system.roost.cli("post", "from the shell", "--account", system.accounts[1], "--json").stdout)
    assert done["state"] == "done" and system.posted() == ["from the shell"]
    assert json.loads(system.roost.cli("job", done["id"], "--json").stdout)["x_id"] == done["x_id"]
    assert json.loads(system.roost.cli("stats", "--json").stdout)["jobs"]["done"] == 1
    assert "POST /2/tweets" in system.roost.cli("limits", system.accounts[1]).stdout


def test_a_user_given_by_name_is_looked_up_once_and_followed(system):
    agent = system.agent("a")

    def follow(account):
        job = {"action": "follow", "account": account, "args": {"user": "@crowd007"}}
        return agent.ok("enqueue", jobs=[job])["jobs"][0]["id"]

    first = follow(system.accounts[0])
    assert agent.results_of(1)[first]["state"] == "done"
    second = follow(system.accounts[1])
    assert agent.results_of(1)[second]["state"] == "done"
    follows = [e for e in system.xsim.ledger() if e["action"] == "follow"]
    assert len(follows) == 2 and len({e["target"] for e in follows}) == 1
    assert system.xsim.stats()["routes"]["get_user_by"]["seen"] == 1


def test_a_lost_answer_is_settled_by_looking_at_x(system):
    agent = system.agent("a")
    system.xsim.fault(route="create_post", kind="reset_after", count=1)
    system.xsim.fault(route="create_post", kind="reset_before", count=1, after=1)
    done = agent.ok("enqueue", jobs=[post(system.accounts[0], "heard & done")])["jobs"][0]["id"]
    result = agent.results_of(1)[done]
    assert result["state"] == "done" and result["settled"] is True
    assert [e["id"] for e in system.xsim.ledger()] == [result["x_id"]]
    gone = agent.ok("enqueue", jobs=[post(system.accounts[1], "never heard")])["jobs"][0]["id"]
    result = agent.results_of(1)[gone]
    assert result["state"] == "done" and result["x_id"]
    assert system.posted() == ["heard & done", "never heard"]
