"""The vault, one-time codes and the rules, each on its own."""

from datetime import UTC, datetime

import pytest

from governance.approvals import totp
from governance.approvals.errors import VaultError
from governance.approvals.vault import Vault, open_vault
from governance.rules import Rules, RulesError, read_rules

RFC_6238_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # the RFC's "12345678901234567890" in base32


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_rfc_6238(seconds, code):
    assert totp.step_of(RFC_6238_SECRET, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


class TestVault:
    def test_what_is_sealed_opens_for_its_owner_and_key_only(self):
        vault = Vault(b"k" * 32)
        sealed = vault.seal(b"secret", "clara")
        assert vault.unseal(sealed, "clara") == b"secret" and b"secret" not in sealed
        assert vault.seal(b"secret", "clara") != sealed
        for other, owner, blob in (
            (Vault(b"x" * 32), "clara", sealed),
            (vault, "abel", sealed),
            (vault, "clara", sealed[:-1] + bytes([sealed[-1] ^ 1])),
            (vault, "clara", b""),
        ):
            with pytest.raises(VaultError):
                other.unseal(blob, owner)

    def test_a_mark_tells_its_parts_apart(self):
        vault = Vault(b"k" * 32)
        assert vault.mark("ab", "c") != vault.mark("a", "bc")
        assert vault.mark("a") != Vault(b"x" * 32).mark("a")

    def test_the_key_is_made_once_and_private(self, tmp_path):
        made = open_vault(tmp_path)
        assert open_vault(tmp_path) == made
        (tmp_path / "identity.key").chmod(0o644)
        with pytest.raises(VaultError, match="chmod 600"):
            open_vault(tmp_path)

    @pytest.mark.parametrize("text", ["", "zz" * 32, "ab" * 31])
    def test_what_is_no_key_is_refused(self, tmp_path, monkeypatch, text):
        monkeypatch.setenv("CLINICAL_SDFT_IDENTITY_KEY", text)
        with pytest.raises(VaultError, match="32 bytes in hexadecimal"):
            open_vault(tmp_path)


class TestRules:
    def write(self, folder, text):
        (folder / "config.toml").write_text(text, "utf-8")
        return read_rules(folder)

    def test_without_a_table_the_defaults_hold(self, tmp_path):
        assert read_rules(tmp_path) == Rules()
        assert self.write(tmp_path, 'model = "x"\n') == Rules(require_totp=False, retention_years=6, oidc=None)

    def test_a_hospital_decides(self, tmp_path):
        rules = self.write(
            tmp_path,
            '[governance]\nrequire_totp = true\nretention_years = 10\n[governance.oidc]\nissuer = "https://idp.example"\n'
            'client_id = "sdft"\n[governance.oidc.roles]\nward-doctors = "clinician"\n',
        )
        assert rules.require_totp and rules.retention_years == 10
        assert rules.oidc.roles == {"ward-doctors": "clinician"} and rules.digest != Rules().digest

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("[governance]\nretention_years = 0\n", "governance.retention_years"),
            ("[governance]\nretention = 6\n", "governance.retention"),
            ('[governance.oidc]\nissuer = "http://idp.example"\nclient_id = "x"\n', "https"),
            ("[governance\n", "not TOML"),
        ],
    )
    def test_what_cannot_be_used_is_one_line(self, tmp_path, text, words):
        with pytest.raises(RulesError, match=words) as caught:
            self.write(tmp_path, text)
        assert "\n" not in str(caught.value)
