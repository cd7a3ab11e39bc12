#!/usr/bin/python3
"""Posts over connections that die when they are used again: how many POSTs does each job cost?

    reuse.py --posts 100000 --share 0.01

A client library that sends a request a second time by itself, because the connection it kept had gone, would post twice. Of the
POSTs that come on a connection that served one before, the simulator drops the given share. Each of those outcomes is unknown;
roost looks for the post and, as it is not there, sends it again: an attempt that is counted and told. So X has to see exactly as
many POSTs as roost tells attempts, and one effect a job. Prints one JSON line; `hidden` and `dup` and `lost` must be 0.
"""
import argparse
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checker  # noqa: E402
import kills  # noqa: E402
import lab  # noqa: E402


def no_limits(directory):
    """A table without the API's limits on posts: what is measured here takes as long as the machine needs."""
    path = os.path.join(directory, "rate-limits.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("method,path,scope,limit,window_seconds,tier,source\nPOST,/2/tweets,user,1000000,900,ppu,reuse.py\n"
                "GET,/2/users/{id}/tweets,user,1000000,900,ppu,reuse.py\n")
    return path


def posts(count, names):
    for n in range(count):
        account, text = names[n % len(names)], f"number {n} over a connection that may be gone"
        yield {"action": "post", "account": account, "args": {"text": text}}, ("post", account, text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--bound", type=float, default=3600, help="seconds in which all jobs must end")
    options = parser.parse_args()
    accounts = max(50, options.posts // 100)
    with tempfile.TemporaryDirectory(prefix="roost-reuse-") as directory:
        xsim = lab.Xsim(directory, accounts, "enterprise", "--scale", "9000")  # a day of an app is ten seconds, and roost waits around each reset
        limits = f', limits: "{no_limits(directory)}"'
        roost = lab.Roost(directory, xsim.url, workers=1, account_limits=False, lease="30s", timeout="10s", more_x=limits)
        names = roost.connect(xsim)
        ids = {a["user_id"]: a["name"] for a in xsim.accounts()}
        xsim.fault(route="create_post", kind="reuse_close", count=options.posts, probability=options.share)
        feeder = kills.Feeder(roost, xsim, ids, list(posts(options.posts, names)), 4000, 100)
        began = time.monotonic()
        feeder.start()
        lab.wait_for("all jobs to be taken", lambda: feeder.failure or len(feeder.acked) == options.posts, options.bound)
        feeder.stop_feeding.set()
        feeder.join(options.bound)
        assert not feeder.failure, feeder.failure
        figures = checker.check(feeder.acked, feeder.results, xsim.ledger(), ids, roost.db)
        stats = xsim.stats()
        attempts = sum(r["attempts"] for r in feeder.results.values())
        hidden = stats["routes"]["create_post"]["seen"] - attempts
        codes = roost.stop()
        xsim.stop()
        print(checker.line(figures, attempts=attempts, hidden=hidden, struck=stats["faults"],
                           seconds=round(time.monotonic() - began, 1)))
        bad = hidden, figures["lost"], figures["dup"], figures["done_without_effect"], figures["failed"]
        good = not any(bad) and stats["faults"] > 0
        return 0 if good and set(codes) == {0} else 1


if __name__ == "__main__":
    sys.exit(main())
