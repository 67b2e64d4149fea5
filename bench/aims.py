"""What the benches aim at: each figure beside its aim, and whether it is reached."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure to be at least or at most so much."""

    what: str
    bound: float
    least: bool = False
    unit: str = ""

    def said(self, measured: float) -> str:
        """A row of a table: the aim, what was measured, whether that reaches it."""
        reached = measured >= self.bound if self.least else measured <= self.bound
        side = "at least" if self.least else "at most"
        unit = f" {self.unit}" if self.unit else ""
        row = (
            self.what,
            f"{side} {self.bound:g}{unit}",
            f"{measured:.3g}{unit}",
            "reached" if reached else "missed",
        )
        return f"| {' | '.join(row)} |"


HEAD = "| what | aim | measured | |\n| --- | --- | --- | --- |"
