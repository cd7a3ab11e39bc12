"""OAuth 2.0 of roost-xsim: PKCE, codes, both kinds of client, rotation of refresh tokens, revocation."""
import base64
import hashlib
import os
import sys
import time
import urllib.parse

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from xsimlab import Xsim, fixture  # noqa: E402

CALLBACK = "http://127.0.0.1:8765/callback"
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123456789"
SCOPES = "tweet.read tweet.write users.read offline.access"
TOKEN = "/2/oauth2/token"


def challenge(verifier=VERIFIER):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(name="xsim", params=[()])
def fixture_xsim(request):
    xsim = Xsim(*request.param)
    yield xsim
    assert xsim.stop() == 0


@pytest.fixture(name="app")
def fixture_app(xsim):
    app = xsim.admin("app").json
    app["basic"] = (app["client_id"], app["client_secret"])
    return app


def ask(xsim, app, **change):
    """One authorization request; what is None is left out."""
    query = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": CALLBACK, "scope": SCOPES,
             "state": "a state & more", "code_challenge": challenge(), "code_challenge_method": "S256", **change}
    query = urllib.parse.urlencode({k: v for k, v in query.items() if v is not None}, quote_via=urllib.parse.quote)
    return xsim.send("GET", "/i/oauth2/authorize?" + query)


def code_of(answer):
    assert answer.status == 302, answer.raw
    back = urllib.parse.urlsplit(answer.headers["location"])
    query = urllib.parse.parse_qs(back.query)
    assert back._replace(query="").geturl() == CALLBACK and query["state"] == ["a state & more"]
    return query["code"][0]


def trade(xsim, app, code, **change):
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **change}
    return xsim.form(TOKEN, fields, app["basic"])


def refresh(xsim, app, token):
    return xsim.form(TOKEN, {"grant_type": "refresh_token", "refresh_token": token}, app["basic"])


def assert_fixture(answer, name, status=400):
    assert (answer.status, answer.json) == (status, fixture(name))


def lives(xsim, token):
    return xsim.send("GET", "/2/users/me", token=token).status == 200


def test_a_code_is_traded_once_for_tokens(xsim, app):
    code = code_of(ask(xsim, app, xsim_user="demo3"))
    answer = trade(xsim, app, code)
    assert answer.status == 200 and answer.headers["cache-control"] == "no-store"
    tokens = answer.json
    assert tokens["token_type"] == "bearer" and tokens["expires_in"] == 7200 and tokens["scope"] == SCOPES
    assert len(tokens["access_token"]) == 91 and len(tokens["refresh_token"]) == 91
    assert xsim.send("GET", "/2/users/me", token=tokens["access_token"]).json["data"]["username"] == "demo3"
    assert_fixture(trade(xsim, app, code), "token-400-invalid-authorization-code")


def test_plain_works_and_without_offline_access_there_is_no_refresh_token(xsim, app):
    answer = ask(xsim, app, code_challenge=VERIFIER, code_challenge_method="plain", scope="tweet.read users.read")
    tokens = trade(xsim, app, code_of(answer)).json
    assert "refresh_token" not in tokens and lives(xsim, tokens["access_token"])


@pytest.mark.parametrize("change", [
    {"code_verifier": VERIFIER + "x"}, {"code_verifier": challenge()}, {"code_verifier": ""}, {"code_verifier": "short"},
    {"redirect_uri": CALLBACK + "/"}, {"redirect_uri": ""}, {"code": "never-issued"},
])
def test_a_code_with_a_wrong_companion_is_refused_and_spent(xsim, app, change):
    code = code_of(ask(xsim, app))
    assert_fixture(trade(xsim, app, **{"code": code, **change}), "token-400-invalid-authorization-code")
    if "code" not in change:
        assert_fixture(trade(xsim, app, code), "token-400-invalid-authorization-code")


@pytest.mark.parametrize("change", [
    {"response_type": "token"}, {"response_type": None}, {"scope": "tweet.read everything"}, {"scope": None},
    {"state": None}, {"state": "x" * 501}, {"code_challenge_method": "S512"}, {"code_challenge_method": None},
    {"code_challenge": "short"}, {"code_challenge": None}, {"client_id": "nobody"},
    {"redirect_uri": CALLBACK + "?x=1"}, {"redirect_uri": "http://127.0.0.1:8766/callback"}, {"redirect_uri": None},
])
def test_a_wrong_authorization_request_is_refused_and_goes_nowhere(xsim, app, change):
    answer = ask(xsim, app, **change)
    assert answer.status == 400 and "location" not in answer.headers and answer.json["error"] == "invalid_request"


def test_a_user_may_deny_and_a_callback_may_be_registered(xsim, app):
    answer = ask(xsim, app, xsim_deny="1")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["location"]).query)
    assert query["error"] == ["access_denied"] and "code" not in query
    other = "http://127.0.0.1:5555/back"
    assert ask(xsim, app, redirect_uri=other).status == 400
    xsim.admin("app", {"redirect_uri": other})
    assert ask(xsim, app, redirect_uri=other).headers["location"].startswith(other + "?state=")


def test_a_code_belongs_to_its_client(xsim, app):
    public = app["public"]["client_id"]
    code = code_of(ask(xsim, app, client_id=public))
    assert_fixture(trade(xsim, app, code), "token-400-invalid-authorization-code")
    fields = {"grant_type": "authorization_code", "code": code_of(ask(xsim, app, client_id=public)), "redirect_uri": CALLBACK,
              "code_verifier": VERIFIER, "client_id": public}
    tokens = xsim.form(TOKEN, fields).json
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert_fixture(refresh(xsim, app, tokens["refresh_token"]), "token-400-invalid-refresh-token")
    assert xsim.form(TOKEN, {**again, "client_id": public}).status == 200


def test_a_confidential_client_must_say_its_secret(xsim, app):
    fields = {"grant_type": "refresh_token", "refresh_token": xsim.accounts()[0]["refresh_token"]}
    for extra, basic in (({}, None), ({"client_id": app["client_id"]}, None), ({}, (app["client_id"], "wrong")),
                         ({}, (app["public"]["client_id"], ""))):
        assert_fixture(xsim.form(TOKEN, {**fields, **extra}, basic), "token-401-missing-client-auth", 401)
    assert xsim.form(TOKEN, fields, app["basic"]).status == 200


def test_a_refresh_ends_both_old_tokens(xsim, app):
    old = xsim.accounts()[0]
    new = refresh(xsim, app, old["refresh_token"]).json
    assert new["refresh_token"] != old["refresh_token"]
    assert lives(xsim, new["access_token"]) and not lives(xsim, old["access_token"])
    assert xsim.stats()["refreshes"] == 1


def test_a_refresh_token_used_twice_kills_the_family(xsim, app):
    old = xsim.accounts()[0]
    new = refresh(xsim, app, old["refresh_token"]).json
    assert_fixture(refresh(xsim, app, old["refresh_token"]), "token-400-invalid-refresh-token")
    assert not lives(xsim, new["access_token"])
    assert_fixture(refresh(xsim, app, new["refresh_token"]), "token-400-invalid-refresh-token")
    stats = xsim.stats()
    assert stats["refresh_presented_twice"] == 1 and stats["families_killed"] == 1
    assert lives(xsim, xsim.accounts()[0]["access_token"])  # the other accounts live on
    assert old["username"] not in {a["username"] for a in xsim.accounts()}


@pytest.mark.parametrize("xsim", [("--strict", "off")], indirect=True)
def test_without_strict_mode_the_family_lives(xsim, app):
    old = xsim.accounts()[0]
    new = refresh(xsim, app, old["refresh_token"]).json
    assert_fixture(refresh(xsim, app, old["refresh_token"]), "token-400-invalid-refresh-token")
    assert lives(xsim, new["access_token"]) and refresh(xsim, app, new["refresh_token"]).status == 200
    assert xsim.stats()["refresh_presented_twice"] == 1 and xsim.stats()["families_killed"] == 0


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_grant(xsim, app, which):
    account = xsim.accounts()[0]
    answer = xsim.form("/2/oauth2/revoke", {"token": account[which]}, app["basic"])
    assert (answer.status, answer.json) == (200, {"revoked": True})
    assert not lives(xsim, account["access_token"])
    assert_fixture(refresh(xsim, app, account["refresh_token"]), "token-400-invalid-refresh-token")
    assert xsim.form("/2/oauth2/revoke", {}, app["basic"]).status == 400


@pytest.mark.parametrize("xsim", [("--token-life", 1)], indirect=True)
def test_an_access_token_ends_by_itself_and_is_renewed(xsim, app):
    account = xsim.accounts()[0]
    while lives(xsim, account["access_token"]):
        pass
    answer = refresh(xsim, app, account["refresh_token"])
    assert answer.json["expires_in"] == 1


@pytest.mark.parametrize("xsim", [("--code-life", 1)], indirect=True)
def test_a_code_is_good_for_a_short_time(xsim, app):
    code = code_of(ask(xsim, app))
    time.sleep(1.1)  # its life is what is tested
    assert_fixture(trade(xsim, app, code), "token-400-invalid-authorization-code")


def test_other_forms_are_refused(xsim, app):
    answer = xsim.form(TOKEN, {"grant_type": "password"}, app["basic"])
    assert answer.status == 400 and answer.json["error"] == "unsupported_grant_type"
    answer = xsim.send("POST", TOKEN, {"grant_type": "refresh_token"})
    assert answer.status == 400 and answer.json["error"] == "invalid_request"
