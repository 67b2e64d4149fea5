"""The routes of this Gong: method, path, scope, body schema, rules, and the key that identifies duplicates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal

from relay.sandbox import catalog_bodies, cross_field_rules, gong_bodies
from relay.sandbox.body_schema import Shape
from relay.sandbox.settings import Dialects, Fidelity, SandboxSettings, SpecVersion

Family = Literal["interaction", "engagement", "catalog", "read"]
INTERACTIONS_SCOPE: Final = "api:digital-interactions:write"
ENGAGEMENT_SCOPE: Final = "api:engagement-data:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation of the API."""

    name: str
    method: Literal["GET", "POST", "PUT"]
    path: str
    family: Family
    scope: str
    shape: Shape = field(default_factory=dict)
    shape_2024: Shape | None = None
    """The shape in 2024, if it differed."""

    documented_rules: Sequence[cross_field_rules.Rule] = ()
    """Rules that Gong's documentation states in prose."""

    strict_rules: Sequence[cross_field_rules.Rule] = ()
    """Rules that only strict fidelity adds."""

    event_id: str | None = "eventId"
    """The key by which Gong recognizes duplicates."""

    status: HTTPStatus = HTTPStatus.OK

    @property
    def limited_release(self) -> bool:
        """True if Gong offers this path to selected companies only."""
        return self.path.startswith("customer-engagement/")


ROUTES: Final = (
    Route(
        name="digital-interaction",
        method="POST",
        path="digital-interaction",
        family="interaction",
        scope=INTERACTIONS_SCOPE,
        shape=gong_bodies.DIGITAL_INTERACTION,
        shape_2024=gong_bodies.DIGITAL_INTERACTION_2024,
        documented_rules=(
            cross_field_rules.require_person_or_tracking_id,
            cross_field_rules.check_anonymous_person,
            cross_field_rules.check_company_identity,
        ),
        strict_rules=(
            cross_field_rules.check_number_range,
            cross_field_rules.check_step,
            cross_field_rules.check_custom_field_types,
        ),
    ),
    Route(
        name="content-shared",
        method="PUT",
        path="customer-engagement/content/shared",
        family="engagement",
        scope=ENGAGEMENT_SCOPE,
        shape=gong_bodies.CONTENT_SHARED,
        documented_rules=(cross_field_rules.require_recipient_emails,),
        strict_rules=(cross_field_rules.check_property_types,),
    ),
    Route(
        name="content-viewed",
        method="PUT",
        path="customer-engagement/content/viewed",
        family="engagement",
        scope=ENGAGEMENT_SCOPE,
        shape=gong_bodies.CONTENT_VIEWED,
        shape_2024=gong_bodies.CONTENT_VIEWED_2024,
        documented_rules=(cross_field_rules.require_viewer_or_tracking_id,),
        strict_rules=(cross_field_rules.check_property_types,),
    ),
    Route(
        name="custom-action",
        method="PUT",
        path="customer-engagement/action",
        family="engagement",
        scope=ENGAGEMENT_SCOPE,
        shape=gong_bodies.CUSTOM_ACTION,
        strict_rules=(cross_field_rules.check_property_types,),
    ),
    Route(
        name="catalog-interaction",
        method="POST",
        path="digital-interactions",
        family="catalog",
        scope=INTERACTIONS_SCOPE,
        shape=catalog_bodies.INTERACTION,
        event_id="clientUniqueId",
        status=HTTPStatus.CREATED,
    ),
    Route(
        name="catalog-share",
        method="PUT",
        path="customer-engagement/share",
        family="catalog",
        scope=ENGAGEMENT_SCOPE,
        shape=catalog_bodies.SHARE,
        event_id=None,
    ),
    Route(
        name="catalog-view",
        method="PUT",
        path="customer-engagement/view",
        family="catalog",
        scope=ENGAGEMENT_SCOPE,
        shape=catalog_bodies.VIEW,
        event_id=None,
    ),
    Route(
        name="catalog-action",
        method="PUT",
        path="customer-engagement/action",
        family="catalog",
        scope=ENGAGEMENT_SCOPE,
        shape=catalog_bodies.ACTION,
        event_id=None,
    ),
    Route(name="workspaces", method="GET", path="workspaces", family="read", scope="api:workspaces:read"),
    Route(name="users", method="GET", path="users", family="read", scope="api:users:read"),
    Route(
        name="data-for-email-address",
        method="GET",
        path="data-privacy/data-for-email-address",
        family="read",
        scope="api:data-privacy:read",
    ),
)
ROUTES_BY_NAME: Final = {route.name: route for route in ROUTES}
_HIDDEN_FAMILIES: Final[Mapping[Dialects, frozenset[Family]]] = {
    Dialects.BOTH: frozenset(),
    Dialects.GONG: frozenset({"catalog"}),
    Dialects.CATALOG: frozenset({"interaction", "engagement"}),
}


def _by_path(dialects: Dialects) -> dict[str, list[Route]]:
    paths: dict[str, list[Route]] = {}
    for route in ROUTES:
        if route.family not in _HIDDEN_FAMILIES[dialects]:
            paths.setdefault(route.path, []).append(route)
    return paths


_PATHS: Final = {dialects: _by_path(dialects) for dialects in Dialects}


def routes_at(path: str, dialects: Dialects) -> Sequence[Route]:
    """Return the routes at a path below `/v2/`. They all have the same method.

    Only `customer-engagement/action` has two: one of Gong's API and one of the catalog dialect.
    """
    return _PATHS[dialects].get(path, ())


def choose_route(routes: Sequence[Route], body: Mapping[str, Any]) -> Route:
    """Return Gong's own route, unless the body has the keys of the catalog dialect."""
    if len(routes) > 1 and "actorEmailAddress" in body and "reportingSystem" not in body:
        return routes[1]
    return routes[0]


def body_shape(route: Route, version: SpecVersion) -> Shape:
    return route.shape_2024 if version is SpecVersion.V2024 and route.shape_2024 else route.shape


def rules_for(route: Route, settings: SandboxSettings) -> Sequence[cross_field_rules.Rule]:
    """Return the rules that apply at the configured fidelity and version of the API."""
    if settings.fidelity is Fidelity.SCHEMA:
        return ()
    documented = tuple(route.documented_rules)
    if settings.spec_version is SpecVersion.V2024:
        documented = tuple(rule for rule in documented if rule not in _TRACKING_ID_RULES)
    return documented if settings.fidelity is Fidelity.DOCUMENTED else (*documented, *route.strict_rules)


_TRACKING_ID_RULES: Final = (
    cross_field_rules.require_person_or_tracking_id,
    cross_field_rules.require_viewer_or_tracking_id,
)
