"""Token rows of an update, tokenized when they are asked for, and checked for length before anything is trained.

Nothing is ever cut to fit: what is too long is named, with its length.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

from clinical_sdft.errors import InputError
from clinical_sdft.models.generation import TokenIds

S = TypeVar("S")


class Rows(Sequence[TokenIds], Generic[S]):
    """Token ids made from the items of another sequence, one at a time: memory does not grow with their number."""

    def __init__(self, items: Sequence[S], tokenize: Callable[[S], TokenIds]) -> None:
        """`tokenize` is called each time a row is read."""
        self._items = items
        self._tokenize = tokenize

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> TokenIds: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[TokenIds]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return self._tokenize(self._items[index])

    def __iter__(self) -> Iterator[TokenIds]:
        return map(self._tokenize, self._items)


def refuse_too_long(
    prompts: Sequence[TokenIds],
    room: int,
    name: Callable[[int], str],
    what: str,
    replies: Sequence[TokenIds] | None = None,
) -> None:
    """Read every row once and refuse the first that does not fit.

    Args:
        prompts: the rows.
        room: the most tokens a row may have, its reply included.
        name: what a row is called, by its number.
        what: which prompt of it this is.
        replies: what follows each prompt, where it is given beforehand.

    Raises:
        InputError: a row is longer; names it and its length.
    """
    for number, prompt in enumerate(prompts):
        length = len(prompt) + (len(replies[number]) if replies is not None else 0)
        if length > room:
            raise InputError(f"{name(number)}: its {what} has {length} tokens, the model reads {room}; shorten it")
