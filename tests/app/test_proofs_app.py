"""Fresh proofs of identity on the page: the code of a second factor, and the identity provider in a second tab."""

import json
import time
import warnings
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

import pyotp
import pytest
from review_clinic import PASSWORD
from test_review_app import on_page, on_update, opened, sign, text, whole

from app import workspace
from governance.services import commands, queries

BACK = "http://localhost:8501/"


def field(app, label):
    return next((one for one in app.text_input if one.label.startswith(label)), None)


def enroll(gov, username):
    fresh = commands.new_totp(username)
    totp = pyotp.TOTP(fresh.secret)
    proof = {"password": PASSWORD, "secret": fresh.secret, "code": totp.now()}
    commands.enroll_totp(gov, username=username, **proof)
    return totp


def next_code(totp):
    """Return the code of the step to come: it counts already, and was not used."""
    return totp.at(time.time(), counter_offset=1)


class TestCode:
    def test_who_has_not_enrolled_is_not_asked(self, folder):
        assert field(on_update("clara"), "Code of") is None

    def test_who_has_enrolled_signs_with_a_code(self, folder, gov):
        totp = enroll(gov, "clara")
        app = on_update("clara")
        assert "do not belong together" in text(sign(app, "approve", "looked at it"))
        assert queries.update_detail(gov, "good").signatures == ()
        field(app, "Code of").input(next_code(totp))
        assert "Still missing: a signature by an approver" in text(sign(app, "approve", "looked at it"))
        assert queries.events(gov, action="update-signed")[0].details["proof"] == "password and code"
        assert not field(app, "Code of").value

    def test_a_rollback_asks_for_it_too_and_offers_no_retired_version(self, folder, gov):
        sign(on_update("clara"), "approve", "fine")
        sign(on_update("abel"), "approve", "fine")
        commands.promote(gov, update_id="good", actor="abel")
        totp = enroll(gov, "ada")
        app = on_page("ada", "model")
        app.text_input(key="rollback_reason").input("complaints")
        app.text_input(key="rollback_password").input(PASSWORD)
        app.text_input(key="rollback_code").input("000000")
        assert "do not belong together" in text(whole(app.button(key="rollback_submit").click().run()))
        first = queries.model_history(gov)[0].current
        by = commands.prove_now(gov, "ada", PASSWORD, next_code(totp), purpose="retirement")
        commands.retire_model(gov, model=first, by=by, reason="superseded")
        assert "no earlier model to go back to" in text(on_page("ada", "model"))


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def sent_back(url, subject):
    """Sign in at the provider in a browser's place; return the parameters it sends back."""
    try:
        build_opener(_Stay).open(Request(url, urlencode({"sub": subject}).encode()), timeout=10)
    except HTTPError as answer:
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    raise AssertionError("not sent back")


def second_tab(parameters):
    app = opened()
    for name, value in parameters.items():
        app.query_params[name] = value
    return whole(app.run())


@pytest.fixture
def provider(folder, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock
    monkeypatch.setenv("CLINICAL_SDFT_OIDC_CLIENT_SECRET", "known")
    with oidc_provider_mock.run_server_in_thread() as server:
        issuer = f"http://localhost:{server.server_port}"
        (folder / "config.toml").write_text(
            f'[governance.oidc]\nissuer = "{issuer}"\nclient_id = "sdft"\nredirect_uri = "{BACK}"\n'
        )
        user = json.dumps({"auth_time": int(time.time())}).encode()
        urlopen(Request(f"{issuer}/users/s-clara", user, {"Content-Type": "application/json"}, method="PUT"))
        by = commands.prove_now(workspace.current(), "ada", PASSWORD, None, purpose="reset")
        commands.link_identity(workspace.current(), username="clara", subject="s-clara", by=by, reason="shown")
        yield issuer


def asked_for(app, decision, reason):
    app.radio(key="sign_decision_good").set_value(decision)
    app.text_area(key="sign_reason_good").input(reason)
    return whole(app.button(key="sign_submit_good").click().run())


class TestProvider:
    def test_the_provider_opens_in_a_second_tab_and_the_first_signs(self, provider):
        app = on_update("clara")
        assert field(app, "Password of") is None
        assert "Choose a decision" in text(whole(app.button(key="sign_submit_good").click().run()))
        asked_for(app, "approve", "looked at it")
        (link,) = app.get("link_button")
        assert "has not sent you back yet" in text(whole(app.button(key="sign_now_good").click().run()))
        back = sent_back(link.proto.url, "s-clara")
        assert "signed in as clara, to approve update good" in text(second_tab(back))
        assert "Your signature is recorded" in text(whole(app.button(key="sign_now_good").click().run()))
        gov = workspace.current()
        assert queries.events(gov, action="update-signed")[0].details["proof"] == "identity provider"
        assert "nobody here asked" in text(second_tab(back))
        assert commands.verify_store(gov).ok

    def test_somebody_elses_sign_in_signs_nothing(self, provider):
        app = asked_for(on_update("clara"), "approve", "looked at it")
        user = json.dumps({"auth_time": int(time.time())}).encode()
        urlopen(Request(f"{provider}/users/s-eve", user, {"Content-Type": "application/json"}, method="PUT"))
        second_tab(sent_back(app.get("link_button")[0].proto.url, "s-eve"))
        assert "sign in there again" in text(whole(app.button(key="sign_now_good").click().run()))
        assert queries.update_detail(workspace.current(), "good").signatures == ()

    def test_another_decision_takes_another_sign_in(self, provider):
        app = asked_for(on_update("clara"), "approve", "looked at it")
        approving = app.get("link_button")[0].proto.url
        assert app.button(key="sign_now_good").label == "2. Sign now: approve"
        asked_for(app, "reject", "on second thought")
        assert app.button(key="sign_now_good").label == "2. Sign now: reject"
        second_tab(sent_back(approving, "s-clara"))
        assert "has not sent you back yet" in text(whole(app.button(key="sign_now_good").click().run()))
        second_tab(sent_back(app.get("link_button")[0].proto.url, "s-clara"))
        assert "Your signature is recorded: reject" in text(whole(app.button(key="sign_now_good").click().run()))

    def test_a_refusal_or_a_stranger_coming_back_is_told(self, provider):
        assert "refused: access_denied" in text(second_tab({"state": "x", "error": "access_denied"}))
        assert "nobody here asked" in text(second_tab({"state": "x", "code": "y"}))

    def test_without_an_address_of_the_page_the_command_line_is_named(self, folder, provider):
        config = folder / "config.toml"
        config.write_text(config.read_text().replace(f'redirect_uri = "{BACK}"\n', ""))
        workspace._open.clear()
        assert "clinical-sdft review approve" in text(asked_for(on_update("clara"), "approve", "x"))
