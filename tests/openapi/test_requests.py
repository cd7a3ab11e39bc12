"""
Every action, with arguments made from roost's own table, becomes a request that X's specification allows; every operation
takes what the specification allows. The judge is python3-jsonschema over tests/data/openapi.json.
"""
import json
import os
import random
import re
import subprocess
import urllib.parse

import jsonschema
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ["ROOST_BIN"]
SEED = int(os.environ.get("ROOST_SEED", random.SystemRandom().randrange(1 << 32)))
with open(os.path.join(HERE, "../data/openapi.json"), encoding="utf-8") as spec_file:
    SPEC = json.load(spec_file)
ROUNDS = 6  # requests made of each action

# Where roost and the file differ on purpose. X's documentation, its examples and its servers say tweet.fields.
RENAMED = {"tweet.fields": "post.fields"}
# Actions of which no request is made, and why.
NO_REQUEST = {"thread": "it becomes one post for each part, and those are made of `post`"}

# Texts of each pattern of the specification, for arguments that have one.
TEXTS = {
    "^[0-9]{1,19}$": ["1", "1900000000000000001"], "^[1-9][0-9]{0,18}$": ["1", "1900000000000000001"],
    "^[0-9]+$": ["0", "7"], "^[a-zA-Z0-9]{1,13}$": ["1DXxyRYNejbKM", "a"], "^[a-zA-Z0-9]{1,50}$": ["abc"],
    "^[A-Za-z0-9+/=_-]+$": ["aGVsbG8=", "a_-"], "^([0-9]+)_([0-9]+)$": ["3_1", "13_1900000000000000001"],
    "^[A-Z]{2}$": ["EN", "DE"], "^([0-9]{1,19}|[0-9]{1,19}-[0-9]{1,19}|g[0-9]{1,19})$": ["1", "1-2", "g7"],
    "^([0-9]{1,19}-[0-9]{1,19}|[0-9]{15,19})$": ["1-2", "1900000000000000001"],
    "^(?=[\\s\\S]*https?://\\S+)[\\s\\S]+$": ["see https://example.com"], "^[A-Za-z0-9_]{1,15}$": ["ann_example", "A"],
    "^[A-Za-z0-9_' ]{1,50}$": ["ann", "O'Neil"],
}


def follow(node):
    while "$ref" in node:
        at = SPEC
        for key in node["$ref"][2:].split("/"):
            at = at[key]
        node = at
    return node


OPERATIONS = {op["operationId"]: {**op, "path": path, "method": method.upper()}
              for path, methods in SPEC["paths"].items() for method, op in methods.items()
              if method in ("get", "post", "put", "delete")}


def parameters(op, place):
    return {p["name"]: p for p in map(follow, op.get("parameters", [])) if p["in"] == place}


def validate(value, schema):
    resolver = jsonschema.RefResolver("", SPEC)
    jsonschema.Draft4Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker()).validate(value)


# --- arguments out of roost's table ---

class Maker:
    """Makes values for rows of `roost actions --json`."""

    def __init__(self, rng, op):
        self.rng, self.op = rng, op

    def is_in_file(self, name, word):
        """Fields and expansions may also have the names of X's documentation: test_unit.openapi lists those."""
        if not name.endswith("_fields") and name != "expansions":
            return True
        name = name.replace("_fields", ".fields")
        schema = parameters(self.op, "query")[RENAMED.get(name, name)]["schema"]
        return word in follow(schema["items"])["enum"]

    def words(self, row):
        if row["words"]:
            return [w for w in dict.fromkeys(row["words"]) if self.is_in_file(row["name"], w)]
        if row["pattern"]:
            return TEXTS[row["pattern"]]
        name = row["name"].replace("_fields", ".fields")  # free words: those of the specification are passed on
        schema = follow(parameters(self.op, "query")[RENAMED.get(name, name)]["schema"])
        return list(dict.fromkeys(follow(schema["items"])["enum"]))

    def count(self, row, there):
        return self.rng.randint(max(row["min"], 1), max(min(row["max"], there), 1))

    def text(self, row):
        if row["pattern"]:
            return self.rng.choice(TEXTS[row["pattern"]])
        n = min(row["max"], max(row["min"], self.rng.choice([1, 3, 20])))
        made = "".join(self.rng.choice("ab c\u00e9\u4f60&?%/\"\\") for _ in range(n))
        return made if made.strip() else "a" * n  # a post of blanks alone is refused

    def value(self, row):
        pick = self.rng.choice
        kinds = {
            "id": lambda: pick(["1", "1900000000000000001"]), 'id or "@name"': lambda: pick(["1", "1900000000000000001"]),
            "text": lambda: self.text(row), "true or false": lambda: pick([True, False]),
            "whole number": lambda: pick([row["min"], row["max"], self.rng.randint(row["min"], row["max"])]),
            "instant in UTC": lambda: pick(["2026-09-01T10:00:00Z", "2026-09-01T10:00:00.000Z"]),
            "id of a conversation": lambda: pick(["1-2", "1900000000000000001"]),
            "word": lambda: pick(row["words"]),
            "list of ids": lambda: [str(100 + i) for i in range(self.count(row, 9))],
            "list of media": lambda: [str(100 + i) for i in range(self.count(row, 4))],
            "map": lambda: self.map(row), "list": lambda: self.list(row),
        }
        if row["type"] == "words":
            words = self.words(row)
            some = self.rng.sample(words, self.count(row, len(words)))
            return pick([some, ",".join(some)])
        return kinds[row["type"]]()

    def map(self, row):
        if row["name"] == "poll" and not row["inner"]:
            return {"options": ["yes", "no"], "duration_minutes": self.rng.randint(5, 10080)}
        return {r["name"]: self.value(r) for r in row["inner"] or [] if r["required"] or self.rng.random() < 0.5}

    def list(self, row):
        return [self.value(row["inner"][0]) for _ in range(self.count(row, 3) if row["max"] else 0)]

    def args(self, action, share):
        """Required arguments, and about `share` of the others; then what goes together is put right."""
        out = {r["name"]: self.value(r) for r in action["arguments"] if r["required"] or self.rng.random() < share}
        return out


def mended(action, maker, args, error):
    """The check before the queue knows what arguments may stand together; the table says it in words only."""
    names = error["error"].rsplit(": ", 1)[-1].split(", ")
    if "at most one" in error["error"] or "only one" in error["error"]:
        for name in names[1:] if names[0] in args else names:
            args.pop(name, None)
        return True
    if "needs at least one" in error["error"] or "needs one" in error["error"]:
        name = "text" if "text" in names else names[0]
        args[name] = maker.value(next(r for r in action["arguments"] if r["name"] == name))
        return True
    if "only allowed beside 'media'" in error["error"]:
        args.pop(error["field"])
        return True
    return False


class Tool:
    """tests/openapi/requests.c: the check before the queue, and the worker's builder."""

    def __enter__(self):
        self.process = subprocess.Popen([os.path.join(BIN, "openapi_requests")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait() == 0
        self.process.stdout.close()

    def make(self, action, args):
        self.process.stdin.write(json.dumps({"action": action, "args": args}).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(name="actions", scope="module")
def fixture_actions():
    out = subprocess.run([os.path.join(BIN, "roost"), "actions", "--json"], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(out)


@pytest.fixture(name="tool", scope="module")
def fixture_tool():
    with Tool() as tool:
        yield tool


# --- the judge ---

def typed(text, schema):
    """What a text of a path or a query stands for."""
    schema = follow(schema)
    if schema["type"] == "array":
        return [typed(item, schema["items"]) for item in text.split(",")]
    if schema["type"] == "integer":
        return int(text)
    if schema["type"] == "boolean":
        return {"true": True, "false": False}[text]
    return text


def check_path(op, path):
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(op["path"]))
    match = re.fullmatch(pattern, path)
    assert match, (op["path"], path)
    for name, text in match.groupdict().items():
        schema = parameters(op, "path")[name]["schema"]
        validate(typed(urllib.parse.unquote(text), schema), schema)


def check_query(op, query):
    known, seen = parameters(op, "query"), set()
    for pair in filter(None, query.split("&")):
        name, _, text = pair.partition("=")
        name = RENAMED.get(urllib.parse.unquote(name), urllib.parse.unquote(name))
        assert name in known, f"{name} is no parameter of {op['operationId']}"
        assert name not in seen
        seen.add(name)
        validate(typed(urllib.parse.unquote(text), known[name]["schema"]), known[name]["schema"])
    assert {n for n, p in known.items() if p.get("required")} <= seen


def check_body(op, body):
    content = follow(op.get("requestBody", {})).get("content", {})
    if not content:
        assert body in (None, {}), op["operationId"]  # a POST without one is sent {}: X wants a body there
        return
    validate(body, content["application/json"]["schema"])


def judge(request):
    op = OPERATIONS[request["operation"]]
    assert request["method"] == op["method"]
    check_path(op, request["path"])
    check_query(op, request["query"])
    check_body(op, request["body"])


# --- the tests ---

def operation_of(action):
    return next(o for o in OPERATIONS.values() if o["method"] == action["method"] and o["path"] == action["path"])


def requests_of(action, tool, rng):
    maker = Maker(rng, operation_of(action))
    for share in [0, 1] + [0.5] * (ROUNDS - 2):
        args = maker.args(action, share)
        made = tool.make(action["name"], args)
        for _ in action["arguments"]:  # one thing at a time, and no argument needs it twice
            if "error" in made and mended(action, maker, args, made):
                made = tool.make(action["name"], args)
        yield args, made


def test_every_action_makes_requests_that_the_specification_allows(actions, tool):
    print("ROOST_SEED", SEED)
    rng, judged = random.Random(SEED), {}
    for action in actions:
        if action["name"] in NO_REQUEST:
            continue
        for args, made in requests_of(action, tool, rng):
            where = f"{action['name']} {json.dumps(args)}: {json.dumps(made)}"
            # An account's own id is the only thing the table cannot tell: the worker refuses others.
            if "must be the account itself" in made.get("unmade", ""):
                continue
            assert "error" not in made and "unmade" not in made, where
            try:
                judge(made)
            except (jsonschema.ValidationError, AssertionError, KeyError, ValueError) as e:
                raise AssertionError(where) from e
            judged[action["name"]] = judged.get(action["name"], 0) + 1
    assert set(judged) == {a["name"] for a in actions} - set(NO_REQUEST)
    print(f"{len(judged)} of {len(actions) - len(NO_REQUEST)} actions, {sum(judged.values())} requests")


def test_every_operation_for_users_is_an_action_or_refused_with_a_reason(actions):
    names = {a["name"] for a in actions}
    for name, op in OPERATIONS.items():
        users = any("OAuth2UserToken" in way for way in op.get("security", []))
        if name in names:
            assert users, name
            continue
        run = subprocess.run([os.path.join(BIN, "roost"), "actions", name], stderr=subprocess.PIPE, check=False)
        assert run.returncode == 1 and b"is no action: it " in run.stderr, name
        assert not users or b"bytes" in run.stderr, name


def sample(schema, rng, everything):
    """A value that the specification allows; with `everything`, every property is there."""
    schema = follow(schema)
    if "anyOf" in schema and "type" not in schema:
        return "aGVsbG8="
    if "enum" in schema:
        return rng.choice(schema["enum"])
    if schema["type"] == "array":
        item = follow(schema["items"])
        least = max(schema.get("minItems", 0), 1)
        if schema.get("uniqueItems") or item.get("pattern") == "^[0-9]{1,19}$":
            return [str(7 + i) for i in range(least)] if item.get("pattern") == "^[0-9]{1,19}$" else [sample(item, rng, True)]
        return [sample(item, rng, everything) for _ in range(least)]
    if schema["type"] == "object":
        return {k: sample(s, rng, everything) for k, s in schema.get("properties", {}).items()
                if everything or k in schema.get("required", [])}
    if schema["type"] == "boolean":
        return rng.choice([True, False])
    if schema["type"] in ("integer", "number"):
        return schema.get("maximum", schema.get("minimum", 1))
    if schema.get("format") == "date-time":
        return "2026-09-01T10:00:00Z"
    if "pattern" in schema:
        return rng.choice(TEXTS[schema["pattern"]])
    return "x" * max(schema.get("minLength", 1), 1)


# Keys of createPosts of which X takes one at a time, and its own text is weighed: by X's documentation, not by the file.
ONE_OF = {"poll", "quote_tweet_id", "direct_message_deep_link", "card_uri"}


def test_every_operation_takes_what_the_specification_allows(actions, tool):
    print("ROOST_SEED", SEED)
    rng, count = random.Random(SEED), 0
    for action in (a for a in actions if a["group"] == "operation"):
        op = OPERATIONS[action["name"]]
        content = follow(op.get("requestBody", {})).get("content", {})
        body = sample(content["application/json"]["schema"], rng, True) if content else {}
        if action["name"] == "createPosts":
            body = {k: v for k, v in body.items() if k not in ONE_OF}
        args = {p["name"]: sample(p["schema"], rng, True) for place in ("path", "query") for p in parameters(op, place).values()}
        self_id = [r["name"] for r in action["arguments"] if "it need not be given" in r["help"]]
        for name in self_id:
            args.pop(name, None)
        made = tool.make(action["name"], {**args, **body})
        assert "path" in made, (action["name"], args, body, made)
        judge(made)
        assert (made["body"] or {}) == body, action["name"]
        count += 1
    assert count == sum(a["group"] == "operation" for a in actions)


def test_the_judge_sees_what_is_wrong():
    """A judge that never objects proves nothing."""
    bad = [
        {"operation": "createPosts", "method": "POST", "path": "/2/tweets", "query": "", "body": {"txet": "a"}},
        {"operation": "createPosts", "method": "POST", "path": "/2/tweets", "query": "a=b", "body": {"text": "a"}},
        {"operation": "likePost", "method": "POST", "path": "/2/users/@a/likes", "query": "", "body": {"tweet_id": "1"}},
        {"operation": "likePost", "method": "POST", "path": "/2/users/1/likes", "query": "", "body": {"tweet_id": "x"}},
        {"operation": "getUsersPosts", "method": "GET", "path": "/2/users/1/tweets", "query": "max_results=4", "body": None},
        {"operation": "searchPostsRecent", "method": "GET", "path": "/2/tweets/search/recent", "query": "", "body": None},
        {"operation": "deletePosts", "method": "GET", "path": "/2/tweets/1", "query": "", "body": None},
    ]
    for request in bad:
        with pytest.raises((jsonschema.ValidationError, AssertionError)):
            judge(request)
