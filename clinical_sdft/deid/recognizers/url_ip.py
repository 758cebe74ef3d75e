"""Web addresses, social handles and network addresses."""

from ipaddress import ip_address

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer

_SUFFIX = (
    r"com|org|net|edu|gov|mil|int|io|info|health|care|clinic|app|me|us|uk|ca|de|fr|au|nz|in|co|biz|ai|doctor|hospital"
    r"|dental"
    r"|pharmacy|healthcare|foundation|online|cloud|example|lan|internal|coop|nsn|tel|xyz|ie|nl|mx|br|jp"
)


def _is_address(text: str, start: int, end: int) -> bool:
    try:
        ip_address(text[start:end])
    except ValueError:
        return False
    return True


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "url_ip",
        (
            Rule(r"\b(?:https?|ftp)://[^\s<>\"]*[^\s<>\".,;:!?)\]]", Category.URL, 0.96),
            Rule(r"\bwww\.[^\s<>\"]*[^\s<>\".,;:!?)\]]", Category.URL, 0.96),
            Rule(
                rf"(?<![\w@.])[a-z0-9][a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:{_SUFFIX})(?::\d{{2,5}})?(?:/[^\s<>\".,;)]*)?(?![\w@.]\w)(?!\w)",
                Category.URL,
                0.8,
            ),
            Rule(r"(?<![\w@.])@[A-Za-z_][\w.]{2,}\w", Category.URL, 0.8),
            Rule(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\d|\w)", Category.IP, 0.95, accept=_is_address),
            Rule(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", Category.IP, 0.9, accept=_is_address),
        ),
    )
