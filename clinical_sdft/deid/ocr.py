"""Texts of a scanner: a reading of them in which letters taken for digits, and digits for letters, are put right.

`6O6` is read as 606, `l0/6/2O` as 10/6/20, `CL1NIC` as CLINIC. The length stays, so that offsets hold. It is a second
reading beside the text itself, and only of texts that show such slips more than once.
"""

from clinical_sdft.deid.text import matches

_NUMBER = r"(?<![\p{L}\d])(?=[\dOolI]*\d)(?=\d*[OolI])[\dOolI]{2,}(?![\p{L}\d])"
_LONE = r"(?<![\w/.-])[lI](?=[/-]\d{1,2}[/-]\d)|(?<=\d[/-])[lI](?![\w])"
_WORD = (
    r"(?<![\p{L}\d])(?=\p{L}*[01])(?:\p{L}|(?<=\p{L})[01](?=\p{L})|[01](?=\p{L}{2})|(?<=\p{L}{2})[01]){3,}(?![\p{L}\d])"
)
_LITRES = r"(?<![\w./-])\d+l(?![\w./-])"
_DIGITS = str.maketrans("OolI", "0011")
FEWEST = 2
"""Numbers with a letter in them from which a text counts as a scanner's."""


def reread(text: str) -> str:
    """Return the text with a scanner's slips put right, or the text itself where it shows too few of them.

    Args:
        text: the text as `fold` leaves it.
    """
    litres = {match.start() for match in matches(_LITRES, text, ignore_case=False)}
    numbers = [match for match in matches(_NUMBER, text, ignore_case=False) if match.start() not in litres]
    if sum(len(match.group()) > 2 for match in numbers) < FEWEST:
        return text
    letters = list(text)
    for match in numbers:
        letters[match.start() : match.end()] = match.group().translate(_DIGITS)
    for match in matches(_LONE, text, ignore_case=False):
        letters[match.start()] = "1"
    for match in matches(_WORD, text, ignore_case=False):
        word = match.group()
        big = sum(letter.isupper() for letter in word) > 1
        table = str.maketrans("01", "OI" if big else "ol")
        letters[match.start() : match.end()] = word.translate(table)
    return "".join(letters)
