"""One reader a format, in the order in which they are asked whether a file is theirs."""

from clinical_sdft.ingest.readers.docling import Docling
from clinical_sdft.ingest.readers.docx import Docx
from clinical_sdft.ingest.readers.fhir import Fhir
from clinical_sdft.ingest.readers.html import Html
from clinical_sdft.ingest.readers.markdown import Markdown
from clinical_sdft.ingest.readers.pdf import Pdf
from clinical_sdft.ingest.readers.project import Project
from clinical_sdft.ingest.readers.questions import Questions
from clinical_sdft.ingest.readers.uspstf import Uspstf
from clinical_sdft.ingest.reading import Reader

READERS: tuple[Reader, ...] = (Pdf(), Docx(), Docling(), Fhir(), Uspstf(), Questions(), Project(), Html(), Markdown())
