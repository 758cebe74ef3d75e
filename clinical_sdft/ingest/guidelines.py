"""Read a guideline in the project's YAML or JSON format."""

from pathlib import Path

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.bounded import in_child, seconds_for
from clinical_sdft.ingest.readers.docling import Docling
from clinical_sdft.ingest.readers.fhir import Fhir
from clinical_sdft.ingest.readers.project import parse
from clinical_sdft.ingest.readers.uspstf import Uspstf
from clinical_sdft.ingest.reading import load
from data_contracts import Guideline

_DOCUMENTS = (".pdf", ".docx", ".md", ".markdown", ".html", ".htm", ".txt", ".csv", ".tsv", ".jsonl", ".ndjson")


def read_guideline(path: Path) -> Guideline:
    """Read and check a guideline, in a child process whose time and memory are bounded.

    Raises:
        InputError: missing file, bytes that are not UTF-8, bad YAML or JSON, an unknown field, a duplicate id, no
            recommendations, or a quote that does not stand in the document; or reading took too long or too much
            memory. One line, with the file and the place.
    """
    if path.is_dir() or path.suffix.lower() in _DOCUMENTS:
        raise InputError(f"{path}: a document; `clinical-sdft ingest` makes a guideline file of it, use that one")
    file = load(path, str(path))
    [text] = in_child(lambda: [parse(file).canonical_bytes().decode()], file.name, seconds_for([file]))
    return Guideline.from_bytes(text.encode())


def is_project_format(path: Path) -> bool:
    """Say whether a file is a guideline in the project's own format, by content for JSON and by name for YAML."""
    if path.is_dir():
        return False
    if path.suffix not in (".yaml", ".yml", ".json"):
        return False
    file = load(path, str(path))
    return not any(reader.reads(file) for reader in (Docling(), Fhir(), Uspstf()))
