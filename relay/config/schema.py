"""What the configuration file may hold, said once: read by the loader, and published as a JSON Schema for editors."""

import re

from marshmallow import validate

from relay.config.alerts import AlertsSchema
from relay.config.base_schema import StrictSchema, in_range
from relay.config.fields import ApiKey, Choice, ListOf, NamedSections, Section, Share, Text, WholeNumber
from relay.config.oauth import EitherAuth, GrantSchema, OAuthSchema
from relay.config.operators import OperatorSchema
from relay.config.presets import preset_names
from relay.config.routing import Accounts, Priorities
from relay.config.visit_sessions import AggregatesByType
from relay.config.webhook_schema import (
    AnswerSchema,
    OpenList,
    OpenSection,
    ReadSchema,
    RuleSchema,
    SuggestedWord,
    VerifySchema,
)
from relay.core.call import Dialect, SendAs
from relay.core.destination import MAIN_STORE
from relay.core.verification.challenge import CHALLENGES

_DOMAIN = re.compile(r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$")


class BasicSchema(StrictSchema):
    access_key = Text(required=True, metadata={"description": "The access key of a Gong API key."})
    access_key_secret = Text(
        required=True, metadata={"description": "Its secret: write ${NAME}, and set NAME in the environment."}
    )


class AuthSchema(EitherAuth):
    basic = Section(BasicSchema, metadata={"description": "A Gong API key."})
    oauth = Section(GrantSchema, metadata={"description": "{}: the customer connects it by OAuth."})


class LimitsSchema(StrictSchema):
    per_second = WholeNumber(
        load_default=3, validate=in_range(1, 10_000), metadata={"description": "Calls a second at most."}
    )
    per_day = WholeNumber(
        load_default=10_000,
        validate=in_range(1, 1_000_000_000),
        metadata={"description": "Calls in 24 hours at most."},
    )
    daily_share = Share(
        load_default=1.0,
        metadata={
            "description": "The share of per_day that the relay may spend: 80% or 0.8. The rest is left to others."
        },
    )
    high_priority_share = Share(
        load_default=0.1,
        metadata={
            "description": "The share of the day's calls that is kept for events of priority high: 10% or 0.1."
        },
    )


class DestinationSchema(StrictSchema):
    auth = Section(
        AuthSchema, required=True, metadata={"description": "How the relay proves itself to Gong."}
    )
    base_url = Text(
        load_default="https://api.gong.io",
        metadata={"description": "https and a host of Gong's, or a host that RELAY_ALLOW_GONG_HOSTS lists."},
    )
    company = Text(
        load_default=None,
        metadata={"description": "What Gong counts limits by. Left away: the destination's own name."},
    )
    limits = Section(
        LimitsSchema,
        load_default=lambda: LimitsSchema().load({}),
        metadata={"description": "What Gong lets this company send."},
    )
    dialect = Choice(
        Dialect,
        load_default=Dialect.GONG,
        metadata={"description": "Which description of Gong's API is followed."},
    )
    source_system_name = Text(
        load_default=None, metadata={"description": "The system that Gong shows an event as coming from."}
    )
    internal_domains = ListOf(
        Text(validate=validate.Regexp(_DOMAIN, error="must be a domain such as acme.com")),
        load_default=list,
        metadata={"description": "Mail domains of one's own people: their events are not sent."},
    )
    store = Text(
        load_default=MAIN_STORE,
        metadata={"description": "The store that holds all of its company. Left away: RELAY_REDIS_URL's."},
    )


class StoreSchema(StrictSchema):
    url = Text(
        required=True,
        metadata={"description": "Where it is, as in RELAY_REDIS_URL: write ${NAME}, and set NAME."},
    )


class SourceSchema(StrictSchema):
    destination = Text(
        required=True,
        metadata={
            "description": 'The destination that its events go to, or "{{ JMESPath }}" that tells it of each item.'
        },
    )
    accounts = Accounts(
        load_default=dict,
        metadata={"description": "Beside a template: the destinations of what payloads call the customers."},
    )
    priorities = Priorities(
        load_default=dict,
        metadata={"description": "Who goes first, by type of event: high, normal or low."},
    )
    aggregate = AggregatesByType(
        load_default=dict,
        metadata={"description": "By type of event: the events of one session become one call."},
    )
    keys = ListOf(
        ApiKey(),
        load_default=list,
        metadata={
            "description": "API keys: sha256:<hex> as `gong-relay key` prints it, or ${NAME} of the plain key."
        },
    )
    send_as = Choice(
        SendAs,
        load_default=SendAs.DIGITAL_INTERACTION,
        metadata={"description": "Which of Gong's APIs the events become calls of."},
    )
    preset = SuggestedWord(
        preset_names(),
        metadata={"description": "The vendor whose webhooks it takes: how they are signed and mapped."},
    )
    verify = OpenSection(VerifySchema, metadata={"description": "How the sender of webhooks proves itself."})
    # Null takes away what a preset has there.
    challenges = SuggestedWord(
        CHALLENGES,
        allow_none=True,
        metadata={"description": "The handshake of this vendor that is answered."},
    )
    read = Section(ReadSchema, allow_none=True, metadata={"description": "How bodies are read."})
    answer = Section(
        AnswerSchema,
        allow_none=True,
        metadata={"description": "What the sender is answered in place of the counts."},
    )
    items = Text(allow_none=True, metadata={"description": "JMESPath: where a payload's items are."})
    rules = OpenList(
        OpenSection(RuleSchema),
        metadata={"description": "The mapping: the first rule that holds takes the item."},
    )


class ConfigSchema(StrictSchema):
    destinations = NamedSections(
        DestinationSchema, required=True, metadata={"description": "Gong accounts, by a name of your own."}
    )
    sources = NamedSections(
        SourceSchema, load_default=dict, metadata={"description": "Senders of events, by a name of your own."}
    )
    oauth = Section(
        OAuthSchema,
        load_default=None,
        metadata={
            "description": "The application by which customers connect their Gong, instead of an API key."
        },
    )
    stores = NamedSections(
        StoreSchema,
        load_default=dict,
        metadata={"description": "Stores beside RELAY_REDIS_URL's, by a name of your own."},
    )
    operators = NamedSections(
        OperatorSchema,
        load_default=dict,
        metadata={"description": "Who looks after the relay beside RELAY_ADMIN_KEY's holder, by name."},
    )
    alerts = Section(
        AlertsSchema,
        load_default=None,
        metadata={"description": "Of what operators are told without asking, and where."},
    )
