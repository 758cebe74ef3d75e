"""A GLiNER model is read in windows that lose no word, and refused where it could run code or read elsewhere."""

import json
import shutil
from pathlib import Path

import pytest

from clinical_sdft.deid import NerModelError, chosen_ner
from clinical_sdft.deid.ner import folder_digest
from clinical_sdft.deid.ner.gliner_model import CONFIG, LABELS_FILE, WEIGHTS

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "jane", "maria", "called", "from", "boston", "today", "."]


def loaded(folder: Path) -> object:
    return chosen_ner(f"gliner:{folder}", folder_digest(folder))


def copied(folder: Path, target: Path, **changes: object) -> Path:
    shutil.copytree(folder, target)
    config = json.loads((target / CONFIG).read_text()) | changes
    (target / CONFIG).write_text(json.dumps(config))
    return target


@pytest.fixture
def unread(tmp_path: Path) -> Path:
    """A folder whose files look like a model's; nothing of it is loaded before it is checked."""
    folder = tmp_path / "unread"
    folder.mkdir()
    (folder / CONFIG).write_text(json.dumps({"max_len": 64, "encoder_config": {"model_type": "bert"}}))
    (folder / WEIGHTS).write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random GLiNER of one tiny layer."""
    gliner = pytest.importorskip("gliner", reason="gliner is not installed: its transformers range excludes ours")
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    encoder, folder = tmp_path_factory.mktemp("encoder"), tmp_path_factory.mktemp("gliner") / "tiny"
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=96, **special).save_pretrained(encoder)
    torch.manual_seed(3)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(WORDS), max_position_embeddings=96, **sizes)).save_pretrained(encoder)
    made = gliner.GLiNER.from_config(
        gliner.GLiNERConfig(model_name=str(encoder), hidden_size=16, max_width=2, num_rnn_layers=0, max_len=40,
                            subtoken_pooling="first", span_mode="markerV0")
    )  # fmt: skip
    made.save_pretrained(folder, safe_serialization=True)
    shutil.rmtree(encoder)
    return folder


def test_long_texts_are_read_to_their_end(model: Path, tmp_path: Path) -> None:
    keen = copied(model, tmp_path / "keen")
    (keen / LABELS_FILE).write_text(json.dumps({"labels": {"patient name": "PERSON"}, "threshold": 0.01}))
    ner = chosen_ner(f"gliner:{keen}", folder_digest(keen))
    text = "Jane Quill called from Boston today. " * 40
    spans = ner.analyze(text)
    covered = {place for span in spans for place in range(span.start, span.end)}
    assert {span.label for span in spans} == {"PERSON"} and ner.name == "gliner:keen"
    assert all(place in covered for place, character in enumerate(text) if character.isalnum())
    assert ner.analyze(text) == spans and ner.analyze("") == () and ner.digest != folder_digest(model)


def test_labels_have_clinical_defaults(model: Path) -> None:
    ner = chosen_ner(f"gliner:{model}", folder_digest(model))
    assert {span.label for span in ner.analyze("Jane called from Boston.")} <= {"PERSON", "GPE", "LOC", "FAC", "ORG"}


def test_weights_that_do_not_fit_are_refused(model: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    broken = copied(model, tmp_path / "broken")
    weights = load_file(broken / WEIGHTS)
    weights.pop(sorted(weights)[0])
    save_file(weights, broken / WEIGHTS)
    with pytest.raises(NerModelError, match="does not load"):
        loaded(broken)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder_config": None}, "one encoder"),
        ({"labels_encoder": "some/model"}, "one encoder"),
        ({"encoder_config": {"auto_map": {"AutoModel": "x.Y"}}}, "names code to run"),
        ({"max_len": None}, "cannot be read"),
    ],
)
def test_models_that_could_run_code_or_read_elsewhere_are_refused(
    unread: Path, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(NerModelError, match=message):
        loaded(copied(unread, tmp_path / "other", **changes))


def test_pickles_and_code_beside_the_weights_are_refused(unread: Path) -> None:
    for name in ("pytorch_model.bin", "modeling.py"):
        (unread / name).write_bytes(b"")
        with pytest.raises(NerModelError, match=r"only model\.safetensors is loaded"):
            loaded(unread)
        (unread / name).unlink()
    (unread / WEIGHTS).unlink()
    with pytest.raises(NerModelError, match="it is missing"):
        loaded(unread)


@pytest.mark.parametrize(
    "text", ["{", '{"labels": {"a city": "GPE"}}', '{"labels": {"name": "WHO"}}', '{"threshold": 2}']
)
def test_labels_that_cannot_be_used_are_refused(unread: Path, text: str) -> None:
    (unread / LABELS_FILE).write_text(text)
    with pytest.raises(NerModelError, match=r"deid\.json"):
        loaded(unread)


def test_it_must_be_pinned_and_there(unread: Path) -> None:
    with pytest.raises(NerModelError, match="is not pinned"):
        chosen_ner(f"gliner:{unread}")
    with pytest.raises(NerModelError, match="hub ids are not fetched"):
        chosen_ner("gliner:some/model", "sha256:" + "0" * 64)
