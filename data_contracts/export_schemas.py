"""Write the JSON Schema of every contract: `python -m data_contracts.export_schemas`."""

import json
from pathlib import Path

import data_contracts
from data_contracts.base import Contract

SCHEMA_FOLDER = Path(__file__).parent / "schemas"
CONTRACTS: tuple[type[Contract], ...] = tuple(
    value
    for name in sorted(data_contracts.__all__)
    if isinstance(value := getattr(data_contracts, name), type)
    and issubclass(value, Contract)
    and "schema_version" in value.model_fields
)
"""The contracts that travel on their own: those with a schema version."""


def schema_text(contract: type[Contract]) -> str:
    """Return a contract's JSON Schema as text."""
    return json.dumps(contract.model_json_schema(), indent=2, sort_keys=True) + "\n"


def main() -> None:
    """Write all schemas."""
    SCHEMA_FOLDER.mkdir(exist_ok=True)
    for contract in CONTRACTS:
        (SCHEMA_FOLDER / f"{contract.__name__}.json").write_text(schema_text(contract), "utf-8")


if __name__ == "__main__":
    main()
