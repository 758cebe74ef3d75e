"""A signature through the hospital's identity provider: what counts as a fresh sign-in, and all that does not."""

import base64
import hmac
import time
import warnings
from contextlib import contextmanager
from datetime import timedelta

import pytest
from governance_world import PASSWORD, digest
from joserfc.jwk import RSAKey
from oidc_issuer import brought_back, issuer, sign_in

from governance.approvals.errors import AccountWaitsError, PersonError, ProviderError, SignatureError, SignInError
from governance.rules import OidcRules, Rules
from governance.services import commands, queries
from governance.services.handle import system_clock

BACK = "http://127.0.0.1:1/signed-in"


@pytest.fixture(scope="module")
def here():
    with issuer() as found:
        yield found


def configure(world, url, **more):
    rules = Rules(oidc=OidcRules(issuer=url, client_id="sdft", **more))
    object.__setattr__(world.gov, "rules", rules)


def link(world, username, subject):
    by = commands.prove_now(world.gov, "admin", PASSWORD, None, purpose="reset")
    commands.link_identity(world.gov, username=username, subject=subject, by=by, reason="shown at the desk")


@pytest.fixture
def clinic(world, here):
    configure(world, here.url)
    link(world, "clara", "subject-clara")
    world.bundle_shown = world.submitted("u1")
    return world


def nonce_for(world, bundle, username="clara", decision="approve"):
    about = {"username": username, "update_id": bundle.update_id, "bundle": bundle.digest, "decision": decision}
    return brought_back(commands.begin_login(world.gov, redirect_uri=BACK, **about).url)["nonce"]


def claims(world, here, made, **changes):
    now = int(world.clock.moment.timestamp())
    found = {
        "iss": here.url,
        "sub": "subject-clara",
        "aud": "sdft",
        "exp": now + 120,
        "iat": now,
        "auth_time": now - 5,
        "nonce": made,
    }
    return {name: value for name, value in (found | changes).items() if value is not None}


def sign(world, token, username="clara", decision="approve", bundle=None):
    bundle = bundle or world.bundle_shown
    return world.sign(bundle, username, decision, password=None, id_token=token)


def last_fault(world):
    return queries.events(world.gov, action="sign-in-failed")[0].details["fault"]


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_a_fresh_sign_in_signs(clinic, here, alg):
    token = here.token(claims(clinic, here, nonce_for(clinic, clinic.bundle_shown)), alg)
    signature = sign(clinic, token, "Clara")
    assert (signature.username, signature.printed_name) == ("clara", "Dr. Clara Clinician")
    assert queries.events(clinic.gov, action="update-signed")[0].details["proof"] == "identity provider"
    assert commands.verify_store(clinic.gov).problems == []


HOUR = 3600
BAD = {
    "expired": ({"exp": lambda now: now - 1}, "expired"),
    "without an end": ({"exp": None}, "expired"),
    "its end is a word": ({"exp": "never"}, "expired"),
    "another audience": ({"aud": "somebody-else"}, "audience"),
    "no audience": ({"aud": None}, "audience"),
    "two audiences, for the other": ({"aud": ["sdft", "other"], "azp": "other"}, "audience"),
    "two audiences, for nobody": ({"aud": ["sdft", "other"]}, "audience"),
    "another issuer": ({"iss": "https://elsewhere.example"}, "issuer"),
    "from the future": ({"iat": lambda now: now + HOUR}, "future"),
    "a stale sign-in": ({"auth_time": lambda now: now - 301}, "stale"),
    "a sign-in to come": ({"auth_time": lambda now: now + HOUR}, "stale"),
    "no time of sign-in": ({"auth_time": None}, "stale"),
    "a true time of sign-in": ({"auth_time": True}, "stale"),
    "somebody else's subject": ({"sub": "subject-carl"}, "subject"),
    "no subject": ({"sub": None}, "malformed"),
    "no nonce": ({"nonce": None}, "malformed"),
    "a nonce of their own": ({"nonce": "1.2.3"}, "nonce"),
    "an empty nonce": ({"nonce": ""}, "nonce"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_token_that_does_not_hold_signs_nothing(clinic, here, name):
    changes, fault = BAD[name]
    now = int(clinic.clock.moment.timestamp())
    changes = {key: value(now) if callable(value) else value for key, value in changes.items()}
    token = here.token(claims(clinic, here, nonce_for(clinic, clinic.bundle_shown), **changes))
    with pytest.raises(SignInError, match="sign in there again"):
        sign(clinic, token)
    assert last_fault(clinic) == fault
    assert queries.update_detail(clinic.gov, "u1").signatures == ()


def test_a_token_that_the_issuer_did_not_sign_signs_nothing(clinic, here):
    said = claims(clinic, here, nonce_for(clinic, clinic.bundle_shown))
    good, own = here.token(said), RSAKey.generate_key(2048, {"kid": "own"})
    head, body, mark = good.split(".")
    published = here.keys["RS256"].as_pem(private=False)
    confused = ".".join((_base64(b'{"alg":"HS256","kid":"rsa"}'), body))
    confused += "." + _base64(hmac.digest(published, confused.encode(), "sha256"))
    bad = {
        "unknown key": here.token(said, key=own),
        "unknown key under a known name": here.token(said, key=own, kid="rsa"),
        "altered": f"{head}.{here.token(said | {'sub': 'x'}).split('.')[1]}.{mark}",
        "no signature": f"{head}.{body}.",
        "no algorithm": f"eyJhbGciOiJub25lIn0.{body}.",
        "algorithm confusion": confused,
        "no token": "",
        "a novel": "a" * 70_000,
        "not base64": "a.b.c",
    }
    for name, token in bad.items():
        clinic.clock.moment += timedelta(hours=5)  # so that the account does not wait
        with pytest.raises(SignInError):
            sign(clinic, token)
        assert last_fault(clinic) in ("signature", "malformed"), name


def _base64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_a_nonce_is_for_one_signature_and_counts_once(clinic, here):
    second = clinic.submitted("u2")
    token = here.token(claims(clinic, here, nonce_for(clinic, clinic.bundle_shown)))
    for changes in ({"decision": "reject"}, {"bundle": second}, {"username": "carl"}):
        with pytest.raises(SignInError):
            sign(clinic, token, **changes)
        assert last_fault(clinic) == "nonce"
    sign(clinic, token)
    fresh = here.token(claims(clinic, here, nonce_for(clinic, second)))
    sign(clinic, fresh, bundle=second)
    rejecting = nonce_for(clinic, second, decision="reject")
    sign(clinic, here.token(claims(clinic, here, rejecting)), decision="reject", bundle=second)
    with pytest.raises(SignInError):
        sign(clinic, here.token(claims(clinic, here, rejecting)), decision="reject", bundle=second)
    assert last_fault(clinic) == "replayed"
    assert commands.verify_store(clinic.gov).problems == []


def test_a_nonce_grows_old(clinic, here):
    nonce = nonce_for(clinic, clinic.bundle_shown)
    clinic.clock.moment += timedelta(seconds=301)
    with pytest.raises(SignInError):
        sign(clinic, here.token(claims(clinic, here, nonce)))
    assert last_fault(clinic) == "nonce-old"


def test_bad_tokens_make_the_account_wait(clinic, here):
    for _ in range(5):
        with pytest.raises(SignInError):
            sign(clinic, "a.b.c")
    with pytest.raises(AccountWaitsError):
        sign(clinic, here.token(claims(clinic, here, nonce_for(clinic, clinic.bundle_shown))))


def test_who_is_linked_signs_in_no_lesser_way(clinic):
    with pytest.raises(SignatureError, match="identity provider"):
        clinic.sign(clinic.bundle_shown, "clara")
    by = commands.prove_now(clinic.gov, "admin", PASSWORD, None, purpose="reset")
    commands.link_identity(clinic.gov, username="clara", subject=None, by=by, reason="left the provider")
    clinic.sign(clinic.bundle_shown, "clara")


def test_one_subject_is_one_person(clinic):
    with pytest.raises(PersonError, match="clara already"):
        link(clinic, "carl", "subject-clara")
    link(clinic, "clara", "subject-clara")


class TestGroups:
    @pytest.mark.parametrize("groups", [["ward-doctors", "choir"], "ward-doctors"])
    def test_a_group_lets_a_role_of_the_person_count(self, clinic, here, groups):
        configure(clinic, here.url, roles={"ward-doctors": "clinician", "board": "approver"})
        nonce = nonce_for(clinic, clinic.bundle_shown)
        sign(clinic, here.token(claims(clinic, here, nonce, groups=groups)))
        assert queries.events(clinic.gov, action="update-signed")[0].details["roles"] == "clinician"

    @pytest.mark.parametrize("groups", [None, [], ["board"], 7, [None]])
    def test_who_left_the_group_signs_no_more_and_a_group_gives_no_role_that_is_not_given_here(
        self, clinic, here, groups
    ):
        configure(clinic, here.url, roles={"ward-doctors": "clinician", "board": "approver"})
        nonce = nonce_for(clinic, clinic.bundle_shown)
        with pytest.raises(SignatureError, match="neither clinician nor approver"):
            sign(clinic, here.token(claims(clinic, here, nonce, groups=groups)))


class TestProvider:
    @pytest.mark.parametrize(
        ("metadata", "words"),
        [
            ({"issuer": "https://elsewhere.example"}, "another issuer"),
            ({"jwks_uri": "http://idp.example/keys"}, "https"),
            ({"jwks_uri": "file:///etc/passwd"}, "https"),
            ({"jwks_uri": None}, "https"),
            ({"jwks_uri": "{url}/nothing"}, "404"),
            ({"jwks_uri": "{url}/.well-known/openid-configuration"}, "keys cannot be read"),
        ],
    )
    def test_one_that_is_not_itself_is_named_and_counts_no_failure(self, clinic, here, metadata, words):
        token = here.token(claims(clinic, here, nonce_for(clinic, clinic.bundle_shown)))
        here.metadata = {
            name: value.format(url=here.url) if isinstance(value, str) else value for name, value in metadata.items()
        }
        try:
            with pytest.raises(ProviderError, match=words):
                sign(clinic, token)
        finally:
            here.metadata = {}
        assert queries.events(clinic.gov, action="sign-in-failed") == ()

    def test_without_one_in_the_rules_nobody_is_linked(self, world):
        with pytest.raises(ProviderError, match="none is set up"):
            link(world, "clara", "subject-clara")


@contextmanager
def provider_of_others():
    """A provider that others wrote, with its own idea of the protocol."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock

    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


def test_the_whole_way_through_a_provider_that_others_wrote(world, monkeypatch):
    from urllib.request import Request, urlopen

    monkeypatch.setenv("CLINICAL_SDFT_OIDC_CLIENT_SECRET", "known to the provider")
    object.__setattr__(world.gov, "clock", system_clock)
    with provider_of_others() as url:
        configure(world, url, roles={"ward-doctors": "clinician"})
        link(world, "clara", "subject-clara")
        bundle = world.submitted("u1")
        user = f'{{"auth_time": {int(time.time())}, "groups": ["ward-doctors"]}}'.encode()
        urlopen(Request(f"{url}/users/subject-clara", user, {"Content-Type": "application/json"}, method="PUT"))
        about = {"username": "clara", "update_id": "u1", "bundle": bundle.digest, "decision": "approve"}
        login = commands.begin_login(world.gov, redirect_uri=BACK, **about)
        asked = brought_back(login.url)
        assert (asked["prompt"], asked["max_age"], asked["code_challenge_method"]) == ("login", "0", "S256")
        back = brought_back(sign_in(login.url, "subject-clara"))
        assert back["state"] == login.state
        token = commands.redeem_login(world.gov, login, back["code"])
        assert sign(world, token, bundle=bundle).username == "clara"
        with pytest.raises(ProviderError, match="sign in again"):
            commands.redeem_login(world.gov, login, back["code"])
        other = commands.begin_login(world.gov, redirect_uri=BACK, **about | {"bundle": digest("another")})
        elsewhere = brought_back(sign_in(other.url, "subject-clara"))
        with pytest.raises(SignInError):
            sign(world, commands.redeem_login(world.gov, other, elsewhere["code"]), decision="reject", bundle=bundle)
    assert commands.verify_store(world.gov).problems == []
