"""Biometric identifiers and full-face photographs: the codes and files they are stored under."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import CODE, TO_VALUE, Rule, RuleRecognizer

_LABEL = (
    r"\b(?:voice ?print|voice id|retina(?:l)?(?: scan)?|iris(?: scan)?|finger ?print(?:s)?|palm ?(?:print|vein)"
    r"|hand geometry"
    r"|face ?(?:id|print|template|scan)|facial (?:scan|template|recognition)|biometric(?:s)?|gait signature)"
    r"(?: (?:template|scan|file|record|hash|enrol+ment))*"
)
_IMAGE = r"jpe?g|png|heic|heif|tiff?|gif|bmp|webp|dcm|mp4|mov|avi|wav|mp3|m4a"


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "biometric",
        (
            Rule(rf"{_LABEL}{TO_VALUE}{CODE}", Category.OTHER_ID, 0.9),
            Rule(
                r"\b(?:bio|iris|retina|voice|palm|face|fp|vp)-(?=[A-Z0-9-]*\d{3})[A-Z0-9]+(?:-[A-Z0-9]+)*\b",
                Category.OTHER_ID,
                0.88,
            ),
            Rule(rf"(?<![\w/.])\w[\w.-]*\.(?:{_IMAGE})\b", Category.OTHER_ID, 0.93),
            Rule(
                rf"\b(?:WhatsApp Image|Screen ?shot)[ \n\w.()-]{{1,40}}?\.(?:{_IMAGE})\b",
                Category.OTHER_ID,
                0.945,
            ),
            Rule(
                rf"(?<![\w/.])\p{{L}}[\w-]*(?: [\w-]+)?(?: \d[\d-]*){{1,4}}\.(?:{_IMAGE})\b",
                Category.OTHER_ID,
                0.94,
            ),
            Rule(r"\b(?:IMG|DSC|DCIM|PXL|PHOTO|VID)[_-]?\d{3,}\b", Category.OTHER_ID, 0.9),
        ),
    )
