"""C2SP notes and the DSSE envelope."""

import base64
import json
import stat

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance.audit.errors import KeyFileError
from governance.audit.note import create_key, load_key
from governance.export.verify import Head, fingerprint, key_id, pre_authentication, read_note, split_notes

ROOT = bytes(range(32))


@pytest.fixture
def key(tmp_path):
    return create_key(tmp_path)


def test_the_published_example_of_the_format_is_read_the_same_way():
    """The key and the signature of golang.org/x/mod/sumdb/note's documentation."""
    name, key_hash, blob = ["PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(blob)[1:])
    signature = base64.b64decode(line)
    assert key_id(name, public).hex() == key_hash == signature[:4].hex()
    public.verify(signature[4:], text.encode())


def test_a_checkpoint_is_read_back(key):
    note = key.sign_checkpoint(7, ROOT)
    lines = note.split("\n")
    assert lines[:4] == [key.origin, "7", base64.b64encode(ROOT).decode(), ""]
    assert lines[4].startswith(f"— {key.origin} ") and lines[5:] == [""]
    assert read_note(note, key.public) == Head(key.origin, 7, ROOT)
    assert key.vkey.split("+")[:2] == [key.origin, key_id(key.origin, key.public).hex()]


def test_a_foreign_signature_beside_ours_is_passed_over(key, tmp_path_factory):
    other = create_key(tmp_path_factory.mktemp("other"))
    cosigned = key.sign_checkpoint(7, ROOT) + other.sign_checkpoint(7, ROOT).split("\n\n")[1]
    assert read_note(cosigned, key.public).size == 7
    with pytest.raises(ValueError, match="not signed by this key"):
        read_note(key.sign_checkpoint(7, ROOT), other.public)


def test_no_character_of_a_note_can_change(key):
    note = key.sign_checkpoint(1234, ROOT)
    for at, character in enumerate(note):
        changed = note[:at] + chr(ord(character) ^ 1) + note[at + 1 :]
        with pytest.raises(ValueError):
            read_note(changed, key.public)
    for changed in (note + "\n", note[:-1], "\n" + note, note.replace("1234", "01234"), ""):
        with pytest.raises(ValueError):
            read_note(changed, key.public)


def test_witness_files_end_after_a_whole_note(key):
    notes = [key.sign_checkpoint(size, ROOT) for size in (1, 2)]
    text = "".join(note + "\n" for note in notes)
    assert split_notes(text) == notes
    assert split_notes("") == []
    for cut in (1, 2, 40):
        with pytest.raises(ValueError, match="whole note"):
            split_notes(text[:-cut])


def test_the_envelope_signs_type_and_payload(key):
    """The pre-authentication encoding as in DSSE's protocol text."""
    envelope = json.loads(key.sign_envelope(b"{}"))
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    assert pre_authentication(b"{}") == b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
    key.public.verify(signature, pre_authentication(b"{}"))
    with pytest.raises(InvalidSignature):
        key.public.verify(signature, b"{}")
    assert envelope["signatures"][0]["keyid"] == fingerprint(key.public)


def test_the_key_is_made_once_and_only_its_owner_reads_it(key, tmp_path):
    assert create_key(tmp_path).origin == key.origin == load_key(tmp_path).origin
    assert stat.S_IMODE((tmp_path / "log_key.pem").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log_key.pem", "log_key.pub.pem", "log_key.vkey"]
    (tmp_path / "log_key.pem").write_text("nonsense")
    with pytest.raises(KeyFileError, match="backup"):
        load_key(tmp_path)
