"""What a model of one's own calls each category: OntoNotes' labels where they exist, else the category's name."""

from clinical_sdft.deid.categories import NUMBERS, Category

LABELS = {
    Category.NAME: "PERSON",
    Category.FACILITY: "ORG",
    Category.PLACE: "GPE",
    Category.DATE: "DATE",
    **{category: str(category) for category in (Category.ADDRESS, Category.ZIP, Category.PHONE, *sorted(NUMBERS))},
}
"""E-mail, web and network addresses and high ages have forms that rules tell; no model is asked for them."""

TERM, VALUE = "TERM", "VALUE"
FACTS = {
    **dict.fromkeys(("eponym", "drug", "score"), TERM),
    **dict.fromkeys(("dose", "lab", "vital", "quantity", "age", "level"), VALUE),
}
"""Labels of clinical facts, by the kinds that gold sets mark: who knows them does not take them for identifiers."""
