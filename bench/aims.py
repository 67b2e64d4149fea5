"""Targets of the benchmarks: each measurement is printed with its target and whether it is reached."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A measurement with a lower or an upper bound."""

    what: str
    bound: float
    least: bool = False
    unit: str = ""

    def row(self, measured: float) -> str:
        """A table row: what was measured, the target, the result, and whether it reaches the target."""
        reached = measured >= self.bound if self.least else measured <= self.bound
        side = "at least" if self.least else "at most"
        unit = f" {self.unit}" if self.unit else ""
        cells = (
            self.what,
            f"{side} {self.bound:g}{unit}",
            f"{measured:.3g}{unit}",
            "reached" if reached else "missed",
        )
        return f"| {' | '.join(cells)} |"


HEAD = "| what | target | measured | |\n| --- | --- | --- | --- |"
