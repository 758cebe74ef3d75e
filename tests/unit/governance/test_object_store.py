"""Objects are what their names say, or they are not given out."""

import os

import pytest

from data_contracts import Person, sha256_digest
from governance.store.errors import IntegrityError, MissingObjectError
from governance.store.objects import ObjectStore, write_atomically


@pytest.fixture
def store(tmp_path):
    return ObjectStore(tmp_path / "objects")


def test_what_is_put_is_got_under_its_digest(store, tmp_path):
    person = Person(username="a", printed_name="A", roles=("clinician",))
    assert store.put_contract(person) == person.digest
    assert Person.from_bytes(store.get(person.digest)) == person
    big = tmp_path / "adapter"
    big.write_bytes(os.urandom(3 << 20))
    digest = store.put_file(big)
    assert digest == sha256_digest(big.read_bytes()) and store.get(digest) == big.read_bytes()
    assert store.path(digest).relative_to(store.root).as_posix() == f"{digest[7:9]}/{digest[9:]}"
    assert list(store.altered()) == []


def test_putting_again_changes_nothing(store):
    digest = store.put(b"x")
    before = store.path(digest).stat()
    assert store.put(b"x") == digest and store.path(digest).stat().st_mtime_ns == before.st_mtime_ns


def test_altered_and_missing_objects_are_refused(store):
    digest = store.put(b"right")
    store.path(digest).write_bytes(b"wrong")
    with pytest.raises(IntegrityError, match="altered"):
        store.get(digest)
    assert list(store.altered()) == [digest]
    missing = sha256_digest(b"never")
    assert not store.has(missing)
    with pytest.raises(MissingObjectError, match="missing"):
        store.get(missing)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError), write_atomically(target) as file:
        file.write(b"half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.read_bytes() == b"old"
