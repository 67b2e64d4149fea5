"""Schema of the configuration file. The loader validates with it, and editors get it as a JSON Schema."""

import re

from marshmallow import validate

from relay.config.alerts import AlertsSchema
from relay.config.fields import (
    ApiKey,
    Choice,
    ListOf,
    NamedSections,
    SecretText,
    Section,
    Share,
    StrictSchema,
    Text,
    WholeNumber,
    in_range,
)
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
from relay.core.priority import Priority
from relay.core.source import DEFAULT_LIMITS
from relay.core.verification.challenge import CHALLENGES

_DOMAIN = re.compile(r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$")


class BasicSchema(StrictSchema):
    access_key = SecretText(required=True, metadata={"description": "The access key part of a Gong API key."})
    access_key_secret = SecretText(
        required=True,
        metadata={"description": "The key's secret: write ${NAME}, and set NAME in the environment."},
    )


class AuthSchema(EitherAuth):
    basic = Section(BasicSchema, metadata={"description": "A Gong API key."})
    oauth = Section(GrantSchema, metadata={"description": "{}: the customer connects the account by OAuth."})


class LimitsSchema(StrictSchema):
    per_second = WholeNumber(
        load_default=3, validate=in_range(1, 10_000), metadata={"description": "Maximum calls per second."}
    )
    per_day = WholeNumber(
        load_default=10_000,
        validate=in_range(1, 1_000_000_000),
        metadata={"description": "Maximum calls in any 24 hours."},
    )
    daily_share = Share(
        load_default=1.0,
        metadata={
            "description": "Share of per_day that the relay may use: 80% or 0.8. Other integrations get the rest."
        },
    )
    high_priority_share = Share(
        load_default=0.1,
        metadata={
            "description": "Share of the relay's daily calls reserved for events of priority high: 10% or 0.1."
        },
    )


class DestinationSchema(StrictSchema):
    auth = Section(AuthSchema, required=True, metadata={"description": "Credentials for Gong."})
    base_url = Text(
        load_default="https://api.gong.io",
        metadata={
            "description": "Address of Gong's API: https and a host of Gong, or a host that RELAY_ALLOW_GONG_HOSTS lists."
        },
    )
    company = Text(
        load_default=None,
        metadata={"description": "The unit that Gong's limits apply to. Default: the destination's name."},
    )
    limits = Section(
        LimitsSchema,
        load_default=lambda: LimitsSchema().load({}),
        metadata={"description": "Gong's limits for this company."},
    )
    dialect = Choice(
        Dialect,
        load_default=Dialect.GONG,
        metadata={"description": "The description of Gong's API to follow."},
    )
    source_system_name = Text(
        load_default=None, metadata={"description": "The system that Gong shows as the origin of an event."}
    )
    internal_domains = ListOf(
        Text(validate=validate.Regexp(_DOMAIN, error="must be a domain such as acme.com")),
        load_default=list,
        metadata={
            "description": "Email domains of your own company: events of people at these domains are not sent."
        },
    )
    store = Text(
        load_default=MAIN_STORE,
        metadata={
            "description": "The store that holds all data of the company. Default: the store of RELAY_REDIS_URL."
        },
    )


class StoreSchema(StrictSchema):
    url = Text(
        required=True,
        metadata={
            "description": "Address of the store, as in RELAY_REDIS_URL: write ${NAME}, and set NAME in the environment."
        },
    )


class SourceLimitsSchema(StrictSchema):
    store_share = Share(
        load_default=DEFAULT_LIMITS.store_share,
        metadata={
            "description": "The part of a store's maxmemory that the source's events may use, such as 50%. Above it, its requests are answered with 429."
        },
    )
    events_per_minute = WholeNumber(
        load_default=DEFAULT_LIMITS.events_per_minute,
        validate=in_range(1, 10_000_000),
        metadata={
            "description": "Events that the source may send per minute. Above it, its requests are answered with 429."
        },
    )
    daily_share = Share(
        load_default=None,
        metadata={
            "description": "Share of each company's daily calls that the source's events may use. Default: 80% if other sources can send to the company, else 100%."
        },
    )
    max_priority = Choice(
        Priority,
        load_default=Priority.HIGH,
        metadata={"description": "No event of the source has a higher priority: high, normal or low."},
    )


class SourceSchema(StrictSchema):
    destination = Text(
        required=True,
        metadata={
            "description": 'The destination of its events, or a template "{{ JMESPath }}" that chooses one for each item.'
        },
    )
    accounts = Accounts(
        load_default=dict,
        metadata={
            "description": "With a template: destinations by the value in payloads that stands for them."
        },
    )
    priorities = Priorities(
        load_default=dict,
        metadata={"description": "Priority by type of event: high, normal or low."},
    )
    aggregate = AggregatesByType(
        load_default=dict,
        metadata={"description": "By type of event: send the events of one session as one call."},
    )
    limits = Section(
        SourceLimitsSchema,
        load_default=lambda: SourceLimitsSchema().load({}),
        metadata={"description": "What the source may use, so that it cannot crowd out others."},
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
        metadata={"description": "The API of Gong that events are sent to."},
    )
    preset = SuggestedWord(
        preset_names(),
        metadata={
            "description": "The vendor whose webhooks it receives: their signatures and their mapping."
        },
    )
    verify = OpenSection(VerifySchema, metadata={"description": "How the sender of a webhook is verified."})
    # Null removes what a preset sets for the key.
    challenges = SuggestedWord(
        CHALLENGES,
        allow_none=True,
        metadata={"description": "The vendor whose handshake is answered."},
    )
    read = Section(ReadSchema, allow_none=True, metadata={"description": "How bodies are read."})
    answer = Section(
        AnswerSchema,
        allow_none=True,
        metadata={"description": "The response to the sender, instead of the counts."},
    )
    items = Text(allow_none=True, metadata={"description": "JMESPath that finds the items of a payload."})
    rules = OpenList(
        OpenSection(RuleSchema),
        metadata={"description": "The mapping: the first rule whose condition matches maps the item."},
    )


class ConfigSchema(StrictSchema):
    destinations = NamedSections(
        DestinationSchema, required=True, metadata={"description": "Gong accounts, by names that you choose."}
    )
    sources = NamedSections(
        SourceSchema,
        load_default=dict,
        metadata={"description": "Senders of events, by names that you choose."},
    )
    oauth = Section(
        OAuthSchema,
        load_default=None,
        metadata={"description": "The OAuth application with which customers connect their Gong accounts."},
    )
    stores = NamedSections(
        StoreSchema,
        load_default=dict,
        metadata={"description": "Stores besides the one of RELAY_REDIS_URL, by names that you choose."},
    )
    operators = NamedSections(
        OperatorSchema,
        load_default=dict,
        metadata={"description": "Operators besides the holder of RELAY_ADMIN_KEY, by name."},
    )
    alerts = Section(
        AlertsSchema,
        load_default=None,
        metadata={"description": "Alerts: conditions, thresholds and receivers."},
    )
