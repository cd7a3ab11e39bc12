#!/usr/bin/python3
"""The torture suite: real processes, one kind of fault at a time, and a checker that reads the three ledgers.

    torture.py --jobs 60 --seed 7                 every fault
    torture.py --only fail:store.commit --seed 3  one of them again: the seed decides when and with which jobs
    torture.py --list

Each run has its own simulator, dispatcher, two workers and an agent that brings posts, replies, likes, follows and messages under
keys. What dies is started again. One JSON line a run: what agents were told, what the store has and what X holds have to agree.
Runs need a build with fail points (preset dev). --table prints the rows of docs/reliability.md.
"""
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checker  # noqa: E402
import lab  # noqa: E402
import world  # noqa: E402
from kills import Feeder  # noqa: E402

EIO, ENOSPC = 5, 28
XSIM_KINDS = ["500", "503", "500_after", "503_after", "hang", "hang_after", "close_before", "reset_before", "reuse_close", "reuse_reset",
              "close_after", "reset_after", "cut_head", "cut_body", "garbage", "drip"]


def fail_points():
    """[(name, programs)], as the build itself lists them."""
    out = subprocess.run([os.path.join(lab.BIN, "roost-dispatcher"), "--list-failpoints"], capture_output=True, text=True, check=True)
    return [tuple(line.split(" ", 2)[:2]) for line in out.stdout.splitlines()]


class Run:
    """One system under one fault."""

    def __init__(self, directory, seed, jobs, accounts):
        self.chance = random.Random(seed)
        self.xsim = lab.Xsim(directory, accounts, "enterprise", "--latency", "5")
        self.roost = lab.Roost(directory, self.xsim.url, workers=2, lease="3s", timeout="2s", settle="100ms, 300ms, 600ms, 1s")
        self.names = self.roost.connect(self.xsim)
        self.ids = {a["user_id"]: a["name"] for a in self.xsim.accounts()}
        targets = self.xsim.targets()
        self.ids.update(targets["names"])
        self.jobs = world.make(jobs, self.names, targets["users"], targets["posts"], seed)
        self.feeder = Feeder(self.roost, self.xsim, self.ids, self.jobs, 40)
        self.deaths, self.recoveries = 0, []
        self.over = threading.Event()
        self.keeper = threading.Thread(target=self.keep, daemon=True)
        self.xsim_ledger, self.xsim_stats = [], {}

    def restart_dispatcher(self):
        began = time.monotonic()
        while True:  # a fail point may kill it while it starts
            try:
                self.roost.start_dispatcher()
                break
            except AssertionError:
                self.deaths += 1
                assert self.deaths < 50, self.roost.log_tail()
        self.recoveries.append(time.monotonic() - began)

    def keep(self):
        """Starts again what died, without its fail point."""
        while not self.over.is_set():
            if not self.roost.dispatcher.alive:
                self.deaths += 1
                self.restart_dispatcher()
            for worker in [w for w in self.roost.workers if not w.alive]:
                self.deaths += 1
                self.roost.workers.remove(worker)
                self.roost.start_worker()
            time.sleep(0.02)

    def feed(self, bound):
        self.keeper.start()
        self.feeder.start()
        self.feeder.join(bound)
        return not self.feeder.is_alive()

    def stop(self):
        self.over.set()
        self.keeper.join(60)
        for worker in [w for w in self.roost.workers if w.alive]:
            try:
                worker.stop(10)
            except AssertionError:  # it hangs, as it was told to
                self.deaths += 1
        codes = self.roost.stop()
        self.xsim_ledger, self.xsim_stats = self.xsim.ledger(), self.xsim.stats()
        self.xsim.stop()
        return codes


def with_failpoint(run, program, spec, seed):
    """Starts the program once more, with the fail point; what comes after its death has none."""
    os.environ.update(ROOST_FAILPOINTS=spec, ROOST_FAILPOINTS_SEED=str(seed))
    try:
        if program == "d":
            run.roost.dispatcher.kill()
            try:
                run.roost.start_dispatcher()
            except AssertionError:
                pass  # it died of its fail point while it started; the keeper sees to it
        else:
            run.roost.workers.pop().kill()
            run.roost.start_worker()
    finally:
        del os.environ["ROOST_FAILPOINTS"], os.environ["ROOST_FAILPOINTS_SEED"]


def fail(name, program, action, often="@"):
    def begin(run, seed):
        spec = f"{name}={action}" + (f"@{run.chance.randint(1, 12)}" if often == "@" else often)
        with_failpoint(run, program, spec, seed)
    return begin


def pause(which):
    """SIGSTOP for longer than a lease or a silence, then SIGCONT, again and again."""
    def begin(run, seed):
        def loop():
            while not run.over.is_set():
                time.sleep(run.chance.uniform(0.02, 0.3))
                process = run.roost.dispatcher if which == "d" else run.chance.choice(run.roost.workers)
                if process.alive and not run.over.is_set():
                    process.proc.send_signal(signal.SIGSTOP)
                    time.sleep(run.chance.uniform(0.5, 4))
                    process.proc.send_signal(signal.SIGCONT)
        del seed
        threading.Thread(target=loop, daemon=True).start()
    return begin


def x_fault(kind):
    def begin(run, seed):
        del seed
        run.xsim.fault(route="*", kind=kind, probability=0.15, count=25)
    return begin


def storm(run, seed):
    """Agents that connect, say half a sentence or nonsense, and go; and one that never reads."""
    import socket
    rng = random.Random(seed)

    def loop():
        deaf = lab.Agent(run.roost.endpoint, "deaf")
        while not run.over.is_set():
            for _ in range(20):
                with socket.socket() as s:
                    s.settimeout(1)
                    try:
                        s.connect(("127.0.0.1", run.roost.ports[rng.choice(["agents", "workers", "events"])]))
                        s.sendall(rng.randbytes(rng.randint(0, 300)))
                    except OSError:
                        pass
            raw = lab.Agent(run.roost.endpoint, "hostile")
            for _ in range(30):
                raw.send_raw(*[rng.randbytes(rng.randint(0, 200)) for _ in range(rng.randint(1, 3))])
                deaf.socket.send(b"\x82\xa2op\xa4list\xa5agent\xa4deaf")
            raw.close()
            time.sleep(0.05)
        deaf.close()
    threading.Thread(target=loop, daemon=True).start()


def faults():
    """{name: begin(run, seed)}"""
    table = {}
    for name, programs in fail_points():
        for program in programs:
            table[f"fail:{name}:{program}:kill"] = fail(name, program, "kill")
    table["fail:store.commit:d:eio"] = fail("store.commit", "d", f"errno:{EIO}")
    table["fail:store.write:d:eio"] = fail("store.write", "d", f"errno:{EIO}")
    table["fail:store.commit:d:enospc"] = fail("store.commit", "d", f"errno:{ENOSPC}", "%20")
    table["fail:store.write:d:enospc"] = fail("store.write", "d", f"errno:{ENOSPC}", "%2")
    table["fail:net.send:d:lost"] = fail("net.send", "d", f"errno:{EIO}", "%5")
    table["fail:net.send:w:lost"] = fail("net.send", "w", f"errno:{EIO}", "%5")
    table["fail:store.commit:d:slow"] = fail("store.commit", "d", "sleep:50", "%20")
    table["fail:worker.send:w:hang"] = fail("worker.send", "w", "hang")
    table["fail:worker.answered:w:abort"] = fail("worker.answered", "w", "abort")
    table["stop:dispatcher"] = pause("d")
    table["stop:worker"] = pause("w")
    for kind in XSIM_KINDS:
        table[f"x:{kind}"] = x_fault(kind)
    table["peers:storm"] = storm
    return table


def torture(name, begin, seed, options):
    with tempfile.TemporaryDirectory(prefix="roost-torture-") as directory:
        run = Run(directory, seed, options.jobs, options.accounts)
        began = time.monotonic()
        begin(run, seed)
        ended = run.feed(options.bound)
        codes = run.stop()
        figures = checker.check(run.feeder.acked, run.feeder.results, run.xsim_ledger, run.ids, run.roost.db)
        figures["burned"] = run.xsim_stats["refresh_presented_twice"]
        figures.update(fault=name, seed=seed, deaths=run.deaths, asked=run.feeder.asked, seconds=round(time.monotonic() - began, 1),
                       recovery_ms=[round(1000 * r) for r in run.recoveries], finished=ended, codes=codes)
        if run.feeder.failure:
            figures["failure"] = repr(run.feeder.failure)
    return figures


def is_good(figures):
    zero = ("lost", "dup", "done_without_effect", "burned")
    return all(figures[k] == 0 for k in zero) and figures["finished"] and "failure" not in figures and figures["acked"] > 0


def table_of(lines):
    """The rows of docs/reliability.md."""
    groups = {}
    for line in lines:
        kind = line["fault"].split(":")
        groups.setdefault({"fail": f"fail point, {kind[-1]}", "stop": "SIGSTOP and SIGCONT", "x": "X misbehaves",
                           "peers": "hostile and restless peers"}[kind[0]], []).append(line)
    rows = ["| faults | kinds | runs | jobs | lost | duplicates | wrong matches | unsure: settled, asked | recovery p50, p99 |",
            "|---|---|---|---|---|---|---|---|---|"]
    for title, some in sorted(groups.items()):
        recovery = sorted(r for line in some for r in line["recovery_ms"])
        times = f"{recovery[len(recovery) // 2]} ms, {recovery[(len(recovery) * 99) // 100]} ms" if recovery else ""
        total = {k: sum(line[k] for line in some) for k in ("acked", "lost", "dup", "done_without_effect", "settled", "asked")}
        rows.append(f"| {title} | {len({line['fault'] for line in some})} | {len(some)} | {total['acked']} | {total['lost']} | {total['dup']} | "
                    f"{total['done_without_effect']} | {total['settled']}, {total['asked']} | {times} |")
    return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=60, help="of each run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1, help="runs of each fault, each with the next seed")
    parser.add_argument("--only", action="append", help="faults whose name begins so")
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth fault: the short form")
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--bound", type=float, default=90, help="seconds until every job of a run must have ended")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--table", action="store_true", help="print the table of docs/reliability.md at the end")
    options = parser.parse_args()
    chosen = {n: f for n, f in faults().items() if not options.only or any(n.startswith(o) for o in options.only)}
    chosen = dict(list(chosen.items())[options.seed % options.every::options.every])
    if options.list:
        print("\n".join(chosen))
        return 0
    lines, bad = [], 0
    for round_ in range(options.rounds):
        for name, begin in chosen.items():
            figures = torture(name, begin, options.seed + round_, options)
            lines.append(figures)
            bad += not is_good(figures)
            print(("" if is_good(figures) else "BAD ") + json.dumps(figures, sort_keys=True), flush=True)
    if options.table:
        print(table_of(lines))
    lab.end_all()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
