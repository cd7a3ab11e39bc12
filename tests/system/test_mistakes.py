"""Everyday mistakes: tests/data/mistakes.jsonl has what agents get wrong, and what they are told: the field, and what to do instead.

A line: `what` is wrong with a job of `action` and `args` (and what else `job` has); `code`, `field` and `says` are the answer's. An app on
the plan payg is what most agents have.
"""
import json
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import rig  # noqa: E402

with open(os.path.join(HERE, "../data/mistakes.jsonl"), encoding="utf-8") as lines:
    MISTAKES = [json.loads(line) for line in lines]


def job_of(mistake, account):
    job = {"action": mistake["action"], "account": account, "args": mistake["args"], **mistake.get("job", {})}
    return {key: value for key, value in job.items() if key != "account" or value is not None}


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("mistakes"), accounts=2, workers=0, plan="payg")
    yield system
    system.stop()


@pytest.fixture(name="answers", scope="module")
def fixture_answers(system):
    """What roost says to each of them, in one message."""
    jobs = [job_of(m, system.accounts[0]) for m in MISTAKES]
    return system.agent("hasty").ok("enqueue", jobs=jobs, atomic=False)["jobs"]


def test_there_are_many_and_each_is_another():
    assert len(MISTAKES) >= 100
    assert len({m["what"] for m in MISTAKES}) == len(MISTAKES)
    assert len({json.dumps(job_of(m, "a"), sort_keys=True) for m in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=lambda n: MISTAKES[n]["what"].replace(" ", "_"))
def test_each_gets_one_sentence(answers, number):
    mistake, answer = MISTAKES[number], answers[number]
    assert list(answer) == ["error"], f"roost takes it: {answer}"
    error = answer["error"]
    assert (error["code"], error.get("field"), error["message"]) == (mistake["code"], mistake["field"], mistake["says"])


def test_a_dry_run_says_the_same_without_a_dispatcher(system, tmp_path):
    local = [m for m in MISTAKES if m["code"] == "invalid_argument" and m["field"].startswith("args.")]
    assert len(local) > 80
    path = tmp_path / "jobs.jsonl"
    path.write_text("".join(json.dumps(job_of(m, "demo1")) + "\n" for m in local), encoding="utf-8")
    run = system.roost.cli("enqueue", path, "--dry-run", check=False)
    assert run.returncode == 1
    said = run.stderr + run.stdout
    missing = [m["what"] for m in local if m["says"] not in said]
    assert not missing, (missing, said[:3000])
