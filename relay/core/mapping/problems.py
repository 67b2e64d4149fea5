"""What can be wrong with a mapping, and what can happen to an event on its way through one."""

from enum import StrEnum


class MappingErrorCode(StrEnum):
    """Why a mapping is not taken. Found when it is loaded, all at once."""

    SYNTAX = "syntax"
    FUNCTION = "unknown_function"
    ARGUMENTS = "wrong_arguments"
    SCOPE = "unknown_name"
    LENGTH = "too_long"
    GROWTH = "multiplies"
    KEY = "unknown_key"
    VALUE = "wrong_value"
    MISSING = "missing"
    REPEATED = "repeated_name"
    UNREACHABLE = "never_reached"


class EventProblemCode(StrEnum):
    """What went wrong for one event. The first two are only ever the reason of a dead letter."""

    WORK = "too_much_work"
    ITEMS = "too_many_items"
    UNFIT = "unfit"
    """An expression has no value for this payload."""
    DROPPED = "dropped"
    """A value is not sent, because Gong would not take it."""
    CHANGED = "changed"
    """A value is sent in another form than the payload's: cut to length, or as text."""
    NO_ID = "synthesised_id"
    """The event's own id is missing: a digest of the item stands in."""
    NO_DESTINATION = "no_destination"
    """Its source routes by a value, and this one leads to no destination: the reason of a dead letter."""
