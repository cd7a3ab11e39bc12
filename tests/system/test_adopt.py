"""Whose is the post that a look found? A worker by script says what X has; two jobs never adopt the same post."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import post  # noqa: E402

FOUND = {"class": "done", "cause": "none", "status": 200, "objects": 3, "look": "found", "found": ["777"]}
ABSENT = {"class": "done", "cause": "none", "status": 200, "objects": 2, "look": "absent"}


class Bench(rig.System):
    """One account that may have two effects under way, and a worker by script."""

    def __init__(self, directory):
        super().__init__(directory, accounts=1, workers=0, lease="20s", settle="100ms, 200ms")
        self.asks = self.agent("twins")
        self.worker = rig.Worker(self.roost, "scripted", slots=64)

    def enqueue(self, *texts):
        return [j["id"] for j in self.asks.ok("enqueue", jobs=[post(self.accounts[0], t, key=f"k{n}") for n, t in enumerate(texts)])["jobs"]]

    def until(self, step):
        """The next assignment of that step; those of another are begun and end as unknown."""
        while True:
            work = self.worker.work()
            if work["step"] == step:
                return work
            assert work["step"] == "act" and self.worker.begin(work)
            self.worker.result(work, **rig.UNKNOWN)

    def looks(self, job):
        return self.asks.ok("explain", id=f"j{job}")["looks"]


@pytest.fixture(name="bench")
def fixture_bench(tmp_path):
    bench = Bench(str(tmp_path))
    yield bench
    bench.worker.close()
    bench.stop()


def test_results_of_one_message_do_not_adopt_the_same_post(bench):
    bench.enqueue("good morning", "good morning")
    works = [bench.until("look"), bench.until("look")]
    assert works[0]["job"] != works[1]["job"]
    bench.worker.say("result", items=[{"job": w["job"], "lease": w["lease"], **FOUND} for w in works])
    [result] = bench.asks.results_of(1).values()
    assert result["state"] == "done" and result["x_id"] == "777" and result["settled"]
    other = next(w["job"] for w in works if f"j{w['job']}" != result["id"])
    looks = lab.wait_for("the other's look", lambda: bench.looks(other))
    assert looks[-1]["look"] == "absent" and looks[-1]["matches"] == "777"


def test_what_a_begun_job_of_the_same_text_may_have_made_is_not_adopted(bench):
    bench.enqueue("good morning", "Good  morning!")
    first = bench.worker.work()
    assert bench.worker.begin(first)
    bench.worker.result(first, **rig.UNKNOWN)
    works = [bench.worker.work(), bench.worker.work()]
    look = next(w for w in works if w["step"] == "look")
    second = next(w for w in works if w["step"] == "act")
    assert look["job"] == first["job"] != second["job"] and bench.worker.begin(second)
    bench.worker.result(look, **FOUND)
    [seen] = bench.looks(first["job"])
    assert seen["look"] == "cannot" and seen["compared"] == 3 and seen["matches"] == "777"
    assert f"j{second['job']}" in seen["text"]
    bench.worker.result(second, **{**rig.DONE, "x_id": "777"})
    result = bench.asks.results_of(1)[f"j{second['job']}"]
    assert result["state"] == "done" and result["x_id"] == "777"
    bench.worker.result(bench.until("look"), **FOUND)
    assert [k["look"] for k in bench.looks(first["job"])] == ["cannot", "absent"]


def test_the_one_of_the_same_text_is_found_among_many_that_have_begun(bench):
    bench.roost.cli("account", "set", bench.accounts[0], "--concurrency", "64")
    [job] = bench.enqueue("good morning")
    first = bench.worker.work()
    assert bench.worker.begin(first)
    bench.asks.ok("enqueue", jobs=[post(bench.accounts[0], f"number {n}") for n in range(40)] +
                  [post(bench.accounts[0], "Good  morning!")])
    others = [bench.worker.work() for _ in range(41)]
    assert all(bench.worker.begin(w) for w in others)
    bench.worker.result(first, **rig.UNKNOWN)
    bench.worker.result(bench.until("look"), **FOUND)
    [seen] = bench.looks(int(job[1:]))
    twin = next(w["job"] for w in others if w["args"]["text"] == "Good  morning!")
    assert seen["look"] == "cannot" and f"j{twin} " in seen["text"]


def test_another_text_that_has_begun_is_in_nobodys_way(bench):
    bench.enqueue("good morning", "good night")
    first = bench.worker.work()
    assert bench.worker.begin(first)
    bench.worker.result(first, **rig.UNKNOWN)
    works = [bench.worker.work(), bench.worker.work()]
    second = next(w for w in works if w["step"] == "act")
    assert bench.worker.begin(second)
    bench.worker.result(next(w for w in works if w["step"] == "look"), **FOUND)
    assert bench.asks.results_of(1)[f"j{first['job']}"]["x_id"] == "777"


def test_what_looks_saw_is_told_and_kept_over_a_restart(bench):
    [job] = bench.enqueue("good morning")
    bench.worker.result(bench.until("look"), **ABSENT)
    before = bench.looks(job[1:])
    rig.check_shape(before[0], {"at": int, "look": str, "compared": int, "matches": str, "text": str})
    assert before[0]["look"] == "absent" and before[0]["compared"] == 2 and "nothing since it began" in before[0]["text"]
    shown = bench.roost.cli("explain", job).stdout
    assert "look 1 of 1" in shown and "nothing since it began matches" in shown
    bench.roost.dispatcher.kill()
    bench.roost.start_dispatcher()
    assert lab.wait_for("what was kept", lambda: bench.looks(job[1:])) == before
    bench.worker.close()  # with what it was still given before the kill: those leases are no more
    bench.worker = rig.Worker(bench.roost, "scripted", slots=64)
    bench.worker.result(bench.until("look"), **FOUND)
    assert bench.asks.results_of(1)[job]["state"] == "done"
    assert bench.looks(job[1:]) == []
