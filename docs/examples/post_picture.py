#!/usr/bin/python3
"""post_picture.py ENDPOINT AGENT ACCOUNT FILE ALT TEXT: posts a picture, with a text for those who cannot see it.

Needs python3-zmq and python3-msgpack. docs/media.md says what becomes of the bytes. Run again after an interruption, it goes on
where it was, posts once, and tells how the job is."""
import hashlib
import mimetypes
import sys

import msgpack
import zmq

endpoint, name, account, path, alt, text = sys.argv[1:]
PIECE = 512 * 1024  # a message has at most 1 MiB
socket = zmq.Context.instance().socket(zmq.REQ)
socket.connect(endpoint)


def call(op, **keys):
    socket.send(msgpack.packb({"op": op, "agent": name, **keys}))
    answer = msgpack.unpackb(socket.recv())
    assert answer["ok"], answer["error"]["message"]
    return answer


with open(path, "rb") as file:
    data = file.read()
upload = {"name": path[-255:], "type": mimetypes.guess_type(path)[0], "size": len(data)}
kept = call("media", **upload, offset=0, data=b"")  # a question: how much of it is there from an earlier time?
while not kept["media"]:
    at = kept["received"]
    kept = call("media", **upload, offset=at, data=data[at:at + PIECE])
args = {"text": text, "media": [{"media": kept["media"], "alt": alt}]}
key = hashlib.sha256(repr(args).encode()).hexdigest()  # the same picture and words are the same job
job = call("enqueue", jobs=[{"action": "post", "account": account, "key": key, "args": args}])["jobs"][0]
ack, result = 0, call("get", ids=[job["id"]])["jobs"][0] if job["duplicate"] else {"id": ""}
while result["id"] != job["id"]:
    for result in call("results", max=1, wait_ms=10000, ack=ack)["results"]:
        ack = result["seq"]
call("ack", upto=ack)
print(result["state"], result["x_id"] or (result["error"] or {}).get("message", ""))
sys.exit(result["state"] != "done")
