"""The command line's shape: its order, its help, its exit codes, and what it loads."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from click.testing import CliRunner

from clinical_sdft import cli
from clinical_sdft.errors import BlockedError, BusyError, DigestMismatchError, InputError, QuarantineError
from governance.errors import GovernanceError
from governance.store.errors import IntegrityError


def test_help_lists_every_command_in_the_life_of_an_update() -> None:
    group = typer.main.get_command(cli.app)
    assert tuple(group.list_commands(None)) == cli.LIFE_OF_AN_UPDATE  # type: ignore[attr-defined]


def every_command() -> list[list[str]]:
    def walk(command: object, path: list[str]) -> list[list[str]]:
        below = getattr(command, "commands", {})
        return [path] + [line for name, child in below.items() for line in walk(child, [*path, name])]

    return walk(typer.main.get_command(cli.app), [])


@pytest.mark.parametrize("path", every_command(), ids=lambda path: " ".join(path) or "(none)")
def test_every_command_explains_itself(path: list[str]) -> None:
    shown = CliRunner().invoke(typer.main.get_command(cli.app), [*path, "--help"])
    assert shown.exit_code == 0
    assert len(shown.output.split("Options:")[0].splitlines()) > 2, "a command without a sentence of help"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("x"), 2),
        (BlockedError("x"), 3),
        (QuarantineError("x"), 4),
        (DigestMismatchError("x"), 5),
        (IntegrityError("x"), 5),
        (BusyError("x"), 1),
        (GovernanceError("x"), 2),
        (FileNotFoundError(errno.ENOENT, "x"), 2),
        (OSError(errno.ENOSPC, "x"), 1),
        (OSError(errno.EFBIG, "x"), 1),
        (OSError("without a number: a library's own words"), None),
        (ZeroDivisionError("ours"), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exit_codes(error: Exception, code: int | None) -> None:
    assert cli.exit_code(error) == code


def test_an_error_of_many_lines_is_printed_as_one() -> None:
    assert cli.one_line(InputError("a:\n  b\n  c")) == "a: b c"
    assert "disk is full" in cli.one_line(OSError(errno.ENOSPC, "No space left on device"))


def test_an_error_that_nobody_foresaw_names_its_place_and_says_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        try:
            raise ValueError("Quartermain")
        except ValueError as error:
            raise KeyError("Quartermain") from error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as end:
        cli.main()
    (line,) = capsys.readouterr().err.splitlines()
    assert end.value.code == 1 and line.startswith("clinical-sdft: unexpected KeyError at ")
    assert "test_command_line.py:" in line and "clinical_sdft/cli.py:" in line and "Quartermain" not in line


def test_verifying_an_export_loads_no_machine_learning(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom clinical_sdft import cli\nsys.argv = ['clinical-sdft', 'audit', 'verify', 'none.zip']\n"
        "try: cli.main()\nexcept SystemExit as end: print(end.code)\n"
        "print(sorted({'torch', 'transformers', 'peft', 'presidio_analyzer'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.split("\n")[:2] == ["2", "[]"]
