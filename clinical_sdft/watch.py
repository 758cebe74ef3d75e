"""Who is told how a run goes: the command line shows bars, a scheduler logs lines, a test listens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from clinical_sdft.sdft.trainer import StepReport


class Watcher(Protocol):
    """Hears of stages, training steps and evaluated items."""

    def say(self, line: str) -> None:
        """Hear one line for a person."""

    def step(self, arm: str, report: StepReport) -> None:
        """Hear of an optimizer step."""

    def items(self, model: str, done: int, total: int) -> None:
        """Hear of evaluated items."""


class Quiet:
    """Hears everything and says nothing."""

    def say(self, line: str) -> None:
        """Say nothing."""

    def step(self, arm: str, report: StepReport) -> None:
        """Say nothing."""

    def items(self, model: str, done: int, total: int) -> None:
        """Say nothing."""


class LineWatcher:
    """Prints one line a stage: for logs."""

    def __init__(self, console: Console) -> None:
        """Print to `console`."""
        self._console = console

    def say(self, line: str) -> None:
        """Print the line."""
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def step(self, arm: str, report: StepReport) -> None:
        """Print the last step only."""
        if report.step == report.total:
            self.say(f"  training {arm}: {report.total} steps, loss {report.loss:.3f}")

    def items(self, model: str, done: int, total: int) -> None:
        """Print the last item only."""
        if done >= total:
            self.say(f"  evaluating {model}: {total} items")


class RichWatcher:
    """Shows a bar with remaining time, loss and tokens per second, and a line for each stage."""

    def __init__(self, console: Console, progress: Progress) -> None:
        """Use `rich_watcher`, which opens and closes the display."""
        self._console = console
        self._progress = progress
        self._tasks: dict[str, int] = {}

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        self._console.print(line, highlight=False)

    def step(self, arm: str, report: StepReport) -> None:
        """Move an arm's training bar."""
        detail = f"loss {report.loss:.3f}  {report.tokens_per_second:.0f} tokens/s"
        self._move(f"training {arm}", report.step, report.total, detail)

    def items(self, model: str, done: int, total: int) -> None:
        """Move a model's evaluation bar."""
        self._move(f"evaluating {model}", done, total, f"{done} of {total} items")

    def _move(self, name: str, done: int, total: int, detail: str) -> None:
        task = self._tasks.get(name)
        if task is None:
            task = self._tasks[name] = self._progress.add_task(name, total=total, detail=detail)
        self._progress.update(task, completed=done, detail=detail)  # type: ignore[arg-type]
        if done >= total:
            self._progress.remove_task(task)  # type: ignore[arg-type]
            del self._tasks[name]
            self.say(f"  {name}: done, {detail}")


@contextmanager
def rich_watcher(console: Console) -> Iterator[RichWatcher]:
    """Yield a watcher that draws on `console`."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield RichWatcher(console, progress)
