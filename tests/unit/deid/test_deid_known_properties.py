"""However a known identifier is written, it is found, and none is left in what is released; all people are invented."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinical_sdft.deid import EXPERT_ASSIST, SAFE_HARBOR, Deidentifier, NerSpan
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.recognizers.known_identifiers import KnownIdentifiersRecognizer
from clinical_sdft.deid.text import alnum
from data_contracts import DeidentifiedRecord, PatientRecord

KEY = b"k" * 32
CHEAP = settings(
    max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
GIVEN = ["Zelda", "Ignatius", "Björn", "Siobhán", "Núria", "Oluwaseun", "Xiomara"]
FAMILY = ["Quartermain", "Kaczmarek", "O'Hallorahan", "Nuñez-Ibarra", "Oyelaran", "Bjørnstad", "Vandenbroucke"]
STREETS = ["Larkspur Court", "Kestrel Avenue", "Tamarind Road", "Whistlewood Lane"]
PLACES = ["Evanshollow", "Thornbury", "Port Wexcombe"]
FACILITIES = ["Stonebridge Memorial Hospital", "Quillaby Ridge Clinic", "Thornwick Family Practice"]


class NoNer:
    """Finds nothing, so that only what the structured record states can be found."""

    name = "none"
    digest = "sha256:" + "0" * 64

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        return ()


@dataclass(frozen=True)
class Written:
    """A structured record, and one of its values as a hurried person writes it."""

    patient: dict[str, Any]
    text: str


people = st.builds(lambda given, family: (given, family), st.sampled_from(GIVEN), st.sampled_from(FAMILY))
digits = st.text("0123456789", min_size=8, max_size=10).filter(lambda text: text[0] != "0" and len(set(text)) > 3)
phones = st.tuples(st.integers(201, 989), st.integers(200, 999), st.integers(0, 9999))
days = st.dates(date(1940, 1, 1), date(2024, 12, 28))


def one_wrong(word: str, at: int, how: str) -> str:
    """Return a word with one letter left out, doubled, exchanged with its neighbour or replaced."""
    index = 1 + at % (len(word) - 2)
    return {
        "left out": word[:index] + word[index + 1 :],
        "doubled": word[:index] + word[index] + word[index:],
        "exchanged": word[:index] + word[index + 1] + word[index] + word[index + 2 :],
        "replaced": word[:index] + ("w" if word[index] != "w" else "v") + word[index + 1 :],
    }[how]


@st.composite
def written_names(draw: st.DrawFn) -> Written:
    role = draw(st.sampled_from(["name", "relative", "provider"]))
    given, family = draw(people)
    entry: Any = {"name": f"{given} {family}"}
    patient = {"id": "P-1", role: entry if role != "name" else entry["name"]}
    plain = family.replace("-", " ")
    long_word = max(family.replace("'", "").split("-"), key=len)
    forms: dict[str, str] = {
        "as it is": f"{given} {family}",
        "reordered": f"{family}, {given}",
        "initialled": f"{given[0]}. {family}",
        "initial behind": f"{family} {given[0]}.",
        "initials": f"{given[0]}.{family[0]}.",
        "upper": f"{given} {family}".upper(),
        "lower": f"{given} {family}".lower(),
        "hyphen lost": f"{given} {plain}",
        "hyphenated": f"{given}-{family}",
        "two lines": f"{given}\n{family}",
        "one word": f"{given}{family}" if family.isalpha() else f"{given} {family}",
        "broken": f"{long_word[:4]}-\n{long_word[4:]}",
        "possessive": f"{family}'s",
        "one letter wrong": one_wrong(
            long_word, draw(st.integers(0, 9)), draw(st.sampled_from(["left out", "doubled", "exchanged", "replaced"]))
        ),
        "without accents": given.translate(str.maketrans("öáúø", "oauo")) + " " + family.replace("ñ", "n"),
    }
    return Written(patient, forms[draw(st.sampled_from(sorted(forms)))])


@st.composite
def written_numbers(draw: st.DrawFn) -> Written:
    key = draw(st.sampled_from(["mrn", "account", "health_plan", "device_serial", "license", "other_number"]))
    code = draw(st.sampled_from(["", "HP-", "K"])) + draw(digits)
    half = len(code) // 2
    forms = [code, code.lower(), f"{code[:half]} {code[half:]}", f"{code[:half]}-{code[half:]}",
             f"{code[:half]}\n{code[half:]}", ".".join((code[:3], code[3:6], code[6:]))]  # fmt: skip
    return Written({"id": "P-1", key: code}, draw(st.sampled_from(forms)))


@st.composite
def written_phones(draw: st.DrawFn) -> Written:
    area, office, line = draw(phones)
    stored = draw(st.sampled_from(["({a}) {b}-{c}", "+1 {a} {b} {c}", "{a}{b}{c}", "{a}-{b}-{c} x12"]))
    form = draw(
        st.sampled_from(
            ["({a}) {b}-{c}", "({a}){b}-{c}", "{a}-{b}-{c}", "{a}.{b}.{c}", "{a} {b} {c}", "{a}{b}{c}", "+1{a}{b}{c}",
             "1-{a}-{b}-{c}", "+1 ({a}) {b} {c}", "{a}/{b}/{c}", "{b}-{c}", "{b} {c}", "({a}) {b} -\n{c}",
             "{a} - {b} - {c}"]
        )
    )  # fmt: skip
    parts = {"a": area, "b": office, "c": f"{line:04}"}
    holder = draw(st.sampled_from(["phone", "relative", "facility"]))
    value: Any = stored.format(**parts)
    return Written({"id": "P-1", holder: {"phone": value}}, form.format(**parts))


@st.composite
def written_days(draw: st.DrawFn) -> Written:
    day = draw(days)
    forms = ["%m/%d/%Y", "%Y-%m-%d", "%d.%m.%Y", "%B %d, %Y", "%d %b %Y", "%m%d%Y", "%Y%m%d", "%m-%d-%y", "%d%b%Y",
             "%B %d %Y", "%m / %d / %Y", "%m.%d.%y", "%Y/%m/%d", "%b %d, %Y", "%d-%b-%y", "%Y %m %d"]  # fmt: skip
    key = draw(st.sampled_from(["birth_date", "admission", "dates"]))
    text = day.strftime(draw(st.sampled_from(forms)))
    return Written({"id": "P-1", key: [day.isoformat()]}, draw(st.sampled_from([text, text.upper()])))


@st.composite
def written_places(draw: st.DrawFn) -> Written:
    street, place, facility = (draw(st.sampled_from(values)) for values in (STREETS, PLACES, FACILITIES))
    house = draw(st.integers(11, 9999))
    patient = {"id": "P-1", "address": f"{house} {street}, {place}, IL 60299", "facility": facility}
    name, kind = street.split()
    short = {"Court": "Ct", "Avenue": "Ave", "Road": "Rd.", "Lane": "Ln"}[kind]
    forms = [f"{house} {street}", f"{house} {name} {short}", f"{house} {street}".upper(), f"{house} {name}", street,
             f"{house}\n{street}", place, place.upper(), place.lower(), "60299-1234", facility,
             one_wrong(place.split()[-1], 3, "exchanged"), facility.upper(), facility.lower(), facility.split()[0],
             facility.replace(" ", "\n", 1), one_wrong(facility.split()[0], 3, "left out")]  # fmt: skip
    return Written(patient, draw(st.sampled_from(forms)))


@st.composite
def written_mail(draw: st.DrawFn) -> Written:
    given, family = draw(st.sampled_from(["zelda", "bjorn"])), draw(st.sampled_from(["quartermain", "oyelaran"]))
    mail = f"{given}.{family}7@wexcombe-mail.example"
    forms = [
        mail,
        mail.upper(),
        mail.replace("@", " at "),
        mail.replace("@", " (at) ").replace(".example", " dot example"),
    ]
    return Written({"id": "P-1", "relative": {"email": mail}}, draw(st.sampled_from(forms)))


anything = st.one_of(
    written_names(), written_numbers(), written_phones(), written_days(), written_places(), written_mail()
)
frames = st.sampled_from(
    ["Pt {} seen with a rash.", "Note: {}, itching for weeks", "Called {} today; BP 140/90, Hb 11.2 g/dL.", "{}"]
)


@settings(CHEAP, max_examples=250)
@given(anything, frames)
def test_a_known_identifier_is_found_however_it_is_written(written: Written, frame: str) -> None:
    text = frame.format(written.text)
    start = text.index(written.text)
    recognizer = KnownIdentifiersRecognizer(known_patient(written.patient))
    covered = {index for found in recognizer.analyze(text, []) for index in range(found.start, found.end)}
    missed = [text[i] for i in range(start, start + len(written.text)) if text[i].isalnum() and i not in covered]
    assert "".join(missed).casefold() in ("", "s", "rd", "at", "1234"), (written, missed)


@CHEAP
@given(st.lists(anything, min_size=1, max_size=4), st.sampled_from([SAFE_HARBOR, EXPERT_ASSIST]))
def test_nothing_known_is_left_in_what_is_released(
    engines: Callable[[str], Deidentifier], written: list[Written], policy: Any
) -> None:
    patient: dict[str, Any] = {"id": "P-1", "parts": [item.patient for item in written]}
    narrative = "Seen with a rash. ".join(f"Regarding {item.text}: stable.\n" for item in written)
    record = PatientRecord(id="R-771902", patient=patient, narrative=narrative, diagnosis="gout")
    outcome = engines(policy.name).deidentify(record)
    if isinstance(outcome, DeidentifiedRecord):
        assert left_over(outcome.text, patient) == []


def left_over(text: str, patient: dict[str, Any]) -> list[str]:
    """Return the codes, days and names of a record that still stand in a text, by other means than the engine's."""
    packed, left = alnum(text), []
    for value in known_patient(patient).values:
        if any(character.isdigit() for character in value.text) and str(value.category) not in (
            "date",
            "address",
            "zip",
        ):
            left += [value.code] if len(value.code) > 5 and value.code in packed else []
        elif value.category == "name":
            left += [word for word in value.text.casefold().split() if len(word) > 3 and word in text.casefold()]
        elif value.category == "date":
            left += [value.text for found in find_dates(text) if found.same_day(find_dates(value.text)[0])]
    return left


@pytest.fixture(scope="module")
def engines() -> Callable[[str], Deidentifier]:
    made = {policy.name: Deidentifier(NoNer(), policy, KEY) for policy in (SAFE_HARBOR, EXPERT_ASSIST)}
    return made.__getitem__


@pytest.mark.parametrize(
    "text",
    [
        "BP 140/90, Hb 11.2, glucose 212 mg/dL, 5.4.2 mmol, SpO2 98%",
        "MRI of the spine; EKG; KRC negative; SMH of bone",
        "he takes 8 mg of zopiclone, 1 tablet, 0 refills, 212 units",
        "larks were seen on the court; stone in the bridge; quarter mainly",
    ],
)
def test_clinical_words_and_numbers_are_left_alone(text: str) -> None:
    patient = {"id": "P-1", "name": "Maria Rose Ibarra", "phone": "(212) 555-0143", "facility": "Larkspur Court Clinic"}
    assert KnownIdentifiersRecognizer(known_patient(patient)).analyze(text, []) == []
