"""Criteria without writing JSON: who is meant?

    from crm.criteria import consent, event, field, prop

    vip = (field("country") == "ZA") & (
        event("OrderPlaced").where(prop("total") > 100)
        .last(days=30).count() >= 3)
    lapsed = event("OrderPlaced").last_time() < ago(months=6)
    club.preview(vip & ~lapsed & consent("marketing", "email"))

What is made here is plain data: `to_dict()` is the JSON that crm/criteria.h
documents. Nothing is checked before it is used; crm.describe_criteria checks,
and says it in words. Combine with &, | and ~, never with and, or, not: these
raise a TypeError.
"""

import datetime
from typing import Any, Dict, List, Optional, Union

Scalar = Union[str, int, float, bool, Any]
Duration = Dict[str, int]
Instant = Union[str, datetime.datetime, datetime.date, Dict[str, Any]]

__all__ = [
    "Criterion", "Events", "Subject", "ago", "ahead", "bucket", "consent",
    "event", "field", "prop", "sequence", "start_of",
]


def _instant(value: Any) -> Any:
    """As JSON; an aware datetime as RFC 3339, a date as its day."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise TypeError("a datetime has to be aware")
        return value.isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def _one(units: Dict[str, int]) -> Duration:
    if len(units) != 1:
        raise TypeError("name one unit, like days=30")
    return dict(units)


class Criterion:
    """One node. Immutable by custom; made by the functions of this module."""

    def __init__(self, node: Dict[str, Any]):
        self._node = node

    def to_dict(self) -> Dict[str, Any]:
        """The JSON of it."""
        return self._node

    def __and__(self, other: "Criterion") -> "Criterion":
        return Criterion({"and": [self._node, other.to_dict()]})

    def __or__(self, other: "Criterion") -> "Criterion":
        return Criterion({"or": [self._node, other.to_dict()]})

    def __invert__(self) -> "Criterion":
        return Criterion({"not": self._node})

    def __bool__(self) -> bool:
        raise TypeError("combine criteria with &, | and ~")

    def __repr__(self) -> str:
        return f"Criterion({self._node!r})"


class Subject:
    """What is asked about: a trait, a property, a number about events."""

    def __init__(self, node: Dict[str, Any]):
        self._node = node

    def _test(self, operator: str, *value: Any) -> Criterion:
        node = dict(self._node, operator=operator)
        if value:
            node["value"] = _instant(value[0])
        return Criterion(node)

    def __eq__(self, value: Any) -> Criterion:  # type: ignore[override]
        return self._test("eq", value)

    def __ne__(self, value: Any) -> Criterion:  # type: ignore[override]
        return self._test("neq", value)

    def __gt__(self, value: Any) -> Criterion:
        return self._test("gt", value)

    def __ge__(self, value: Any) -> Criterion:
        return self._test("gte", value)

    def __lt__(self, value: Any) -> Criterion:
        return self._test("lt", value)

    def __le__(self, value: Any) -> Criterion:
        return self._test("lte", value)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("ask something of it, like == or .exists()")

    def between(self, low: Any, high: Any) -> Criterion:
        """Both included."""
        return self._test("between", [_instant(low), _instant(high)])

    def exists(self) -> Criterion:
        return self._test("isNotNull")

    def missing(self) -> Criterion:
        return self._test("isNull")

    def is_in(self, *values: Scalar) -> Criterion:
        return self._test("in", list(values))

    def not_in(self, *values: Scalar) -> Criterion:
        return self._test("notIn", list(values))

    def contains(self, text: str) -> Criterion:
        """Whatever its case, as are the next two."""
        return self._test("contains", text)

    def starts_with(self, text: str) -> Criterion:
        return self._test("startsWith", text)

    def ends_with(self, text: str) -> Criterion:
        return self._test("endsWith", text)

    def matches(self, expression: str) -> Criterion:
        """A regular expression of RE2, found anywhere."""
        return self._test("matches", expression)

    def has_any(self, *values: Scalar) -> Criterion:
        return self._test("hasAny", list(values))

    def has_all(self, *values: Scalar) -> Criterion:
        return self._test("hasAll", list(values))

    def has_none(self, *values: Scalar) -> Criterion:
        return self._test("hasNone", list(values))

    def near(self, latitude: float, longitude: float,
             meters: int) -> Criterion:
        return self._test("near", {"latitude": latitude,
                                   "longitude": longitude, "meters": meters})


class Events:
    """Some of her events, and what may be asked of them."""

    def __init__(self, node: Dict[str, Any]):
        self._node = node

    def _with(self, **members: Any) -> "Events":
        return Events(dict(self._node, **members))

    def where(self, criterion: Criterion) -> "Events":
        """Only those: made with prop()."""
        return self._with(where=criterion.to_dict())

    def last(self, **duration: int) -> "Events":
        """In a rolling window: last(days=30)."""
        return self._with(window={"last": _one(duration)})

    def calendar(self, unit: str, offset: int = 0) -> "Events":
        """In a day, week, month, quarter or year: calendar("month", -1)."""
        return self._with(window={"calendar": unit, "offset": offset})

    def within(self, since: Optional[Instant] = None,
               until: Optional[Instant] = None) -> "Events":
        """From `since`, included, until `until`, excluded."""
        window = {"from": _instant(since), "until": _instant(until)}
        return self._with(window={name: value for name, value in
                                  window.items() if value is not None})

    def _about(self, aggregate: str, of: Optional[str] = None) -> Subject:
        node = dict(self._node, aggregate=aggregate)
        if of is not None:
            node["of"] = of
        return Subject(node)

    def count(self) -> Subject:
        return self._about("count")

    def sum(self, of: str) -> Subject:
        return self._about("sum", of)

    def avg(self, of: str) -> Subject:
        return self._about("avg", of)

    def min(self, of: str) -> Subject:
        return self._about("min", of)

    def max(self, of: str) -> Subject:
        return self._about("max", of)

    def unique(self, of: str) -> Subject:
        return self._about("unique", of)

    def first_time(self) -> Subject:
        return self._about("first")

    def last_time(self) -> Subject:
        return self._about("last")

    def first_has(self, criterion: Criterion) -> Criterion:
        """Of the first of them: made with prop()."""
        return Criterion(dict(self._node, pick="first",
                              has=criterion.to_dict()))

    def last_has(self, criterion: Criterion) -> Criterion:
        return Criterion(dict(self._node, pick="last",
                              has=criterion.to_dict()))

    def happened(self) -> Criterion:
        return Criterion(self._node)

    def never(self) -> Criterion:
        return self.count() == 0

    def to_dict(self) -> Dict[str, Any]:
        return self._node


def field(path: str) -> Subject:
    """A trait; "/address/city" is a JSON pointer into one."""
    return Subject({"field": path})


def prop(path: str) -> Subject:
    """A property of an event's payload, for where() and last_has()."""
    return Subject({"property": path})


def event(*types: str) -> Events:
    """Events of any of these types; without one, all of them."""
    if len(types) == 1:
        return Events({"event": types[0]})
    return Events({"event": list(types) if types else "*"})


def sequence(first: Events, then: Events, *,
             within: Optional[Duration] = None, join: Optional[str] = None,
             last: Optional[Duration] = None) -> Criterion:
    """First the one, and later the other.

    within: {"days": 7}; join: a property that both have in common; last: a
    rolling window for both.
    """
    steps: List[Dict[str, Any]] = [first.to_dict(), then.to_dict()]
    node: Dict[str, Any] = {"sequence": steps}
    if within is not None:
        node["within"] = within
    if join is not None:
        node["join"] = join
    if last is not None:
        node["window"] = {"last": last}
    return Criterion(node)


def consent(purpose: str, channel: str, *, verdict: str = "allow",
            message_class: str = "marketing") -> Criterion:
    """What Tenant.check_consent says."""
    return Criterion({"consent": purpose, "channel": channel,
                      "class": message_class, "is": verdict})


def bucket(name: str, *, of: int, since: int, until: int) -> Criterion:
    """A random part of all: of `of` buckets those from `since` up to below
    `until`."""
    return Criterion({"bucket": name, "of": of, "from": since,
                      "until": until})


def ago(**duration: int) -> Dict[str, Any]:
    """An instant: ago(days=3)."""
    return {"ago": _one(duration)}


def ahead(**duration: int) -> Dict[str, Any]:
    """An instant: ahead(days=3)."""
    return {"ahead": _one(duration)}


def start_of(unit: str, offset: int = 0) -> Dict[str, Any]:
    """An instant: start_of("month", -1)."""
    return {"startOf": unit, "offset": offset}
