#!/usr/bin/python3
"""The main job, end to end: two agents, a dispatcher, two workers, a simulated X, kill -9 in the middle, three ledgers.

Run by scripts/demo, which builds first. Exit 0: lost 0, duplicates 0.
"""
import argparse
import csv
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checker  # noqa: E402
import lab  # noqa: E402
import world  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(HERE, "..", "..", "docs", "examples", "agent.py")
COLUMNS = ["action", "account", "args.text", "args.to", "args.post", "args.user", "args.conversation"]


def say(words):
    print(words, flush=True)


def write_csv(path, jobs):
    with open(path, "w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, COLUMNS)
        writer.writeheader()
        for job, _ in jobs:
            writer.writerow({"action": job["action"], "account": job["account"],
                             **{"args." + key: value for key, value in job["args"].items()}})


class Collector(threading.Thread):
    """Takes the results of the agent of `roost enqueue`, and decides what roost asks: by looking at X, as a person would."""

    def __init__(self, roost, xsim, names, agent, count, marks):
        super().__init__(daemon=True)
        self.roost, self.xsim, self.names, self.agent, self.count, self.marks = roost, xsim, names, agent, count, marks
        self.results, self.asked = {}, 0

    def run(self):
        agent = lab.Agent(self.roost.endpoint, self.agent)
        ack = 0
        while len(self.results) < self.count:
            answer = agent.ok("results", max=200, wait_ms=500, ack=ack)
            for result in answer["results"]:
                if result["seq"] <= ack:
                    continue
                ack = result["seq"]
                if result["state"] in lab.FINAL:
                    self.results[result["id"]] = result
        agent.ok("ack", upto=ack)
        agent.close()


def decide(agent, xsim, names, job, mark):
    happened = [e for e in xsim.ledger() if checker.mark_of(e, names) == mark]
    decision = {"as": "done", "x_id": happened[0]["id"]} if happened else {"as": "retry"}
    agent.call("resolve", id=job["id"], **decision)


def bar(done, total, note=""):
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        full = done * 40 // total
        print(f"\r  [{'#' * full}{'.' * (40 - full)}] {done}/{total} {note:<40}", end="", flush=True)


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p))] if values else 0


def budget_used(limits):
    """The windows most used, as roost knows them."""
    windows = [w for w in limits if w["limit"] > 0 and w["used"] > 0]
    windows.sort(key=lambda w: -w["used"] / w["limit"])
    return windows[:5]


def run(options, directory):
    xsim = lab.Xsim(directory, 5, "enterprise", "--scale", "60", "--latency", "30", "--token-life", "75")
    roost = lab.Roost(directory, xsim.url, workers=2, account_limits=False)
    accounts = roost.connect(xsim)
    names = {a["user_id"]: a["name"] for a in xsim.accounts()}
    targets = xsim.targets()
    names.update(targets["names"])
    jobs = world.make(options.jobs, accounts, targets["users"], targets["posts"], options.seed, dm_share=0.04)
    half = len(jobs) // 2
    files = [os.path.join(directory, name) for name in ("by-cli.csv", "by-agent.csv")]
    write_csv(files[0], jobs[:half])
    write_csv(files[1], jobs[half:])
    say(f"  simulated X at {xsim.url} (15 minutes are 15 seconds), dispatcher at {roost.endpoint}, two workers")
    say(f"  {half} actions by `roost enqueue {os.path.basename(files[0])}`, {len(jobs) - half} by docs/examples/agent.py")

    xsim.fault(route="create_post", kind="reset_after", after=60, count=3)
    say("  three of X's answers will be lost on their way: what was done shows only to who looks")
    began = time.monotonic()
    collector = Collector(roost, xsim, names, "cli", half, None)
    collector.start()
    example = subprocess.Popen(["/usr/bin/python3", EXAMPLE, roost.endpoint, "python", files[1]], stdout=subprocess.DEVNULL)
    roost.cli("enqueue", files[0], "--agent", "cli", "--key-prefix", "demo")
    watcher = lab.Agent(f"ipc://{roost.dir}/state/admin.sock")
    killed = []
    total = len(jobs)
    while True:
        stats = watcher.try_call("stats", 1000)
        ended = sum(checker.store_states(roost.db)[k] for k in ("ended",))
        bar(ended, total, ", ".join(killed))
        if not killed and ended > total * 0.25:
            roost.workers[0].kill()
            roost.start_worker()
            killed.append("worker killed")
            say("\n  kill -9 of a worker; a new one is started")
        elif len(killed) == 1 and ended > total * 0.5:
            roost.dispatcher.kill()
            roost.start_dispatcher()
            killed.append("dispatcher killed")
            say("\n  kill -9 of the dispatcher; it is started again")
        for job in (watcher.try_call("list", 2000, state="unsure") or {}).get("jobs", []) if stats else []:
            if job["verdict"]["until"] is None:  # roost has looked and asks
                mark = jobs[int(job["key"].rsplit("-", 1)[1]) - 2][1] if job["key"].startswith("demo-") \
                    else jobs[half + int(job["key"].rsplit("-", 1)[1])][1]
                decide(watcher, xsim, names, job, mark)
        if ended >= total and not collector.is_alive() and example.poll() is not None:
            break
        assert roost.dispatcher.alive, f"the dispatcher ended by itself\n{roost.log_tail()}"
        assert time.monotonic() - began < options.bound, f"only {ended} of {total} ended\n{roost.log_tail()}"
        time.sleep(0.1)
    bar(total, total, "done")
    return report(roost, xsim, names, jobs, half, watcher, time.monotonic() - began)


def all_jobs(agent):
    jobs, cursor = [], None
    while True:
        answer = agent.ok("list", limit=500, **({"cursor": cursor} if cursor else {}))
        jobs += answer["jobs"]
        cursor = answer["cursor"]
        if not cursor:
            return jobs


def report(roost, xsim, names, jobs, half, watcher, seconds):
    kept = all_jobs(watcher)
    marks = {f"demo-{i + 2}": mark for i, (_, mark) in enumerate(jobs[:half])}
    marks.update({f"python-{i}": mark for i, (_, mark) in enumerate(jobs[half:])})
    acked = {job["id"]: marks[job["key"]] for job in kept}
    results = {job["id"]: job for job in kept if job["state"] in lab.FINAL}
    figures = checker.check(acked, results, xsim.ledger(), names, roost.db)
    stats = xsim.stats()
    took = [j["finished_at"] - j["enqueued_at"] for j in kept if j["state"] == "done"]
    lost = figures["lost"] + len(jobs) - len(kept)
    rows = [
        ("agents: actions acknowledged", len(kept)),
        ("agents: done", figures["done"]),
        ("agents: failed, by reason", ", ".join(f"{k} {v}" for k, v in sorted(figures["reasons"].items())) or 0),
        ("X: effects in its ledger", figures["effects"]),
        ("store: jobs ended / under way", f"{figures['store']['ended']} / {figures['store']['under_way']}"),
        ("settled by looking at X", figures["settled"]),
        ("calls answered 429 by X's own limits", stats.get("real_429", "?")),
        ("refresh tokens presented twice", stats.get("refresh_presented_twice", "?")),
        ("tokens renewed", stats.get("refreshes", "?")),
        ("enqueue to result, p50 / p99", f"{percentile(took, .5) / 1000:.2f} s / {percentile(took, .99) / 1000:.2f} s"),
        ("duplicates", figures["dup"]),
        ("lost", lost),
    ]
    say(f"\n\n  {'figure':<42} value\n  {'-' * 60}")
    for name, value in rows:
        say(f"  {name:<42} {value}")
    say("\n  rate budget used (fullest windows)")
    for w in budget_used(watcher.ok("limits")["windows"]):
        say(f"    {w['family']} ({w['scope']} {w['owner']}): {w['used']} of {w['limit']}")
    watcher.close()
    codes = roost.stop()
    xsim.stop()
    bad = lost or figures["dup"] or figures["done_without_effect"] or figures["effect_of_failed"] or any(codes)
    say(f"\n  {len(jobs)} actions in {seconds:.0f} s: lost {lost}, duplicates {figures['dup']}"
        + ("" if not bad else f"  -- NOT GOOD: {figures} {codes}"))
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bound", type=float, default=170, help="seconds after which the run has failed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="roost-demo-") as directory:
        try:
            return run(options, directory)
        except (AssertionError, OSError) as e:
            say(f"\n  the demo failed: {e}")
            return 1
        finally:
            lab.end_all()


if __name__ == "__main__":
    sys.exit(main())
