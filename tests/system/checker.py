"""The checker: compares what agents were told, what X's ledger holds and what the store says."""
import json
import sqlite3
from collections import Counter


def mark_of(entry, names):
    """
    The mark of one effect in the simulator's ledger: (kind, account, what). `names` says what ids of users were called
    by whoever asked for the effect.
    """
    action = entry["action"]
    account = names.get(entry["account"], entry["account"])
    if action in ("post", "reply", "quote", "dm"):
        return (action, account, entry["text"])
    return (action, account, names.get(entry["target"], entry["target"]))


def store_states(db):
    """How many jobs the store holds, by state: of those under way and of those that ended."""
    with sqlite3.connect(f"file:{db}?mode=ro", uri=True) as c:
        under_way = c.execute("SELECT count(*) FROM jobs").fetchone()[0]
        ended = c.execute("SELECT count(*) FROM history").fetchone()[0]
    return {"under_way": under_way, "ended": ended}


def check(acked, results, ledger, names, db=None):
    """
    acked: {job id: mark} of every acknowledged enqueue. results: {job id: result} that reached agents.
    ledger: the simulator's effects. names: X user id -> name. Returns the figures of one run.
    """
    effects = Counter(mark_of(e, names) for e in ledger if e.get("changed", True))
    done = [i for i, r in results.items() if r["state"] == "done"]
    missing = [i for i in done if effects[acked[i]] == 0]
    figures = {
        "acked": len(acked),
        "ended": len(results),
        "done": len(done),
        "failed": sum(r["state"] == "failed" for r in results.values()),
        "settled": sum(bool(r.get("settled")) for r in results.values()),
        "effects": sum(effects.values()),
        "lost": len(set(acked) - set(results)),
        "dup": sum(n - 1 for n in effects.values() if n > 1),
        "done_without_effect": len(missing),
        "effect_of_failed": sum(effects[acked[i]] > 0 for i, r in results.items() if r["state"] == "failed"),
        "reasons": dict(Counter(r["error"]["code"] for r in results.values() if r.get("error"))),
    }
    if db:
        figures["store"] = store_states(db)
    return figures


def line(figures, **more):
    return json.dumps({**more, **figures}, sort_keys=True)
