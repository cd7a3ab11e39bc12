"""Media in posts and messages: uploaded when a job is due, once for an account. Written from docs/media.md."""
import os
import re
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402
from films import MIB, a_post, handle_of, last_post, made, run, send, uploads  # noqa: E402


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("media"), accounts=2, workers=1)
    yield system
    system.stop()


@pytest.mark.parametrize("kind,size", [("image/png", 51234), ("image/jpeg", 2 * MIB + 77), ("image/gif", MIB + 1),
                                       ("video/mp4", 3 * MIB)])
def test_a_post_has_the_bytes_that_were_sent(system, kind, size):
    data = made(kind, size, seed=size)
    handle = send(system.agent("a"), data, kind, f"post {size}")["media"]
    result = run(system, a_post(system, f"see {kind}", [handle]))
    assert result["state"] == "done" and result["attempts"] == 1, result
    (x_id,) = last_post(system, f"see {kind}")["media"]
    assert uploads(system)[x_id] == handle[1:]


def test_four_images_and_an_alternative_text(system):
    handles = [send(system.agent("a"), made("image/png", 2000 + n, seed=n), "image/png", f"four {n}")["media"] for n in range(4)]
    result = run(system, a_post(system, "four", [handles[0], {"media": handles[1], "alt": "a gr\u00fcn cat"}, *handles[2:]]))
    assert result["state"] == "done", result
    ids = last_post(system, "four")["media"]
    assert [uploads(system)[i] for i in ids] == [h[1:] for h in handles]
    assert [(e["id"], e["text"]) for e in system.xsim.ledger() if e["action"] == "alt_text"] == [(ids[1], "a gr\u00fcn cat")]


def test_the_example_posts_a_picture_once_and_goes_on_where_it_was(system, tmp_path):
    example = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/examples/post_picture.py")
    picture, data = tmp_path / "cat.png", made("image/png", 3 * MIB // 2, seed=12)
    picture.write_bytes(data)
    send(system.agent("example"), data, "image/png", str(picture), stop=MIB)  # an earlier run, interrupted
    for _ in range(2):
        run_it = subprocess.run([sys.executable, example, system.roost.endpoint, "example", system.accounts[0], str(picture),
                                 "a black cat", "from the example"], capture_output=True, text=True, timeout=60, check=True)
        assert re.fullmatch(r"done [0-9]+\n", run_it.stdout), run_it
        (x_id,) = last_post(system, "from the example")["media"]  # one post, after both
    assert uploads(system)[x_id] == handle_of(data)[1:]
    assert [e["text"] for e in system.xsim.ledger() if e["action"] == "alt_text" and e["id"] == x_id] == ["a black cat"]
    missing = subprocess.run([sys.executable, example, system.roost.endpoint, "example", "nobody", str(picture), "a", "b"],
                             capture_output=True, text=True, timeout=60, check=False)
    assert missing.returncode == 1 and "nobody" in missing.stderr


def test_the_same_bytes_are_uploaded_once_for_each_account(system):
    data = made("video/mp4", 2 * MIB, seed=5)
    handle = send(system.agent("a"), data, "video/mp4", "once")["media"]
    for text, account in (("first", 0), ("second", 0), ("third", 1)):
        job = a_post(system, text, [handle])
        job["account"] = system.accounts[account]
        assert run(system, job)["state"] == "done"
    ids = [last_post(system, t)["media"][0] for t in ("first", "second", "third")]
    assert ids[0] == ids[1] != ids[2]
    assert sum(h == handle[1:] for h in uploads(system).values()) == 2


def test_a_direct_message_has_an_upload_of_its_own(system):
    data = made("image/png", 3333, seed=6)
    handle = send(system.agent("a"), data, "image/png", "dm")["media"]
    to = system.xsim.accounts()[1]["user_id"]
    assert run(system, a_post(system, "not in a message", [handle]))["state"] == "done"
    result = run(system, {"action": "dm", "account": system.accounts[0], "args": {"to": to, "media": [handle]}})
    assert result["state"] == "done", result
    (x_id,) = [e for e in system.xsim.ledger() if e["action"] == "dm"][-1]["media"]
    assert uploads(system)[x_id] == handle[1:] and x_id != last_post(system, "not in a message")["media"][0]


def test_a_thread_and_a_reply_have_media(system):
    handle = send(system.agent("a"), made("image/png", 4444, seed=7), "image/png", "thread")["media"]
    a = system.agent("a")
    a.ok("enqueue", jobs=[{"action": "thread", "account": system.accounts[0],
                           "args": {"posts": [{"text": "t1"}, {"text": "t2", "media": [handle]}]}}])
    assert {r["state"] for r in a.results_of(3).values()} == {"done"}
    assert uploads(system)[last_post(system, "t2")["media"][0]] == handle[1:]


WRONG = "m" + "0" * 64


@pytest.mark.parametrize("args,code,field,words", [
    (lambda h: [WRONG], "not_found", "media[0]", "send them with `media` first"),
    (lambda h: ["cat.png"], "invalid_argument", "media[0]", "give the handle"),
    (lambda h: [h["png"][0], h["png"][0]], "invalid_argument", "media[1]", "the same medium as item 0"),
    (lambda h: h["png"], "invalid_argument", "media", "4"),
    (lambda h: [h["png"][0], h["gif"]], "invalid_argument", "media", "stands alone"),
    (lambda h: [{"media": h["png"][0], "alt": "x" * 1001}], "invalid_argument", "media[0].alt", "1001 characters"),
    (lambda h: [{"media": h["png"][0], "text": "x"}], "invalid_argument", "media[0]", "it takes: media, alt"),
    (lambda h: [{"media": "1900000000000000001", "alt": "x"}], "invalid_argument", "media[0].media", "give the id alone"),
])
def test_what_x_would_not_take_is_refused_before_it_is_queued(system, args, code, field, words):
    a = system.agent("a")
    handles = {"png": [send(a, made("image/png", 100 + n, seed=n), "image/png", f"w{n}")["media"] for n in range(5)],
               "gif": send(a, made("image/gif", 100, seed=9), "image/gif", "wg")["media"]}
    error = a.error("enqueue", jobs=[a_post(system, "wrong", args(handles))])
    assert (error["code"], error["field"]) == (code, "jobs[0].args." + field), error
    assert words in error["message"], error


def test_media_and_a_poll_do_not_go_together(system):
    handle = send(system.agent("a"), made("image/png", 777), "image/png", "poll")["media"]
    job = a_post(system, "wrong", [handle])
    job["args"]["poll"] = {"options": ["a", "b"], "duration_minutes": 10}
    error = system.agent("a").error("enqueue", jobs=[job])
    assert error["code"] == "invalid_argument" and "at most one of these" in error["message"]


def test_a_handle_is_good_for_the_agent_that_sent_the_bytes(system):
    data = made("image/png", 5555, seed=8)
    handle = send(system.agent("a"), data, "image/png", "mine")["media"]
    error = system.agent("stranger").error("enqueue", jobs=[a_post(system, "not mine", [handle])])
    assert error["code"] == "not_found"
    assert send(system.agent("stranger"), data, "image/png", "mine")["media"] == handle
    assert run(system, a_post(system, "mine now", [handle]), "stranger")["state"] == "done"


def test_a_video_that_x_cannot_process_fails_its_job_with_the_reason(system):
    handle = send(system.agent("a"), made("video/mp4", 2000, seed=10), "video/mp4", "bad")["media"]
    system.xsim.fault(route="media_finalize", kind="processing")
    result = run(system, a_post(system, "never seen", [handle]))
    assert result["state"] == "failed" and "could not process" in result["error"]["message"], result
    assert "never seen" not in system.posted()
    assert run(system, a_post(system, "seen", [handle]))["state"] == "done"  # another upload


def test_calls_of_an_upload_are_made_again_after_errors_of_x(system):
    handle = send(system.agent("a"), made("video/mp4", 3 * MIB + 5, seed=11), "video/mp4", "storm")["media"]
    system.xsim.fault(route="media_append", kind="500_after", count=2)
    system.xsim.fault(route="media_append", kind="reset_after", count=1, after=1)
    system.xsim.fault(route="media_finalize", kind="close_after", count=1)
    result = run(system, a_post(system, "after a storm", [handle]))
    assert result["state"] == "done" and result["attempts"] == 1, result
    assert uploads(system)[last_post(system, "after a storm")["media"][0]] == handle[1:]


def test_explain_says_how_far_an_upload_is(system):
    handle = send(system.agent("a"), made("video/mp4", 2 * MIB, seed=12), "video/mp4", "far")["media"]
    a = system.agent("a")
    later = a.ok("enqueue", jobs=[a_post(system, "later", [handle], run_at="2100-01-01T00:00:00Z")])["jobs"][0]
    told = a.ok("explain", id=later["id"])["media"]
    assert told == [{"media": handle, "state": "waiting", "parts": 0, "of": 2}]
    assert run(system, a_post(system, "sooner", [handle]))["state"] == "done"
    assert a.ok("explain", id=later["id"])["media"] == [{"media": handle, "state": "ready", "parts": 2, "of": 2}]
    a.ok("cancel", ids=[later["id"]])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__, "-q"]))
