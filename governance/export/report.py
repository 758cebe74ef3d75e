"""The parts of an export that people read: `report.html` and `README.txt`."""

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from data_contracts import Digest, short
from governance.audit.note import LogKey
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
    filters: dict[str, Any] = {"moment": _moment, "percent": _percent, "brief": _brief}
    environment.filters.update(filters)
    text = environment.get_template(template).render(m=material, fingerprint=fingerprint(key.public))
    return text.encode()


def _moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M:%S UTC")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _brief(digest: Digest | None) -> str:
    return "–" if digest is None else short(digest)
