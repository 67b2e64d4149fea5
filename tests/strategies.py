"""Hypothesis strategies for canonical events as senders write them: every type, key and limit."""

from datetime import UTC, datetime, timedelta, timezone
from functools import cache

import orjson
from hypothesis import strategies as st

from relay.core.event.event import EVENT_BYTES_MAX
from relay.core.event.model import EventType
from relay.core.event.sanitize import clean_text

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""The latest timestamp of a generated event."""

INT32 = st.integers(-(2**31), 2**31 - 1)
HOSTS = ("acme.com", "ACME.com", "www.Globex.example", "münchen.example", "sub.initech.co.uk")
MAIL_HOSTS = (*HOSTS[:2], "globex.example", "gmail.com", "internal.example", "münchen.example")


def _optional_keys(**keys):
    return st.fixed_dictionaries({}, optional=keys)


def texts(limit=1_000, *, longest=True):
    """Generate text: mostly short, in any script, sometimes padded or of maximum length."""
    short = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(clean_text)
    words = st.sampled_from(
        ("Pricing", " padded ", "Zürich ~ 東京 🎉", "two\nlines", "e\u0301", "#1: <b>&amp;</b>")
    )
    return st.one_of(short, words, st.just("x" * limit)) if longest else st.one_of(short, words)


def emails():
    local = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,20}", fullmatch=True)
    return st.builds("{}@{}".format, local, st.sampled_from(MAIL_HOSTS))


def urls():
    tail = st.sampled_from(
        ("", "/", "/a?b=1&token=secret#part", "/?sig=1", "/ü/東京", "/#/p?code=9", "/" + "p" * 1_500)
    )
    return st.builds(
        "{}://{}{}".format, st.sampled_from(("http", "https", "HTTPS")), st.sampled_from(HOSTS), tail
    )


def timestamps():
    """Generate epoch numbers and ISO 8601 timestamps in every offset, not later than NOW."""
    instants = st.datetimes(datetime(2000, 1, 2), NOW.replace(tzinfo=None), timezones=st.just(UTC))  # noqa: DTZ001 - `timezones` sets the zone
    offset = st.integers(-18 * 60, 18 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    iso_texts = st.builds(lambda instant, zone: instant.astimezone(zone).isoformat(), instants, offset)
    seconds = instants.map(lambda instant: int(instant.timestamp()))
    return st.one_of(iso_texts, seconds, seconds.map(lambda count: count * 1000))


def scalars():
    numbers = st.one_of(st.integers(-(10**18), 10**18), st.floats(allow_nan=False, allow_infinity=False))
    return st.one_of(texts(), numbers, st.booleans(), st.none(), st.just(""))


def properties():
    names = st.one_of(
        texts(longest=False), st.sampled_from(("title", "sharedBy", "labels", "score", "eventId"))
    )
    few = st.dictionaries(names, scalars(), max_size=4)
    many = st.builds(lambda value: {f"p{number}": value for number in range(40)}, st.booleans())
    return st.one_of(few, many).filter(
        lambda candidate: len({clean_text(name) for name in candidate}) == len(candidate)
    )


def _build_progress(kind, bounds, value_at):
    low, high = sorted(bounds)
    progress = {"kind": kind, "from": low, "to": high, "value": low + (high - low) * value_at // 100}
    return {key: item for key, item in progress.items() if item is not None}


def progresses():
    ranges = {
        "percentage": st.integers(0, 100),
        "NPS": st.integers(0, 10),
        "rating": INT32,
        "other": INT32,
        None: INT32,
    }
    ranged = st.sampled_from(list(ranges)).flatmap(
        lambda kind: st.builds(
            _build_progress,
            st.just(kind),
            st.lists(ranges[kind], min_size=2, max_size=2, unique=True),
            st.integers(0, 100),
        )
    )
    return st.one_of(ranged, st.just({"kind": "nps", "value": 9}), st.just({"kind": "percentage"}))


def steps():
    listed = st.lists(texts(100), min_size=1, max_size=5, unique_by=clean_text)
    return listed.flatmap(
        lambda names: st.fixed_dictionaries({"value": st.sampled_from(names), "all": st.just(names)})
    )


def searches():
    return st.fixed_dictionaries(
        {
            "name": texts(),
            "kind": st.sampled_from(("vendor", "Product", "category")),
            "domain": st.sampled_from(HOSTS),
        },
        optional={"id": texts(), "url": urls()},
    )


def contents():
    return st.fixed_dictionaries(
        {"title": texts(2_000)},
        optional={
            "id": texts(),
            "url": urls(),
            "labels": st.lists(texts(60), max_size=20),
            "info_url": urls(),
            "progress": progresses(),
            "step": steps(),
            "search": searches(),
            "properties": properties(),
        },
    )


def crm_records(*types):
    systems = st.one_of(st.sampled_from(("Salesforce", "hubspot", "Microsoft Dynamics", "Generic")), texts())
    return st.fixed_dictionaries(
        {"type": st.sampled_from(types), "id": texts()}, optional={"system": systems}
    )


def companies():
    crm = st.lists(crm_records("account", "opportunity"), max_size=4)
    return _optional_keys(id=texts(), name=texts(), domain=st.sampled_from((*HOSTS, "gmail.com")), crm=crm)


def _detail_keys():
    return {
        "phone": texts(40),
        "id": texts(),
        "title": texts(),
        "location": _optional_keys(country=texts(), state=texts(), region=texts(), city=st.none()),
        "company": companies(),
        "properties": properties(),
    }


def identified_people():
    by_email = st.fixed_dictionaries(
        {"email": emails()},
        optional={"name": texts(), "crm": crm_records("contact", "lead"), **_detail_keys()},
    )
    by_name = st.fixed_dictionaries({"name": texts()}, optional=_detail_keys())
    by_crm = st.fixed_dictionaries({"crm": crm_records("contact", "lead")}, optional=_detail_keys())
    return st.one_of(by_email, by_name, by_crm)


def anonymous_people():
    company = st.fixed_dictionaries(
        {"domain": st.sampled_from(HOSTS)}, optional={"id": texts(), "name": texts()}
    )
    details = {
        key: values for key, values in _detail_keys().items() if key in {"title", "location", "properties"}
    }
    return st.fixed_dictionaries({"id": texts(), "company": company}, optional=details)


def people():
    return st.one_of(identified_people(), anonymous_people())


def shares(*, with_recipients):
    recipient = st.fixed_dictionaries({"email": emails()}, optional={"name": texts()})
    recipients = st.lists(recipient, min_size=int(with_recipients), max_size=4)
    return st.fixed_dictionaries(
        {"recipients": recipients} if with_recipients else {},
        optional={
            "id": texts(),
            "sharer": _optional_keys(email=emails(), name=texts(), gong_user_id=texts()),
            "subject": texts(),
            "message": texts(10_000),
            **({} if with_recipients else {"recipients": recipients}),
        },
    )


@cache
def _events_of_type(type_):
    """Cached, because building a strategy takes longer than drawing from it."""
    is_share, is_custom = type_ is EventType.CONTENT_SHARE, type_ is EventType.CUSTOM
    required = {
        "id": texts(10_000),
        "type": st.just(str(type_)),
        "occurred_at": timestamps(),
        "content": contents(),
    }
    optional = {
        "session_id": texts(),
        "device": st.sampled_from(("pc", "mobile", "PC", None)),
        "user_agent": texts(),
        "workspace_id": texts(),
        "properties": properties(),
        ("ignored" if is_custom else "action"): texts(255),
        ("ignored" if is_share else "share"): shares(with_recipients=False),
        ("person" if is_share else "ignored"): people(),
    }
    optional.pop("ignored", None)
    if is_custom:
        required["action"] = texts(255)
    if is_share:
        return st.fixed_dictionaries({**required, "share": shares(with_recipients=True)}, optional=optional)
    with_person = st.fixed_dictionaries({**required, "person": people()}, optional=optional)
    with_tracking_id = st.fixed_dictionaries({**required, "tracking_id": texts()}, optional=optional)
    return st.one_of(with_person, with_person, with_tracking_id)


def events(type_=None):
    """Generate events that `read_event` accepts at `NOW`, of one type or of all eleven."""
    types = st.sampled_from(EventType) if type_ is None else st.just(EventType(type_))
    return types.flatmap(_events_of_type).filter(lambda event: len(orjson.dumps(event)) <= EVENT_BYTES_MAX)
