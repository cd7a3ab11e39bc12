#!/usr/bin/python3
"""agent.py ENDPOINT AGENT FILE: enqueues the actions of a CSV file over ZeroMQ and collects their results.

Needs python3-zmq and python3-msgpack. The protocol is docs/protocol.md."""
import csv
import sys

import msgpack
import zmq

endpoint, name, path = sys.argv[1:]
socket = zmq.Context.instance().socket(zmq.DEALER)
socket.linger = 0
socket.connect(endpoint)


def call(op, seq=[0], **keys):
    """One request and its answer; asked again until there is one. Safe, since every job has a key."""
    while True:
        seq[0] += 1
        socket.send(msgpack.packb({"op": op, "seq": seq[0], "agent": name, **keys}))
        while socket.poll(5000):
            answer = msgpack.unpackb(socket.recv())
            if answer.get("seq") == seq[0]:
                assert answer["ok"], answer["error"]["message"]
                return answer


jobs = [{"action": row["action"], "account": row["account"], "key": f"{name}-{number}",
         "args": {key[5:]: value for key, value in row.items() if key.startswith("args.") and value}}
        for number, row in enumerate(csv.DictReader(open(path, encoding="utf-8")))]
for start in range(0, len(jobs), 100):
    call("enqueue", jobs=jobs[start:start + 100])
left, ack = len(jobs), 0
while left > 0:
    for result in call("results", max=100, wait_ms=1000, ack=ack)["results"]:
        print(result["seq"], result["id"], result["state"], result["x_id"] or "", flush=True)
        left -= result["state"] != "unsure" and result["seq"] > ack
        ack = max(ack, result["seq"])
call("ack", upto=ack)
