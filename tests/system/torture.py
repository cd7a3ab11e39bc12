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
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checker  # noqa: E402
import lab  # noqa: E402
import world  # noqa: E402
from kills import Feeder  # noqa: E402

EIO, ENOSPC = 5, 28
APART = "127.0.0.2"  # where the dispatcher is for workers, in a namespace
XSIM_KINDS = ["500", "503", "500_after", "503_after", "hang", "hang_after", "close_before", "reset_before", "reuse_close", "reuse_reset",
              "close_after", "reset_after", "cut_head", "cut_body", "garbage", "drip"]


def fail_points():
    """[(name, programs)], as the build itself lists them."""
    out = subprocess.run([os.path.join(lab.BIN, "roost-dispatcher"), "--list-failpoints"], capture_output=True, text=True, check=True)
    return [tuple(line.split(" ", 2)[:2]) for line in out.stdout.splitlines()]


class Run:
    """One system under one fault."""

    def __init__(self, directory, seed, jobs, accounts, workers_at="127.0.0.1"):
        self.chance = random.Random(seed)
        self.xsim = lab.Xsim(directory, accounts, "enterprise", "--latency", "5")
        self.roost = lab.Roost(directory, self.xsim.url, workers=2, lease="3s", timeout="2s", settle="100ms, 300ms, 600ms, 1s",
                               workers_at=workers_at)
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


def reconnects(run, rng):
    """Peers that connect to any socket, say half a sentence or nothing, and go."""
    for _ in range(20):
        with socket.socket() as s:
            s.settimeout(1)
            try:
                s.connect(("127.0.0.1", run.roost.ports[rng.choice(["agents", "workers", "events"])]))
                s.sendall(rng.randbytes(rng.randint(0, 300)))
            except OSError:
                pass


def hostile(run, rng):
    """Whole frames of noise, and the beginnings of true ones, on the agents' and the workers' socket."""
    for port in (run.roost.ports["agents"], run.roost.ports["workers"]):
        peer = lab.Agent(f"tcp://127.0.0.1:{port}", "hostile")
        for _ in range(30):
            true = bytearray(b"\x83\xa2op\xa7enqueue\xa5agent\xa7hostile\xa4jobs\x91\x82\xa6action\xa4post\xa7account\xa5demo1")
            true[rng.randrange(len(true))] = rng.randrange(256)
            noise = [rng.randbytes(rng.randint(0, 200)) for _ in range(rng.randint(1, 3))]
            peer.send_raw(*rng.choice([noise, [bytes(true[:rng.randint(1, len(true))])]]))
        peer.close()


def deaf(run, rng):
    """An agent that asks and asks, and never reads an answer."""
    del rng
    run.deaf = getattr(run, "deaf", None) or lab.Agent(run.roost.endpoint, "deaf")
    for _ in range(100):
        try:
            run.deaf.socket.send(b"\x82\xa2op\xa4list\xa5agent\xa4deaf", zmq.NOBLOCK)
        except zmq.Again:
            return


def peers(*kinds):
    def begin(run, seed):
        rng = random.Random(seed)

        def loop():
            while not run.over.is_set():
                for kind in kinds:
                    kind(run, rng)
                time.sleep(0.05)
        threading.Thread(target=loop, daemon=True).start()
    return begin


def clock(*steps):
    """The wall clocks of dispatcher and workers jump, each once, after some reads."""
    def begin(run, seed):
        spec = ",".join(f"clock.{way}=errno:{by}@{run.chance.randint(50, 3000)}" for way, by in steps)
        with_failpoint(run, "d", spec, seed)
        with_failpoint(run, "w", spec, seed)
    return begin


def net(ways, least, most, between):
    """In a network namespace of its own: what goes to the dispatcher's address for workers, or comes from it, is dropped silently."""
    def begin(run, seed):
        del seed

        def rule(do, way):
            subprocess.run(["ip", "rule", do, "pref", "10", way, APART, "blackhole"], check=True)

        def loop():
            while not run.over.is_set():
                time.sleep(run.chance.uniform(*between))
                way = run.chance.choice(ways)
                for part in way:
                    rule("add", part)
                time.sleep(run.chance.uniform(least, most))
                for part in way:
                    rule("del", part)
        threading.Thread(target=loop, daemon=True).start()
    return begin


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
    table["clock:forward"] = clock(("forward", 3600))
    table["clock:back"] = clock(("back", 3600))
    table["clock:day"] = clock(("forward", 86400), ("back", 86400))
    table["clock:seconds"] = clock(("back", 3), ("forward", 5), ("back", 2))
    table["net:partition"] = net([("to", "from")], 0.5, 5, (0.1, 1))
    table["net:to_dispatcher"] = net([("to",)], 0.5, 5, (0.1, 1))
    table["net:to_workers"] = net([("from",)], 0.5, 5, (0.1, 1))
    table["net:loss"] = net([("to",), ("from",)], 0.005, 0.05, (0.005, 0.05))
    table["peers:reconnects"] = peers(reconnects)
    table["peers:hostile"] = peers(hostile)
    table["peers:deaf"] = peers(deaf)
    table["peers:all"] = peers(reconnects, hostile, deaf)
    return table


def torture_apart(name, seed, options):
    """The same run in a network namespace of its own, where a rule may stand before the one for local addresses."""
    script = "ip link set lo up && ip rule add pref 100 lookup local && ip rule del pref 0 && exec \"$@\""
    run = subprocess.run(["unshare", "-rn", "sh", "-c", script, "sh", sys.executable, os.path.abspath(__file__), "--inside", "--only", name,
                          "--seed", str(seed), "--jobs", str(options.jobs), "--accounts", str(options.accounts),
                          "--bound", str(options.bound)], capture_output=True, text=True, check=False)
    lines = [line for line in run.stdout.splitlines() if "{" in line]
    assert len(lines) == 1, run.stdout + run.stderr
    return json.loads(lines[0].removeprefix("BAD "))


def unsure_jobs(directory):
    """Ids of the jobs that the dispatcher, in all its lives, could not know the outcome of."""
    with open(os.path.join(directory, "dispatcher.log"), encoding="utf-8", errors="replace") as f:
        return {f"j{job}" for line in f if "job.unsure" in line for job in re.findall(r"job=\"?j?(\d+)", line)}


def torture(name, begin, seed, options):
    if name.startswith("net:") and not options.inside:
        return torture_apart(name, seed, options)
    with tempfile.TemporaryDirectory(prefix="roost-torture-") as directory:
        run = Run(directory, seed, options.jobs, options.accounts, APART if name.startswith("net:") else "127.0.0.1")
        began = time.monotonic()
        begin(run, seed)
        ended = run.feed(options.bound)
        codes = run.stop()
        figures = checker.check(run.feeder.acked, run.feeder.results, run.xsim_ledger, run.ids, run.roost.db)
        unsure = unsure_jobs(directory)
        messages = [job for job in unsure if run.feeder.acked[job][0] == "dm"]
        figures.update(unsure=len(unsure), unsure_messages=len(messages), asked_messages=run.feeder.asked_messages)
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
                           "peers": "hostile and restless peers", "clock": "clocks that jump",
                           "net": "partitions and loss, in a network namespace"}[kind[0]], []).append(line)
    rows = ["| faults | kinds | runs | jobs | lost | duplicates | wrong matches | unsure posts settled | unsure messages settled | recovery p50, p99 |",
            "|---|---|---|---|---|---|---|---|---|---|"]
    for title, some in sorted(groups.items()):
        recovery = sorted(r for line in some for r in line["recovery_ms"])
        times = f"{recovery[len(recovery) // 2]} ms, {recovery[(len(recovery) * 99) // 100]} ms" if recovery else ""
        total = {k: sum(line[k] for line in some) for k in ("acked", "lost", "dup", "done_without_effect", "unsure", "asked",
                                                            "unsure_messages", "asked_messages")}
        posts = total["unsure"] - total["unsure_messages"]
        rows.append(f"| {title} | {len({line['fault'] for line in some})} | {len(some)} | {total['acked']} | {total['lost']} | {total['dup']} | "
                    f"{total['done_without_effect']} | {posts - total['asked'] + total['asked_messages']} of {posts} | "
                    f"{total['unsure_messages'] - total['asked_messages']} of {total['unsure_messages']} | {times} |")
    return "\n".join(rows)


MARKS = "<!-- torture: the suite writes what follows -->", "<!-- torture: end -->"


def write_page(path, table, options):
    with open(path, encoding="utf-8") as f:
        before, rest = f.read().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    how = f"`scripts/torture --jobs {options.jobs} --seed {options.seed} --rounds {options.rounds} --page docs/reliability.md`:"
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"{before}{MARKS[0]}\n{how}\n\n{table}\n{MARKS[1]}{after}")


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
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--page", help="write the table into this page, between its two marks")
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
    if options.page:
        write_page(options.page, table_of(lines), options)
    if options.table:
        print(table_of(lines))
    lab.end_all()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
