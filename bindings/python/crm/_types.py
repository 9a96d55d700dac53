"""Errors and enumerations: the part of crm that needs no C++.

The extension takes them from here, so that they are ordinary Python classes:
they can be caught by their built-in bases, compared, and pickled.
"""

import enum
from typing import Any, Protocol, Tuple, Type


class _Name(str, enum.Enum):
    """Members are strings: Durability.OS == "os"."""

    def __str__(self) -> str:
        return str(self.value)


class Remedy(_Name):
    """What the caller can do about an error."""

    NONE = "none"
    FIX_INPUT = "fix_input"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    DENIED = "denied"
    RETRY = "retry"
    UNRECOVERABLE = "unrecoverable"


class StatusCode(enum.IntEnum):
    """What happened. The numbers are the same in C++ and never change."""

    OK = 0
    INVALID_ARGUMENT = -101
    TOO_LARGE = -102
    MALFORMED = -103
    UNSUPPORTED = -104
    FAILED_PRECONDITION = -105
    NOT_FOUND = -201
    CONFLICT = -301
    ALREADY_EXISTS = -302
    ID_CONFLICT = -303
    DENIED = -401
    ERASED = -402
    BUSY = -501
    NO_SPACE = -502
    CANCELLED = -503
    CORRUPTION = -601
    ROLLED_BACK = -602
    FORMAT_TOO_NEW = -603
    IO_ERROR = -604
    READ_ONLY = -605
    KEY_MISSING = -606
    OUT_OF_MEMORY = -607
    INTERNAL = -608

    @property
    def remedy(self) -> Remedy:
        """The remedy that the hundreds digit stands for."""
        return _REMEDIES[-self.value // 100]


_REMEDIES = tuple(Remedy)


class Durability(_Name):
    """When an append is acknowledged."""

    #: After fsync: survives a power cut. The default.
    SYNC = "sync"
    #: After write(2): survives the death of the process, not of the machine.
    OS = "os"


class ImportFormat(_Name):
    """Whose JSON an imported file has (see examples/formats.md)."""

    #: Events in the three shapes of libcrm. The default.
    NATIVE = "native"
    #: Messages of the Segment specification; needs a source.
    SEGMENT = "segment"
    #: CloudEvents 1.0.
    CLOUDEVENTS = "cloudevents"
    #: What PostHog's capture endpoint takes; needs a source.
    POSTHOG = "posthog"


class TextEncoding(_Name):
    """How the characters of an imported file are written."""

    #: What the map says; UTF-8 without one. The default.
    DEFAULT = "default"
    #: With or without a byte order mark.
    UTF_8 = "utf-8"
    #: Told by its byte order mark, which must be there.
    UTF_16 = "utf-16"
    UTF_16LE = "utf-16le"
    UTF_16BE = "utf-16be"
    #: Has all letters of ISO 8859-1.
    WINDOWS_1252 = "windows-1252"
    MAC_ROMAN = "mac-roman"


class RejectReason(_Name):
    """Why a row was not imported: a closed list, whose names stay."""

    NONE = "NONE"
    #: Bytes that do not fit the encoding.
    BAD_ENCODING = "BAD_ENCODING"
    #: A quote that is never closed, or text behind one.
    BAD_QUOTES = "BAD_QUOTES"
    TOO_FEW_COLUMNS = "TOO_FEW_COLUMNS"
    TOO_MANY_COLUMNS = "TOO_MANY_COLUMNS"
    #: The row, or a value in it.
    TOO_LARGE = "TOO_LARGE"
    #: Not JSON, or not the JSON it should be.
    BAD_JSON = "BAD_JSON"
    #: A value that must be there.
    MISSING_REQUIRED = "MISSING_REQUIRED"
    #: Not a time as the format says.
    BAD_DATE = "BAD_DATE"
    BAD_NUMBER = "BAD_NUMBER"
    BAD_BOOLEAN = "BAD_BOOLEAN"
    #: A status that the map does not know.
    BAD_CONSENT = "BAD_CONSENT"
    INVALID_EMAIL = "INVALID_EMAIL"
    INVALID_PHONE = "INVALID_PHONE"
    #: Of another namespace.
    INVALID_IDENTIFIER = "INVALID_IDENTIFIER"
    #: Anything else about a value.
    INVALID_VALUE = "INVALID_VALUE"
    #: The id is there with other content.
    ID_CONFLICT = "ID_CONFLICT"
    #: The person was erased.
    ERASED = "ERASED"


class ExportFormat(_Name):
    """How Tenant.export_events writes."""

    #: Messages of the Segment specification.
    SEGMENT = "segment"
    #: RFC 4180.
    CSV = "csv"
    #: NDJSON, as import_file takes it. The default.
    NATIVE = "native"


class ReconcileKind(_Name):
    """What a ReconcileDifference is."""

    #: In the file alone: an import would append it.
    MISSING = "missing"
    #: Another event has its id: an import would refuse it.
    CONFLICT = "conflict"
    #: In the store alone.
    EXTRA = "extra"
    #: A row that an import would refuse.
    REJECTED = "rejected"


class LogLevel(_Name):
    """How grave a message of the log callback is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class EnvelopeShape(_Name):
    """The JSON shape in which an event came in."""

    #: {id, type, version, timestamp, tenantId, source, identity, payload,
    #: metadata}
    CRM = "crm"
    #: {eventType, eventId, timestamp, aggregateId, tenantId, payload}
    DOMAIN = "domain"
    #: {eventType, eventId, customerId, timestamp, and the payload's fields}
    FLAT = "flat"


class Validation(_Name):
    """What happens on append to an event that does not fit its schema."""

    #: Nothing is looked at. The default.
    OFF = "off"
    #: It is appended, with EventOutcome.warning.
    WARN = "warn"
    #: It is refused.
    ENFORCE = "enforce"
    #: Of a single type only: as for all types, again.
    INHERIT = "inherit"


class Compatibility(_Name):
    """How a new schema has to get on with the latest one of its type."""

    NONE = "none"
    #: What was valid before is valid now.
    BACKWARD = "backward"
    #: What is valid now was valid before.
    FORWARD = "forward"
    FULL = "full"


class DefinitionKind(_Name):
    """What a Definition is of."""

    SCHEMA = "schema"
    UPCASTER = "upcaster"
    VALIDATION = "validation"
    #: Tenant.set_identity_settings.
    IDENTITY = "identity"
    #: Tenant.set_consent_settings.
    CONSENT = "consent"
    #: Tenant.set_privacy_settings.
    PRIVACY = "privacy"


class ConsentAction(_Name):
    """What somebody did about consent."""

    ASK = "ask"
    DEFER = "defer"
    #: She signed up, and is to confirm it.
    PEND = "pend"
    GRANT = "grant"
    #: A grant by double opt-in.
    CONFIRM = "confirm"
    REFUSE = "refuse"
    #: By her.
    WITHDRAW = "withdraw"
    #: By the controller.
    REVOKE = "revoke"
    INVALIDATE = "invalidate"
    #: Art. 21 GDPR, or a global opt-out.
    OBJECT = "object"
    LIFT_OBJECTION = "lift-objection"
    #: Art. 18 GDPR.
    RESTRICT = "restrict"
    LIFT_RESTRICTION = "lift-restriction"
    #: An address.
    SUPPRESS = "suppress"
    LIFT_SUPPRESSION = "lift-suppression"
    #: Global Privacy Control.
    SIGNAL = "signal"


class ConsentChannel(_Name):
    """The way a message goes."""

    #: All of them; in acts only.
    ANY = "any"
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    VOICE = "voice"
    WHATSAPP = "whatsapp"
    POST = "post"
    WEB = "web"


class MessageClass(_Name):
    """What a message is: a property of its template."""

    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"
    LEGAL = "legal"


class Verdict(_Name):
    """Whether she may be written to."""

    ALLOW = "allow"
    DENY = "deny"
    #: From ConsentDecision.until on; ask again then.
    DEFER = "defer"


class ConsentState(_Name):
    """Where one purpose and channel of a customer stand."""

    UNKNOWN = "unknown"
    REQUESTED = "requested"
    DEFERRED = "deferred"
    #: Double opt-in, not confirmed yet.
    PENDING = "pending"
    #: Nor in time.
    LAPSED = "lapsed"
    GIVEN = "given"
    EXPIRED = "expired"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    INVALIDATED = "invalidated"


class ConsentRule(_Name):
    """What decided."""

    UNKNOWN_CUSTOMER = "unknown-customer"
    RESTRICTED = "restricted"
    UNDELIVERABLE = "undeliverable"
    SUPPRESSED = "suppressed"
    OBJECTED = "objected"
    OPT_OUT_OF_SALE = "opt-out-of-sale"
    UNKNOWN_PURPOSE = "unknown-purpose"
    DENIED = "denied"
    PENDING = "pending"
    EXPIRED = "expired"
    OLD_POLICY = "old-policy"
    NEVER = "never"
    CATEGORY = "category"
    NO_CONSENT = "no-consent"
    NO_TIME_ZONE = "no-time-zone"
    FREQUENCY = "frequency"
    QUIET_HOURS = "quiet-hours"
    DEACTIVATED = "deactivated"
    #: From here on: allowed.
    CONSENT = "consent"
    SOFT_OPT_IN = "soft-opt-in"
    LEGAL_BASIS = "legal-basis"
    OPT_OUT_CHANNEL = "opt-out-channel"
    MESSAGE_CLASS = "message-class"


class ReceiptFormat(_Name):
    """The form of a receipt."""

    #: Kantara Consent Receipt 1.1.
    KANTARA = "kantara"
    #: ISO/IEC TS 27560:2023.
    ISO27560 = "iso27560"


class ChoiceKind(_Name):
    """What a Choice says."""

    MERGE = "merge"
    PARTITION = "partition"
    ASSERTION = "assertion"
    REVIEW = "review"
    ANSWER = "answer"
    SHARED = "shared"
    #: A customer was erased.
    ERASURE = "erasure"
    #: Events lost what they said.
    REDACTION = "redaction"
    #: A legal hold: placed, released, or waited for.
    HOLD = "hold"
    #: What events said was removed, because it was too old.
    RETENTION = "retention"
    #: Who lives together.
    HOUSEHOLD = "household"


class ChoiceOrigin(_Name):
    """Who made a Choice."""

    #: The event that comes next; it would make it again.
    EVENT = "event"
    #: A host: nothing but its record knows it.
    HAND = "hand"
    MATCH = "match"
    RE_RESOLVE = "re_resolve"


class Outcome(_Name):
    """What became of one event."""

    APPENDED = "appended"
    DUPLICATE = "duplicate"
    INVALID = "invalid"
    CONFLICT = "conflict"
    ERASED = "erased"


class Order(_Name):
    """The order of a replay."""

    #: As recorded.
    POSITION = "position"
    #: As it happened; equal times by position.
    OCCURRED_AT = "occurred_at"


class MessageKind(_Name):
    """What a Message of a Subscription is."""

    #: One event that was asked for.
    EVENT = "event"
    #: Nothing for this subscription up to its position: progress.
    CHECKPOINT = "checkpoint"
    #: Everything that there was has been delivered.
    CAUGHT_UP = "caught_up"
    #: Two customers became one.
    MERGED = "merged"
    #: One customer became two.
    SPLIT = "split"
    #: A customer was erased.
    ERASED = "erased"


class IdentityChangeKind(_Name):
    """What an IdentityChange is."""

    #: from_customer is retired, and leads to to_customer.
    MERGED = "merged"
    #: Some records of from_customer became, or went back to, to_customer.
    SPLIT = "split"
    #: from_customer was erased, with all numbers that lead to her.
    ERASED = "erased"


class ConditionKind(_Name):
    """What a Condition demands."""

    CUSTOMER_VERSION = "customer_version"
    NO_CUSTOMER = "no_customer"
    CUSTOMER_EXISTS = "customer_exists"
    IDENTIFIER_ABSENT = "identifier_absent"
    NO_EVENT_SINCE = "no_event_since"


class IdentityReason(_Name):
    """Why an identifier, or a merge, was withheld."""

    NONE = "none"
    #: Its namespace or its value cannot be one.
    MALFORMED = "malformed"
    #: A value that names nobody.
    BLOCKED = "blocked"
    #: It would give a customer two values of one exclusive namespace.
    EXCLUSIVE_CONFLICT = "exclusive_conflict"
    #: Somebody said that these two are not the same.
    CANNOT_LINK = "cannot_link"
    #: Given names and birth dates of both are known, and both differ.
    CONTRADICTION = "contradiction"
    #: Too many people share this value.
    SHARED_VALUE = "shared_value"
    #: A limit of the tenant's.
    LIMIT = "limit"
    #: A device that two known people use.
    EPHEMERAL = "ephemeral"
    #: A phone number that was not seen for long.
    RECYCLED = "recycled"
    #: Enough to attach an event, not to merge two customers.
    BELOW_MERGE_BAR = "below_merge_bar"
    #: Too many merges within a minute.
    MERGE_BRAKE = "merge_brake"
    #: A match speaks for some of their records, and not for all.
    COHESION = "cohesion"
    #: A match that is neither sure nor out of the question.
    WEAK_MATCH = "weak_match"


class HouseholdEvidence(_Name):
    """What speaks for somebody being of a household."""

    #: The same street with house number, and postcode or city.
    ADDRESS = "address"
    #: The same e-mail address ...
    EMAIL = "email"
    #: ... or telephone, in their profiles or as an identifier that both named.
    PHONE = "phone"
    #: The same surname.
    SURNAME = "surname"
    #: Another shareable or ephemeral identifier that both named.
    IDENTIFIER = "identifier"


class Truth(_Name):
    """What criteria are of a customer. As a bool: is it TRUE?"""

    FALSE = "false"
    TRUE = "true"
    #: Neither they nor their opposite mean her.
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        return self is Truth.TRUE


class AssertionKind(_Name):
    """What somebody says about two records."""

    #: They are of one person.
    MUST_LINK = "must_link"
    #: They are not.
    CANNOT_LINK = "cannot_link"


class ReviewAnswer(_Name):
    """What somebody says to a question."""

    #: Merges them.
    SAME = "same"
    #: They stay apart.
    DIFFERENT = "different"
    #: Neither; the same question is not put again.
    DISMISS = "dismiss"


class MatchField(_Name):
    """What a value of a person is, for a MatchSet."""

    #: One or several; nicknames are known.
    GIVEN_NAME = "given_name"
    SURNAME = "surname"
    #: "Ada King Lovelace" or "Lovelace, Ada King"; fills in what is missing.
    FULL_NAME = "full_name"
    MIDDLE_NAME = "middle_name"
    #: "1961-04-09"; zeros for what is not known.
    BIRTH_DATE = "birth_date"
    #: May begin or end with the house number.
    STREET = "street"
    HOUSE_NUMBER = "house_number"
    #: Or suburb, village, parish.
    CITY = "city"
    POSTCODE = "postcode"
    #: Or state, province, county.
    REGION = "region"
    COUNTRY = "country"
    #: Two are compared.
    EMAIL = "email"
    #: Two are compared; with or without a country code.
    PHONE = "phone"
    #: Or another number of her own.
    NATIONAL_ID = "national_id"
    #: Its first letter counts.
    SEX = "sex"
    OCCUPATION = "occupation"
    BIRTH_PLACE = "birth_place"
    #: Any other words or numbers, up to four, compared place by place.
    OTHER = "other"


class ReviewReason(_Name):
    """Why a pair of records is listed for review."""

    #: Too light to be linked without a person's look.
    WEIGHT = "weight"
    #: The clusters behind it do not fit.
    COHESION = "cohesion"
    #: Two values of one exclusive namespace.
    EXCLUSIVE = "exclusive"
    #: Between two records of the clusters.
    CANNOT_LINK = "cannot_link"
    #: The cluster would be over max_cluster.
    TOO_LARGE = "too_large"


class ErasureMode(_Name):
    """How somebody is erased."""

    #: Her keys are destroyed.
    SHRED = "shred"
    #: Before that, what she did is added to sums over ten people or more.
    ANONYMISE = "anonymise"
    #: Then what was sealed is removed from the log and its files, too.
    HARD = "hard"


class DeactivationReason(_Name):
    """Why an account is deactivated."""

    CUSTOMER_REQUEST = "customer-request"
    FRAUD = "fraud"
    TERMS_VIOLATION = "terms-violation"
    OTHER = "other"


class RecordState(_Name):
    """Where the record of a customer stands."""

    ACTIVE = "active"
    #: Her number leads to another.
    MERGED = "merged"
    DEACTIVATED = "deactivated"
    ERASED = "erased"


class PersonExportMode(_Name):
    """How much of a person is exported."""

    #: Everything about her.
    ACCESS = "access"
    #: What she gave, and what was observed of her.
    PORTABILITY = "portability"


class IdentityEvidenceKind(_Name):
    """What a piece of evidence is."""

    #: Both named it.
    SHARED_IDENTIFIER = "shared_identifier"
    #: Why record a joined the customer of record b.
    LINK = "link"
    MERGE = "merge"
    ASSERTION = "assertion"
    #: What stands, or stood, against it.
    GUARD = "guard"


class IdentityStepKind(_Name):
    """A step in the making of a customer."""

    #: With her first record.
    BEGAN = "began"
    #: A record came in.
    ATTACHED = "attached"
    #: A customer came in.
    MERGED = "merged"


class Error(Exception):
    """Any error of libcrm. Its subclasses say what can be done about it.

    The text is one line without personal data. `code` says exactly what
    happened; `retryable` is true when the same call may work later.
    """

    code: StatusCode
    retryable: bool
    # Of a subclass that does not call __init__.
    _message = ""

    def __init__(self, message: str = "",
                 code: StatusCode = StatusCode.INTERNAL) -> None:
        super().__init__(message)
        self.code = StatusCode(code)
        self.retryable = self.code.remedy is Remedy.RETRY
        self._message = message

    def __str__(self) -> str:
        # KeyError would show the text in quotes, OSError with a number.
        return self._message

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self._message, self.code)


class InputError(Error, ValueError):
    """Correct the call: nothing was changed. A closed handle, too."""


class NotFoundError(Error, KeyError):
    """There is no such thing; often no error at all."""


class ConflictError(Error):
    """Something else is there already: read again, then decide."""


class ConsentError(Error, PermissionError):
    """A person said no, or was erased."""


class RetryableError(Error):
    """The same call may work later."""


class FatalError(Error):
    """Close the store and look at the message."""


class CorruptionError(FatalError):
    """Stored bytes are not what was written, or are missing."""


class FormatTooNewError(FatalError):
    """Written by a later libcrm."""


_ERRORS = {
    Remedy.FIX_INPUT: InputError,
    Remedy.NOT_FOUND: NotFoundError,
    Remedy.CONFLICT: ConflictError,
    Remedy.DENIED: ConsentError,
    Remedy.RETRY: RetryableError,
    Remedy.UNRECOVERABLE: FatalError,
}


def error_class(code: StatusCode) -> Type[Error]:
    """The class of the errors with this code."""
    if code in (StatusCode.CORRUPTION, StatusCode.ROLLED_BACK):
        return CorruptionError
    if code is StatusCode.FORMAT_TOO_NEW:
        return FormatTooNewError
    return _ERRORS[StatusCode(code).remedy]


def make_error(code: int, message: str) -> Error:
    """The error for a status of the C++ library."""
    status = StatusCode(code)
    return error_class(status)(message, status)


class KeyProvider(Protocol):
    """Wraps and unwraps the keys of tenants: implement it over a KMS.

    Called seldom, once per tenant and open, from any thread. An exception
    becomes the cause of the error that the call raises; raise a crm.Error to
    say which one, e.g. FatalError("...", StatusCode.KEY_MISSING).
    """

    def wrap(self, tenant: str, key: bytes) -> bytes:
        """Seals `key` (32 bytes) so that only unwrap for the same tenant
        opens it. At most 4 KiB."""

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        """The inverse of wrap."""


class RotatingKeyProvider(KeyProvider, Protocol):
    """A key provider that Store.rotate_keys can give a new wrapping key."""

    def begin_rotation(self) -> None:
        """From now on wrap uses a new wrapping key, durably, and unwrap opens
        what it and the one before have wrapped. While the one before is still
        there from a rotation that was not ended, nothing need change."""

    def end_rotation(self) -> None:
        """Destroys all wrapping keys but the one that wrap uses."""


for _class in list(globals().values()):
    if isinstance(_class, type) and _class.__module__ == __name__:
        # As users see them: crm.InputError.
        _class.__module__ = "crm"

del _class
