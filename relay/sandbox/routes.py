"""Every path of this Gong: what may be called, with which scope, what the body must be and what it is remembered by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal

from relay.sandbox import catalog_bodies, gong_bodies, rules
from relay.sandbox.body_schema import Shape
from relay.sandbox.settings import Dialects, Fidelity, SandboxSettings, SpecVersion

Family = Literal["di", "legacy", "catalog", "read"]
INTERACTIONS: Final = "api:digital-interactions:write"
ENGAGEMENT: Final = "api:engagement-data:write"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `sender` is the key that names the reporting system, `event_id` the one that Gong deduplicates on."""

    name: str
    method: Literal["GET", "POST", "PUT"]
    path: str
    family: Family
    scope: str
    shape: Shape = field(default_factory=dict)
    shape_2024: Shape | None = None
    documented: Sequence[rules.Rule] = ()
    strict: Sequence[rules.Rule] = ()
    event_id: str | None = "eventId"
    status: HTTPStatus = HTTPStatus.OK

    @property
    def limited_release(self) -> bool:
        """Whether Gong opens this path to chosen companies only."""
        return self.path.startswith("customer-engagement/")


ROUTES: Final = (
    Route(
        "digital-interaction",
        "POST",
        "digital-interaction",
        family="di",
        scope=INTERACTIONS,
        shape=gong_bodies.DIGITAL_INTERACTION,
        shape_2024=gong_bodies.DIGITAL_INTERACTION_2024,
        documented=(
            rules.person_or_tracking_id,
            rules.anonymous_person_has_id_and_domain,
            rules.company_can_be_found,
        ),
        strict=(
            rules.number_lies_in_its_range,
            rules.step_is_one_of_the_steps,
            rules.custom_values_read_as_their_type,
        ),
    ),
    Route(
        "content-shared",
        "PUT",
        "customer-engagement/content/shared",
        family="legacy",
        scope=ENGAGEMENT,
        shape=gong_bodies.CONTENT_SHARED,
        documented=(rules.recipients_have_email,),
        strict=(rules.properties_read_as_their_type,),
    ),
    Route(
        "content-viewed",
        "PUT",
        "customer-engagement/content/viewed",
        family="legacy",
        scope=ENGAGEMENT,
        shape=gong_bodies.CONTENT_VIEWED,
        shape_2024=gong_bodies.CONTENT_VIEWED_2024,
        documented=(rules.viewer_or_tracking_id,),
        strict=(rules.properties_read_as_their_type,),
    ),
    Route(
        "custom-action",
        "PUT",
        "customer-engagement/action",
        family="legacy",
        scope=ENGAGEMENT,
        shape=gong_bodies.CUSTOM_ACTION,
        strict=(rules.properties_read_as_their_type,),
    ),
    Route(
        "catalog-interaction",
        "POST",
        "digital-interactions",
        family="catalog",
        scope=INTERACTIONS,
        shape=catalog_bodies.INTERACTION,
        event_id="clientUniqueId",
        status=HTTPStatus.CREATED,
    ),
    Route(
        "catalog-share",
        "PUT",
        "customer-engagement/share",
        family="catalog",
        scope=ENGAGEMENT,
        shape=catalog_bodies.SHARE,
        event_id=None,
    ),
    Route(
        "catalog-view",
        "PUT",
        "customer-engagement/view",
        family="catalog",
        scope=ENGAGEMENT,
        shape=catalog_bodies.VIEW,
        event_id=None,
    ),
    Route(
        "catalog-action",
        "PUT",
        "customer-engagement/action",
        family="catalog",
        scope=ENGAGEMENT,
        shape=catalog_bodies.ACTION,
        event_id=None,
    ),
    Route("workspaces", "GET", "workspaces", family="read", scope="api:workspaces:read"),
    Route("users", "GET", "users", family="read", scope="api:users:read"),
    Route(
        "data-for-email-address",
        "GET",
        "data-privacy/data-for-email-address",
        family="read",
        scope="api:data-privacy:read",
    ),
)
BY_NAME: Final = {route.name: route for route in ROUTES}
_HIDDEN: Final[Mapping[Dialects, frozenset[Family]]] = {
    Dialects.BOTH: frozenset(),
    Dialects.GONG: frozenset({"catalog"}),
    Dialects.CATALOG: frozenset({"di", "legacy"}),
}


def _by_path(dialects: Dialects) -> dict[str, list[Route]]:
    paths: dict[str, list[Route]] = {}
    for route in ROUTES:
        if route.family not in _HIDDEN[dialects]:
            paths.setdefault(route.path, []).append(route)
    return paths


_PATHS: Final = {dialects: _by_path(dialects) for dialects in Dialects}


def at_path(path: str, dialects: Dialects) -> Sequence[Route]:
    """The routes at a path below `/v2/`. Two share `customer-engagement/action`; all of one path share their method."""
    return _PATHS[dialects].get(path, ())


def told_apart(routes: Sequence[Route], body: Mapping[str, Any]) -> Route:
    """The one of a path's routes that the body is meant for: Gong's own, unless the body bears the catalogue's keys."""
    if len(routes) > 1 and "actorEmailAddress" in body and "reportingSystem" not in body:
        return routes[1]
    return routes[0]


def shape_of(route: Route, version: SpecVersion) -> Shape:
    return route.shape_2024 if version is SpecVersion.V2024 and route.shape_2024 else route.shape


def rules_of(route: Route, settings: SandboxSettings) -> Sequence[rules.Rule]:
    """The rules between fields that hold at this fidelity in this year's API."""
    if settings.fidelity is Fidelity.SCHEMA:
        return ()
    documented = tuple(route.documented)
    if settings.spec_version is SpecVersion.V2024:
        documented = tuple(rule for rule in documented if rule not in _TRACKED)
    return documented if settings.fidelity is Fidelity.DOCUMENTED else (*documented, *route.strict)


_TRACKED: Final = (rules.person_or_tracking_id, rules.viewer_or_tracking_id)
