"""Turn a validation error into one line that says where and what."""

from pydantic import ValidationError


def first_problem(error: ValidationError) -> str:
    """Return the first problem of a validation error as `place: message`, without the offending text."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    place = ".".join(str(part) for part in problems[0]["loc"])
    message = problems[0]["msg"].removeprefix("Value error, ")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{place}: {message}{more}" if place else f"{message}{more}"
