"""Names that are told by other names: the words beside a name, and the same name elsewhere in the note."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from re import escape

from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.lexicon import (
    is_act,
    is_common_family,
    is_drug,
    is_function_word,
    is_listed_name,
    is_noun_only,
    is_rare_name,
    is_vocabulary,
    large_list,
    lexicon,
    may_be_family,
    plain_letters,
)
from clinical_sdft.deid.text import matches, word_set
from clinical_sdft.deid.words import Word, begins_sentence, eponym_words, is_flat, term_words, words_of

PARTICLES = word_set(
    "ni binti do de van von der la del da den dos di du le ten ter te zu zum "
    "zur af av ap al el ben bin bint ibn abu ould "
    "ó ní mac st san santa"
)
"""Words that join the parts of a family name."""

SCORE = 0.61
DOES = (
    r"^(?:,? can i| (?:to (?:follow|call|see|start|return|bring|check|arrange|send)|is|was|has|had|will|would"
    r"|can|could|says|said|tells|told|reports?|reported|denies|denied|states?"
    r"|stated|presents"
    r"|presented|complains|lives|works|called|came|wants|feels|felt|takes|went|goes|did|slept|gave|noted|first"
    r"|takes|returns|visits|moved|underwent|works|grew|continues|remains|tolerated|thinks|asks|asked|spoke|knows|helps"
    r"|agrees|agreed|confirm(?:s|ed)|requests|requested|prefers|stays|drives|drove|cares|manages|watched|brought|brings"
    r"|followed|following|notified|aware|at bedside|present|consents|consented|wants|checks|uses|and (?:her|his"
    r"|their)))\b"
)
"""Words that people are followed by."""
_NEXT = frozenset((" ", "-", "  "))
_BEHIND_INITIAL = frozenset((". ", "."))
_LISTED = frozenset((", ", " and ", ", and ", " & ", "; ", "/", ","))
_TITLES = word_set(
    "mr mrs ms dr miss prof nurse doctor md phd do rn np pa mbbs facp facs frcp dds lpn aprn "
    "son friend niece nephew aunt uncle "
    "wife husband mother father sister brother daughter cousin neighbor grandson granddaughter parent partner spouse"
)
_ROUNDS = 4


def namesakes(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the names that stand beside found names, and every further place where a found name stands.

    A name that is also a word or an eponym is found elsewhere only beside an initial or another part of a name.
    """
    words, eponyms = words_of(text), eponym_words(text)
    starts = [word.start for word in words]
    seeds = {
        index
        for span in spans
        if span.category == Category.NAME
        for index in range(bisect_left(starts, span.start), bisect_left(starts, span.end))
        if words[index].end <= span.end
    }
    found = grown(text, words, seeds)
    told = {words[index].low for index in found if len(words[index].low) > 1 and words[index].low not in PARTICLES}
    found |= {i for i, word in enumerate(words) if word.low in told and _is_same(text, words, i, eponyms)}
    found |= {index - 1 for index in found if _is_initial(text, words, index)}
    found = grown(text, words, found)
    found |= {index - 1 for index in found if _is_initial(text, words, index)}
    return [
        Span(words[i].start, words[i].end, Category.NAME, SCORE)
        for i in sorted(found - seeds)
        if words[i].start not in eponyms or _is_surname(words, i, found)
    ] + _same_places(text, spans)


def _is_surname(words: Sequence[Word], index: int, found: set[int]) -> bool:
    """Tell `Francine Crohn` from `Crohn disease`: a name before it, and no medical head behind it."""
    behind = words[index + 1].low if index + 1 < len(words) else ""
    return index - 1 in found and behind not in lexicon().eponym_heads


def _same_places(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the further places of a note where the words of a found place or facility stand."""
    places = [span for span in spans if span.category in (Category.PLACE, Category.FACILITY) and not span.guess]
    phrases = {text[span.start : span.end]: span.category for span in places}
    same = []
    for phrase, category in phrases.items():
        again = text.count(phrase.split()[0]) > 1
        if again and len(phrase) > 3 and phrase[0].isupper() and not lexicon().is_common(phrase):
            literal = r"\s+".join(map(escape, phrase.split()))
            found = matches(rf"(?<!\w){literal}(?!\w)", text, ignore_case=False)
            same += [Span(match.start(), match.end(), category, SCORE) for match in found]
    return same


def grown(text: str, words: Sequence[Word], found: set[int]) -> set[int]:
    """Return the indices of words that are names, with those beside them that are names themselves."""
    found, flat, terms = set(found), is_flat(words), term_words(text) - eponym_words(text)
    for _ in range(_ROUNDS):
        beside = {index for name in found for index in _beside(text, words, name, flat)}
        beside |= {name + 1 for name in found if name + 2 in found and _is_between(text, words, name + 1)}
        beside = {index for index in beside if words[index].start not in terms}
        if beside <= found:
            break
        found |= beside
    return found


def _is_between(text: str, words: Sequence[Word], index: int) -> bool:
    """Tell whether a word between two found names is a name too: the middle one of `Moana Rose Keoni`."""
    before, word, after = words[index - 1 : index + 2]
    gaps = text[before.end : word.start], text[word.end : after.start]
    joined = all(gap in (" ", "\n", ". ", "-") for gap in gaps)
    plain = word.low in lexicon().clinical or word.low in _TITLES or is_function_word(word.low)
    return joined and ((word.capital and not plain) or word.low in ("e", "y"))


def _beside(text: str, words: Sequence[Word], index: int, flat: bool) -> Iterator[int]:
    """Yield the neighbours of a name that are names, though alone they would say nothing."""
    for step in (-1, 1):
        other, between = index + step, []
        while 0 <= other < len(words) and words[other].low in PARTICLES and _touch(text, words, other, other - step):
            between.append(other)
            other += step
        if step < 0:
            yield from between
        if not between and 0 <= other < len(words) and words[other].low == "and":
            other += step
        if not 0 <= other < len(words):
            continue
        first, second = sorted((index, other))
        gap = text[words[first].end : words[second].start]
        if between:
            joined = all(character.isalpha() or character in " -'" for character in gap)
            if joined and words[other].capital and _may_be_part(text, words, other, index, flat):
                yield from (*between, other)
        elif gap in _NEXT or (gap in _BEHIND_INITIAL and len(words[first].text) == 1):
            if _may_be_part(text, words, other, index, flat):
                yield other
        elif gap in _LISTED and words[other].capital and words[index].capital and _may_be_listed(words[other], gap):
            yield other


def _touch(text: str, words: Sequence[Word], one: int, other: int) -> bool:
    first, second = sorted((one, other))
    return text[words[first].end : words[second].start] in (" ", "-", "'", "\n")


def _may_be_part(text: str, words: Sequence[Word], index: int, name: int, flat: bool) -> bool:
    """Tell whether a word beside a name belongs to it: `Jane Quill`, `Jane Q`, `jane kowalsky`."""
    word, behind, known = words[index], index > name, lexicon()
    if len(word.low) == 1:
        return word.text.isupper() and (behind or word.text not in "AI" or text[word.end : word.end + 1] == ".")
    if word.low in _TITLES:
        return False
    if not word.capital or not words[name].capital:
        return not (word.capital or words[name].capital) and len(word.low) > 2 and not is_vocabulary(word.low)
    if may_be_family(word.low) or (behind and word.low in known.eponyms):
        return True
    if "-" in word.low:
        return all(_is_half(part) for part in word.low.split("-") if part)
    if flat and text[word.end : word.end + 1] not in (",", ".", ";", ":", ")", "\n", "", "|"):
        return False
    if behind and not flat and is_common_family(word.low):
        return True
    if behind and not flat and index >= 1 and _is_told_by_given(text, words, index):
        return True
    if not behind and not flat and _is_told_by_surname(text, words, index):
        return True
    return is_noun_only(word.low) and not is_drug(word.low) and word.low not in known.clinical | known.departments


def _is_told_by_surname(text: str, words: Sequence[Word], index: int) -> bool:
    """Tell `responder Tick Hensley` from `saw. Attending Hensley`: a capital inside a sentence, before a name."""
    word, known = words[index], lexicon()
    plain = word.low in known.clinical or word.low in known.departments or word.low in known.states
    plain = plain or word.low in known.regions or is_function_word(word.low) or is_drug(word.low)
    if plain or not word.text.istitle() or begins_sentence(text, word.start) or text[word.end] != " ":
        return False
    return len(word.low) > 2 and not is_listed_word_of_care(word.low)


def is_listed_word_of_care(low: str) -> bool:
    """Tell whether a word says what somebody is: `Attending`, `Nursing`, `Provider`."""
    return low in _CARE or low.endswith(("ing", "ist", "ian", "ner", "yst"))


_CARE = word_set(
    "attending provider surgeon resident fellow intern staff team chief director officer manager worker assistant aide "
    "patient client name author signed tech scribe witness chaplain coordinator navigator new old late re per cc attn "
    "pcp"
)


def _is_told_by_given(text: str, words: Sequence[Word], index: int) -> bool:
    """Tell `saw Anita Down` from `spoke to Anita Reports`: capitals inside a sentence, behind a given name."""
    given, word, known = words[index - 1], words[index], lexicon()
    if text[given.end : word.start] != " " or not word.text.istitle() or len(word.low) < 3:
        return False
    if (
        word.low in known.clinical
        or word.low in known.departments
        or (is_function_word(word.low) and word.low != "down" and not is_rare_name(given.low))
    ):
        return False
    after = text[word.end : word.end + 1]
    told = given.low in known.given | large_list("given")
    return given.text.istitle() and told and after != ":" and not is_act(word.low)


def _is_half(part: str) -> bool:
    """Tell whether a part of a hyphenated word can be of a name: `El-Sayed`, `Min-ho`."""
    if part in PARTICLES or is_listed_name(part):
        return True
    return is_noun_only(part) and not is_drug(part) and part not in lexicon().clinical | lexicon().departments


def _may_be_listed(word: Word, gap: str) -> bool:
    """Tell whether a word in an enumeration of names is one: `Malon, Mark and Grace`, `Doe, Jane`."""
    if len(word.low) < 3 or word.low in lexicon().clinical or word.low in lexicon().departments:
        return False
    if plain_letters(word.low) in large_list("places_large") and word.low not in lexicon().given:
        return False
    listed = is_listed_name(word.low) and (gap != "," or may_be_family(word.low))
    return listed or not is_vocabulary(word.low)


def _is_same(text: str, words: Sequence[Word], index: int, eponyms: frozenset[int]) -> bool:
    """Tell whether a word that is a name elsewhere in the note is one here."""
    word, known = words[index], lexicon()
    tube = text[word.end :].casefold().startswith((" tube", "t "))
    if word.low == "ng":
        return word.capital and not tube
    if word.start in eponyms or word.low in known.clinical or word.low in known.departments:
        return False
    if _is_initial(text, words, index):
        return word.capital
    if word.low in known.eponyms or word.low in known.eponym_names:
        return False
    if known.is_common(word.low):
        does = text.startswith("'s ", word.end) or any(matches(DOES, text[word.end : word.end + 16]))
        return word.capital and (does or (not word.shout and not begins_sentence(text, word.start)))
    return word.capital or (len(word.low) > 3 and not is_vocabulary(word.low))


def _is_initial(text: str, words: Sequence[Word], index: int) -> bool:
    """Tell whether an initial stands before a word: `A. Parkinson`."""
    if index == 0 or not (words[index].capital or words[index].low in PARTICLES):
        return False
    before = words[index - 1]
    return len(before.text) == 1 and before.capital and text[before.end : words[index].start] in (". ", ".")
