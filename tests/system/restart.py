#!/usr/bin/python3
"""kill -9 of a dispatcher that holds many jobs, some of them begun: when does it assign again, and what becomes of those?

    restart.py --pending 1000000 --begun 1000

Half of the begun posts are with a worker that lives on and still holds them; the other half with one that died at the same
instant. The first must be adopted and end by that worker's word, the second must be looked for at X before anything else.
Prints one JSON line; `assigned_s` is from the start of the new process to its first assignment.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import msgpack

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402

FOUND = {"class": "done", "cause": "none", "status": 200, "objects": 3, "look": "found"}


def bench(*args):
    out = subprocess.run([os.path.join(lab.BIN, "bench_system"), *map(str, args)], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr


class Holder(rig.Worker):
    """A worker that takes and begins as many as it has slots, and then holds them."""

    def begin_all(self):
        works = []
        while len(works) < self.slots:
            works += self.hear("assign")["items"]
        self.say("begin", items=[[w["job"], w["lease"]] for w in works])
        while len(self.held) < len(works):
            for job, lease, go in self.hear("go")["items"]:
                assert go
                self.held[job, lease] = True


def more_accounts(roost, count):
    """An app of their own, so that the others can be paused until these have begun."""
    roost.cli("app", "add", "held", "--plan", "enterprise", env={"X_CLIENT_ID": "held", "X_CLIENT_SECRET": "held"})
    roost.cli("account", "import", "-", input="\n".join(json.dumps({
        "name": f"held{n}", "app": "held", "user_id": str(900000 + n), "username": f"held{n}", "access_token": f"access-{n}",
        "refresh_token": f"refresh-{n}", "expires_at": rig.LATE,
        "scopes": "tweet.read users.read tweet.write offline.access"}) for n in range(count)))
    roost.cli("pause", "--app", "bench")


def first_assignment(endpoint_of, process, began):
    """Says hello until the dispatcher is there, and again whenever it asks; then waits for work."""
    worker = rig.Raw(endpoint_of, reconnect_ms=5)
    hello = rig.pack(op="hello", worker="fresh", version="script", protocol=1, slots=200, holds=[])
    worker.send(hello)
    while True:
        assert process.alive
        if not worker.socket.poll(20):
            continue
        message = msgpack.unpackb(worker.socket.recv())
        if message["op"] == "assign":
            return time.perf_counter() - began, worker, message["items"]
        if message["op"] == "hello":
            worker.send(hello)


def answer(raw, items, seen):
    """What a fresh worker does: it finds each post it looks for, and X refuses it all else."""
    looks = [w for w in items if w["step"] == "look"]
    acts = [w for w in items if w["step"] == "act"]
    for w in looks:
        seen["looks"].add(w["job"])
    seen["repeated"] |= {w["job"] for w in acts} & seen["begun"]
    said = [{"job": w["job"], "lease": w["lease"], "found": [str(10**18 + w["job"])], **FOUND} for w in looks]
    said += [{"job": w["job"], "lease": w["lease"], **rig.REFUSED} for w in acts]
    if said:
        raw.send(rig.pack(op="result", items=said))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pending", type=int, default=1000000)
    parser.add_argument("--begun", type=int, default=1000)
    options = parser.parse_args()
    half = options.begun // 2
    with tempfile.TemporaryDirectory(prefix="roost-restart-") as directory:
        roost = lab.Roost(directory, "http://127.0.0.1:9", workers=0, lease="30s", timeout="10s", settle="100ms")
        bench("setup", f"ipc://{directory}/state/admin.sock")
        bench("enqueue", roost.endpoint, options.pending, 500)
        more_accounts(roost, 2 * half)
        agent = lab.Agent(roost.endpoint, "restart")
        ids = [e["id"] for e in agent.ok("enqueue", jobs=[
            {"action": "post", "account": f"held{n}", "args": {"text": f"begun {n}"}}
            for n in range(2 * half)])["jobs"]]
        begun = {int(i[1:]) for i in ids}
        holder, doomed = Holder(roost, "holder", half), Holder(roost, "doomed", half)
        holder.begin_all()
        doomed.begin_all()
        assert {job for job, _ in {**holder.held, **doomed.held}} == begun, "others were begun"
        roost.cli("resume", "--app", "bench")
        roost.dispatcher.kill()
        doomed.close()
        began = time.perf_counter()
        roost.dispatcher = lab.Process(os.path.join(directory, "again.log"), os.path.join(lab.BIN, "roost-dispatcher"),
                                       "--config", roost.config)
        seconds, fresh, items = first_assignment(f"tcp://127.0.0.1:{roost.ports['workers']}", roost.dispatcher, began)
        seen = {"looks": set(), "repeated": set(), "begun": begun}
        answer(fresh, items, seen)
        holder.say("beat")
        holder.hear("hello") if not holder.kept else None
        holder.hello()
        holder.finish_all()
        ended = {}

        def all_ended():
            fresh.send(rig.pack(op="beat"))
            while fresh.socket.poll(10):
                message = msgpack.unpackb(fresh.socket.recv())
                if message["op"] == "assign":
                    answer(fresh, message["items"], seen)
            ack = max((r["seq"] for r in ended.values()), default=0)
            for r in agent.ok("results", max=1000, ack=ack)["results"]:
                ended[r["id"]] = r
            return len(ended) == len(ids)

        lab.wait_for("every begun job to end", all_ended, 120)
        settled = sum(bool(r["settled"]) for r in ended.values())
        figures = {"pending": options.pending, "begun": len(ids), "assigned_s": round(seconds, 3), "adopted": len(ids) - settled,
                   "settled": settled, "done": sum(r["state"] == "done" for r in ended.values()),
                   "looked_for": len(seen["looks"] & begun), "sent_again": len(seen["repeated"])}
        print(json.dumps(figures), flush=True)
        fresh.socket.close()
        holder.close()
        agent.close()
        roost.stop()
        good = figures["done"] == len(ids) and figures["adopted"] == half == settled and not seen["repeated"]
        return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
