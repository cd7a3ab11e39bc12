"""roost's words: help, examples, mistakes, exit codes, and docs/cli.md. Only from docs and help; no dispatcher runs."""
import json
import os
import shlex

import pytest

import cli_lab
from cli_lab import commands, environment, run

PAGE = os.path.join(os.path.dirname(__file__), "../../docs/cli.md")
# Interface: commands that must be there.
NAMED = """up init app account enqueue jobs job cancel retry update resolve explain results limits stats actions check
post reply quote delete_post repost unrepost like unlike follow unfollow mute unmute bookmark unbookmark dm delete_dm
get_me get_user get_post timeline""".split()


def test_every_promised_command_is_in_the_help():
    assert set(NAMED) <= set(commands())


def test_every_command_has_usage_options_and_an_example_that_begins_with_it():
    page = run("help", "--markdown")[1]
    sections = dict(part.split("\n", 1) for part in page.split("\n### roost ")[1:])
    assert sorted(sections) == sorted(commands())
    for command, text in sections.items():
        assert f"usage: roost {command}" in text
        example = text[text.index("example:"):]
        assert f"roost {command}" in example or f"roost {command.replace('_', '-')}" in example, text
        assert "--json" in text and "--config" in text


@pytest.mark.parametrize("asked", [("job", "--help"), ("help", "job"), ("job", "-h"), ("--json", "job", "x", "--help")])
def test_help_is_had_in_each_usual_way(asked):
    code, out, err = run(*asked)
    assert code == 0 and err == "" and out.startswith("usage: roost job") and "example:" in out


@pytest.mark.parametrize("command", ["up", "enqueue", "job", "post", "app", "account", "check"])
def test_an_unknown_option_is_refused_without_repeating_its_value(command):
    code, out, err = run(command, "--client-secret=canary-7f3a")
    assert code == 2 and out == ""
    assert "--client-secret" in err and "canary" not in err


def test_the_page_of_commands_is_what_the_tables_say():
    """ROOST_UPDATE_DOCS=1 writes the page instead of comparing it."""
    code, out, _ = run("help", "--markdown")
    assert code == 0
    if os.environ.get("ROOST_UPDATE_DOCS"):
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(out)
    with open(PAGE, encoding="utf-8") as f:
        assert f.read() == out, "to write docs/cli.md anew: ROOST_UPDATE_DOCS=1 pytest tests/system/test_cli_words.py"


@pytest.mark.parametrize("typed,meant", [("jbos", "jobs"), ("enqeue", "enqueue"), ("tweet", "post"), ("status", "stats"),
                                         ("delete-pst", "delete_post")])
def test_a_mistyped_command_gets_did_you_mean(typed, meant):
    code, _, err = run(typed)
    assert code == 2 and f"`roost {meant}`" in err


def test_mistakes_in_words_name_the_right_word():
    assert "--state" in run("jobs", "--sttae", "ready")[2]
    assert "import" in run("account", "imprt")[2]
    assert "post" in run("actions", "pots")[2]
    code, _, err = run("account", "pause")
    assert code == 2 and "pause NAME" in err


def test_an_action_is_done_by_a_command_that_says_what_is_wrong():
    assert "`roost do createLists`" in run("createLists")[2]
    assert "did you mean createLists" in run("do", "createList")[2] and run("do", "createList")[0] == 1
    assert "is a stream" in run("do", "streamPosts")[2]
    code, out, err = run("do", "createLists", "{'name'")
    assert code == 2 and out == "" and "roost actions createLists" in err
    help_of_one = run("do", "createLists", "--help")[1]
    assert "--private" in help_of_one and "--account" in help_of_one
    assert "`roost do createLists '" in run("actions", "createLists")[1] and "`roost post --help`" in run("actions", "post")[1]


@pytest.mark.parametrize("argv", ["", "do", "do post {} surplus", "jobs --limit", "jobs --limit x", "jobs surplus", "job", "cancel", "jobs --json=yes",
                                  "up --workers many", "account", "app gone", "jobs --timeout 0", "post a b c d e f",
                                  "check a b"])
def test_a_wrong_command_line_exits_2_and_says_why(argv, tmp_path):
    code, out, err = run(*shlex.split(argv), cwd=tmp_path)
    assert code == 2 and out == "" and err


def test_common_options_may_stand_before_the_command():
    code, out, _ = run("--json", "check", "hello")
    assert code == 0 and json.loads(out)["weighted_length"] == 5
    code, out, _ = run("--timeout", "5", "--json", "check", "hello")
    assert code == 0 and json.loads(out)["valid"]


def test_version_is_one_line():
    code, out, _ = run("--version")
    assert code == 0 and out.startswith("roost ") and out.count("\n") == 1


def test_without_a_dispatcher_the_words_say_where_it_was_looked_for_and_how_to_start_one(tmp_path):
    port = cli_lab.lab.free_port()
    config = tmp_path / "r.yaml"
    config.write_text(f"listen: {{agents: 'tcp://127.0.0.1:{port}'}}\nstate: {{dir: '{tmp_path}/state'}}\n")
    for command in (["jobs"], ["get-me", "--account", "a"], ["account", "list"]):
        code, out, err = run(*command, "--config", config, "--timeout", 1)
        assert code == 69 and out == "", command
        assert "roost up" in err and str(config) in err, err
        assert str(port) in err or "admin.sock" in err, err
        assert len(err.splitlines()) == 1, err


def test_actions_lists_and_shows_without_a_dispatcher():
    code, out, _ = run("actions", "--json")
    every = json.loads(out)
    assert code == 0 and {"post", "like", "dm", "get_me"} <= {a["name"] for a in every}
    shape = {"name", "help", "capability", "scopes", "method", "path", "effect", "repeatable", "price_usd_micros",
             "price_with_url_usd_micros", "price_per_object", "group", "limits", "arguments", "example"}
    for action in every:
        assert set(action) == shape
        assert json.loads(action["example"]) is not None
    post = json.loads(run("actions", "post", "--json")[1])
    assert post in every and post["scopes"] == "tweet.read tweet.write users.read"
    assert post["price_usd_micros"] == 15000 and post["price_with_url_usd_micros"] == 200000
    assert json.loads(run("actions", "delete-post", "--json")[1])["name"] == "delete_post"
    assert "tweet.write" in run("actions", "post")[1]
    assert run("actions", "no-such-thing")[0] == 1


@pytest.mark.parametrize("text,length,urls,cashtags,price,valid", [
    ("hello", 5, 0, 0, 15000, True),
    ("caf\u00e9 \N{ROCKET}", 7, 0, 0, 15000, True),
    ("\u4eca\u65e5", 4, 0, 0, 15000, True),
    ("see https://example.com/a/very/long/path?with=query now", 31, 1, 0, 200000, True),
    ("$AAPL up", 8, 0, 1, 15000, True),
    ("$AAPL and $TSLA", 15, 0, 2, 15000, False),
    ("x" * 280, 280, 0, 0, 15000, True),
    ("x" * 281, 281, 0, 0, 15000, False),
    (" \t ", 3, 0, 0, 15000, False),
])
def test_check_counts_as_x_does(text, length, urls, cashtags, price, valid):
    want = {"weighted_length": length, "max": 280, "valid": valid, "urls": urls, "cashtags": cashtags,
            "price_usd_micros": price}
    for got in (run("check", text, "--json"), run("check", "-", "--json", input=text + "\n")):
        assert got[0] == 0 and json.loads(got[1]) == want
    assert run("check", text)[0] == (0 if valid else 65)


def test_check_takes_as_many_cashtags_as_the_plan():
    for plan, valid in (("payg", False), ("basic", False), ("enterprise", True)):
        assert json.loads(run("check", "$AAPL and $TSLA", "--plan", plan, "--json")[1])["valid"] is valid
    code, out, _ = run("check", "$AAPL and https://example.com")
    assert code == 0 and "$0.200" in out
    code, out, _ = run("check", "$AAPL and $TSLA")
    assert code == 65 and "cashtag" in out


def test_check_takes_off_one_final_newline_and_no_more():
    assert json.loads(run("check", "-", "--json", input="a\n\n")[1])["weighted_length"] == 2
    assert json.loads(run("check", "-", "--json", input="")[1])["valid"] is False
    assert json.loads(run("check", "x" * 281, "--premium", "--json")[1])["max"] == 25000
    code, out, err = run("check", "-", input=b"\xff\xfe")
    assert code == 65 and out == "" and "UTF-8" in err


def test_colours_are_never_used(tmp_path):
    for env in (environment(TERM="xterm-256color"), environment(TERM="xterm-256color", NO_COLOR="1")):
        code, shown = cli_lab.on_terminal(cli_lab.ROOST, "actions", env=env)
        assert code == 0 and "\x1b" not in shown
