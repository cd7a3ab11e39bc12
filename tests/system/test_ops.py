"""Every operation of agents: keys, types and units of its answer, and what it does. Written from docs/protocol.md alone."""
import json
import os
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import LATE, check_shape, post  # noqa: E402


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("ops"), accounts=4)
    yield system
    system.stop()


@pytest.fixture(name="agent")
def fixture_agent(system, request):
    return system.agent(rig.name_of(request))


def enqueue(agent, *jobs, **keys):
    return agent.ok("enqueue", jobs=list(jobs), **keys)["jobs"]


def later(system, text="later", **more):
    return {**post(system.accounts[0], text, run_at=LATE), **more}


# --- enqueue ---

ENTRY = {"id": str, "state": str, "duplicate": bool, "eta": (rig.Ms, type(None)), "price_usd_micros": int}


def test_enqueue_answers_one_map_a_job_in_order(system, agent):
    answer = agent.ok("enqueue", jobs=[later(system, f"n {i}") for i in range(5)])
    check_shape(answer, {"seq": int, "ok": bool, "jobs": list})
    for entry in answer["jobs"]:
        check_shape(entry, ENTRY)
        assert entry["state"] == "scheduled" and entry["eta"] >= LATE and entry["price_usd_micros"] == 15000
    jobs = agent.ok("get", ids=[e["id"] for e in answer["jobs"]])["jobs"]
    assert [j["args"]["text"] for j in jobs] == [f"n {i}" for i in range(5)]


def test_only_action_account_and_the_actions_own_arguments_are_required(system, agent):
    for missing in ("action", "account"):
        job = later(system)
        del job[missing]
        error = agent.error("enqueue", jobs=[job])
        assert error["code"] == "invalid_argument" and error["field"] == f"jobs[0].{missing}"
    error = agent.error("enqueue", jobs=[{"action": "reply", "account": system.accounts[0], "args": {"text": "x"}}])
    assert error["code"] == "invalid_argument" and error["field"] == "jobs[0].args.to"
    assert enqueue(agent, {"action": "get_me", "account": system.accounts[0]})[0]["duplicate"] is False


def test_every_key_of_a_job_comes_back(system, agent):
    now = int(time.time() * 1000)
    job = later(system, key="k-1", expires_at=LATE + 1000, priority=9, max_attempts=7, batch="spring", tags=["a", "b"],
                on_unsure="ask", max_price_usd_micros=15000, meta={"deep": [1, None, {"x": 2.5}], "bin": b"\x00\xff"})
    entry = enqueue(agent, job)[0]
    kept = agent.ok("get", ids=[entry["id"]])["jobs"][0]
    check_shape(kept, rig.LIVE)
    assert kept["id"] == entry["id"] and kept["state"] == "scheduled"
    for key in ("key", "run_at", "expires_at", "priority", "max_attempts", "batch", "tags", "meta", "args", "action", "account"):
        assert kept[key] == job[key], key
    assert kept["attempts"] == 0 and abs(kept["enqueued_at"] - now) < 600000
    assert kept["verdict"]["blocker"] == "time" and kept["verdict"]["until"] == LATE <= kept["eta"]


def test_defaults_of_a_job(system, agent):
    kept = agent.ok("get", ids=[enqueue(agent, later(system))[0]["id"]])["jobs"][0]
    assert (kept["priority"], kept["max_attempts"], kept["tags"]) == (5, 5, [])
    assert (kept["key"], kept["batch"], kept["expires_at"], kept["meta"]) == (None, None, None, None)


@pytest.mark.parametrize("text", ["2100-01-01T00:00:00Z", "2100-01-01T02:00:00+02:00", "2099-12-31T19:00:00-05:00",
                                  "2100-01-01T05:45:00.000+05:45", LATE])
def test_times_are_rfc_3339_with_offset_or_milliseconds_and_come_out_as_integers(system, agent, text):
    kept = agent.ok("get", ids=[enqueue(agent, later(system, run_at=text))[0]["id"]])["jobs"][0]
    assert kept["run_at"] == LATE and type(kept["run_at"]) is int


@pytest.mark.parametrize("text", ["2100-01-01", "2100-01-01T00:00:00", "tomorrow", "2100-13-01T00:00:00Z", "2100-02-30T00:00:00Z",
                                  -1, 1.5, [], 2**63])
def test_what_is_no_time_is_refused(system, agent, text):
    error = agent.error("enqueue", jobs=[later(system, run_at=text)])
    assert error["code"] == "invalid_argument" and error["field"] == "jobs[0].run_at"


BAD_KEYS = [("priority", 10), ("priority", -1), ("priority", "5"), ("max_attempts", 0), ("max_attempts", 1000),
            ("batch", ""), ("batch", "x" * 201), ("tags", "a"), ("tags", [1]), ("tags", ["x" * 65]), ("tags", ["a"] * 17),
            ("tags", [""]), ("approval", "yes"), ("on_unsure", "guess"), ("max_price_usd_micros", -1), ("key", ""),
            ("key", "k" * 201), ("key", 7), ("meta", "m" * 20000), ("expires_at", 1), ("after", "x"), ("args", []),
            ("account", ""), ("account", 7), ("action", ["post"])]


@pytest.mark.parametrize("key,value", BAD_KEYS, ids=[f"{k}={str(v)[:12]}" for k, v in BAD_KEYS])
def test_a_key_of_a_job_that_is_wrong_is_named(system, agent, key, value):
    error = agent.error("enqueue", jobs=[later(system, **{key: value})])
    check_shape(error, {"code": str, "message": str, "field": str})
    assert error["code"] == "invalid_argument" and error["field"].startswith(f"jobs[0].{key}")
    assert agent.ok("list")["jobs"] == []


def test_an_expiry_before_the_start_is_refused(system, agent):
    assert agent.error("enqueue", jobs=[later(system, expires_at=LATE)])["field"] == "jobs[0].expires_at"


def test_a_key_whose_feature_is_not_there_is_refused_in_words_or_works(system, agent):
    answer = agent.call("enqueue", jobs=[later(system, after=["nothing-of-that-name"])])
    assert not answer["ok"] and answer["error"]["field"].startswith("jobs[0].after")


def test_atomic_true_refuses_all_and_lists_up_to_twenty(system, agent):
    jobs = [later(system, priority=99 if i % 2 else 5) for i in range(60)]
    answer = agent.call("enqueue", jobs=jobs)
    check_shape(answer, {"seq": int, "ok": bool, "error": dict, "errors": list})
    assert answer["ok"] is False and len(answer["errors"]) == 20 and answer["errors"][0] == answer["error"]
    assert [e["field"] for e in answer["errors"]] == [f"jobs[{i}].priority" for i in range(1, 41, 2)]
    assert agent.ok("list")["jobs"] == []


def test_atomic_false_keeps_the_good_ones(system, agent):
    entries = enqueue(agent, later(system), later(system, priority=99), later(system), atomic=False)
    assert set(entries[1]) == {"error"} and entries[1]["error"]["field"] == "priority"
    assert [j["id"] for j in agent.ok("list")["jobs"]] == [entries[2]["id"], entries[0]["id"]]


@pytest.mark.parametrize("count", [0, 1001])
def test_one_to_a_thousand_jobs(system, agent, count):
    error = agent.error("enqueue", jobs=[later(system)] * count)
    assert error["code"] == "invalid_argument" and error["field"] == "jobs"
    assert "1" in error["message"] or "empty" in error["message"]


def test_a_thousand_jobs_are_taken(system, agent):
    assert len(enqueue(agent, *[later(system)] * 1000)) == 1000
    assert agent.ok("cancel", account=system.accounts[0])["cancelled"] == 1000


def test_a_key_again_is_the_same_job_and_other_content_a_conflict(system, agent):
    first = enqueue(agent, later(system, key="k"))[0]
    again = enqueue(agent, later(system, key="k"))[0]
    assert again["id"] == first["id"] and again["duplicate"] and not first["duplicate"]
    error = agent.error("enqueue", jobs=[later(system, "other", key="k")])
    assert error["code"] == "conflict" and error["field"] == "jobs[0].key" and first["id"] in error["message"]
    twice = enqueue(agent, later(system, key="n"), later(system, key="n"))
    assert twice[0]["id"] == twice[1]["id"] and twice[1]["duplicate"]
    error = agent.error("enqueue", jobs=[later(system, key="m"), later(system, "other", key="m")])
    assert error["code"] == "conflict" and error["field"] == "jobs[1].key"
    assert len(agent.ok("list")["jobs"]) == 2
    other = system.agent("somebody-else")
    assert enqueue(other, later(system, "other", key="k"))[0]["duplicate"] is False


def test_a_price_above_the_jobs_own_bound_is_over_budget(system, agent):
    error = agent.error("enqueue", jobs=[later(system, "see https://example.com", max_price_usd_micros=199999)])
    assert error["code"] == "over_budget" and error["field"] == "jobs[0].max_price_usd_micros"
    assert "200000" in error["message"] and "199999" in error["message"]
    assert enqueue(agent, later(system, "see https://example.com", max_price_usd_micros=200000))[0]["price_usd_micros"] == 200000


def test_unknown_account_and_action_say_what_was_meant(system, agent):
    error = agent.error("enqueue", jobs=[post("nobody")])
    assert error["code"] == "not_found" and error["field"] == "jobs[0].account" and "nobody" in error["message"]
    error = agent.error("enqueue", jobs=[{"action": "tweet", "account": system.accounts[0], "args": {"text": "x"}}])
    assert error["code"] == "invalid_argument" and error["field"] == "jobs[0].action" and "'post'" in error["message"]


# --- get and list ---

def test_get_by_ids_and_keys_in_order_with_what_is_not_there_in_its_place(system, agent):
    entry = enqueue(agent, later(system, key="there"))[0]["id"]
    answer = agent.ok("get", ids=[entry, "j999999999", "nonsense"], keys=["there", "gone"])
    check_shape(answer, {"seq": int, "ok": bool, "jobs": list})
    first, missing, bad, by_key, no_key = answer["jobs"]
    assert first["id"] == by_key["id"] == entry
    assert missing["id"] == "j999999999" and missing["error"]["code"] == "not_found"
    assert bad["id"] == "nonsense" and bad["error"]["code"] == "invalid_argument"
    assert no_key["key"] == "gone" and no_key["error"]["code"] == "not_found"
    assert agent.error("get")["code"] == "invalid_argument"
    for keys in ({"ids": []}, {"ids": [1]}, {"ids": "j1"}, {"ids": ["j1"] * 1001}):
        assert agent.error("get", **keys)["code"] == "invalid_argument"


def test_an_ended_job_has_the_keys_of_its_result(system, agent):
    job = enqueue(agent, post(system.accounts[1], "ended", meta=7))[0]["id"]
    agent.results_of(1)
    check_shape(agent.ok("get", ids=[job])["jobs"][0], rig.ENDED)


def test_list_filters_by_each_key_and_pages_by_cursor(system, agent):
    wanted = {"batch": "spring", "tag": "t1", "text": "needle", "account": system.accounts[1], "action": "like",
              "state": "cancelled"}
    base = {"batch": "autumn", "tags": ["t2"], "run_at": LATE}
    jobs = [post(system.accounts[0], f"hay {i}", **base) for i in range(25)]
    jobs += [post(system.accounts[0], "x", run_at=LATE, batch="spring"),
             post(system.accounts[0], "x", **{**base, "tags": ["t1", "t2"]}),
             post(system.accounts[0], "a needle here", **base),
             post(system.accounts[1], "x", **base),
             {"action": "like", "account": system.accounts[0], "args": {"post": "1900000000000000001"}, **base},
             post(system.accounts[0], "x", **base)]
    ids = [e["id"] for e in enqueue(agent, *jobs)]
    agent.ok("cancel", ids=[ids[-1]])
    for (key, value), expected in zip(wanted.items(), ids[25:]):
        assert [j["id"] for j in agent.ok("list", **{key: value})["jobs"]] == [expected], key
    seen, cursor = [], None
    while True:
        answer = agent.ok("list", limit=7, **({"cursor": cursor} if cursor else {}))
        check_shape(answer, {"seq": int, "ok": bool, "jobs": list, "cursor": (str, type(None))})
        assert len(answer["jobs"]) <= 7
        seen += [j["id"] for j in answer["jobs"]]
        cursor = answer["cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]
    assert agent.ok("list", text="post")["jobs"] == [], "the name of an argument is no text"
    for key, value in (("state", "sleeping"), ("account", "nobody"), ("limit", 0), ("limit", 1001), ("cursor", "x"), ("text", "")):
        error = agent.error("list", **{key: value})
        assert error["field"] == key, key
    assert agent.error("list", ids=["j1"])["field"] == "ids"
    agent.ok("cancel", batch="autumn")


def test_a_batch_says_how_its_jobs_stand_and_what_they_cost(system, agent):
    jobs = [post(system.accounts[2], f"of a batch {i}", batch="b1") for i in range(3)]
    jobs += [later(system, "see https://example.com", batch="b1"), later(system, "another", batch="b2")]
    ids = [e["id"] for e in enqueue(agent, *jobs)]
    agent.results_of(3)
    answer = agent.ok("batch", id="b1")
    check_shape(answer, {"seq": int, "ok": bool, "jobs": dict, "total": int, "eta": (rig.Ms, type(None)),
                         "price_usd_micros": int, "spent_usd_micros": int, "cursor": (str, type(None))})
    assert {k: v for k, v in answer["jobs"].items() if v} == {"done": 3, "scheduled": 1} and answer["total"] == 4
    assert answer["price_usd_micros"] == 3 * 15000 + 200000 and answer["spent_usd_micros"] == 3 * 15000
    assert answer["eta"] >= LATE and answer["cursor"] is None
    shown = json.loads(system.roost.cli("batch", "b1", "--agent", agent.name, "--json").stdout)
    assert shown == {k: answer[k] for k in ("jobs", "total", "eta", "price_usd_micros", "spent_usd_micros")}
    assert "done                 3" in system.roost.cli("batch", "b1", "--agent", agent.name).stdout
    agent.ok("cancel", ids=[ids[3]])
    answer = agent.ok("batch", id="b1")
    assert answer["jobs"]["cancelled"] == 1 and answer["eta"] is None
    assert agent.error("batch", id="nobody's")["code"] == "not_found" and agent.error("batch")["field"] == "id"
    assert system.agent("another-one").error("batch", id="b2")["code"] == "not_found"
    agent.ok("cancel", batch="b2")


def test_top_shows_jobs_rates_and_the_fullest_windows(system, agent):
    enqueue(agent, post(system.accounts[2], "for the top"))
    agent.results_of(1)
    looks = [json.loads(line) for line in system.roost.cli("top", "--count", "2", "--every", "100ms", "--json").stdout.splitlines()]
    assert len(looks) == 2 and looks[0]["jobs"]["done"] >= 1 and looks[1]["uptime_ms"] > looks[0]["uptime_ms"]
    fill = [w["used"] / w["limit"] for w in looks[0]["windows"]]
    assert 1 <= len(fill) <= 10 and fill == sorted(fill, reverse=True) and fill[-1] > 0
    text = system.roost.cli("top").stdout
    assert "FULLEST WINDOWS" in text and "done" in text and "\x1b" not in text
    assert system.roost.cli("top", "--every", "1us", check=False).returncode == 2


# --- cancel, update, retry ---

def test_cancel_by_ids_tells_each_that_cannot_be(system, agent):
    ids = [e["id"] for e in enqueue(agent, later(system), later(system))]
    answer = agent.ok("cancel", ids=ids + ["j999999999", "x"])
    check_shape(answer, {"seq": int, "ok": bool, "cancelled": int, "errors": list})
    assert answer["cancelled"] == 2 and [(e["id"], e["error"]["code"]) for e in answer["errors"]] == [
        ("j999999999", "not_found"), ("x", "invalid_argument")]
    again = agent.ok("cancel", ids=[ids[0]])
    assert again["cancelled"] == 0 and again["errors"][0]["error"]["code"] == "wrong_state"
    assert {r["state"] for r in agent.results_of(2).values()} == {"cancelled"}


def test_cancel_by_filter_is_for_the_agents_own_jobs_and_needs_a_filter(system, agent):
    other = system.agent("cancel-other")
    enqueue(other, later(system, batch="b"))
    enqueue(agent, later(system, batch="b"), later(system, batch="b", tags=["x"]), later(system))
    assert agent.ok("cancel", batch="b", tag="x")["cancelled"] == 1
    assert agent.ok("cancel", batch="b")["cancelled"] == 1
    assert agent.error("cancel")["code"] == "invalid_argument"
    assert agent.error("cancel", ids=["j1"], batch="b")["code"] == "invalid_argument"
    assert [j["state"] for j in other.ok("list", batch="b")["jobs"]] == ["scheduled"]
    assert agent.ok("cancel", batch="none-such")["cancelled"] == 0


def test_cancel_by_filter_with_a_limit_cancels_so_many(system, agent):
    enqueue(agent, *[later(system, batch="lim") for _ in range(5)])
    assert agent.ok("cancel", batch="lim", limit=2)["cancelled"] == 2
    assert agent.ok("cancel", batch="lim")["cancelled"] == 3


def test_update_changes_each_key(system, agent):
    job = enqueue(agent, later(system))[0]["id"]
    for key, value in (("run_at", LATE + 5000), ("priority", 9), ("args", {"text": "new words"}), ("expires_at", LATE + 9000)):
        answer = agent.ok("update", id=job, **{key: value})
        check_shape(answer, {"seq": int, "ok": bool, "job": dict})
        assert answer["job"][key] == value
    check_shape(answer["job"], rig.LIVE)
    assert agent.ok("update", id=job, run_at="2100-01-01T00:00:00Z")["job"]["run_at"] == LATE
    assert agent.ok("get", ids=[job])["jobs"][0]["args"] == {"text": "new words"}
    assert agent.ok("update", id=job, args={"text": "see https://example.com"})["job"]["price_usd_micros"] == 200000


def test_update_refuses_what_enqueue_would(system, agent):
    job = enqueue(agent, later(system))[0]["id"]
    for keys, field in (({"priority": 10}, "priority"), ({"args": {"text": "x" * 281}}, "args.text"), ({"args": {}}, "args"),
                        ({"expires_at": 1}, "expires_at"), ({"expires_at": LATE}, "expires_at"), ({"run_at": "x"}, "run_at")):
        error = agent.error("update", id=job, **keys)
        assert error["code"] == "invalid_argument" and error["field"].startswith(field), keys
    assert agent.error("update", id=job)["code"] == "invalid_argument"
    assert agent.error("update", priority=1)["field"] == "id"
    assert agent.error("update", id="j999999999", priority=1)["code"] == "not_found"
    agent.ok("cancel", ids=[job])
    assert agent.error("update", id=job, priority=1)["code"] == "wrong_state"


def test_an_update_keeps_to_the_jobs_own_bound_of_its_price(system, agent):
    job = enqueue(agent, later(system, max_price_usd_micros=15000))[0]["id"]
    for _ in range(2):
        error = agent.error("update", id=job, args={"text": "see https://example.com"})
        assert error["code"] == "over_budget" and error["field"] == "max_price_usd_micros"
        assert "200000" in error["message"] and "15000" in error["message"]
        assert agent.ok("update", id=job, args={"text": "no link"})["job"]["price_usd_micros"] == 15000
        system.restart()


def test_a_job_brought_forward_runs(system, agent):
    job = enqueue(agent, later(system, "brought forward", meta="m"))[0]["id"]
    agent.ok("update", id=job, run_at=1)
    assert agent.results_of(1)[job]["state"] == "done"
    assert system.posted().count("brought forward") == 1


@pytest.fixture(name="alone", scope="module")
def fixture_alone(tmp_path_factory):
    """A system whose only worker is a script, so that a job ends as a test wants it."""
    system = rig.System(tmp_path_factory.mktemp("alone"), accounts=1, workers=0)
    system.worker = rig.Worker(system.roost)
    yield system
    system.worker.close()
    system.stop()


def test_retry_brings_back_failed_expired_and_cancelled_jobs(alone, agent):
    agent = alone.agent("retrying")
    account = alone.accounts[0]
    failed = enqueue(agent, post(account, "refused once"))[0]["id"]
    alone.worker.does(**rig.REFUSED)
    result = agent.results_of(1)[failed]
    check_shape(result, rig.RESULT)
    assert result["state"] == "failed" and result["error"]["code"] == "invalid_request" and result["http_status"] == 400
    assert result["error"]["message"] == "X says no" and result["response"] is None and result["attempts"] == 1
    alone.roost.cli("account", "pause", account)
    expired = enqueue(agent, post(account, "too late", expires_at=int(time.time() * 1000) + 300))[0]["id"]
    result = agent.results_of(1)[expired]
    check_shape(result, rig.RESULT)
    assert result["state"] == "expired" and result["error"]["code"] == "expired" and result["attempts"] == 0
    cancelled = enqueue(agent, post(account, "not now"))[0]["id"]
    agent.ok("cancel", ids=[cancelled])
    assert agent.results_of(1)[cancelled]["error"]["code"] == "cancelled"
    answer = agent.ok("retry", ids=[failed, expired, cancelled, "j999999999"])
    check_shape(answer, {"seq": int, "ok": bool, "jobs": list})
    assert [j["id"] for j in answer["jobs"]] == [failed, expired, cancelled, "j999999999"]
    assert [j.get("state") for j in answer["jobs"][:3]] == ["ready"] * 3
    assert answer["jobs"][3]["error"]["code"] == "not_found"
    alone.roost.cli("account", "resume", account)
    for _ in range(3):
        alone.worker.does(**rig.DONE)
    ended = agent.results_of(3)
    assert {ended[j]["state"] for j in (failed, expired, cancelled)} == {"done"}
    assert agent.ok("retry", ids=[failed])["jobs"][0]["error"]["code"] == "wrong_state"


# --- resolve, explain ---

def test_an_unsure_job_is_told_once_and_resolved_in_three_ways(alone):
    agent = alone.agent("resolving")
    jobs = {}
    for way in ("done", "retry", "failed"):
        jobs[way] = enqueue(agent, post(alone.accounts[0], f"resolve {way}", on_unsure="ask", meta=way))[0]["id"]
        alone.worker.does(**rig.UNKNOWN)
        lab.wait_for("an unsure job", lambda: agent.ok("get", ids=[jobs[way]])["jobs"][0]["state"] == "unsure")
    results = agent.ok("results")["results"]
    assert len(results) == 3
    for result in results:
        check_shape(result, rig.RESULT)
        assert result["state"] == "unsure" and result["finished_at"] is None
    assert agent.error("resolve", id=jobs["done"], **{"as": "maybe"})["field"] == "as"
    assert agent.error("resolve", id=jobs["done"], **{"as": "done"}, x_id="abc")["field"] == "x_id"
    assert agent.error("resolve", id=jobs["failed"], **{"as": "failed"}, x_id="1900")["field"] == "x_id"
    assert agent.error("resolve", id="j999999999", **{"as": "done"})["code"] == "not_found"
    assert agent.ok("cancel", ids=[jobs["done"]])["errors"][0]["error"]["code"] == "wrong_state"
    done = agent.ok("resolve", id=jobs["done"], **{"as": "done"}, x_id="1900000000000000009")
    check_shape(done, {"seq": int, "ok": bool, "job": dict})
    check_shape(done["job"], rig.ENDED)
    assert done["job"]["state"] == "done" and done["job"]["x_id"] == "1900000000000000009" and done["job"]["settled"]
    assert agent.ok("resolve", id=jobs["failed"], **{"as": "failed"})["job"]["state"] == "failed"
    assert agent.ok("resolve", id=jobs["retry"], **{"as": "retry"})["job"]["state"] in ("ready", "running")
    alone.worker.does(**rig.DONE)
    assert agent.error("resolve", id=jobs["done"], **{"as": "done"})["code"] == "wrong_state"
    replies = lab.wait_for("six replies", lambda: (lambda r: len(r) == 6 and r)(agent.ok("results")["results"]))
    assert sorted(r["state"] for r in replies) == ["done", "done", "failed", "unsure", "unsure", "unsure"]
    assert [r["seq"] for r in replies] == sorted({r["seq"] for r in replies})
    assert {r["id"]: r["meta"] for r in replies} == {jobs[way]: way for way in jobs}


def test_priority_goes_first(alone):
    agent = alone.agent("urgent")
    alone.roost.cli("account", "pause", alone.accounts[0])
    ids = {p: enqueue(agent, post(alone.accounts[0], f"p {p}", priority=p))[0]["id"] for p in (0, 5, 9, 3)}
    alone.roost.cli("account", "resume", alone.accounts[0])
    order = [f"j{alone.worker.does(**rig.DONE)['job']}" for _ in ids]
    assert order == [ids[p] for p in (9, 5, 3, 0)]
    agent.results_of(4)


def test_a_job_has_as_many_attempts_as_it_says(alone):
    agent = alone.agent("trying")
    job = enqueue(agent, {"action": "get_me", "account": alone.accounts[0], "max_attempts": 2})[0]["id"]
    for _ in range(2):
        alone.worker.does(**{"class": "unknown", "cause": "server_error", "status": 500})
    result = agent.results_of(1)[job]
    assert result["state"] == "failed" and result["attempts"] == 2 and result["error"]["code"] in ("server_error", "attempts_exhausted")


def test_list_by_state_sees_a_job_that_a_worker_has(alone):
    agent = alone.agent("watching")
    job = enqueue(agent, post(alone.accounts[0], "in hand"))[0]["id"]
    work = alone.worker.work()
    assert [j["id"] for j in agent.ok("list", state="running")["jobs"]] == [job]
    assert agent.ok("list", state="ready")["jobs"] == []
    assert alone.worker.begin(work)
    assert [j["id"] for j in agent.ok("list", state="running")["jobs"]] == [job]
    assert agent.ok("cancel", ids=[job])["errors"][0]["error"]["code"] == "wrong_state"
    assert agent.error("update", id=job, priority=1)["code"] == "wrong_state"
    alone.worker.result(work, **rig.DONE)
    assert agent.results_of(1)[job]["started_at"] >= rig.MS_LEAST


def test_explain_says_why_and_until_when(system, agent):
    job = enqueue(agent, later(system))[0]["id"]
    answer = agent.ok("explain", id=job)
    check_shape(answer, {"seq": int, "ok": bool, "verdict": rig.SHAPES["verdict"], "eta": rig.Ms, "chain": list})
    assert answer["verdict"]["blocker"] == "time" and answer["verdict"]["until"] == LATE <= answer["eta"]
    assert answer["chain"][0]["blocker"] == "time" and answer["chain"][0]["until"] == LATE
    agent.ok("cancel", ids=[job])
    ended = agent.ok("explain", id=job)
    assert ended["verdict"]["blocker"] == "state" and "cancelled" in ended["verdict"]["text"]
    assert agent.error("explain", id="j999999999")["code"] == "not_found"
    assert agent.error("explain", id="x")["code"] == "invalid_argument"
    assert agent.error("explain")["field"] == "id"


# --- approval ---

def test_a_job_that_wants_approval_is_held_until_somebody_approves(system, agent):
    ids = [e["id"] for e in enqueue(agent, *[post(system.accounts[1], f"held {i}", approval=True, key=f"h{i}") for i in range(3)])]
    jobs = agent.ok("get", ids=ids)["jobs"]
    assert {j["state"] for j in jobs} == {"held"} and jobs[0]["verdict"]["blocker"] in ("state", "policy")
    assert "approv" in jobs[0]["verdict"]["text"] and jobs[0]["eta"] is None
    answer = agent.ok("approve", ids=ids[:1], reason="looks good")
    check_shape(answer, {"seq": int, "ok": bool, "jobs": list})
    assert answer["jobs"][0]["id"] == ids[0] and answer["jobs"][0]["state"] == "ready"
    answer = agent.ok("reject", ids=[ids[1], "j999999999"], reason="not our tone")
    assert answer["jobs"][0] == {"id": ids[1], "state": "failed"} and answer["jobs"][1]["error"]["code"] == "not_found"
    results = agent.results_of(2)
    assert results[ids[0]]["state"] == "done"
    assert results[ids[1]]["error"]["code"] == "rejected" and results[ids[1]]["error"]["message"].endswith("not our tone")
    for op in ("approve", "reject"):
        assert agent.ok(op, ids=[ids[0]])["jobs"][0]["error"]["code"] == "wrong_state"
    assert agent.ok("list", state="held")["jobs"][0]["id"] == ids[2]
    assert system.posted().count("held 0") == 1 and system.posted().count("held 1") == 0
    agent.ok("cancel", ids=[ids[2]])


def test_an_approved_job_still_waits_for_its_time(system, agent):
    job = enqueue(agent, later(system, approval=True))[0]
    assert job["state"] == "held"
    assert agent.ok("approve", ids=[job["id"]])["jobs"][0]["state"] == "scheduled"
    agent.ok("cancel", ids=[job["id"]])


# --- the example of the documentation ---

def test_the_example_agent_does_what_its_file_says(system, tmp_path):
    path = tmp_path / "jobs.csv"
    path.write_text("action,account,args.text\n" + "".join(f"post,{system.accounts[i % 4]},example {i}\n" for i in range(8)))
    example = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/examples/agent.py")
    run = subprocess.run([sys.executable, example, system.roost.endpoint, "example", str(path)], capture_output=True, text=True,
                         timeout=60, check=True)
    lines = [line.split() for line in run.stdout.splitlines()]
    assert [line[2] for line in lines] == ["done"] * 8 and all(len(line) == 4 for line in lines)
    assert {f"example {i}" for i in range(8)} <= set(system.posted())


# --- limits, accounts, stats ---

def test_limits_accounts_and_stats(system, agent):
    enqueue(agent, post(system.accounts[0], "for the windows"))
    agent.results_of(1)
    answer = agent.ok("limits", account=system.accounts[0])
    check_shape(answer, {"seq": int, "ok": bool, "windows": list})
    for window in answer["windows"]:
        check_shape(window, {"family": str, "scope": str, "owner": str, "window_s": int, "limit": int, "used": int,
                             "resets_at": (rig.Ms, type(None)), "learned": bool, "drift": int})
        assert window["scope"] in ("account", "app")
    used = [w for w in answer["windows"] if w["family"] == "POST /2/tweets" and w["scope"] == "account"]
    assert used[0]["used"] >= 1 and used[0]["limit"] == 100 and used[0]["window_s"] == 900
    assert agent.error("limits", account="nobody")["code"] == "not_found"
    assert len(agent.ok("limits")["windows"]) >= len(answer["windows"])
    dates = answer["tables"]
    assert set(dates) == {"rate_limits", "rate_limit_groups", "account_limits", "entitlements", "read_caps", "prices"}
    assert dates["rate_limits"] == dates["prices"] == "2026-08-22" and dates["account_limits"] == "2026-05"
    assert answer["differing"] == 0 and answer["drift_seen"] == 0
    assert "rate_limits 2026-08-22" in system.roost.cli("limits").stdout
    assert rig.cli_json(system, "limits", "--tables") == dates

    accounts = agent.ok("accounts")["accounts"]
    assert [a["name"] for a in accounts] == system.accounts
    for account in accounts:
        check_shape(account, {"name": str, "app": str, "user_id": str, "username": str, "state": str, "capabilities": list,
                              "token": str, "token_until": rig.Ms, "scopes": str, "parked_until": (rig.Ms, type(None)),
                              "park_cause": (str, type(None))})
        assert {"x.tweet.write", "x.tweet.read", "x.user.read", "x.like.write", "x.dm.write"} <= set(account["capabilities"])
        assert account["state"] == "connected" and account["token"] == "fresh"
    before = agent.ok("stats")
    assert before["version"] and before["jobs"]["done"] >= 1 and before["workers"] == 1
    agent.error("enqueue", jobs=[post(system.accounts[0], "x" * 281), post(system.accounts[0], "y" * 281)])
    agent.error("explain", id="j999999999")
    system.roost.cli("account", "pause", system.accounts[3])
    job = enqueue(agent, post(system.accounts[3], "held"))[0]["id"]
    agent.ok("cancel", ids=[job])
    system.roost.cli("account", "resume", system.accounts[3])
    after = agent.ok("stats")
    assert after["refused"]["invalid_argument"] == before["refused"]["invalid_argument"] + 2
    assert after["refused"]["not_found"] == before["refused"]["not_found"] + 1
    assert after["held"]["pause"] > before["held"]["pause"] and "none" not in after["held"]


def test_nothing_secret_is_in_any_answer(system, agent):
    tokens = [t for a in system.xsim.accounts() for t in (a["access_token"], a["refresh_token"])]
    for op in ("accounts", "limits", "stats", "list"):
        text = repr(agent.ok(op))
        assert not any(t in text for t in tokens)
    assert not any(t in system.log() for t in tokens)
