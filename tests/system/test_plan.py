"""plan and explain with a running dispatcher: what they answer, in one message and in pages."""
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import post  # noqa: E402

LATE = 4102444800000


class System(rig.System):
    def __init__(self, directory):
        super().__init__(directory, accounts=3, workers=0, account_limits=False)
        self.asks = self.agent("a")


@pytest.fixture(name="system")
def fixture_system(tmp_path):
    system = System(str(tmp_path))
    yield system
    system.stop()


def test_a_plan_says_when_what_and_for_how_much_and_enqueues_nothing(system):
    jobs = [post(system.accounts[0], f"number {i}", key=f"k{i}") for i in range(250)]
    jobs += [post(system.accounts[1], "see https://example.com"), post(system.accounts[1], "x" * 281)]
    answer = system.asks.ok("plan", jobs=jobs)
    rows = answer["jobs"]
    assert [r["key"] for r in rows[:250]] == [f"k{i}" for i in range(250)]
    assert set(rows[0]) == {"key", "account", "action", "state", "start", "end", "price_usd_micros", "verdict"}
    starts = [r["start"] for r in rows[:250]]
    assert starts == sorted(starts) and all(r["end"] > r["start"] for r in rows)
    # 100 posts in 15 minutes (and one second of care at each reset): the rest waits for the windows.
    gap = 15 * 60 * 1000
    assert starts[99] - starts[0] < gap <= starts[100] - starts[0] < gap + 5000
    assert starts[199] - starts[100] < gap <= starts[200] - starts[100]
    assert rows[0]["verdict"]["blocker"] == "none"
    assert rows[150]["verdict"]["blocker"] == "window" and "tweets" in rows[150]["verdict"]["ref"]
    assert rows[250]["price_usd_micros"] == 200000
    assert sum(day["price_usd_micros"] for day in answer["spend"]) == 250 * 15000 + 200000
    assert sum(day["jobs"] for day in answer["spend"]) == 251
    refused = answer["refused"]
    assert len(refused) == 1 and refused[0]["index"] == 251 and refused[0]["error"]["field"] == "args.text"
    assert [b for b in answer["binds"] if b["blocker"] == "window"][0]["jobs"] >= 50
    assert system.asks.ok("list")["jobs"] == []


def test_a_plan_begins_where_things_stand(system):
    system.asks.ok("enqueue", jobs=[post(system.accounts[0], f"waits {i}") for i in range(100)])
    rows = system.asks.ok("plan", jobs=[post(system.accounts[0], "after all those"), post(system.accounts[1], "free")])["jobs"]
    assert rows[0]["start"] - rows[1]["start"] >= 15 * 60 * 1000
    assert rows[1]["verdict"]["blocker"] == "none"


def test_what_will_not_run_says_why(system):
    system.roost.cli("account", "pause", system.accounts[0])
    rows = system.asks.ok("plan", jobs=[post(system.accounts[0], "never"), post(system.accounts[1], "late", run_at=LATE),
                                         post(system.accounts[0], "over", expires_at=LATE)], until=LATE + 1000)["jobs"]
    assert rows[0]["start"] is None and rows[0]["verdict"]["blocker"] == "pause"
    assert LATE <= rows[1]["start"] < LATE + 1000
    assert rows[2]["start"] is None and rows[2]["state"] == "expired"


def test_a_plan_larger_than_a_message_goes_and_comes_in_parts(system):
    name, taken = None, 0
    for part in range(9):
        jobs = [post(system.accounts[i % 3], f"part {part} number {i}", key=f"{part}-{i}", run_at=LATE + part * 60000)
                for i in range(1000)]
        more = {"plan": name} if name else {}
        answer = system.asks.ok("plan", jobs=jobs, more=part < 8, until=LATE + 90 * 86400000, **more)
        name = answer["plan"]
        if part < 8:
            taken += 1000
            assert answer["taken"] == taken
    rows = answer["jobs"]
    pages = 1
    while answer["cursor"] is not None:
        answer = system.asks.ok("plan", plan=name, cursor=answer["cursor"])
        rows += answer["jobs"]
        pages += 1
    assert pages > 1 and len(rows) == 9000 and len({r["key"] for r in rows}) == 9000
    assert all(r["start"] >= LATE for r in rows)
    assert system.asks.error("plan", plan=name, cursor=0)["code"] == "not_found"
    assert system.asks.error("plan", jobs=[])["field"] == "jobs"


def test_another_agents_plan_is_not_found(system):
    name = system.asks.ok("plan", jobs=[post(system.accounts[0], "mine")], more=True)["plan"]
    other = lab.Agent(system.roost.endpoint, "b")
    assert other.error("plan", plan=name, jobs=[])["code"] == "not_found"
    other.close()
    assert len(system.asks.ok("plan", plan=name)["jobs"]) == 1


def test_the_command_plans_a_file(system, tmp_path):
    file = tmp_path / "jobs.csv"
    file.write_text("action,account,key,args.text\n" +
                    "".join(f"post,{system.accounts[i % 2]},c{i},text {i}\n" for i in range(1200)) +
                    f"post,nobody,bad,text\n")
    out = json.loads(system.roost.cli("plan", str(file), "--json").stdout)
    assert set(out) >= {"jobs", "refused", "spend"}
    assert len(out["jobs"]) == 1200 and out["refused"][0]["key"] == "bad"
    assert out["refused"][0]["error"]["code"] == "not_found"
    text = system.roost.cli("plan", str(file)).stdout
    assert "1200 jobs would run" in text and "HELD BY" in text and "refused: job 1201" in text


def test_explain_gives_the_whole_chain(system):
    ids = [e["id"] for e in system.asks.ok("enqueue", jobs=[post(system.accounts[0], f"chain {i}") for i in range(101)])["jobs"]]
    system.roost.cli("account", "pause", system.accounts[0])
    answer = system.asks.ok("explain", id=ids[100])
    assert [link["blocker"] for link in answer["chain"]] == ["pause", "worker"]
    assert all(link["unblock"] and link["text"] for link in answer["chain"])
    assert answer["verdict"]["blocker"] == "pause" and answer["eta"] is None and answer["ahead"] == 100
    system.roost.cli("account", "resume", system.accounts[0])
    answer = system.asks.ok("explain", id=ids[100])
    assert answer["eta_by"] == "walk"
    first = system.asks.ok("explain", id=ids[0])["eta"]
    assert answer["eta"] - first >= 15 * 60 * 1000
