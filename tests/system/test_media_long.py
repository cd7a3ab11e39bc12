"""A video of 100 MB: it survives kills of worker and dispatcher, and no worker has more of it in memory than a few parts."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from films import MIB, a_post, last_post, made, send, uploads  # noqa: E402

SIZE = 100 * 1000 * 1000
BOUND_KIB = 32 * 1024
os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=1"  # else what was freed stays, and counts


def peak(worker):
    """The most memory it ever had, in KiB."""
    with open(f"/proc/{worker.proc.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))


def is_sanitised():
    with open(os.path.join(lab.BIN, "roost-worker"), "rb") as f:
        return b"__asan_init" in f.read()


def test_a_video_of_100_mb_survives_kills_and_a_worker_keeps_little_of_it(tmp_path):
    system = rig.System(tmp_path, accounts=1, workers=1)
    try:
        a = system.agent("a")
        small = send(a, made("video/mp4", 4 * MIB, seed=1), "video/mp4", "small")["media"]
        a.ok("enqueue", jobs=[a_post(system, "small", [small])])
        assert next(iter(a.results_of(1).values()))["state"] == "done"
        before = peak(system.roost.workers[0])
        handle = send(a, made("video/mp4", SIZE, seed=2), "video/mp4", "large")["media"]
        a.ok("enqueue", jobs=[a_post(system, "large", [handle])])

        def parts():
            return system.xsim.stats()["routes"].get("media_append", {}).get("answers", {}).get("200", 0)
        lab.wait_for("a third of it", lambda: parts() > 35)
        first = peak(system.roost.workers[0])
        system.roost.workers[0].kill()
        system.roost.start_worker()
        lab.wait_for("two thirds of it", lambda: parts() > 70)
        system.restart()
        (result,) = a.results_of(1, bound=240).values()
        assert result["state"] == "done" and result["attempts"] == 1, result
        assert system.posted().count("large") == 1
        assert uploads(system)[last_post(system, "large")["media"][0]] == handle[1:]
        assert parts() < 4 + 96 + 6  # what was interrupted is sent again, and no more
        second = peak(system.roost.workers[1])
        print(f"a worker's peak: {before} KiB after 4 MiB, {first} and {second} KiB after the rest")
        if is_sanitised():
            assert max(first, second) - before < BOUND_KIB  # it does not grow with the file
        else:
            assert max(first, second) < BOUND_KIB
    finally:
        system.stop()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__, "-q", "-s"]))
