"""Terms of medicine that are named after people or places: Graves disease, Murphy's sign, `Hinchey Ib`, `L4-L5`."""

from functools import cache, lru_cache
from typing import Any

from clinical_sdft.deid.lexicon import lexicon, stem
from clinical_sdft.deid.term_names import named
from clinical_sdft.deid.text import matches

_SPINE = r"\b[CTLS]\d{1,2}(?:[-/][CTLS]?\d{1,2})?\b"
_SCORED = (
    r"(?: (?:score|scale|index|grade|class|stage|type|category|risk|q))?(?: (?:of|is|was"
    r"|at))?[ :=]{1,2}(?:\d{1,2}(?![\d:/-])|\d{1,2}/\d{1,2}(?![\d/])|(?-i:(?:[IV]{1,3}|i{1,3}|iv)[abAB]?)|(?:low|high"
    r"|moderate|mild|severe))\b"
)
"""What follows the name of a scale: `Braden 18`, `Mallampati class II`."""


@cache
def _headed() -> str:
    heads = "|".join(sorted(lexicon().eponym_heads, key=len, reverse=True))
    return r"(?:'s|s'|s)?(?:[ \n-](?-i:\p{Lu}\p{L}+)(?:'s)?){0,2}(?:[ -]\p{Ll}+)?[ \n]" rf"(?:{heads})\b"


@lru_cache(maxsize=4)
def eponym_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a person's name is part of a medical term, such as Graves disease or Murphy's sign."""
    return (
        *named(text, "eponyms", _headed()),
        *named(text, "lone", r"(?:'s)?\b"),
        *named(text, "scales", rf"(?:'s)?{_SCORED}", r"(?<!\. )"),
        *(match.span() for match in matches(_SPINE, text)),
    )


_TERM_HEADS = (
    r"(?:syndromes?|disease|signs?|phenomenon|palsy|reflex|man(?:eu|oeu)vers?|lymphoma|sarcoma|contracture|criteria"
    r"|triad|(?:coma |pain |rating |frailty |sedation |depression )?(?:scale|score)|classification|deformity"
    r"|catheters?|drains?|fractures?|dislocation|cysts?|nodes?|nodules?|tumou?r|dystrophy|neuropathy|ataxia|chorea"
    r"|dementia|tremor|gait|diverticulum|gangrene|stain|anastomosis|forceps|retractor|cannula|esophagus|thyroiditis"
    r"|an(?:a)?emia|needles?|blades?|grid|rules?|formula|(?:mono)?filaments?|pupil|impingement|boots?|rings?|collar"
    r"|brace|splint|shift|screen|contrast|view|hernia|monitor|mask|airway|tube|stockings?|dressing|sutures?|osteotomy"
    r"|bypass|shunt|valve|mesh|pads?|bandage|wrap|lens|chart|lamp|equivocal|elicited|positive(?! for)"
    r"|negative(?! for)|not (?:met|needed|tested|elicited)|test|position|procedure|technique|incision|staging|index"
    r"|equation|protocol|nomogram|questionnaire|inventory|fields?|angle|triangle|transformation|naming|boots?|tape"
    r"|grip|dynamometer|safety plan|keratos[ei]s|cells?(?! ?[\d(:#]| phone)|(?:gastr|esophag|oesophag|hyster|col|cyst"
    r"|mast|pancreaticoduoden)ectomy|fundoplication|gastroplasty|arthroplasty|amputation|osteotome|rongeur|elevator"
    r"|curette|speculum|dilator|applicator|tongs|harness|insole|wedge|granulomatosis|vasculitis|arteritis"
    r"|encephalopathy|encephalitis|retinopathy|nephropathy|dermatitis|pemphigoid|adenoma|(?:o)?edema|ef|biplane"
    r"|endoscopic|percentile|composite|reversed|thyroiditis|papilloma|leuk(?:a)?emia|myopathy|porphyria|epilepsy"
    r"|aphasia|apraxia|psychosis(?!\p{L})|ratio|coefficient|correction|body|bodies|granules|corpuscles?|spots?"
    r"|lines?(?= on\b)|crystals|membrane|space|fissure|ganglion|papilla|pouch|hum|rub|malformation|anomal(?:y|ies)"
    r"|deficiency|immunodeficiency|muscular|n(?:a)?evus|thalass(?:a)?emia|h(?:a)?emoglobin|virus|fever|osteonecrosis"
    r"|repair|approach|block|(?:osteo|adeno|cholangio)?carcinoma|melanoma|nephritis|purpura|thrombocytopenia|stenosis"
    r"|atrophy|h(?:a)?emangioma|spondylitis|reconstruction|graft|flap|pessary|traction|goggles|vest|table|alarm"
    r"|template|bougie|beats|interval|sulcus|tongue|canal|viper|restraint|scissors|clips?|clamp|screws?|plates?|rod"
    r"|nail|cage|stem|liner|belt|wheelchair|crutch(?:es)?|cushion|mattress|pump|generator|device|type(?= (?:not|of"
    r"|release))|notch|foramen|duct|gland|ligament|fascia|loop|valve|vein|artery|nerve|plexus|island|islets|bundle"
    r"|jar|flask|solution|agar|medium|antigen|antibody|phenotype|kit|assay|panel|exercises?|contractions?|lesion"
    r"|plaque|prosthesis|spondylolisthesis|cardiomyopathy|glomerulonephritis|encephalomyelitis|(?:grade|level|stage"
    r"|class|type)(?=[ \n](?:[IVX]+|\d|[A-D]\b)))"
)
"""Words of medicine before which a capitalised word is a term's and not a person's."""
_TITLE_BEFORE = (
    r"(?:\b(?:mr|mrs|ms|mx|dr|miss|prof|nurse|doctor|rn|patient|pt|name|wife|husband|spouse|partner|son|daughter|dtr"
    r"|mother|father|mom|dad|brother|sister|aunt|uncle|niece|nephew|cousin|grandson|granddaughter|grandmother"
    r"|grandfather|friend|neighbor)\b[.:]? ?|(?-i:(?<!\p{L})\p{Lu}\.? ))$"
)
_TESTED = (
    r"(?:\b(?:positive|negative|neg|pos|equivocal|bilateral)[ \n](?P<id>(?-i:\p{Lu}[\p{L}'-]+))(?= (?:and|or|sign"
    r"|test|shift)\b|[,.;])|(?P<id>(?-i:\p{Lu}\p{Ll}+))[ \n]and[ \n](?-i:\p{Lu}\p{Ll}+)[ \n](?:positive|negative"
    r"|equivocal|absent)(?! for)\b|(?<=[,;:] )(?P<id>(?-i:\p{Lu}\p{L}+)) \d{1,2}(?= (?:blade|in|at|on)\b)|\b(?:by"
    r"|per)[ \n](?P<id>(?-i:\p{Lu}\p{L}+)),[ \n](?-i:\p{Lu}{3,5}) (?:negative|positive)|\b(?:sonographic|ultrasonic"
    r"|radiographic|clinical)[ \n](?P<id>(?-i:\p{Lu}\p{L}+))(?= sign\b|[,.;)]| (?:was|is|not)\b)|\b(?:circle|pouch"
    r"|vein|valve|ampulla|sphincter|duct|triangle|ligament|crisis|node|line|angle|islets?|loop|bundle|canal|fissure"
    r"|space|foramen|zone|tubercle|plexus|organ|glands?|crypts?|tetralogy|pentalogy|aneurysm|hiatus|node of|sinus"
    r"|crura|artery|cistern|point|stage|law|rule|test|sign|maneuver|method|approach|procedure|flexure|torcular"
    r"|patch(?:es)?|membrane|column|nucleus)[ \n]of[ \n](?P<id>(?-i:\p{Lu}[\p{L}-]+))|\b(?:min|mod|max) (?:a"
    r"|assist)\b)"
)
"""Names of tests by what stands beside them: `positive Finkelstein,`, `Neer and Jobe positive`, `Miller 2 blade`."""
_TWO_WORDS = (
    r"\b(?:los[ \n]angeles(?=[ \n]grade)|st\.?[ \n]louis(?=[ \n]enceph)|cornelia[ \n]de[ \n]lange|pierre[ \n]robin"
    r"|braxton[ \n-]hicks|cox[ \n-]maze|boston[ \n]scientific|country[ \n]club|marcus[ \n]gunn|lou[ \n]gehrig"
    r"|austin[ \n]flint|graham[ \n]steell|ann[ \n]arbor(?!,? (?:mi\b|mich))|miami[ \n]j|le[ \n]fort"
    r"|sister[ \n]mary[ \n]joseph|von[ \n](?:willebrand|hippel|recklinghausen|gierke)(?:-lindau)?|de[ \n](?:quervain"
    r"|musset)|mary[ \n]jane|bell[ \n]mont|brown[ -]s[eé]quard|kayser[ -]fleischer|st\.?[ \n]jude[ \n](?:valve|mitral"
    r"|aortic))(?:'s)?\b"
)
_AIDS = (
    r"\b(?:(?:rolling|wheeled|standard|a|the|uses?|using|his|her|own) walker|foster(?=[ \n-](?:mother|father|mom|dad"
    r"|parents?|brother|sister|son|daughter|child(?:ren)?|care|home|family|placement))|life(?=[ \n]partner)|(?:white"
    r"|black|brown|green)(?=[ \n](?:male|female|man|woman|boy|girl|lady|gentleman|cells?|count|matter|stool"
    r"|sputum)))\b"
)
"""Things that are family names too."""
_TAGS = r"</?[a-z][\w:]{1,30}(?=[ />])"
"""Names of elements, as an export in XML or HTML leaves them in a note."""


_RATED = (
    r"(?: ?:? ?| (?:score|scale|index) (?:of )?)(?-i:\d{1,3}(?:\.\d)?(?![\d/:-]|\.\d)|[IVX]+[ab]?(?![\p{L}\d])|[A-Z]\d)"
)
"""What follows the name of a scale that is a common family name too; no fraction, which is a date as well."""
_NO_PERSON_BEFORE = r"(?<!\b(?:by|with|per|from|to|for|and|rn|np|pa) )"


_RESULT = (
    r"(?:'s)?(?: ?[<>=≤≥]| \d{1,2}/\d{1,2}(?![\d/])|,? ?(?:neg(?:ative)?|pos(?:itive)?|normal|nl|wnl|ok"
    r"|no\b(?! \p{Lu})|not (?:done|tested)|done|deferred|performed|absent|present|intact|abnormal|equivocal"
    r"|unremarkable|trace|mild|crossed)\b|:? ?\(?[+-]{1,3}\)?(?![\w-])|(?: (?:gr|grade|class|type|stage"
    r"|cl))?\.? (?-i:[IV]{1,4}[ABCabc]?)(?![\p{L}\d-])|(?: (?:gr|grade|class|type|stage))\.? ?(?:\d|[A-D]\b)|-type\b"
    r"| (?:type|named|eponym)\b)"
)
"""What stands behind the name of a sign, a test or a classification: `Homans neg`, `Hinchey Ib`."""
_NEXT_TERM = r"^(?:'s?)?(?: \([^()\n]{1,30}\))?(?:[ \n]?[,;/&+][ \n]?(?:and |or )?|[ \n](?:and|or|vs\.?|then)[ \n]|-)$"


_SAID_OF_ILLNESS = (
    r"(?<=\b(?:hx|h/o|history of|suggests?|pmh:?|pmhx:?|of|with|for|known|possible|probable|likely"
    r"|r/o|rule out|has|had|chronic) |; |, )"
)
"""What stands before an illness that is called by its name alone: `hx Ogilvie's`."""


def _in_row(text: str) -> list[tuple[int, int]]:
    """Return names in a row of terms of which one is no person's name: `Neer, Hawkins-Kennedy, Speed`."""
    words = lexicon()
    named = words.eponyms | words.eponym_names | words.scale_names
    found = [
        match
        for match in matches(r"(?<![\p{L}'-])\p{Lu}[\p{L}\p{M}]+(?:-\p{Lu}[\p{L}\p{M}]+)*", text, ignore_case=False)
        if stem(match.group()) in named
    ]
    rows: list[list[Any]] = [[]]
    for match in found:
        if rows[-1] and any(matches(_NEXT_TERM, text[rows[-1][-1].end() : match.start()])):
            rows[-1].append(match)
        else:
            rows.append([match])
    return [
        match.span()
        for row in rows
        if len(row) > 1 and any(stem(match.group()) in words.eponyms for match in row)
        for match in row
        if not any(matches(_TITLE_BEFORE, text[max(0, row[0].start() - 24) : row[0].start()]))
    ]


def _is_result(term: str) -> bool:
    """Tell `Homans neg` and `Spurling ok` from `Baker present` and `Foley ok`, where the name is a person's too."""
    of_people = any(matches(r" (?:ok|no|not .*|done|absent|present|mild|trace|deferred|performed)$", term))
    first = stem(next(matches(r"\p{L}+", term)).group())
    return term[0].isupper() and (not of_people or first in lexicon().eponyms)


@lru_cache(maxsize=4)
def term_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a capitalised word before a word of medicine makes a term, be its name in no list: `Spurling test`.

    A word behind a title, an initial or a given name is a person's all the same, and so is a possessive form before a
    word that is said of persons too: `Mr. Lee's disease`, `Jane Lee's test`.
    """
    found = [match.span() for form in (_AIDS, _TAGS, _TESTED, _TWO_WORDS) for match in matches(form, text)]
    word = r"\p{Lu}[\p{L}\p{M}]{2,}(?:-\p{Lu}[\p{L}\p{M}]+)*"
    headed = rf"(?<![\p{{L}}'-])(?-i:{word})(?:'s?)?[ \n]{_TERM_HEADS}(?!\p{{L}})"
    found += _in_row(text)
    told = [match.span() for match in matches(headed, text)]
    told += named(text, "rated", rf"(?:'s)?{_RATED}", _NO_PERSON_BEFORE)
    told += named(text, "eponyms", r"'s(?=[,.;)\n])", _SAID_OF_ILLNESS)
    told += (span for span in named(text, "resulted", _RESULT, _NO_PERSON_BEFORE) if _is_result(text[slice(*span)]))
    for start, end in told:
        before = text[max(0, start - 24) : start]
        last = before.split()[-1:] if before.endswith(" ") else []
        if not any(matches(_TITLE_BEFORE, before)) and not any(stem(word) in lexicon().given for word in last):
            found.append((start, end))
    return tuple(found)
