"""A GLiNER model, which finds whatever its labels say in words, from a folder of one's own."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clinical_sdft.deid.errors import NerModelError
from clinical_sdft.deid.ner.model import NerSpan, check_pin, folder_digest
from clinical_sdft.deid.text import matches

VERSION = "0.2.29"
CONFIG, WEIGHTS, LABELS_FILE = "gliner_config.json", "model.safetensors", "deid.json"
WINDOW, OVERLAP = 96, 16
"""Words read at a time, and words that two neighbouring windows share."""
_WORD = r"\w+(?:[-_]\w+)*|\S"
"""What GLiNER's own splitter takes for a word."""
_MARKS = 6
"""Tokens of a prompt beside its labels and the mark before each."""

OntoLabel = Literal["PERSON", "GPE", "LOC", "FAC", "ORG"]


class Asked(BaseModel):
    """What the model is asked for, `deid.json` in its folder: part of its digest, since it decides what is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: Mapping[str, OntoLabel] = Field(
        default={
            "patient name": "PERSON",
            "doctor name": "PERSON",
            "relative's name": "PERSON",
            "city": "GPE",
            "location": "LOC",
            "hospital": "FAC",
            "organization": "ORG",
        },
        min_length=1,
    )
    threshold: float = Field(default=0.3, gt=0, lt=1)


class GlinerNer:
    """Reads a text in overlapping windows; safetensors only, no code from the model's folder, nothing fetched."""

    def __init__(self, location: str, pinned_digest: str | None) -> None:
        """Load the model.

        Args:
            location: a folder that `GLiNER.save_pretrained(folder, safe_serialization=True)` wrote.
            pinned_digest: the only digest over the folder's files that is accepted.

        Raises:
            NerModelError: the package or the model is missing, not pinned, not the pinned one, asks for nobody's name,
                is of a kind that could run code or read elsewhere, or does not load.
        """
        folder = Path(location)
        if not (folder / CONFIG).is_file():
            raise NerModelError(f"gliner:{location}: no folder with {CONFIG}; hub ids are not fetched, save it once")
        self.name = f"gliner:{folder.name}"
        self.digest = folder_digest(folder)
        check_pin(self.name, self.digest, pinned_digest)
        self._asked = _asked(self.name, folder)
        self._words = min(WINDOW, _checked(self.name, folder))
        self._model = _load(self.name, folder)
        self._tokenizer = self._model.data_processor.transformer_tokenizer
        self._room = self._tokens_for_text()

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        """Return the entities in the order of the text."""
        words = [(match.start(), match.end()) for match in matches(_WORD, text)]
        found: set[tuple[int, int, str]] = set()
        for start in range(0, len(words), max(1, self._words - min(OVERLAP, self._words // 2))):
            for first, last in self._windows(text, words[start : start + self._words]):
                found |= set(self._read(text[first:last], first))
            if start + self._words >= len(words):
                break
        return tuple(NerSpan(*one) for one in sorted(found))

    def _windows(self, text: str, words: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield the offsets of the words, or of both halves of them where they are too many tokens to be read whole."""
        first, last = words[0][0], words[-1][1]
        if len(words) == 1 or self._tokens(text[first:last]) <= self._room:
            yield first, last
            return
        half, shared = len(words) // 2, min(OVERLAP, len(words) // 4)
        yield from self._windows(text, words[: half + shared])
        yield from self._windows(text, words[half:])

    def _read(self, text: str, offset: int) -> Iterator[tuple[int, int, str]]:
        labels = self._asked.labels
        for one in self._model.predict_entities(text, list(labels), threshold=self._asked.threshold):
            yield offset + one["start"], offset + one["end"], labels[one["label"]]

    def _tokens(self, text: str) -> int:
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _tokens_for_text(self) -> int:
        """Return how many tokens of a text fit beside the labels; GLiNER drops what is beyond without a word."""
        prompt = sum(self._tokens(label) + 1 for label in self._asked.labels) + _MARKS
        config = self._model.config.encoder_config
        longest = min(self._tokenizer.model_max_length, getattr(config, "max_position_embeddings", None) or 512, 512)
        if longest - prompt < OVERLAP:
            raise NerModelError(f"the model {self.name} reads {longest} tokens, and its labels alone take {prompt}")
        return int(longest) - prompt


def _asked(name: str, folder: Path) -> Asked:
    file = folder / LABELS_FILE
    try:
        asked = Asked.model_validate_json(file.read_bytes()) if file.is_file() else Asked()
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise NerModelError(f"the model {name}: {LABELS_FILE} cannot be used ({place or 'it'} is wrong)") from None
    if "PERSON" not in asked.labels.values():
        raise NerModelError(f"the model {name}: no label in {LABELS_FILE} stands for PERSON, so no name would be found")
    return asked


def _checked(name: str, folder: Path) -> int:
    """Return how many words the model reads at a time, if nothing of its folder can run code or lead elsewhere.

    GLiNER loads encoders with `trust_remote_code` and pickles where there is no safetensors file, and asks the hub for
    an encoder that its configuration only names: none of these may be there.
    """
    odd = [file.name for file in sorted(folder.rglob("*")) if file.suffix in (".py", ".bin", ".pt", ".pth", ".pkl")]
    if odd or not (folder / WEIGHTS).is_file():
        raise NerModelError(f"the model {name}: only {WEIGHTS} is loaded, but {odd[0] if odd else 'it'} is "
                            f"{'there' if odd else 'missing'}; save it with safe_serialization=True")  # fmt: skip
    try:
        files = {file.name: json.loads(file.read_bytes()) for file in sorted(folder.rglob("*.json"))}
        config = files[CONFIG]
        words = int(config["max_len"])
    except (ValueError, KeyError, TypeError):
        raise NerModelError(f"the model {name}: its configuration cannot be read") from None
    if any(_mentions(value, "auto_map") for value in files.values()):
        raise NerModelError(f"the model {name}: its configuration names code to run (auto_map)")
    if not config.get("encoder_config") or any(config.get(key) for key in _OTHER_PARTS) or words < 1:
        raise NerModelError(f"the model {name}: only models of one encoder, configured in {CONFIG}, are read")
    if (Path(str(config.get("model_name"))) / "adapter_config.json").exists():
        raise NerModelError(f"the model {name}: an adapter outside its folder would be loaded too")
    return words


_OTHER_PARTS = ("labels_encoder", "labels_decoder", "relations_layer")


def _mentions(value: object, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(_mentions(one, key) for one in value.values())
    return isinstance(value, list) and any(_mentions(one, key) for one in value)


def _load(name: str, folder: Path) -> Any:
    try:
        from gliner import GLiNER
    except ImportError:
        raise NerModelError(f"{name}: the package is missing: pip install --no-deps gliner=={VERSION}") from None
    try:
        model = GLiNER.from_pretrained(str(folder), local_files_only=True, map_location="cpu", strict=True)
    except Exception as error:
        raise NerModelError(f"the name recognition model does not load ({type(error).__name__})") from None
    return cast("Any", model).eval()
