"""Find the presets that fit a captured payload: those whose rules make valid calls from it."""

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

_GENERAL_SCHEMES = frozenset(
    {"custom", *(name for name, scheme in SCHEMES.items() if scheme.algorithm is Algorithm.TOKEN)}
)


def match_presets(captured: CapturedRequest, ctx: PreviewContext, *, scheme: str | None) -> list[str]:
    """Return the names of fitting presets, the likeliest first. `scheme` is the detected signature scheme.

    A vendor's own signature identifies the vendor even if the rules filter every item.
    """
    ready = {name: _count_ready(name, captured, ctx) for name in preset_names()}
    signed = {name for name in preset_names() if _scheme_of(name) == scheme and not _is_general(name)}
    fitting = [name for name, count in ready.items() if count or name in signed]
    return sorted(fitting, key=lambda name: (_scheme_of(name) != scheme, _is_general(name), -ready[name]))


def build_preset_trial(name: str, captured: CapturedRequest) -> MappingTrial:
    """Return a preset's mapping and the payload as the preset reads it. Raises what `read_body` raises."""
    body_format = BodyFormat(**load_preset(name).get("read", {}))
    payload = read_captured_payload(captured, body_format, scheme=SCHEMES.get(_scheme_of(name)))
    return MappingTrial(payload, _compiled(name))


@cache
def _compiled(name: str) -> CompiledMapping:
    preset = load_preset(name)
    return compile_mapping({key: preset[key] for key in ("items", "rules") if key in preset})


def _count_ready(name: str, captured: CapturedRequest, ctx: PreviewContext) -> int:
    """Return how many valid calls the preset makes from the payload."""
    try:
        trial = build_preset_trial(name, captured)
    except RelayError:
        return 0
    mapped = map_payload(
        trial.mapping, trial.payload, source=ctx.source, destination=ctx.destination, received_at=ctx.now
    )
    return sum(result.status is ResultStatus.READY for result in mapped)


def _scheme_of(name: str) -> str:
    return str(load_preset(name)["verify"]["scheme"])


def _is_general(name: str) -> bool:
    """True if the preset's signature scheme does not identify a vendor."""
    return _scheme_of(name) in _GENERAL_SCHEMES
