"""Which model may run: only the pinned one, and none at all only where a policy says so."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clinical_sdft.deid import (
    SAFE_HARBOR,
    Deidentifier,
    NerModelError,
    NotesNer,
    PatternsOnly,
    SpacyNer,
    chosen_ner,
    named_policy,
)
from clinical_sdft.deid.ner import PINNED_DIGEST, SHIPPED_DIGEST, folder_digest
from data_contracts import DeidentifiedRecord, PatientRecord

KEY = b"k" * 32
WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "the",
    "jane",
    "maria",
    "quill",
    "called",
    "from",
    "boston",
    "today",
    "##s",
    ".",
    ",",
]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A token classifier of one tiny random layer that calls every token a person: its head is set so."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("classifier")
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=16, **special).save_pretrained(folder)
    labels = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-MISC"}
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    torch.manual_seed(5)
    model = BertForTokenClassification(BertConfig(vocab_size=32, max_position_embeddings=32, id2label=labels, **sizes))
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([0.0, 1.0, 0.0, 0.0]))
    model.save_pretrained(folder)
    return folder


def test_a_token_classifier_reads_long_texts_in_windows(classifier: Path) -> None:
    ner = chosen_ner(f"transformers:{classifier}", folder_digest(classifier))
    text = "Jane Quill called from Boston today. " * 12
    spans = ner.analyze(text)
    assert {span.label for span in spans} == {"PERSON"}
    assert spans[0].start == 0 and spans[-1].end == len(text.rstrip())
    assert ner.digest == folder_digest(classifier) and ner.analyze(text) == spans


def test_its_name_stands_in_the_report_of_a_release(classifier: Path) -> None:
    ner = chosen_ner(f"transformers:{classifier}", folder_digest(classifier))
    outcome = Deidentifier(ner, SAFE_HARBOR, KEY).deidentify(_record("A rash since two weeks."))
    assert isinstance(outcome, DeidentifiedRecord) and ner.name == f"transformers:{classifier.name}"


def test_an_unpinned_model_is_refused_with_the_line_to_write(classifier: Path) -> None:
    with pytest.raises(NerModelError) as caught:
        chosen_ner(f"transformers:{classifier}")
    assert f'deid_ner_digest = "{folder_digest(classifier)}"' in str(caught.value)


def test_a_changed_model_is_refused(classifier: Path, tmp_path: Path) -> None:
    for file in classifier.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    pinned = folder_digest(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text("{}")
    with pytest.raises(NerModelError, match="is pinned: restore it, or pin the new one"):
        chosen_ner(f"transformers:{tmp_path}", pinned)


def test_a_model_without_people_is_refused(classifier: Path, tmp_path: Path) -> None:
    for file in classifier.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    config["id2label"] = {"0": "O", "1": "B-MISC", "2": "I-MISC", "3": "B-TIME"}
    config["label2id"] = {label: int(index) for index, label in config["id2label"].items()}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(NerModelError, match="no label for people"):
        chosen_ner(f"transformers:{tmp_path}", folder_digest(tmp_path))


def test_a_model_that_does_not_load_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(NerModelError, match="does not load"):
        chosen_ner(f"transformers:{tmp_path}", folder_digest(tmp_path))


@pytest.mark.parametrize("setting", ["", "notes:", "spacy:sm", "transformers:", "flair:ner", "patterns:x"])
def test_a_setting_that_names_no_model_is_refused(setting: str) -> None:
    with pytest.raises(NerModelError, match="write one of notes, notes:FOLDER, spacy"):
        chosen_ner(setting)


def test_the_embedded_model_is_pinned_without_a_setting() -> None:
    assert isinstance(chosen_ner("spacy"), SpacyNer) and chosen_ner("spacy").digest == PINNED_DIGEST
    assert isinstance(chosen_ner("notes"), NotesNer) and chosen_ner("notes").digest == SHIPPED_DIGEST
    with pytest.raises(NerModelError, match="differs from the pinned one"):
        chosen_ner("spacy", "sha256:" + "0" * 64)


def test_patterns_alone_need_a_policy_that_says_so() -> None:
    with pytest.raises(NerModelError, match="needs a name recognition model"):
        Deidentifier(PatternsOnly(), SAFE_HARBOR, KEY)
    deidentifier = Deidentifier(chosen_ner("patterns"), named_policy("safe_harbor_patterns"), KEY)
    outcome = deidentifier.deidentify(_record("Mr. Kowalski, MRN 44719203, has a rash."))
    assert isinstance(outcome, DeidentifiedRecord) and outcome.policy == "safe_harbor_patterns"
    assert "Kowalski" not in outcome.text and "44719203" not in outcome.text and "rash" in outcome.text


def test_deidentification_with_the_embedded_model_loads_no_torch() -> None:
    code = (
        "import sys\n"
        "from clinical_sdft.deid import SAFE_HARBOR, Deidentifier, NotesNer\n"
        "from data_contracts import PatientRecord\n"
        "record = PatientRecord(id='R', patient={'id': 'P'}, narrative='Jane has a rash.', diagnosis='psoriasis')\n"
        f"out = Deidentifier(NotesNer(), SAFE_HARBOR, {KEY!r}).deidentify(record)\n"
        "assert 'Jane' not in out.text\n"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])\n"
        "import torch\n"
        "print(torch.ones(2).sum().item())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "2.0"]


def _record(text: str) -> PatientRecord:
    return PatientRecord.model_validate(
        {"id": "R-1", "patient": {"id": "P-1"}, "narrative": text, "diagnosis": "psoriasis"}
    )
