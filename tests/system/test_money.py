"""Budgets through the wire: what is refused, what waits, what is settled, raised and remembered."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import post  # noqa: E402

POST, LINK = 15000, 200000


class System(rig.System):
    def __init__(self, directory):
        super().__init__(directory, accounts=2)
        self.asks = self.agent("a")

    def set(self, kind, name, *flags):
        self.roost.cli(kind, "set", name, *flags)

    def post(self, text, **more):
        return self.asks.ok("enqueue", jobs=[post(self.accounts[0], text, **more)])["jobs"][0]["id"]

    def spend(self, by, period="day"):
        rows = rig.cli_json(self, "spend", "--by", by, "--period", period)["spend"]
        return {row["name"]: row for row in rows}

    def blocker(self, job):
        return self.asks.ok("explain", id=job)["verdict"]


@pytest.fixture(name="system")
def fixture_system(tmp_path):
    system = System(str(tmp_path))
    yield system
    system.stop()


def waits_for_budget(system, job):
    return lab.wait_for("a job to wait for a budget",
                        lambda: system.blocker(job)["blocker"] == "budget" and system.blocker(job))


def test_a_job_that_no_budget_can_pay_is_refused_at_enqueue(system):
    system.set("account", system.accounts[0], "--budget-month-usd", "0.10")
    job = {"action": "post", "account": system.accounts[0], "args": {"text": "see https://example.com"}}
    error = system.asks.error("enqueue", jobs=[job])
    assert error["code"] == "over_budget"
    assert "0.20 USD" in error["message"] and "0.10 USD a month" in error["message"]
    error = system.asks.error("enqueue", jobs=[dict(job, max_price_usd_micros=LINK - 1)])
    assert error["code"] == "over_budget" and error["field"] == "jobs[0].max_price_usd_micros"
    assert system.asks.ok("list")["jobs"] == []


def test_a_job_waits_for_its_budget_over_a_kill_until_it_is_raised(system):
    system.set("agent", "a", "--budget-day-usd", "0.02")
    first = system.post("one")
    assert system.asks.results_of(1)[first]["price_usd_micros"] == POST
    second = system.post("two")
    verdict = waits_for_budget(system, second)
    assert verdict["ref"] == "agent a day"
    assert verdict["until"] % 86400000 == 0 and "0.02 USD a day" in verdict["text"]

    system.roost.dispatcher.kill()
    system.roost.start_dispatcher()
    waits_for_budget(system, second)
    row = system.spend("agent")["a"]
    assert (row["spent_usd_micros"], row["reserved_usd_micros"], row["cap_usd_micros"]) == (POST, 0, 20000)
    assert row["left_usd_micros"] == 5000

    system.roost.cli("budget", "raise", "agent", "a", "--period", "day", "--by", "0.01", "--reason", "launch day")
    assert system.asks.results_of(1)[second]["state"] == "done"
    answer = system.asks.ok("spend", by="agent", period="day")
    assert answer["spend"][0]["raised_usd_micros"] == 10000 and answer["spend"][0]["spent_usd_micros"] == 2 * POST
    assert [(o["reason"], o["by_usd_micros"]) for o in answer["overrides"]] == [("launch day", 10000)]
    assert sorted(e["text"] for e in system.xsim.ledger() if e["action"] == "post") == ["one", "two"]


def test_a_read_is_settled_by_what_came_back_and_paid_once_a_day(system):
    target = system.xsim.targets()["posts"][0]
    job = {"action": "get_post", "account": system.accounts[0], "args": {"post": target}}
    prices = []
    for _ in range(2):
        entry = system.asks.ok("enqueue", jobs=[job])["jobs"][0]
        assert entry["price_usd_micros"] == 5000
        prices.append(system.asks.results_of(1)[entry["id"]]["price_usd_micros"])
    assert prices == [5000, 0]
    assert system.spend("app")["demo"]["spent_usd_micros"] == 5000
    job = {"action": "timeline", "account": system.accounts[0], "args": {"max_results": 20}}
    entry = system.asks.ok("enqueue", jobs=[job])["jobs"][0]
    assert entry["price_usd_micros"] == 20 * 5000
    result = system.asks.results_of(1)[entry["id"]]
    assert result["price_usd_micros"] == 5000 * len(result["response"].get("data", []))


def test_a_failure_is_free_and_spend_is_kept_by_owner_and_date(system):
    failed = system.asks.ok("enqueue", jobs=[{"action": "delete_post", "account": system.accounts[1],
                                               "args": {"post": system.xsim.targets()["posts"][0]}}])["jobs"][0]["id"]
    done = system.post("mine")
    results = system.asks.results_of(2)
    assert results[failed]["state"] == "failed" and results[failed]["price_usd_micros"] == 0
    assert results[done]["price_usd_micros"] == POST
    for by, name in (("app", "demo"), ("account", system.accounts[0]), ("agent", "a")):
        for period in ("day", "month"):
            assert {n: r["spent_usd_micros"] for n, r in system.spend(by, period).items()} == {name: POST}
    date = system.spend("app")["demo"]["begins"]
    assert system.spend("app", date)["demo"]["spent_usd_micros"] == POST
    assert system.spend("app", "1999-01-01") == {}
    assert system.asks.error("spend", period="yesterday")["field"] == "period"
    assert system.asks.error("spend", by="agent", name="b")["code"] in ("not_found", "not_allowed")
    assert system.asks.ok("stats")["spent_usd_micros"] == POST
