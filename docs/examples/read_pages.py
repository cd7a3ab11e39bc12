#!/usr/bin/python3
"""read_pages.py ENDPOINT AGENT ACCOUNT USER PAGES: prints the posts of a user as their pages come.

Needs python3-zmq and python3-msgpack. docs/reads.md says what happens between two pages."""
import sys

import msgpack
import zmq

endpoint, name, account, user, pages = sys.argv[1:]
socket = zmq.Context.instance().socket(zmq.REQ)
socket.connect(endpoint)


def call(op, **keys):
    socket.send(msgpack.packb({"op": op, "agent": name, **keys}))
    answer = msgpack.unpackb(socket.recv())
    assert answer["ok"], answer["error"]["message"]
    return answer


args = {"user": user, "pages": int(pages), "each": True, "max_results": 5, "tweet_fields": "created_at"}
job = call("enqueue", jobs=[{"action": "timeline", "account": account, "args": args}])["jobs"][0]
print("at most", job["price_usd_micros"] / 1e6, "dollars", file=sys.stderr)
ack, state = 0, "ready"
while state in ("ready", "unsure"):  # a page that is not the last one comes with the state `ready`
    for result in call("results", max=10, wait_ms=10000, ack=ack)["results"]:
        ack, state = result["seq"], result["state"]
        for post in (result["response"] or {}).get("data", []):
            print(post["id"], post["text"], flush=True)
call("ack", upto=ack)
sys.exit(state != "done")
