"""roost enqueue: JSON lines and CSV as people and spreadsheets write them."""
import json
import os
import re
import resource
import subprocess

import pytest

import cli_lab
from cli_lab import run, world  # noqa: F401  (a fixture)

SUMMARY = {"rows", "accepted", "duplicates", "refused", "price_usd_micros", "dry_run", "errors"}


def dry(text, *more):
    """What would be enqueued: (exit code, the summary, standard error). No dispatcher is needed."""
    code, out, err = run("enqueue", "-", "--dry-run", "--json", *more, input=text)
    return code, json.loads(out), err


def jobs_of(text):
    code, summary, err = dry(text)
    assert code == 0, err
    return [entry["job"] for entry in summary["jobs"]]


def test_csv_cells_become_what_their_column_wants():
    rows = ("action,account,args.text,args.media,key,priority,tags,run_at,meta,args.made_with_ai\r\n"
            'post,acme,"two\r\nlines, and ""quotes"" \N{PARTY POPPER}",1;2,k1,9,a;b,2030-01-01T00:00:00Z,"{""n"": 1}",yes\r\n'
            "post,acme,plain,,,,,1893456000000,,\r\n")
    first, second = jobs_of("\ufeff" + rows)
    assert first == {"action": "post", "account": "acme", "key": "k1", "priority": 9, "tags": ["a", "b"],
                     "run_at": "2030-01-01T00:00:00Z", "meta": {"n": 1},
                     "args": {"text": 'two\r\nlines, and "quotes" \N{PARTY POPPER}', "media": ["1", "2"],
                              "made_with_ai": True}}
    assert second == {"action": "post", "account": "acme", "run_at": 1893456000000, "args": {"text": "plain"}}


def test_a_number_stays_text_where_the_argument_is_an_id():
    assert jobs_of("action,account,args.post\nlike,acme,1900000000000000001\n")[0]["args"] == {"post": "1900000000000000001"}
    assert jobs_of("action,account,args.text\npost,acme,42\n")[0]["args"] == {"text": "42"}


def test_json_lines_may_have_a_mark_blank_lines_and_crlf():
    line = '{"action":"post","account":"acme","args":{"text":"hi"}}'
    assert len(jobs_of("\ufeff\r\n" + line + "\r\n\r\n" + line)) == 2


def test_bad_rows_are_told_with_their_line_and_cost_only_themselves():
    text = ("action,account,args.text,priority\n"   # 1
            "post,acme,good,\n"                     # 2
            "post,acme,too,many,cells\n"            # 3
            "pots,acme,x,\n"                        # 4
            "post,acme,good,high\n"                 # 5
            '\npost,acme,"an open quote,\n'         # 7
            "post,acme,good after it,\n"            # 8
            'post,acme,a stray " quote,\n'          # 9
            'post,acme,"two\nlines",\n'             # 10
            "post,,no account,\n"                   # 12
            "post,acme," + "x" * 281 + ",\n"        # 13
            "like,acme,what,\n"                     # 14
            "post,acme,the last")                   # 15: too few, and no newline
    code, summary, err = dry(text)
    assert code == 1 and SUMMARY <= set(summary)
    assert [e["line"] for e in summary["jobs"]] == [2, 8, 10]
    assert [e["line"] for e in summary["errors"]] == [3, 4, 5, 7, 9, 12, 13, 14, 15]
    assert summary["rows"] == 12 and summary["accepted"] == 3 and summary["refused"] == 9
    assert re.findall(r"line (\d+)", err) == [str(e["line"]) for e in summary["errors"]]
    words = {e["line"]: e["field"] + " " + e["message"] for e in summary["errors"]}
    assert "post" in words[4] and "priority" in words[5] and "quote" in words[7] and "280" in words[13]
    assert words[13].startswith("args.text")


def test_bytes_that_are_no_text_are_refused():
    code, summary, _ = dry(b"action,account,args.text\npost,acme,caf\xe9\npost,acme,a\x00b\npost,acme,good\n")
    assert code == 1 and [e["line"] for e in summary["errors"]] == [2, 3] and summary["accepted"] == 1


@pytest.mark.parametrize("text,word", [("", "empty"), ("\n\n", "empty"), ("post,acme,hi\n", "first row"),
                                       ("action;account;args.text\npost;acme;hi\n", "commas"),
                                       ("action,acount,args.text\npost,acme,hi\n", "account"),
                                       ("action,account,account\n", "twice"), ('[{"action":"post"}]', "one job a line")])
def test_a_file_that_is_none_is_exit_65(text, word):
    code, out, err = run("enqueue", "-", "--dry-run", input=text)
    assert code == 65 and word in err and out == ""


def test_a_file_that_is_not_there_is_exit_66():
    code, _, err = run("enqueue", "/nonexistent.csv")
    assert code == 66 and "/nonexistent.csv" in err


def test_a_dry_run_prints_jobs_and_price_for_people():
    code, out, _ = run("enqueue", "-", "--dry-run", "--key-prefix", "s", "--json",
                       input="action,account,args.text\npost,a,hi\npost,a,see https://example.com\n")
    summary = json.loads(out)
    assert code == 0 and summary["price_usd_micros"] == 215000 and summary["dry_run"] is True
    assert [e["job"]["key"] for e in summary["jobs"]] == ["s-2", "s-3"]
    code, out, _ = run("enqueue", "-", "--dry-run", input="action,account,args.text\npost,a,hi\n")
    assert code == 0 and "hi" in out and "15000" in out and "would enqueue 1 of 1 rows for $0.015" in out


def test_the_dispatcher_refuses_rows_one_by_one(world):
    name = world.accounts[0]
    rows = ("action,account,args.text,run_at\n"
            f"post,{name},one,2030-01-01T00:00:00Z\n"
            "post,nobody,two,2030-01-01T00:00:00Z\n"
            f"post,{name},three,2030-01-01T00:00:00Z\n")
    code, out, err = world.run("enqueue", "-", "--json", input=rows)
    summary = json.loads(out)
    assert code == 1 and summary["accepted"] == 2 and len(summary["ids"]) == 2
    assert [e["line"] for e in summary["errors"]] == [3] and "line 3" in err and "nobody" in err
    assert summary["price_usd_micros"] == 30000


def test_many_rows_go_in_in_batches_of_1000_and_again_as_duplicates(world, tmp_path):
    """ROOST_TEST_ROWS=100000 for as many."""
    count = int(os.environ.get("ROOST_TEST_ROWS", "5000"))
    path = tmp_path / "many.csv"
    with open(path, "w", encoding="utf-8") as f:
        f.write("action,account,args.text,run_at\n")
        for n in range(count):
            f.write(f"post,{world.accounts[0]},number {n},2030-01-01T00:00:00Z\n")
    before = world.json("stats")
    for again in (False, True):
        code, out, err = world.run("enqueue", path, "--key-prefix", "many")
        assert code == 0, err
        assert f"enqueued {count} of {count} rows" in out
        assert f"{count if again else 0} of them were there already" in out
    after = world.json("stats")
    assert after["enqueued"] - before["enqueued"] == count
    assert after["requests"] - before["requests"] <= 2 * ((count + 999) // 1000) + 4


def test_memory_does_not_grow_with_the_file(tmp_path):
    """Ten times the rows take no more memory, but for what an allocator keeps."""
    def most(rows):
        path = tmp_path / f"{rows}.csv"
        path.write_text("action,account,args.text\n" + "post,acme,some text of a usual length\n" * rows)
        with open(os.devnull, "wb") as null:
            child = subprocess.Popen([cli_lab.ROOST, "enqueue", str(path), "--dry-run"], stdout=null,
                                     env=cli_lab.environment(ASAN_OPTIONS="quarantine_size_mb=1:detect_leaks=0"))
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0
        return usage.ru_maxrss

    assert most(30000) < most(3000) + 8 * 1024  # KiB


def test_a_progress_bar_is_drawn_on_a_terminal_only(world, tmp_path):
    path = tmp_path / "bar.csv"
    path.write_text(f"action,account,args.text,run_at\npost,{world.accounts[0]},bar,2030-01-01T00:00:00Z\n")
    code, shown = cli_lab.on_terminal(cli_lab.ROOST, "enqueue", path, "--config", world.config)
    assert code == 0 and "[####" in shown and "1 of 1 rows" in shown
    code, out, err = world.run("enqueue", path)
    assert code == 0 and err == "" and "#" not in out


def test_files_are_sent_with_a_post(world, tmp_path):
    cat, dog = tmp_path / "cat.png", tmp_path / "dog.png"
    cat.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"cat" * 1000)
    dog.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"dog" * 1000)
    job = world.json("post", "two of them", "--account", world.accounts[0], "--media", cat, "--alt", "a cat", f"--media={dog}")
    assert job["state"] == "done", job
    handles = [m["media"] for m in world.json("media", cat, dog)]
    assert job["args"]["media"] == [{"media": handles[0], "alt": "a cat"}, handles[1]]
    again = world.json("post", "one of them", "--account", world.accounts[0], "--media", handles[1])
    assert again["state"] == "done" and again["args"]["media"] == [handles[1]]


@pytest.mark.parametrize("content,options,code,words", [
    (b"no picture", [], 65, "no picture or video that X takes"),
    (None, [], 66, "No such file"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(6 << 20), [], 1, "may have 5242880 bytes"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ["--alt", "one", "--alt", "two"], 2, "--alt stands behind"),
], ids=["no picture", "no file", "too large", "two texts"])
def test_a_file_that_cannot_go_is_named_with_the_reason(world, tmp_path, content, options, code, words):
    path = tmp_path / "file.png"
    if content is not None:
        path.write_bytes(content)
    got, out, err = world.run("post", "never", "--account", world.accounts[0], "--media", path, *options)
    assert (got, out) == (code, "") and words in err, err
