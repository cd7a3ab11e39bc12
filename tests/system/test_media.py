"""Pictures and videos: sent in pieces, kept, uploaded when a job is due. Written from docs/media.md and docs/protocol.md."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402
from films import HEADS, MIB, PIECE, handle_of, made, send  # noqa: E402

@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("media"), accounts=2, workers=1)
    yield system
    system.stop()


@pytest.mark.parametrize("kind,size", [("image/png", 1), ("image/png", 16), ("image/jpeg", 51234), ("image/gif", 3 * MIB + 7)])
def test_a_file_sent_in_pieces_has_the_hash_of_its_bytes_as_handle(system, kind, size):
    data = made(kind, size) if size >= 16 else None
    if data is None:  # one byte is no picture of any type
        assert system.agent("a").error("media", name="x", type=kind, size=1, offset=0, data=b"x")["code"] == "invalid_argument"
        return
    answer = send(system.agent("a"), data, kind, f"{size}")
    rig.check_shape(answer, {"seq": int, "ok": bool, "media": str, "received": int})
    assert answer["media"] == handle_of(data) and answer["received"] == size
    path = os.path.join(system.roost.dir, "state", "media", answer["media"][1:])
    assert os.stat(path).st_size == size and os.stat(path).st_mode & 0o777 == 0o600


def test_an_upload_goes_on_after_the_dispatcher_was_killed(system):
    data = made("video/mp4", 4 * MIB, seed=2)
    agent = system.agent("a")
    first = send(agent, data, "video/mp4", "film", stop=2 * PIECE)
    assert first["media"] is None and first["received"] == 2 * PIECE
    system.roost.dispatcher.kill()
    system.roost.start_dispatcher()
    asked = agent.ok("media", name="film", type="video/mp4", size=len(data), data=b"")
    assert asked["received"] == 2 * PIECE
    assert send(agent, data, "video/mp4", "film", start=2 * PIECE)["media"] == handle_of(data)


def test_the_last_piece_may_be_sent_again_when_its_answer_was_lost(system):
    data = made("video/mp4", PIECE + 5, seed=3)
    agent = system.agent("a")
    answer = send(agent, data, "video/mp4", "again")
    again = agent.ok("media", name="again", type="video/mp4", size=len(data), offset=PIECE, data=data[PIECE:])
    assert (again["media"], again["received"]) == (answer["media"], len(data))
    wrong = agent.error("media", name="again", type="video/mp4", size=len(data), offset=PIECE, data=b"12345")
    assert wrong["code"] == "conflict" and wrong["field"] == "offset" and "offset 0" in wrong["message"]


@pytest.mark.parametrize("keys,code,field,words", [
    ({"type": "image/svg+xml"}, "invalid_argument", "type", "it takes image/jpeg"),
    ({"size": 5 * MIB + 1}, "too_big", "size", "an image may have 5242880 bytes"),
    ({"type": "image/gif", "size": 15 * MIB + 1}, "too_big", "size", "a GIF may have 15728640 bytes"),
    ({"type": "video/mp4", "size": 512 * MIB + 1}, "too_big", "size", "a video may have 536870912 bytes"),
    ({"data": b"GIF89a\1\0\1\0\0\0\0;..", "size": 16}, "invalid_argument", "type", "not those of image/png but of image/gif"),
    ({"data": b"\x89PNG"}, "invalid_argument", "data", "at least 16 bytes"),
    ({"size": 10, "data": b"x" * 11}, "invalid_argument", "data", "beyond the size"),
    ({"offset": 10, "data": b"x"}, "conflict", "offset", "go on at offset 0"),
    ({"size": 0}, "invalid_argument", "size", ""),
    ({"data": "text"}, "invalid_argument", "data", ""),
    ({"name": ""}, "invalid_argument", "name", ""),
])
def test_what_is_wrong_is_refused_with_a_sentence(system, keys, code, field, words):
    error = system.agent("b").error("media", **{"name": "wrong", "type": "image/png", "size": 100, "offset": 0,
                                                "data": HEADS["image/png"], **keys})
    assert (error["code"], error["field"]) == (code, field), error
    assert words in error["message"], error


def test_the_spool_has_a_bound_that_is_named(tmp_path):
    system = rig.System(tmp_path, accounts=1, workers=0, extra="media: {spool_mib: 1}\n")
    try:
        send(system.agent("a"), made("image/png", MIB - 1000), "image/png", "one")
        error = system.agent("a").error("media", name="two", type="image/png", size=2000, data=made("image/png", 2000))
        assert error["code"] == "quota" and "media.spool_mib" in error["message"]
    finally:
        system.stop()


def test_one_agent_does_not_fill_the_spool_of_all(tmp_path):
    system = rig.System(tmp_path, accounts=1, workers=0, extra="media: {agent_mib: 2, agent_files: 3}\n")
    big, small = made("image/png", 3 * MIB // 2), [made("image/png", 2000, seed=n) for n in range(4)]
    try:
        greedy, other = system.agent("greedy"), system.agent("other")
        send(greedy, big, "image/png", "big")
        error = greedy.error("media", name="next", type="image/png", size=MIB, data=small[0])
        assert error["code"] == "quota" and "media.agent_mib" in error["message"] and "wait until" in error["message"]
        send(other, made("image/png", MIB, seed=9), "image/png", "next")
        send(greedy, small[0], "image/png", "small")
        greedy.ok("media", name="unfinished", type="image/png", size=2000, data=small[1][:100])
        error = greedy.error("media", name="fourth", type="image/png", size=2000, data=small[2])
        assert error["code"] == "quota" and "media.agent_files" in error["message"]
        system.restart()
        assert greedy.error("media", name="fourth", type="image/png", size=2000, data=small[2])["code"] == "quota"
        assert send(greedy, small[1], "image/png", "unfinished")["media"] == handle_of(small[1])  # what has begun may end
        send(other, small[3], "image/png", "small")
    finally:
        system.stop()


def test_after_a_restart_near_its_end_an_upload_is_hashed_a_part_at_a_time(system, tmp_path):
    data, film = made("video/mp4", 20 * MIB, seed=14), tmp_path / "film.mp4"
    agent = system.agent("a")
    send(agent, data, "video/mp4", "late", stop=20 * MIB - 500)
    system.restart()
    asked = 0
    at = 20 * MIB - 500
    while not (answer := agent.ok("media", name="late", type="video/mp4", size=len(data), offset=at, data=data[at:]))["media"]:
        at = answer["received"]
        assert at < len(data)
        asked += 1
    assert asked >= 1 and answer["media"] == handle_of(data)
    film.write_bytes(data)
    assert system.roost.cli("media", film).stdout.split()[0] == handle_of(data)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__, "-q"]))
