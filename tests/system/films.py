"""Files to be sent as media, and jobs that name them, for the tests of media."""
import hashlib
import random

MIB = 1024 * 1024
PIECE = 1000 * 1000
HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1",
    "image/gif": b"GIF89a\1\0\1\0\0\0\0;..",
    "video/mp4": b"\0\0\0\x18ftypmp42\0\0\0\0",
}


def made(kind, size, seed=1):
    """A file that begins like one of that type; what follows is noise."""
    return HEADS[kind][:size] + random.Random(seed).randbytes(max(0, size - 16))


def send(agent, data, kind, name="file", start=0, stop=None):
    """Sends a file in pieces; returns the last answer."""
    at = start
    while True:
        piece = data[at:min(at + PIECE, stop or len(data))]
        answer = agent.ok("media", name=name, type=kind, size=len(data), offset=at, data=piece)
        at = answer["received"]
        if at >= (stop or len(data)):
            return answer


def handle_of(data):
    return "m" + hashlib.sha256(data).hexdigest()


def uploads(system):
    """{id at X: SHA-256 of its bytes}."""
    return {e["id"]: e["text"] for e in system.xsim.ledger() if e["action"] == "media"}


def run(system, job, agent="a"):
    """A job to its end; its result."""
    a = system.agent(agent)
    answer = a.ok("enqueue", jobs=[job])
    (result,) = a.results_of(1).values()
    assert result["id"] == answer["jobs"][0]["id"]
    return result


def a_post(system, text, media, **more):
    return {"action": "post", "account": system.accounts[0], "args": {"text": text, "media": media}, **more}


def last_post(system, text):
    (effect,) = [e for e in system.xsim.ledger() if e["action"] == "post" and e["text"] == text]
    return effect
