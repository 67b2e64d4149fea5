"""Which of the presets a captured payload looks like: those whose rules make something of it that Gong would take."""

from functools import cache

from relay.config.presets import load_preset, preset_names
from relay.core.errors import RelayError
from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.engine import map_payload
from relay.core.mapping.result import ResultStatus
from relay.core.mapping.rule import CompiledMapping
from relay.core.payloads import BodyFormat
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.scheme import Algorithm
from relay.queries.previews import CapturedRequest, MappingTrial, PreviewContext, read_captured_payload

_GENERAL = frozenset(
    {"custom", *(name for name, scheme in SCHEMES.items() if scheme.algorithm is Algorithm.TOKEN)}
)


def match_presets(captured: CapturedRequest, way: PreviewContext, *, scheme: str | None) -> list[str]:
    """Their names, the likeliest first. `scheme` is how the request seems to be signed.

    A vendor's own signature tells the vendor even where nothing in the payload is meant for Gong.
    """
    ready = {name: _ready(name, captured, way) for name in preset_names()}
    signed = {name for name in preset_names() if _scheme_of(name) == scheme and not _is_general(name)}
    fitting = [name for name, count in ready.items() if count or name in signed]
    return sorted(fitting, key=lambda name: (_scheme_of(name) != scheme, _is_general(name), -ready[name]))


def build_preset_trial(name: str, captured: CapturedRequest) -> MappingTrial:
    """A preset and the payload as it reads it. Raises what reading a body raises."""
    reading = BodyFormat(**load_preset(name).get("read", {}))
    return MappingTrial(read_captured_payload(captured, reading), _compiled(name))


@cache
def _compiled(name: str) -> CompiledMapping:
    preset = load_preset(name)
    return compile_mapping({key: preset[key] for key in ("items", "rules") if key in preset})


def _ready(name: str, captured: CapturedRequest, way: PreviewContext) -> int:
    """How many events for Gong the preset makes of it."""
    try:
        trial = build_preset_trial(name, captured)
    except RelayError:
        return 0
    mapped = map_payload(
        trial.mapping, trial.payload, source=way.source, destination=way.destination, received_at=way.now
    )
    return sum(each.status is ResultStatus.READY for each in mapped)


def _scheme_of(name: str) -> str:
    return str(load_preset(name)["verify"]["scheme"])


def _is_general(name: str) -> bool:
    """Whether its sender proves itself in a way that tells no vendor: by a mere key, or as many do."""
    return _scheme_of(name) in _GENERAL
