#!/usr/bin/python3
"""Workers that are killed, or cut off in silence, before BEGIN: how soon do their jobs run elsewhere?

    gone.py --rounds 40 --jobs 20

Each round one scripted worker is given jobs and, before it asks to begin any, is gone: its connection is closed (killed), or it
stays and says nothing more (silent). Another then has to be given every one of them, and may begin it. Prints one JSON line:
milliseconds from the last word of the one that is gone to the GO of the other, by kind; `lost` and `twice` must be 0. What the
settings call gone is `dispatch.worker_silence`: 1.5 s in these settings, ROOST_DISPATCH_WORKER_SILENCE changes it.
"""
import argparse
import json
import os
import sys
import tempfile
import time

import msgpack

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402


class Heir(rig.Worker):
    """Begins whatever it is given, and notes when it may."""

    def inherit(self, jobs, bound_s=60):
        """{job: when its GO came}."""
        went, end = {}, time.monotonic() + bound_s
        while len(went) < len(jobs):
            assert time.monotonic() < end, f"{len(went)} of {len(jobs)} came"
            if not self.raw.socket.poll(100):
                self.say("beat")
                continue
            message = msgpack.unpackb(self.raw.socket.recv())
            now = time.monotonic()
            if message["op"] == "hello":
                self.hello()
            for item in message.get("items", []):
                if message["op"] == "assign":
                    self.held[item["job"], item["lease"]] = False
                    self.say("begin", items=[[item["job"], item["lease"]]])
                elif message["op"] == "go" and item[2]:
                    assert item[0] not in went, "begun twice"
                    went[item[0]] = now
                    self.held[item[0], item[1]] = True
        return went


def one_round(roost, agent, names, number, silent):
    """Milliseconds from the last word of the one that is gone to each GO elsewhere."""
    doomed = rig.Worker(roost, f"doomed{number}", slots=len(names))
    agent.ok("enqueue", jobs=[rig.post(name, f"round {number} of {name}") for name in names])
    held = set()
    while len(held) < len(names):
        held |= {item["job"] for item in doomed.hear("assign")["items"]}
    heir = Heir(roost, f"heir{number}", slots=len(names))
    doomed.say("beat")
    gone = time.monotonic()
    if not silent:
        doomed.close()
    went = heir.inherit(held)
    assert set(went) == held, "others came"
    heir.finish_all()
    heir.say("bye")
    heir.close()
    if silent:
        doomed.close()
    return [(at - gone) * 1000 for at in went.values()]


def spread(figures):
    figures = sorted(figures)
    return {"p50": round(figures[len(figures) // 2]), "p99": round(figures[len(figures) * 99 // 100]), "max": round(figures[-1])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="of either kind")
    parser.add_argument("--jobs", type=int, default=20, help="in each round, one an account")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="roost-gone-") as directory:
        xsim = lab.Xsim(directory, options.jobs)
        roost = lab.Roost(directory, xsim.url, workers=0, account_limits=False)
        names = roost.connect(xsim)
        agent = lab.Agent(roost.endpoint, "gone")
        found = {"killed": [], "silent": []}
        for number in range(2 * options.rounds):
            kind = ("killed", "silent")[number % 2]
            found[kind] += one_round(roost, agent, names, number, kind == "silent")
        ended = agent.results_of(2 * options.rounds * len(names))
        states = [r["state"] for r in ended.values()]
        agent.close()
        roost.stop()
        xsim.stop()
    figures = {"rounds": options.rounds, "jobs": len(states), "lost": len(states) - states.count("done"), "twice": 0,
               **{f"{kind}_ms": spread(times) for kind, times in found.items()}}
    print(json.dumps(figures), flush=True)
    return 1 if figures["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
