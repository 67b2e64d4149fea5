"""How long a text may get before a function makes it."""

from relay.core.mapping.work_limit import TEXT_MAX, NoValue


def check_length(characters: int) -> None:
    """Unfit when a function is about to make a longer text than anything needs."""
    if characters > TEXT_MAX:
        raise NoValue(f"would make a text of more than {TEXT_MAX} characters")
