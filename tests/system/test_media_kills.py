"""Uploads that are interrupted, ids that end, bytes that nobody needs. Written from docs/media.md."""
import os
import sqlite3
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from films import MIB, a_post, last_post, made, run, send, uploads  # noqa: E402


def test_an_upload_goes_on_where_it_was_when_dispatcher_and_worker_are_killed(tmp_path):
    system = rig.System(tmp_path, accounts=1, workers=1)
    try:
        data = made("video/mp4", 12 * MIB, seed=13)
        handle = send(system.agent("a"), data, "video/mp4", "film")["media"]
        a = system.agent("a")
        a.ok("enqueue", jobs=[a_post(system, "survived", [handle])])

        def parts():
            return system.xsim.stats()["routes"].get("media_append", {}).get("answers", {}).get("200", 0)
        for n, kill in enumerate((system.restart, lambda: (system.roost.workers[0].kill(), system.roost.start_worker()))):
            lab.wait_for("some parts", lambda n=n: parts() > 2 + 4 * n)
            kill()
        (result,) = a.results_of(1).values()
        assert result["state"] == "done" and system.posted().count("survived") == 1
        assert uploads(system)[last_post(system, "survived")["media"][0]] == handle[1:]
        assert len(uploads(system)) == 1 and parts() < 12 + 4
    finally:
        system.stop()


def test_ids_that_x_forgot_are_got_anew(tmp_path):
    system = rig.System(tmp_path, accounts=1, workers=1, xsim_options=("--media-life", 6, "--media-time", 0))
    try:
        handle = send(system.agent("a"), made("image/gif", 2222, seed=14), "image/gif", "short")["media"]
        assert run(system, a_post(system, "one", [handle]))["state"] == "done"
        first = system.xsim.ledger()[-1]["time_ms"]
        lab.wait_for("X to forget it", lambda: system.agent("a").ok("ping")["time"] > first + 6500)
        assert run(system, a_post(system, "two", [handle]))["state"] == "done"
        assert last_post(system, "one")["media"] != last_post(system, "two")["media"]
        assert len(uploads(system)) == 2
    finally:
        system.stop()


def test_bytes_that_no_job_names_are_dropped_after_a_while(tmp_path):
    system = rig.System(tmp_path, accounts=1, workers=1, extra="media: {keep: 1m}\n")
    try:
        a = system.agent("a")
        wanted = send(a, made("image/png", 900, seed=15), "image/png", "wanted")["media"]
        spare = send(a, made("image/png", 901, seed=16), "image/png", "spare")["media"]
        a.ok("enqueue", jobs=[a_post(system, "in 2100", [wanted], run_at="2100-01-01T00:00:00Z")])
        system.roost.dispatcher.stop()
        directory = os.path.join(system.roost.dir, "state", "media")
        for name in os.listdir(directory):
            os.utime(os.path.join(directory, name), (1, 1))
        with sqlite3.connect(system.roost.db) as db:
            db.execute("UPDATE media SET used_at = 1")
        system.roost.start_dispatcher()
        lab.wait_for("the sweep", lambda: not os.path.exists(os.path.join(directory, spare[1:])))
        assert os.path.exists(os.path.join(directory, wanted[1:]))
        assert a.error("enqueue", jobs=[a_post(system, "gone", [spare])])["code"] == "not_found"
    finally:
        system.stop()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__, "-q"]))
