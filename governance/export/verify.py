"""Verify a clinical-sdft audit export offline, with Python's standard library and `cryptography` only.

    python verify.py [EXPORT] [--public-key PEM] [--witness FILE]

EXPORT is the zip or its unpacked folder; by default the folder this file lies in. Give `--public-key` the
hospital's key from a source other than this export, and `--witness` the checkpoints another host kept: without
them an export can only agree with itself. Exit code 0: everything holds. 5: something does not, and the lines say
what. 2: usage.

This file is the single home of every check but one; the package that writes exports imports it and copies it into
each. Hashes and proofs: RFC 9162. Notes: C2SP signed-note and tlog-checkpoint. Manifest: DSSE, in-toto statement v1.
The one: of a time stamp (RFC 3161) it is checked here that the log names it and that it is over its checkpoint, but
not the authority's signature, for which `cryptography` has no means. `clinical-sdft audit verify EXPORT` checks that
too, as does `openssl ts -verify -in TOKEN.tsr -data CHECKPOINT.note -CAfile roots.pem`.
"""

import argparse
import base64
import csv
import hashlib
import io
import json
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

PREDICATE = "urn:clinical-sdft:audit-export:v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
LEAF_SYSTEM = "urn:clinical-sdft:leaf-hash"
SHA256_SYSTEM = "urn:clinical-sdft:sha256"
STAMPS = "time-stamps/"
UNCHECKED = (
    "time stamps stand in the log and are over its checkpoints; the authority's signatures were NOT checked here: "
    "`clinical-sdft audit verify EXPORT --tsa-roots PEM` or `openssl ts -verify` does"
)

Members = dict[str, bytes]


@dataclass(frozen=True)
class Problem:
    """One thing that does not hold: where, and what; `event` is the log's seq where it is about one event."""

    where: str
    what: str
    event: int | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class VerificationReport:
    """What a verification found; `ok` only when nothing is wrong."""

    subject: str
    events: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    key_fingerprint: str | None = None

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.problems

    @property
    def first_bad_event(self) -> int | None:
        """The smallest seq a problem names."""
        return min((problem.event for problem in self.problems if problem.event is not None), default=None)

    def bad(self, where: str, what: str, event: int | None = None) -> None:
        """Record a problem."""
        self.problems.append(Problem(where, what, event))


# The Merkle tree of RFC 9162, section 2.1.


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grow(peaks: Sequence[bytes], size: int, leaf: bytes) -> tuple[bytes, ...]:
    """Return the peaks after one more leaf.

    The peaks are the roots of the full subtrees of a tree with `size` leaves, the largest first: one for each set
    bit of `size`.
    """
    rest, node = list(peaks), leaf
    while size & 1:
        node, size = node_hash(rest.pop(), node), size >> 1
    return (*rest, node)


def root_of(peaks: Sequence[bytes]) -> bytes:
    """Return the tree's root from its peaks."""
    if not peaks:
        return hashlib.sha256(b"").digest()
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether a leaf hash stands at `index` in the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(first: int, second: int, proof: Sequence[bytes], old: bytes, new: bytes) -> bool:
    """Say whether the tree of `first` leaves is the beginning of that of `second` (RFC 9162, 2.1.4.2)."""
    if first == second:
        return not proof and old == new
    if not 0 < first < second or not proof:
        return False
    path = [old, *proof] if first & (first - 1) == 0 else list(proof)
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    node_old = node_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            node_old, node_new = node_hash(sibling, node_old), node_hash(sibling, node_new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node_new = node_hash(node_new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node_old == old and node_new == new


# Signatures: keys, checkpoint notes, and the manifest's envelope.


@dataclass(frozen=True)
class Head:
    """What a checkpoint says: how many events, and the root of their tree."""

    origin: str
    size: int
    root: bytes


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the sha256 of a key's DER form, in hexadecimal."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def read_key(pem: bytes) -> Ed25519PublicKey:
    """Read an Ed25519 public key.

    Raises:
        ValueError: the bytes are no such key.
    """
    try:
        key = load_pem_public_key(pem)
    except UnsupportedAlgorithm:
        raise ValueError("not a key of a known kind") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")
    return key


def key_id(name: str, key: Ed25519PublicKey) -> bytes:
    """Return the four bytes that name a key in a C2SP note."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4]


def read_note(note: str, key: Ed25519PublicKey) -> Head:
    """Read a checkpoint and check its signature; signatures by other keys are passed over.

    Raises:
        ValueError: the note is malformed, or this key did not sign it.
    """
    body, gap, signatures = note.partition("\n\n")
    lines = body.split("\n")
    if not gap or len(lines) != 3 or not signatures.endswith("\n"):
        raise ValueError("not a checkpoint note")
    head = Head(lines[0], int(lines[1]), _decode(lines[2]))
    if checkpoint_body(head) != body + "\n":
        raise ValueError("not written in the one valid way")
    signed = {}
    for line in signatures[:-1].split("\n"):
        dash, name, blob = line.split(" ")
        signature = _decode(blob)
        signed[dash, name, signature[:4]] = signature[4:]
    ours = ("—", head.origin, key_id(head.origin, key))
    if ours not in signed:
        raise ValueError("not signed by this key")
    try:
        key.verify(signed[ours], checkpoint_body(head).encode())
    except InvalidSignature:
        raise ValueError("its signature is wrong") from None
    return head


def checkpoint_body(head: Head) -> str:
    """Return the signed text of a checkpoint (C2SP tlog-checkpoint)."""
    return f"{head.origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n"


def split_notes(text: str) -> list[str]:
    """Return the notes of a witness file, in which each note is followed by an empty line."""
    parts = text.split("\n\n")
    if parts.pop() or len(parts) % 2:
        raise ValueError("it does not end after a whole note")
    return [f"{body}\n\n{signature}\n" for body, signature in zip(parts[::2], parts[1::2], strict=True)]


def pre_authentication(payload: bytes) -> bytes:
    """Return the bytes that a DSSE signature signs."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def compact_json(value: Any) -> bytes:
    """Return JSON with sorted keys and no spaces, as the envelope is written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _decode(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 with stray bits")
    return data


# The zip: stored, in the order of names, without a choice anywhere, so that equal members give equal bytes.

_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
_FIXED = (20, 0, 0, 0, 0x21)  # version needed, flags, stored, midnight, 1980-01-01


def build_zip(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the one zip of these members.

    Raises:
        ValueError: more than 65,535 members or 4 GiB.
    """
    body, directory, count = io.BytesIO(), io.BytesIO(), 0
    try:
        for name, data in members:
            sizes = (zlib.crc32(data), len(data), len(data), len(name), 0)
            local = (b"PK\x03\x04", *_FIXED, *sizes)
            central = (b"PK\x01\x02", 0x0314, *_FIXED, *sizes, 0, 0, 0, 0o100644 << 16, body.tell())
            directory.write(_CENTRAL.pack(*central) + name.encode("ascii"))
            body.write(_LOCAL.pack(*local) + name.encode("ascii") + data)
            count += 1
        size = len(directory.getvalue())
        end = _END.pack(b"PK\x05\x06", 0, 0, count, count, size, body.tell(), 0)
    except struct.error:
        raise ValueError("too much for one zip; export one update at a time") from None
    return body.getvalue() + directory.getvalue() + end


def read_zip(data: bytes, report: VerificationReport) -> Members:
    """Return the members of a zip, and report any byte that is not as `build_zip` writes it."""
    members: list[tuple[str, bytes]] = []
    starts, at = [], 0
    while data[at : at + 4] == b"PK\x03\x04" and at + _LOCAL.size <= len(data):
        *_, size, length, _ = _LOCAL.unpack_from(data, at)
        body = at + _LOCAL.size + length
        starts.append(at)
        members.append((data[at + _LOCAL.size : body].decode("ascii", "replace"), data[body : body + size]))
        at = body + size
    names = [name for name, _ in members]
    if names != sorted(set(names)):
        report.bad("zip", "its members are not in order, or one is there twice")
    if not all(name.isascii() for name in names):
        report.bad("zip", "a member's name was altered")
    elif (whole := build_zip(members)) != data:
        offset = next((i for i, (a, b) in enumerate(zip(whole, data, strict=False)) if a != b), len(whole))
        inside = [name for name, start in zip(names, starts, strict=True) if start <= offset < at]
        report.bad(f"zip, byte {offset}", f"altered ({inside[-1] if inside else 'directory'})")
    return dict(members)


def read_folder(folder: Path) -> Members:
    """Return the files of an unpacked export."""
    files = sorted(path for path in folder.rglob("*") if not path.is_dir())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# The checks. Each takes what the one before it made sure of.


def verify(path: Path, public_key: bytes | None = None, witness: str | None = None) -> VerificationReport:
    """Verify an export.

    Args:
        path: the zip, or the folder it was unpacked into.
        public_key: PEM of the key to trust; None takes the export's own.
        witness: text of the witness file; None leaves it out.
    """
    report = VerificationReport(str(path))
    members = read_folder(path) if path.is_dir() else read_zip(path.read_bytes(), report)
    key = _check(report, "public_key.pem", lambda: _the_key(members, public_key, report))
    if key is None:
        return report
    report.key_fingerprint = fingerprint(key)
    predicate = _check(report, "manifest.json", lambda: _check_manifest(members, key, report))
    claimed = claimed_sizes("\n".join([*_notes(members).values(), witness or ""]))
    read = _check(report, "events.jsonl", lambda: _check_events(members, claimed, report))
    if predicate is None or read is None:
        return report
    log, shown = read
    _check(report, "checkpoints", lambda: _check_checkpoints(members, key, log, predicate, report))
    _check(report, "proofs.jsonl", lambda: _check_proofs(members, log, shown, report))
    _check(report, "updates", lambda: _check_updates(members, report))
    _check(report, "fhir/bundle.json", lambda: _check_fhir(members, shown, report))
    _check(report, "time-stamps", lambda: _check_stamps(members, report))
    if witness is None:
        report.notes.append("no witness given: whether the log was rewritten before this export is not shown")
    else:
        _check(report, "witness", lambda: _check_witness(witness, key, log, report))
    return report


def _check(report: VerificationReport, where: str, check: Callable[[], Any]) -> Any:
    try:
        return check()
    except KeyError as error:
        report.bad(where, f"{error} is missing")
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        report.bad(where, f"malformed: {error}")
    return None


def _the_key(members: Members, trusted: bytes | None, report: VerificationReport) -> Ed25519PublicKey:
    if trusted is None:
        report.notes.append("the key is taken from this export itself: compare its fingerprint with the hospital's")
        return read_key(members["public_key.pem"])
    key = read_key(trusted)
    if fingerprint(key) != fingerprint(read_key(members["public_key.pem"])):
        report.bad("public_key.pem", "not the trusted key")
    return key


def _check_manifest(members: Members, key: Ed25519PublicKey, report: VerificationReport) -> dict[str, Any]:
    envelope = json.loads(members["manifest.json"])
    payload, (signature,) = _decode(envelope["payload"]), envelope["signatures"]
    rebuilt = {"payload": envelope["payload"], "payloadType": PAYLOAD_TYPE}
    rebuilt["signatures"] = [{"keyid": fingerprint(key), "sig": signature["sig"]}]
    if compact_json(rebuilt) != members["manifest.json"]:
        report.bad("manifest.json", "not the envelope of this key, written in the one valid way")
    try:
        key.verify(_decode(signature["sig"]), pre_authentication(payload))
    except InvalidSignature:
        report.bad("manifest.json", "its signature is wrong")
    statement = json.loads(payload)
    if (statement["_type"], statement["predicateType"]) != (STATEMENT_TYPE, PREDICATE):
        report.bad("manifest.json", "not an audit export")
    listed = {entry["name"]: entry["digest"]["sha256"] for entry in statement["subject"]}
    for name in sorted({*listed, *members} - {"manifest.json"}):
        if name not in listed:
            report.bad(name, "not listed in the manifest")
        elif name not in members:
            report.bad(name, "missing")
        elif hashlib.sha256(members[name]).hexdigest() != listed[name]:
            report.bad(name, "altered: its sha256 is not the manifest's")
    predicate: dict[str, Any] = statement["predicate"]
    return predicate


@dataclass
class Log:
    """The log as recomputed from its leaves: how many, their peaks, and the roots at the sizes that heads claim.

    Only those roots are kept: a log of a million events takes no more memory than one of a thousand.
    """

    claimed: frozenset[int] = frozenset()
    size: int = 0
    peaks: tuple[bytes, ...] = ()
    roots: dict[int, bytes] = field(default_factory=lambda: {0: root_of(())})
    readable: bool = True
    """Whether it could be read to its end; where not, that was reported, and larger heads prove nothing more."""

    def add(self, leaf: bytes) -> None:
        """Add the next leaf hash."""
        self.peaks = grow(self.peaks, self.size, leaf)
        self.size += 1
        if self.size in self.claimed:
            self.roots[self.size] = root_of(self.peaks)


def claimed_sizes(notes: str) -> frozenset[int]:
    """Return the sizes that the notes in a text claim, each a line of its own; nothing is checked here."""
    return frozenset(int(line) for line in notes.split("\n") if re.fullmatch("[0-9]{1,15}", line))


def _check_events(
    members: Members, claimed: frozenset[int], report: VerificationReport
) -> tuple[Log, dict[int, bytes]]:
    """Return the log, and the leaf hash of each event that is shown."""
    log, before = Log(claimed), ""
    seen: dict[bytes, int] = {}
    shown: dict[int, bytes] = {}
    for seq, line in enumerate(_lines(members["events.jsonl"])):
        event = json.loads(line)
        withheld = set(event) == {"leaf_hash", "seq"}  # and nothing beside, which no hash would vouch for
        leaf = bytes.fromhex(event["leaf_hash"]) if withheld else leaf_hash(line)
        if event["seq"] != seq:
            report.bad("events.jsonl", f"line {seq + 1} has seq {event['seq']}, expected {seq}", seq)
        if leaf in seen:
            report.bad("events.jsonl", f"event {seq} repeats event {seen[leaf]}", seq)
        if event.get("recorded_at", before) < before:
            report.bad("events.jsonl", f"event {seq} is dated before the event above it", seq)
        before, seen[leaf] = event.get("recorded_at", before), seq
        if not withheld:
            shown[seq] = leaf
        log.add(leaf)
    report.events = log.size
    return log, shown


def _check_proofs(members: Members, log: Log, shown: dict[int, bytes], report: VerificationReport) -> None:
    root = root_of(log.peaks)
    lines = _lines(members["proofs.jsonl"])
    for (seq, leaf), line in zip(shown.items(), lines, strict=True):
        proof = json.loads(line)
        path = [bytes.fromhex(node) for node in proof["proof"]]
        if proof["seq"] != seq or not verify_inclusion(seq, log.size, leaf, path, root):
            report.bad("proofs.jsonl", f"event {seq} is not proven to stand in the log", seq)


def _check_checkpoints(
    members: Members, key: Ed25519PublicKey, log: Log, predicate: dict[str, Any], report: VerificationReport
) -> None:
    heads = check_notes(_notes(members).items(), key, log, report)
    if not heads or heads[-1] != Head(predicate["origin"], log.size, root_of(log.peaks)):
        report.bad("checkpoints", f"none signs the whole log of {log.size} events")
    proofs = json.loads(members["checkpoints/consistency.json"])
    for old, new, proof in zip(heads[:-1], heads[1:], proofs, strict=True):
        path = [bytes.fromhex(node) for node in proof]
        if not verify_consistency(old.size, new.size, path, old.root, new.root):
            report.bad("checkpoints/consistency.json", f"{old.size} events are not the beginning of {new.size}")


def _notes(members: Members) -> dict[str, str]:
    """Return the checkpoints by name; what is no UTF-8 is replaced, so that no signature fits it."""
    names = sorted(name for name in members if name.startswith("checkpoints/") and name.endswith(".note"))
    return {name: members[name].decode("utf-8", "replace") for name in names}


def check_notes(
    notes: Iterable[tuple[str, str]], key: Ed25519PublicKey, log: Log, report: VerificationReport
) -> list[Head]:
    """Check signed heads, given with where they stand, against the log; return those whose signature is right.

    `log` has the roots at the sizes they claim. An altered event is named by the first seq that no smaller head
    vouches for.
    """
    heads, vouched = [], 0
    for where, note in notes:
        try:
            head = read_note(note, key)
        except ValueError as error:
            report.bad(where, str(error))
            continue
        heads.append(head)
        if head.size > log.size:
            if not log.readable:
                continue
            what = f"signs {head.size} events, the log has {log.size}: its end was cut off"
            report.bad(where, what, log.size)
        elif head.root != log.roots[head.size]:
            what = f"an event from {vouched} to {head.size - 1} is not the one that was signed"
            report.bad(where, what, vouched)
        else:
            vouched = max(vouched, head.size)
    return heads


def _check_witness(text: str, key: Ed25519PublicKey, log: Log, report: VerificationReport) -> None:
    notes = split_notes(text)
    known = [note for note in notes if int(note.split("\n")[1]) <= log.size]
    if len(known) < len(notes):
        report.notes.append(f"{len(notes) - len(known)} witnessed checkpoints are younger than this export")
    check_notes([("witness", note) for note in known], key, log, report)


def _check_updates(members: Members, report: VerificationReport) -> None:
    events = [json.loads(line) for line in _lines(members["events.jsonl"])]
    logged = {(event.get("action"), event.get("subject")) for event in events}
    for line in _lines(members["promotions.jsonl"]):
        kind = {"install": "model-installed", "promote": "update-promoted", "rollback": "model-rolled-back"}
        if (kind[json.loads(line)["kind"]], _digest(line)) not in logged:
            report.bad("promotions.jsonl", "holds a promotion that the log does not")
    settled = {("conflicts-settled", _digest(line)) for line in _lines(members.get("settlements.jsonl", b""))}
    if settled != {entry for entry in logged if entry[0] == "conflicts-settled"}:
        report.bad("settlements.jsonl", "not the settlements that the log holds")
    for name in sorted(name for name in members if name.startswith("updates/") and name.endswith("/bundle.json")):
        folder = name.removesuffix("bundle.json")
        _check(report, folder, lambda folder=folder: _check_update(members, folder, logged, report))  # type: ignore[misc]


def _check_update(members: Members, folder: str, logged: set[Any], report: VerificationReport) -> None:
    bundle, digest = json.loads(members[folder + "bundle.json"]), _digest(members[folder + "bundle.json"])
    decision = json.loads(members[folder + "decision.json"])
    if ("update-submitted", digest) not in logged:
        report.bad(folder + "bundle.json", "not the bundle that was submitted")
    if _digest(members[folder + "decision.json"]) != bundle["decision"]:
        report.bad(folder + "decision.json", "not the decision of this bundle")
    if _digest(members[folder + "policy.json"]) != decision["policy"]:
        report.bad(folder + "policy.json", "not the policy of this decision")
    card = json.loads(members[folder + "model_card.json"])["facts"]
    expected = {"bundle": digest, "decision": bundle["decision"], "verdict": decision["verdict"]}
    if {name: card[name] for name in expected} != expected:
        report.bad(folder + "model_card.json", "not the card of this bundle")
    for line in _lines(members[folder + "signatures.jsonl"]):
        if json.loads(line)["bundle"] != digest or ("update-signed", _digest(line)) not in logged:
            report.bad(folder + "signatures.jsonl", "holds a signature that was not given to this bundle")
    counts: dict[str, list[int]] = {}
    for row in csv.DictReader(io.StringIO(members[folder + "scores.csv"].decode())):
        count = counts.setdefault(row["suite"], [0, 0, 0])
        before, after = float(row["incumbent_score"]), float(row["candidate_score"])
        count[0] += 1
        count[1] += after < before
        count[2] += after > before
    for judgement in decision["judgements"]:
        found = counts.get(judgement["suite_id"])
        if found and found != [judgement["n"], judgement["broken"], judgement["fixed"]]:
            report.bad(folder + "scores.csv", f"{judgement['suite_id']}: not the counts of the decision")


def _check_fhir(members: Members, leaves: dict[int, bytes], report: VerificationReport) -> None:
    """Check that the bundle tells the same events, and names the files it stands beside."""
    where = "fhir/bundle.json"
    resources = [entry["resource"] for entry in json.loads(members[where])["entry"]]
    told = [
        (entry["entity"][0]["what"]["identifier"]["value"], entry["recorded"])
        for entry in resources
        if entry["resourceType"] == "AuditEvent"
    ]
    shown = [
        (leaves[event["seq"]].hex(), event["recorded_at"])
        for event in (json.loads(line) for line in _lines(members["events.jsonl"]))
        if "action" in event
    ]
    if told != shown:
        report.bad(where, "its AuditEvents are not the events of the log that are shown")
    for document in (entry for entry in resources if entry["resourceType"] == "DocumentReference"):
        name = document["content"][0]["attachment"]["url"].removeprefix("../")
        digests = [one["value"] for one in document["identifier"] if one["system"] == SHA256_SYSTEM]
        if digests != [hashlib.sha256(members[name]).hexdigest()]:
            report.bad(where, f"names {name} by another sha256")


def note_name(token: str) -> str:
    """Return the name of the checkpoint that a time stamp of this name is over."""
    return f"checkpoints/{token.removeprefix(STAMPS)[:12]}.note"


def _check_stamps(members: Members, report: VerificationReport) -> None:
    named = {}
    for line in _lines(members["events.jsonl"]):
        event = json.loads(line)
        if event.get("action") == "checkpoint-time-stamped":
            named[event["subject"]] = event["seq"]
    found = {_digest(data): name for name, data in members.items() if name.endswith(".tsr")}
    for digest in sorted(named.keys() - found.keys()):
        report.bad(STAMPS, f"the time stamp that event {named[digest]} names is not here", named[digest])
    for digest, name in sorted(found.items()):
        over = hashlib.sha256(members[note_name(name)]).digest()
        if digest not in named:
            report.bad(name, "a time stamp that the log does not know")
        elif b"\x04\x20" + over not in members[name]:  # the imprint: an OCTET STRING of 32 bytes
            report.bad(name, "a time stamp over something else than its checkpoint", named[digest])
    if found:
        report.notes.append(UNCHECKED)


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _lines(data: bytes) -> list[bytes]:
    if data and not data.endswith(b"\n"):
        raise ValueError("the last line is cut off")
    return data.split(b"\n")[:-1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify from the command line, and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify a clinical-sdft audit export offline.")
    parser.add_argument("export", nargs="?", type=Path, default=Path(__file__).parent, help="the zip or its folder")
    parser.add_argument("--public-key", type=Path, help="PEM of the hospital's key, from another source")
    parser.add_argument("--witness", type=Path, help="the checkpoints another host kept")
    options = parser.parse_args(arguments)
    try:
        key = options.public_key.read_bytes() if options.public_key else None
        witness = options.witness.read_bytes().decode("utf-8", "replace") if options.witness else None
        report = verify(options.export, key, witness)
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}")
    for problem in report.problems:
        print(f"BAD  {problem}")
    for note in report.notes:
        print(f"note {note}")
    print(f"key  {report.key_fingerprint}")
    print(f"{'OK' if report.ok else 'FAILED'}: {report.events} events, {len(report.problems)} problems")
    return 0 if report.ok else 5


if __name__ == "__main__":
    sys.exit(main())
