"""What a hospital decides about identity and keeping: the table `[governance]` of the workspace's `config.toml`.

Governance reads it itself, so no door can forget it, and writes every change of it to the log. Years that a law asks
for are settings: the code knows none.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from data_contracts import Digest, PersonRole, canonical_json, sha256_digest
from governance.errors import GovernanceError

CONFIG = "config.toml"
TABLE = "governance"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class RulesError(GovernanceError, ValueError):
    """The rules cannot be used."""


def safe_url(url: str) -> str:
    """Return a URL that nobody on the way can read or change: https, or this very machine.

    Raises:
        ValueError: it is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    raise ValueError("must begin with https://")


SafeUrl = Annotated[str, AfterValidator(safe_url)]


class OidcRules(BaseModel):
    """The hospital's identity provider (OpenID Connect)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: SafeUrl = Field(description="as its ID tokens name it")
    client_id: str = Field(min_length=1, description="the audience of its ID tokens")
    max_age_seconds: int = Field(default=300, ge=30, le=3600, description="oldest sign-in that a signature accepts")
    groups_claim: str = Field(default="groups", description="claim with the person's groups")
    roles: dict[str, PersonRole] = Field(
        default_factory=dict, description="group and the role it allows; empty: the roles given here"
    )
    redirect_uri: SafeUrl | None = Field(default=None, description="address of the review page, for signing there")


class Rules(BaseModel):
    """Proofs of identity, and how long things are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    require_totp: bool = Field(default=False, description="nobody signs or acts on versions by password alone")
    retention_years: int = Field(default=6, ge=1, le=100, description="after last in effect; nothing goes earlier")
    oidc: OidcRules | None = None

    @property
    def digest(self) -> Digest:
        """The sha256 of the rules' canonical JSON."""
        return sha256_digest(canonical_json(self.model_dump(mode="json")))


def read_rules(workspace: Path) -> Rules:
    """Return the rules of a workspace; defaults where it has none.

    Raises:
        RulesError: the settings are not TOML, or the table does not say what rules say.
    """
    path = workspace / CONFIG
    if not path.is_file():
        return Rules()
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get(TABLE, {})
        return Rules.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (TABLE, *first["loc"]))
        raise RulesError(f"{path}: {where}: {first['msg']}") from error
    except ValueError as error:
        raise RulesError(f"{path}: not TOML: {error}") from error
