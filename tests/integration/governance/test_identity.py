"""Who signs proves it afresh: the second factor, its loss, and guesses at it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from governance_world import PASSWORD

from data_contracts import Person, PersonRole
from governance.approvals.errors import (
    AccountWaitsError,
    PersonError,
    RoleError,
    SignatureError,
    SignInError,
    VaultError,
)
from governance.approvals.people import wait_after
from governance.rules import Rules
from governance.services import commands, queries


class Authenticator:
    """What a person holds in the hand."""

    def __init__(self, world, username):
        self.world, self.username = world, username
        self.fresh = commands.new_totp(username)

    def code(self, steps=0):
        return pyotp.TOTP(self.fresh.secret).at(self.world.clock.moment, counter_offset=steps)

    def next_code(self):
        self.world.clock.moment += timedelta(seconds=60)
        return self.code()

    def enroll(self, **changes):
        fields = {"password": PASSWORD, "secret": self.fresh.secret, "code": self.code()} | changes
        commands.enroll_totp(self.world.gov, username=self.username, **fields)
        return self


@pytest.fixture
def clara(world):
    return Authenticator(world, "clara").enroll()


def actions(world):
    return [event.action for event in reversed(queries.events(world.gov, limit=None))]


def proven(world, username, purpose, code=None):
    return commands.prove_now(world.gov, username, PASSWORD, code, purpose=purpose)


class TestSecondFactor:
    def test_an_authenticator_app_can_take_the_secret(self, world):
        read = pyotp.parse_uri(commands.new_totp("clara").uri)
        assert (read.issuer, read.name, read.digits, read.interval) == ("clinical-sdft", "clara", 6, 30)
        assert len(read.secret) == 32

    def test_once_enrolled_a_signature_takes_a_code(self, world, clara):
        bundle = world.submitted("u1")
        for code in (None, "", "000000", "not a code", "１２３４５６"):
            with pytest.raises(SignInError, match="do not belong"):
                world.sign(bundle, "clara", code=code)
            world.clock.moment += timedelta(hours=5)
        world.sign(bundle, "Clara", code=f" {clara.next_code()[:3]} {clara.code()[3:]} ")
        event = next(e for e in queries.events(world.gov) if e.action == "update-signed")
        assert event.details["proof"] == "password and code"
        assert commands.verify_store(world.gov).problems == []

    def test_others_sign_as_before(self, world, clara):
        bundle = world.submitted("u1")
        world.sign(bundle, "carl")
        assert queries.events(world.gov, action="update-signed")[0].details["proof"] == "password"

    def test_looking_around_takes_the_password_alone(self, world, clara):
        assert commands.authenticate(world.gov, "clara", PASSWORD).username == "clara"

    def test_a_code_counts_once_and_no_earlier_one_after_it(self, world, clara):
        first, second = world.submitted("u1"), world.submitted("u2")
        code = clara.next_code()
        world.sign(first, "clara", code=code)
        for again in (code, clara.code(-1)):
            with pytest.raises(SignInError, match="not used before"):
                world.sign(second, "clara", code=again)
        world.sign(second, "clara", code=clara.next_code())
        assert actions(world).count("code-failed") == 2
        assert commands.verify_store(world.gov).ok

    def test_the_code_that_confirmed_the_enrolment_is_used_up(self, world):
        clara = Authenticator(world, "clara")
        code = clara.code()
        clara.enroll(code=code)
        with pytest.raises(SignInError):
            world.sign(world.submitted("u1"), "clara", code=code)

    def test_of_many_signatures_at_once_with_one_code_one_is_given(self, world, clara):
        bundles, code = [world.submitted(f"u{n}") for n in range(6)], clara.next_code()
        still = world.clock.moment
        object.__setattr__(world.gov, "clock", lambda: still)

        def sign(bundle):
            try:
                return world.sign(bundle, "clara", code=code)
            except SignInError:
                return None

        with ThreadPoolExecutor(6) as pool:
            assert sum(signature is not None for signature in pool.map(sign, bundles)) == 1
        assert commands.verify_store(world.gov).ok

    @pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_clocks_may_differ_by_one_step(self, world, clara, steps, counts):
        bundle = world.submitted("u1")
        world.clock.moment += timedelta(minutes=10)
        world.clock.moment = world.clock.moment.replace(second=5)
        if counts:
            world.sign(bundle, "clara", code=clara.code(steps))
        else:
            with pytest.raises(SignInError):
                world.sign(bundle, "clara", code=clara.code(steps))

    def test_no_secret_reaches_the_log_or_the_database(self, world, clara):
        said = b"".join(event.canonical_bytes() for event in queries.events(world.gov, limit=None))
        world.gov.engine.dispose()
        stored = b"".join(path.read_bytes() for path in world.gov.workspace.glob("store.db*"))
        assert clara.fresh.secret.encode() not in said + stored
        assert (world.gov.keys / "identity.key").stat().st_mode & 0o077 == 0

    def test_enrolment_takes_the_password_and_a_code_of_this_secret(self, world):
        with pytest.raises(SignInError):
            Authenticator(world, "clara").enroll(password="guess")
        with pytest.raises(PersonError, match="clocks"):
            Authenticator(world, "clara").enroll(code="000000")
        with pytest.raises(PersonError, match="160 bits"):
            Authenticator(world, "clara").enroll(secret="JBSWY3DPEHPK3PXP")
        assert queries.proofs_of(world.gov, "clara")["totp"] == "none"

    def test_replacing_a_factor_takes_a_code_of_the_old_one(self, world, clara):
        fresh = Authenticator(world, "clara")
        world.clock.moment += timedelta(seconds=60)
        with pytest.raises(SignInError):
            fresh.enroll()
        world.clock.moment += timedelta(seconds=60)
        fresh.enroll(old_code=clara.code(-1), code=fresh.code())
        bundle = world.submitted("u1")
        with pytest.raises(SignInError):
            world.sign(bundle, "clara", code=clara.next_code())
        world.sign(bundle, "clara", code=fresh.next_code())

    def test_another_key_opens_nothing_and_says_what_to_do(self, world, clara, monkeypatch):
        monkeypatch.setenv("CLINICAL_SDFT_IDENTITY_KEY", "ab" * 32)
        with pytest.raises(VaultError, match="restore keys/identity"):
            world.sign(world.submitted("u1"), "clara", code=clara.next_code())

    def test_where_the_rules_ask_for_it_nobody_signs_without(self, world):
        object.__setattr__(world.gov, "rules", Rules(require_totp=True))
        bundle = world.submitted("u1")
        with pytest.raises(SignatureError, match="enroll-totp"):
            world.sign(bundle, "clara")
        assert actions(world)[-1] == "signature-refused"
        with pytest.raises(SignatureError, match="retirement: abel must enrol"):
            proven(world, "abel", "retirement")
        clara = Authenticator(world, "clara").enroll()
        world.sign(bundle, "clara", code=clara.next_code())


class TestLostFactor:
    def test_an_administrator_takes_it_back_and_its_owner_enrols_anew(self, world, clara):
        by = proven(world, "admin", "reset")
        commands.reset_totp(world.gov, username="Clara", by=by, reason="telephone lost, seen in person")
        bundle = world.submitted("u1")
        with pytest.raises(SignatureError, match="enrol a second factor first"):
            world.sign(bundle, "clara")
        with pytest.raises(SignatureError, match="enrol a second factor first"):
            proven(world, "clara", "hold")
        fresh = Authenticator(world, "clara")
        world.clock.moment += timedelta(seconds=60)
        fresh.enroll(code=fresh.code())
        world.sign(bundle, "clara", code=fresh.next_code())
        assert commands.verify_store(world.gov).problems == []

    def test_only_an_administrator_and_not_ones_own(self, world, clara):
        reset = {"username": "clara", "reason": "lost"}
        with pytest.raises(RoleError, match="administrator"):
            commands.reset_totp(world.gov, by=proven(world, "abel", "reset"), **reset)
        with pytest.raises(PersonError, match="proved for hold"):
            commands.reset_totp(world.gov, by=proven(world, "admin", "hold"), **reset)
        admin = Authenticator(world, "admin").enroll()
        by = proven(world, "admin", "reset", admin.next_code())
        with pytest.raises(PersonError, match="another administrator"):
            commands.reset_totp(world.gov, username="admin", by=by, reason="lost")
        with pytest.raises(PersonError, match="say why"):
            commands.reset_totp(world.gov, username="clara", by=by, reason=" ")
        with pytest.raises(PersonError, match="no second factor"):
            commands.reset_totp(world.gov, username="abel", by=by, reason="lost")


class TestGuessing:
    def test_the_wait_grows_and_has_an_end(self):
        waits = [wait_after(n).total_seconds() / 60 for n in (0, 4, 5, 6, 7, 8, 9, 10, 10_000)]
        assert waits == [0, 0, 15, 30, 60, 120, 240, 240, 240]

    def test_every_failure_after_the_fifth_doubles_the_wait(self, world):
        def guess():
            with pytest.raises(SignInError) as caught:
                commands.authenticate(world.gov, "clara", "wrong")
            return isinstance(caught.value, AccountWaitsError)

        assert [guess() for _ in range(5)] == [False] * 5
        assert guess()
        world.clock.moment += timedelta(minutes=15)
        assert not guess()
        world.clock.moment += timedelta(minutes=29)
        assert guess()
        world.clock.moment += timedelta(minutes=1)
        assert commands.authenticate(world.gov, "clara", PASSWORD).username == "clara"
        assert not guess()

    def test_codes_are_counted_apart_so_that_a_known_password_frees_no_guess(self, world, clara):
        bundle = world.submitted("u1")
        for _ in range(5):
            with pytest.raises(SignInError):
                world.sign(bundle, "clara", code="000000")
            if _ < 4:
                commands.authenticate(world.gov, "clara", PASSWORD)
        with pytest.raises(AccountWaitsError):
            world.sign(bundle, "clara", code=clara.next_code())
        with pytest.raises(AccountWaitsError):
            commands.authenticate(world.gov, "clara", PASSWORD)
        assert actions(world).count("code-failed") == 5
        world.clock.moment += timedelta(minutes=15)
        world.sign(bundle, "clara", code=clara.next_code())

    def test_one_line_for_a_wrong_an_unknown_and_a_waiting_person(self, world):
        lines = set()
        for username in ("nobody-here", "clara", *["clara"] * 6):
            with pytest.raises(SignInError) as caught:
                commands.authenticate(world.gov, username, "wrong")
            lines.add(str(caught.value))
        assert len(lines) == 1 and "wait" in lines.pop()

    def test_an_unknown_and_a_waiting_person_cost_a_hash_as_everybody_does(self, world, monkeypatch):
        from governance.approvals import people

        verified = []
        hasher = people._hasher()
        verify = type(hasher).verify
        monkeypatch.setattr(type(hasher), "verify", lambda self, *a: verified.append(a[0]) or verify(self, *a))
        for username in ("nobody-here", *["clara"] * 7):
            with pytest.raises(SignInError):
                commands.authenticate(world.gov, username, "wrong")
        assert len(verified) == 8
        assert len({known.rpartition("$")[0].count("$") for known in verified}) == 1
        parameters = {tuple(known.split("$")[1:4]) for known in verified}
        assert len(parameters) == 1, parameters


class TestRoles:
    @pytest.mark.parametrize("username", ["clara", "cora", "rita-the-unknown"])
    def test_who_may_not_promote_does_not(self, world, username):
        world.approved("u1")
        with pytest.raises(RoleError, match="promote"):
            commands.promote(world.gov, update_id="u1", actor=username)

    def test_who_may_not_roll_back_does_not(self, world):
        world.promoted("u1")
        with pytest.raises(RoleError, match="roll back"):
            commands.rollback(world.gov, model=world.model, actor="clara", reason="no")

    def test_once_there_is_an_administrator_only_one_adds_people(self, world):
        eve = Person(username="eve", printed_name="Eve", roles=(PersonRole.APPROVER,))
        for actor in ("rita", "nobody"):
            with pytest.raises(RoleError, match="add people"):
                commands.add_person(world.gov, eve, PASSWORD, actor=actor)
        commands.add_person(world.gov, eve, PASSWORD, actor="admin")
