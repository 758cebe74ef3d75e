"""A share with its exact 95% bounds."""

from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Rate:
    """A count of a total; its bounds are Clopper and Pearson's, two-sided, 95%.

    The bounds take every case for itself; cases of one document or template hang together, so that the truth is wider.
    """

    count: int
    total: int

    @property
    def value(self) -> float | None:
        """The share, or None of nothing."""
        return self.count / self.total if self.total else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Lower and upper bound of the share, or None of nothing."""
        if not self.total:
            return None
        from scipy.stats import beta

        tail, left = (1 - CONFIDENCE) / 2, self.total - self.count
        lower = float(beta.ppf(tail, self.count, left + 1)) if self.count else 0.0
        upper = float(beta.ppf(1 - tail, self.count + 1, left)) if left else 1.0
        return lower, upper

    def as_json(self) -> dict[str, float | int | None]:
        """Return the share, its bounds and the counts behind it."""
        lower, upper = self.bounds or (None, None)
        return {"value": self.value, "lower": lower, "upper": upper, "count": self.count, "total": self.total}

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.count + other.count, self.total + other.total)

    def __str__(self) -> str:
        if self.value is None or self.bounds is None:
            return "none to count"
        lower, upper = self.bounds
        return f"{self.value:.4f} [{lower:.4f}, {upper:.4f}] ({self.count} of {self.total})"
