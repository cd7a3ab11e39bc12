#!/usr/bin/python3
"""An agent in 40 lines: reads actions from a CSV file, enqueues them over ZeroMQ, and collects their results.

    agent.py ENDPOINT AGENT FILE

Needs python3-zmq and python3-msgpack. The protocol is docs/protocol.md.
"""
import csv
import sys

import msgpack
import zmq

endpoint, name, path = sys.argv[1:]
socket = zmq.Context.instance().socket(zmq.DEALER)
socket.linger = 0
socket.connect(endpoint)
seq = 0


def call(op, **keys):
    """One request and its answer; asked again until there is one. Safe, since every job has a key."""
    global seq
    while True:
        seq += 1
        socket.send(msgpack.packb({"op": op, "seq": seq, "agent": name, **keys}))
        while socket.poll(5000):
            answer = msgpack.unpackb(socket.recv())
            if answer.get("seq") == seq:
                return answer


def job(number, row):
    args = {key[5:]: value for key, value in row.items() if key.startswith("args.") and value}
    return {"action": row["action"], "account": row["account"], "key": f"{name}-{number}", "args": args}


jobs = [job(number, row) for number, row in enumerate(csv.DictReader(open(path, encoding="utf-8")))]
for start in range(0, len(jobs), 100):
    answer = call("enqueue", jobs=jobs[start:start + 100])
    assert answer["ok"], answer["error"]["message"]

left = len(jobs)
ack = 0
while left > 0:
    answer = call("results", max=100, wait_ms=1000, ack=ack)
    for result in answer["results"]:
        print(result["seq"], result["id"], result["state"], result["x_id"] or "", flush=True)
        left -= result["state"] != "unsure" and result["seq"] > ack
        ack = max(ack, result["seq"])
call("ack", upto=ack)
