#!/usr/bin/python3
"""Kills the dispatcher or a worker with -9 at random instants while jobs run, then lets the checker decide.

    kills.py --kills 1000 --seed 7

Prints one JSON line: lost, dup and failed must be 0. The same seed kills the same programs after the same waits.
"""
import argparse
import os
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checker  # noqa: E402
import lab  # noqa: E402
import world  # noqa: E402


class Feeder(threading.Thread):
    """An agent that brings jobs as fast as they end, so that kills always meet work; and resolves what roost asks."""

    def __init__(self, roost, xsim, names, jobs, in_hand, at_once=20):
        super().__init__(daemon=True)
        self.roost, self.xsim, self.names, self.jobs, self.in_hand = roost, xsim, names, jobs, in_hand
        self.acked, self.results, self.asked, self.asked_messages = {}, {}, 0, 0
        self.at_once = at_once
        self.stop_feeding = threading.Event()
        self.failure = None

    def run(self):
        try:
            self.feed()
        except BaseException as e:  # the main thread must learn of it
            self.failure = e

    def feed(self):
        agent = lab.Agent(self.roost.endpoint, "feeder")
        at, ack = 0, 0
        while True:
            feeding = not self.stop_feeding.is_set() and at < len(self.jobs)
            if not feeding and len(self.results) == len(self.acked):
                break
            room = self.in_hand - (len(self.acked) - len(self.results))
            if feeding and room >= self.at_once:
                batch = self.jobs[at:at + self.at_once]
                answer = self.ok_in_the_end(agent, "enqueue", jobs=[{**job, "key": f"k{at + i}"} for i, (job, _) in enumerate(batch)])
                for (_, mark), entry in zip(batch, answer["jobs"]):
                    self.acked[entry["id"]] = mark
                at += len(batch)
            answer = self.ok_in_the_end(agent, "results", max=500, wait_ms=200, ack=ack)
            for result in answer["results"]:
                if result["seq"] <= ack:
                    continue
                ack = result["seq"]
                self.take(agent, result)
        self.ok_in_the_end(agent, "ack", upto=ack)
        agent.close()

    @staticmethod
    def ok_in_the_end(agent, op, **keys):
        """`unavailable` means that nothing was kept: it is sent again, under the same keys."""
        def ask():
            answer = agent.call(op, **keys)
            assert answer["ok"] or answer["error"]["code"] == "unavailable", answer
            return answer if answer["ok"] else None

        return lab.wait_for(f"an answer to {op} that is not `unavailable`", ask)

    def take(self, agent, result):
        if result["state"] == "unsure":
            self.asked += 1
            self.asked_messages += result["action"] == "dm"
            happened = [e for e in self.xsim.ledger() if checker.mark_of(e, self.names) == self.acked[result["id"]]]
            decision = {"as": "done", "x_id": happened[0]["id"]} if happened else {"as": "retry"}
            agent.call("resolve", id=result["id"], **decision)
            return
        assert result["id"] not in self.results, f"{result['id']} ended twice"
        self.results[result["id"]] = result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--in-hand", type=int, default=200)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--bound", type=float, default=120, help="seconds in which all jobs must end after the last kill")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="roost-kills-") as directory:
        xsim = lab.Xsim(directory, options.accounts, "enterprise", "--latency", "20")
        roost = lab.Roost(directory, xsim.url, workers=options.workers, account_limits=False)
        names = roost.connect(xsim)
        ids = {a["user_id"]: a["name"] for a in xsim.accounts()}
        targets = xsim.targets()
        ids.update(targets["names"])
        jobs = world.make(200 + options.kills * 1000, names, targets["users"], targets["posts"], options.seed)
        feeder = Feeder(roost, xsim, ids, jobs, options.in_hand)
        feeder.start()
        began = time.monotonic()
        killed = {"dispatcher": 0, "worker": 0}
        for _ in range(options.kills):
            time.sleep(chance.uniform(0.1, 1.0))  # when, is the seed's to say: not a wait for a condition
            assert not feeder.failure, feeder.failure
            if chance.random() < 0.5:
                killed["dispatcher"] += 1
                roost.dispatcher.kill()
                roost.start_dispatcher()
            else:
                killed["worker"] += 1
                victim = chance.randrange(len(roost.workers))
                roost.workers[victim].kill()
                del roost.workers[victim]
                roost.start_worker()
        feeder.stop_feeding.set()
        feeder.join(options.bound)
        assert not feeder.failure, feeder.failure
        figures = checker.check(feeder.acked, feeder.results, xsim.ledger(), ids, roost.db)
        figures["refresh_presented_twice"] = xsim.stats()["refresh_presented_twice"]
        print(checker.line(figures, seed=options.seed, kills=killed, asked=feeder.asked,
                           seconds=round(time.monotonic() - began, 1)), flush=True)
        codes = roost.stop()
        xsim.stop()
        good = figures["lost"] == 0 and figures["dup"] == 0 and figures["done_without_effect"] == 0
        good = good and figures["failed"] == 0 and not feeder.is_alive() and set(codes) == {0}
        if not good:
            print(f"exit codes {codes}; logs are gone with {directory}", file=sys.stderr)
        return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
