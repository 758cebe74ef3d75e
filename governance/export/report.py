"""The parts of an export that people read: `report.html` and `README.txt`."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from governance.audit.note import LogKey
from governance.export import words
from governance.export.collect import Material
from governance.export.verify import fingerprint


def report_html(material: Material, key: LogKey) -> bytes:
    """Return the report: one file without scripts or outside resources, fit for printing."""
    return _render("report.html.j2", material, key)


def readme(material: Material, key: LogKey) -> bytes:
    """Return the text that tells a stranger what lies here and how to check it."""
    return _render("readme.txt.j2", material, key)


def _render(template: str, material: Material, key: LogKey) -> bytes:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "moment": words.moment,
        "percent": words.percent,
        "brief": words.brief,
        "in_words": words.in_words,
    }
    environment.filters.update(filters)
    text = environment.get_template(template).render(m=material, words=words, fingerprint=fingerprint(key.public))
    return text.encode()
