#!/usr/bin/python3
"""Kills the dispatcher or a worker with -9 around renewals of tokens: no refresh token may be presented twice, no account be lost silently.

    kills_refresh.py --kills 2000 --seed 7

Accounts whose tokens live for a minute read something all the time. A kill comes when the simulator was just asked for a token, or a moment
later. An account that roost says needs its user (`suspect`, `dead`) is connected again, as its user would. In the end every account acts, or is
said to need its user. Prints one JSON line; presented_twice and lost must be 0. kept_us: from the last byte of new tokens to their flushed commit.
"""
import argparse
import json
import os
import random
import re
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

LIFE = 66  # seconds: roost takes no token with less than a minute left, so each is due again after a few
KEPT = re.compile(r"kept_us=(\d+)")


class Readers(threading.Thread):
    """An agent that has every account read again and again."""

    def __init__(self, roost, names):
        super().__init__(daemon=True)
        self.roost, self.names, self.over, self.ended, self.failure = roost, names, threading.Event(), {}, None

    def run(self):
        try:
            self.read()
        except BaseException as e:  # the main thread must learn of it
            self.failure = e

    def read(self):
        agent = lab.Agent(self.roost.endpoint, "reader")
        ack, waiting, at = 0, {}, 0
        while not self.over.is_set():
            idle = [n for n in self.names if n not in waiting]
            if idle:
                jobs = [{"action": "get_me", "account": n, "args": {}, "key": f"r{at + i}"} for i, n in enumerate(idle)]
                answer = agent.try_call("enqueue", 1000, jobs=jobs)
                at += len(idle)
                if answer and answer["ok"]:
                    waiting.update(zip(idle, [j["id"] for j in answer["jobs"]]))
            answer = agent.try_call("results", 1000, max=500, wait_ms=300, ack=ack)
            for result in answer["results"] if answer and answer["ok"] else []:
                ack = max(ack, result["seq"])
                self.ended[result["state"]] = self.ended.get(result["state"], 0) + 1
                if waiting.get(result["account"]) == result["id"]:
                    del waiting[result["account"]]
        agent.close()


class Campaign:
    def __init__(self, directory, options):
        self.options, self.chance = options, random.Random(options.seed)
        self.xsim = lab.Xsim(directory, options.accounts, "enterprise", "--latency", "20", "--token-life", str(LIFE),
                             "--scale", "60")  # windows of 15 s: they are not what this is about
        self.roost = lab.Roost(directory, self.xsim.url, workers=2, account_limits=False)
        self.names = self.roost.connect(self.xsim)
        self.spread()
        self.killed = {"dispatcher": 0, "worker": 0}
        self.reconnected = 0

    def spread(self):
        """Their tokens do not all end at one moment: then there is always a renewal under way, and a kill need not wait for one."""
        now = time.time() * 1000
        lines = [json.dumps({**a, "app": "demo", "expires_at": int(now + 60000 + 6000 * i / len(self.names))})
                 for i, a in enumerate(self.xsim.accounts())]
        self.roost.cli("account", "import", "-", input="\n".join(lines))

    def asked(self):
        """How often the simulator was asked for tokens."""
        return self.xsim.stats()["routes"].get("token", {"seen": 0})["seen"]

    def accounts(self):
        agent = lab.Agent("ipc://" + os.path.join(self.roost.dir, "state", "admin.sock"))
        try:
            return {a["name"]: a["token"] for a in agent.ok("accounts")["accounts"]}
        finally:
            agent.close()

    def reconnect(self):
        """What a user does who is told that the account needs it."""
        theirs = {a["name"]: a for a in self.xsim.accounts()}
        needy = [n for n, token in self.accounts().items() if token in ("dead", "suspect")]
        lines = [json.dumps({**theirs[n], "app": "demo"}) for n in needy if n in theirs]
        if lines:
            self.roost.cli("account", "import", "-", input="\n".join(lines))
        self.reconnected += len(lines)

    def kill(self):
        before, end = self.asked(), time.monotonic() + 5
        while self.asked() == before and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(self.chance.uniform(0, 0.04))  # when, is the seed's to say: not a wait for a condition
        if self.chance.random() < 0.75:
            self.killed["dispatcher"] += 1
            self.roost.dispatcher.kill()
            self.roost.start_dispatcher()
            return
        self.killed["worker"] += 1
        victim = self.chance.randrange(len(self.roost.workers))
        self.roost.workers.pop(victim).kill()
        self.roost.start_worker()

    def lost(self):
        """Accounts that neither act nor are said to need their user."""
        agent = lab.Agent(self.roost.endpoint, "judge")
        jobs = [{"action": "get_me", "account": n, "args": {}} for n in self.names]
        ids = {j["id"]: n for j, n in zip(agent.ok("enqueue", jobs=jobs)["jobs"], self.names)}

        def silent():
            done = {ids[j["id"]] for j in agent.ok("get", ids=list(ids))["jobs"] if j["state"] == "done"}
            needy = {n for n, token in self.accounts().items() if token in ("dead", "suspect")}
            return [n for n in self.names if n not in done and n not in needy]

        try:
            lab.wait_for("every account", lambda: not silent(), self.options.bound)
        except AssertionError:
            pass
        left = silent()
        for name in left:  # why, for whoever looks into it
            job = next(i for i, n in ids.items() if n == name)
            print(name, json.dumps(agent.ok("explain", id=job)["chain"]), flush=True)
        agent.close()
        return left

    def kept(self):
        with open(os.path.join(self.roost.dir, "dispatcher.log"), encoding="utf-8", errors="replace") as f:
            return sorted(int(us) for us in KEPT.findall(f.read()))


def spread(us):
    return {"count": len(us), "p50": us[len(us) // 2], "p99": us[len(us) * 99 // 100], "max": us[-1]} if us else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accounts", type=int, default=40)
    parser.add_argument("--calm", type=float, default=0, help="seconds without kills before them: for kept_us")
    parser.add_argument("--bound", type=float, default=60, help="seconds in which each account must act, or be told of, in the end")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="roost-refresh-") as directory:
        c = Campaign(directory, options)
        readers = Readers(c.roost, c.names)
        readers.start()
        time.sleep(options.calm)
        calm = c.kept()
        for i in range(options.kills):
            c.kill()
            assert not readers.failure, readers.failure
            if i % 5 == 4:
                c.reconnect()
        readers.over.set()
        readers.join(30)
        lost = c.lost()
        stats, kept = c.xsim.stats(), c.kept()
        figures = {"seed": options.seed, "kills": c.killed, "refreshes": stats["refreshes"],
                   "presented_twice": stats["refresh_presented_twice"], "families_killed": stats["families_killed"], "lost": len(lost),
                   "told_and_reconnected": c.reconnected, "reads": readers.ended, "seconds": round(time.monotonic() - began, 1),
                   "kept_us": spread(kept), "kept_us_calm": spread(calm)}
        print(json.dumps(figures), flush=True)
        codes = c.roost.stop()
        c.xsim.stop()
        good = not lost and not stats["refresh_presented_twice"] and not stats["families_killed"] and stats["refreshes"] and set(codes) == {0}
        return 0 if good and not readers.failure else 1


if __name__ == "__main__":
    sys.exit(main())
