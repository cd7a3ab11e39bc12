"""docs/protocol.md and docs/worker-protocol.md name every operation, key, state and error code that the tables of the code have."""
import os
import re

import pytest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


MESSAGES = read("common/wire/messages.c")
ROWS = re.findall(r'^X\(MSG_\w+,\s*"(\w+)",\s*SIDE_(\w+),\s*(\w+),', read("common/wire/messages.def"), re.MULTILINE)
PAGES = {"AGENT": read("docs/protocol.md"), "WORKER": read("docs/worker-protocol.md"), "DISPATCHER": read("docs/worker-protocol.md")}
EXTRA = {"job_fields": "AGENT", "assignment_fields": "WORKER", "result_fields": "WORKER"}


def keys_of(table):
    """The keys of a table of fields in messages.c."""
    body = re.search(r"const struct field " + table + r"\[\d*\] = \{(.*?)\n\};", MESSAGES, re.DOTALL)
    return re.findall(r'\b[FW]\([A-Z_ ]*,?\s*"(\w+)"', body.group(1)) if body else []


def words_of(name):
    return re.findall(r'"(\w+)"', re.search(name + r"\[\] = \{(.*?)\}", MESSAGES).group(1))


def names():
    for op, side, table in ROWS:
        if side in PAGES:
            yield side, op
            for key in keys_of(table):
                yield side, key
    for table, side in EXTRA.items():
        assert keys_of(table), table
        for key in keys_of(table):
            yield side, key
    for words in ("unsure_words", "resolve_words"):
        for word in words_of(words):
            yield "AGENT", word
    for word in words_of("step_words") + words_of("look_words"):
        yield "WORKER", word


@pytest.mark.parametrize("side,name", sorted(set(names())))
def test_the_page_names_it(side, name):
    assert f"`{name}`" in PAGES[side]


def test_the_tables_were_found():
    found = set(names())
    assert ("AGENT", "wait_ms") in found and ("AGENT", "on_unsure") in found and ("WORKER", "lease") in found and len(found) > 70


@pytest.mark.parametrize("path,pattern", [
    ("common/base/err.h", r'X\(ERR_(?!OK)\w+,\s*"(\w+)"'),
    ("dispatcher/core/job.h", r'X\(\w+,\s*"(\w+)",\s*(?:true|false)'),
    ("dispatcher/core/verdict.h", r'X\(BLOCKER_\w+,\s*"(\w+)"'),
    ("common/xapi/outcome.h", r'X\(CAUSE_(?!NONE|ALREADY)\w+,\s*"(\w+)"'),
])
def test_every_word_of_a_table_is_on_the_page(path, pattern):
    words = re.findall(pattern, read(path))
    assert len(words) >= 10
    assert [w for w in words if f"`{w}`" not in PAGES["AGENT"]] == []


def test_the_example_agent_has_at_most_forty_lines():
    assert len(read("docs/examples/agent.py").splitlines()) <= 40
