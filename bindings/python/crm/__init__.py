"""libcrm: customer data in your own process.

    import crm

    with crm.Store.open("data", create_if_missing=True) as store:
        club = store.tenant("golf-club")
        club.append({"id": "m-1", "type": "scl.member.created",
                     "source": "scl",
                     "identity": {"email": "ada@example.com"},
                     "payload": {"firstName": "Ada"}})
        ada = club.find_customer("email", "ada@example.com")
        print(club.profile(ada)["firstName"])

Start with help(crm.Store), then help(crm.Tenant). All errors are crm.Error;
its subclasses say what can be done about them. Datetimes go in aware and come
out as UTC; a naive one is an InputError.
"""

from crm._crm import (
    MAX_EVENT_BYTES,
    MAX_ID_BYTES,
    MAX_IDENTIFIERS,
    MAX_JSON_DEPTH,
    MAX_PAYLOAD_BYTES,
    MAX_REQUEST_BYTES,
    MAX_REQUEST_EVENTS,
    AppendOrder,
    AppendResult,
    AppendSummary,
    Condition,
    ContestedIdentifier,
    Customer,
    CustomerRecord,
    DryRun,
    EphemeralKeyProvider,
    Event,
    EventCursor,
    EventExportReport,
    EventOutcome,
    FileKeyProvider,
    Finding,
    Identifier,
    ImportMap,
    ImportProgress,
    ImportReport,
    Profile,
    ReconcileCount,
    ReconcileCustomer,
    ReconcileDifference,
    ReconcileReport,
    RejectedEvent,
    RejectedRow,
    Snapshot,
    Store,
    StoredEvent,
    StoreDifference,
    StoreExportReport,
    StoreImportReport,
    StoreStats,
    Tenant,
    TenantExport,
    TenantStats,
    TimelineEntry,
    TimelinePage,
    Trait,
    VerifyReport,
    __version__,
    event_from_json,
)
from crm._types import (
    ConditionKind,
    ConflictError,
    ConsentError,
    CorruptionError,
    Durability,
    EnvelopeShape,
    Error,
    ExportFormat,
    FatalError,
    FormatTooNewError,
    ImportFormat,
    InputError,
    KeyProvider,
    LogLevel,
    NotFoundError,
    Order,
    Outcome,
    Remedy,
    RetryableError,
    StatusCode,
)

__all__ = [
    "MAX_EVENT_BYTES", "MAX_ID_BYTES", "MAX_IDENTIFIERS", "MAX_JSON_DEPTH",
    "MAX_PAYLOAD_BYTES", "MAX_REQUEST_BYTES", "MAX_REQUEST_EVENTS",
    "AppendOrder", "AppendResult", "AppendSummary", "Condition",
    "ConditionKind", "ConflictError", "ConsentError", "ContestedIdentifier",
    "CorruptionError", "Customer", "CustomerRecord", "DryRun", "Durability",
    "EnvelopeShape", "EphemeralKeyProvider", "Error", "Event", "EventCursor",
    "EventExportReport", "EventOutcome", "ExportFormat", "FatalError", "FileKeyProvider", "Finding",
    "FormatTooNewError", "Identifier", "ImportFormat", "ImportMap",
    "ImportProgress", "ImportReport", "InputError", "KeyProvider", "LogLevel", "NotFoundError",
    "Order", "Outcome", "Profile", "RejectedEvent", "RejectedRow", "Remedy",
    "ReconcileCount", "ReconcileCustomer", "ReconcileDifference",
    "ReconcileReport", "StoreDifference", "StoreExportReport",
    "StoreImportReport", "TenantExport",
    "RetryableError", "Snapshot", "StatusCode", "Store", "StoreStats",
    "StoredEvent", "Tenant", "TenantStats", "TimelineEntry", "TimelinePage",
    "Trait", "VerifyReport", "__version__", "event_from_json",
]
