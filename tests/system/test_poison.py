"""A job that kills the workers it is given to: parked as failed after three of them, with its history; the others go on."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402


@pytest.fixture(name="system")
def fixture_system(tmp_path):
    system = rig.System(tmp_path, workers=0)
    yield system
    system.stop()


class Mortal(rig.Worker):
    """A worker that dies, with all it holds, when it gets a job with the word; and is there again, under its name."""

    def __init__(self, roost, word, slots):
        self.word, self.deaths, self.roost = word, 0, roost
        super().__init__(roost, "mortal", slots)

    def next(self):
        work = self.work()
        if self.word not in str(work):
            return work
        self.deaths += 1
        self.raw.socket.close()
        self.raw = rig.Raw(f"tcp://127.0.0.1:{self.roost.ports['workers']}")
        self.kept, self.held, self.unkept = [], {}, {}
        self.hello()
        return None


def test_a_job_that_kills_workers_is_failed_and_the_others_are_done(system):
    agent = system.agent("poisoner")
    texts = ["fine one", "fine two", "deadly", "fine three", "fine four"]
    jobs = agent.ok("enqueue", jobs=[rig.post(system.accounts[n % 4], text) for n, text in enumerate(texts)])["jobs"]
    worker = Mortal(system.roost, "deadly", 5)
    done = 0
    while done < 4 or worker.deaths < 3:
        work = worker.next()
        if work is None:
            continue
        if worker.begin(work):
            worker.result(work, **rig.DONE)
            done += 1
    results = agent.results_of(5)
    poison = results.pop(jobs[2]["id"])
    assert poison["state"] == "failed" and poison["error"]["code"] == "poison", poison
    assert {r["state"] for r in results.values()} == {"done"} and worker.deaths == 3
    assert agent.ok("stats")["poisoned"] == 1 and agent.ok("stats")["lost_leases"] >= 3
    assert "job.poisoned" in system.log()
    assert agent.ok("retry", ids=[jobs[2]["id"]])["jobs"][0]["state"] == "ready"
    worker.close()
