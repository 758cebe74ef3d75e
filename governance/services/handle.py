"""A workspace, opened: the database, the objects, the log's key and the files beside them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from data_contracts.governance import DetailValue
from governance.audit.errors import TimeStampError
from governance.audit.log import append, head, last_subject
from governance.audit.note import PUBLIC, LogKey, create_key, load_key
from governance.audit.timestamps import FOLDER, TimeStampAuthority, TimeStamps
from governance.errors import GovernanceError
from governance.registry.pointer import sync_pointer
from governance.rules import Rules, read_rules
from governance.store.database import open_database, reading, sqlite_url, writing
from governance.store.objects import ObjectStore

__all__ = [
    "Clock",
    "Governance",
    "TimeStampAuthority",
    "WorkspaceError",
    "create",
    "log_key",
    "open_governance",
    "system_clock",
    "time_stamp_authority",
]

Clock = Callable[[], datetime]

_RULES_CHANGED = "rules-changed"
_LONGEST_ISSUER = 300


class WorkspaceError(GovernanceError, FileNotFoundError):
    """The folder is not a workspace."""


def system_clock() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Governance:
    """An open workspace. Every command and query takes one."""

    workspace: Path
    engine: Engine
    objects: ObjectStore
    keys: Path
    """Folder of the log's Ed25519 key."""
    witness: Path
    """Append-only file of signed checkpoints; it belongs on another host or on write-once storage."""
    serving: Path
    """Folder of `current.json`, which names the model that answers."""
    clock: Clock
    rules: Rules
    """What the hospital decided about identity and keeping."""
    authority: TimeStampAuthority | None = None
    """Who time-stamps checkpoints; None for nobody."""

    @property
    def time_stamps(self) -> TimeStamps:
        """The tokens, which lie beside the witness."""
        return TimeStamps(self.witness.parent / FOLDER, self.authority)


def create(
    workspace: Path,
    *,
    database_url: str | None = None,
    witness: Path | None = None,
    clock: Clock = system_clock,
    authority: TimeStampAuthority | None = None,
) -> Governance:
    """Make a workspace, or open it when it is there already.

    Args:
        workspace: its folder.
        database_url: of PostgreSQL or SQLite; by default SQLite in `store.db`.
        witness: file for the signed checkpoints; by default `witness/checkpoints.txt` in the workspace, which
            protects the log only once it is copied to another host.
        clock: returns an aware moment.
        authority: who time-stamps checkpoints (RFC 3161); by default nobody.

    Raises:
        StoreError: the database cannot be opened.
        RulesError: the settings' table [governance] cannot be used.
    """
    gov = _handle(workspace, database_url, witness, clock, authority)
    for folder in (gov.objects.root, gov.keys, gov.witness.parent, gov.serving):
        folder.mkdir(parents=True, exist_ok=True)
    key = create_key(gov.keys)
    with writing(gov.engine) as connection:
        if head(connection).size == 0:
            append(connection, clock, actor="system", action="workspace-created", details={"origin": key.origin})
    _note_rules(gov)
    sync_pointer(gov.engine, gov.serving)
    return gov


def open_governance(
    workspace: Path,
    *,
    database_url: str | None = None,
    witness: Path | None = None,
    clock: Clock = system_clock,
    authority: TimeStampAuthority | None = None,
) -> Governance:
    """Open a workspace and bring its serving pointer up to date; arguments as for `create`.

    Raises:
        WorkspaceError: the folder is not a workspace.
        StoreError: the database cannot be opened.
        RulesError: the settings' table [governance] cannot be used.
    """
    store = workspace / "store.db"
    if not (workspace / "keys" / PUBLIC).is_file() or not (database_url or store.is_file()):
        raise WorkspaceError(f"{workspace}: not a workspace; make one with `clinical-sdft init`")
    gov = _handle(workspace, database_url, witness, clock, authority)
    _note_rules(gov)
    sync_pointer(gov.engine, gov.serving)
    return gov


def time_stamp_authority(workspace: Path, url: str | None, roots: Path | None) -> TimeStampAuthority | None:
    """Return who stamps a workspace's checkpoints, as its settings say; None where they name nobody.

    Args:
        workspace: its folder; `roots` may be relative to it.
        url: where the authority answers.
        roots: PEM file of the certificates that its tokens must chain to.

    Raises:
        TimeStampError: the URL is none of HTTP, or there are no roots.
    """
    if not url:
        return None
    if roots is None:
        raise TimeStampError("untrusted", "time_stamp_url needs time_stamp_roots, a PEM file of the authority's root")
    return TimeStampAuthority(url, workspace / roots)


def log_key(gov: Governance) -> LogKey:
    """Return the key that signs this workspace's log.

    Raises:
        KeyFileError: it is gone.
    """
    return load_key(gov.keys)


def _handle(
    workspace: Path,
    database_url: str | None,
    witness: Path | None,
    clock: Clock,
    authority: TimeStampAuthority | None,
) -> Governance:
    workspace.mkdir(parents=True, exist_ok=True)
    return Governance(
        workspace=workspace,
        engine=open_database(database_url or sqlite_url(workspace / "store.db")),
        objects=ObjectStore(workspace / "objects"),
        keys=workspace / "keys",
        witness=witness or workspace / "witness" / "checkpoints.txt",
        serving=workspace / "serving",
        clock=clock,
        rules=read_rules(workspace),
        authority=authority,
    )


def _note_rules(gov: Governance) -> None:
    """Write rules to the log when they are others than those it knows; a fresh log knows the defaults."""
    with reading(gov.engine) as connection:
        known = last_subject(connection, _RULES_CHANGED) or Rules().digest
    if known == gov.rules.digest:
        return
    with writing(gov.engine) as connection:
        if (last_subject(connection, _RULES_CHANGED) or Rules().digest) != gov.rules.digest:
            oidc = gov.rules.oidc
            details: dict[str, DetailValue] = {
                "require_totp": gov.rules.require_totp,
                "retention_years": gov.rules.retention_years,
                "oidc_issuer": oidc.issuer[:_LONGEST_ISSUER] if oidc else None,
            }
            subject = gov.rules.digest
            append(connection, gov.clock, actor="system", action=_RULES_CHANGED, subject=subject, details=details)
