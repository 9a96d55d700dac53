"""Names of C and Python that are not made by the rules of faces.py, and what
the two leave out on purpose: a reason in parentheses. Read by the style test
`faces`.

"Class::member" or the name of a function, to one name or several with commas
between them: "crm_function", "crm_struct.member", "CRM_CONSTANT"; "Class.member",
"Class.method(parameter)", "function", "CONSTANT".
"""

# How C++ tells errors; the faces have crm_error and exceptions. And Arrow's own
# structs, which are the same in C and lie in a capsule in Python.
NOT_FACES = ("Status", "Rep", "Result", "ArrowSchema", "ArrowArray",
             "ArrowArrayStream")

# Headers of C++ alone, and why.
CXX_ALONE = {
    "match.h": "(the engine; other languages link whole files with it)",
    "sha256.h": "(every language has one)",
}

# Prefixes of the constants of C, where they are not the name of the enum.
C_ENUMS = {
    "ChoiceViewKind": "CRM_CHOICE",
    "ChoiceViewOrigin": "CRM_CHOICE_BY",
    "ConsentAction": "CRM_CONSENT",
    "DeactivationReason": "CRM_DEACTIVATION",
    "RecordState": "CRM_RECORD",
    "ConsentChannel": "CRM_CHANNEL",
    "ConsentRule": "CRM_CONSENT_BY",
    "AssertionKind": "CRM_ASSERTION",
    "ConditionKind": "CRM_CONDITION",
    "DefinitionViewKind": "CRM_DEFINITION",
    "EnvelopeShape": "CRM_SHAPE",
    "ErasureMode": "CRM_ERASURE",
    "ExportFormat": "CRM_EXPORT",
    "IdentityChangeKind": "CRM_IDENTITY_CHANGE",
    "IdentityEvidenceKind": "CRM_EVIDENCE",
    "IdentityReason": "CRM_IDENTITY",
    "IdentityStepKind": "CRM_STEP",
    "ImportFormat": "CRM_FORMAT",
    "LogLevel": "CRM_LOG",
    "MessageKind": "CRM_MESSAGE",
    "PersonExportMode": "CRM_PERSON_EXPORT",
    "ReconcileKind": "CRM_RECONCILE",
    "RejectReason": "CRM_REJECT",
    "ReceiptFormat": "CRM_RECEIPT",
    "ReplayQueryOrder": "CRM_ORDER",
    "StatusCode": "CRM",
    "TextEncoding": "CRM_ENCODING",
}

# Enums whose numbers are others in C, and why.
OTHER_NUMBERS = {
    "Compatibility": "(zero is the default there: backward)",
}

# Nouns of C, where they are not the name of the class.
C_NOUNS = {
    "CommandCall": "crm_command_options",
    "EventExportOptions": "crm_export_options",
    "EventExportReport": "crm_export_counts",
    "LinkFileOptions": "crm_link_options",
    "LinkFileReport": "crm_link_report",
    "MatchCustomersOptions": "crm_match_options",
    "ProfileExportOptions": "crm_export_options",
    "ProfileExportReport": "crm_export_counts",
    "TimelinePage": "crm_timeline",
}

# Classes of Python, where they have another name.
PYTHON_CLASSES = {
    "ChoiceView": "Choice",
    "ChoiceViewKind": "ChoiceKind",
    "ChoiceViewOrigin": "ChoiceOrigin",
    "DefinitionView": "Definition",
    "DefinitionViewKind": "DefinitionKind",
    "EventView": "StoredEvent",
    "ReplayQueryOrder": "Order",
}

# The calls whose keywords the members of options are.
PYTHON_OPTIONS = {
    "AppendOptions": "Tenant.append",
    "CommandCall": "Tenant.register_customer",
    "ConsentAct": "Tenant.record_consent",
    "EmailUpdate": "Tenant.update_email",
    "EmailVerification": "Tenant.request_email_verification",
    "Registration": "Tenant.register_customer",
    "ConsentHistoryQuery": "Tenant.consent_history",
    "ConsentListQuery": "Tenant.list_consents",
    "ConsentQuestion": "Tenant.check_consent",
    "EventExportOptions": "Tenant.export_events",
    "ImportOptions": "Tenant.import_file",
    "ErasureOptions": "Tenant.erase",
    "LedgerQuery": "Tenant.ledger",
    "LedgerTarget": "Tenant.prove_inclusion",
    "LedgerVerifyOptions": "Tenant.verify_ledger",
    "LinkFileOptions": "link_file",
    "PersonExportOptions": "Tenant.export_person",
    "ProfileExportOptions": "Tenant.export_profiles",
    "MatchCustomersOptions": "Tenant.match_customers",
    "ReResolveOptions": "Tenant.re_resolve",
    "ReconcileOptions": "Tenant.reconcile",
    "ReplayQuery": "Tenant.replay",
    "MergeOptions": "Tenant.merge",
    "ReviewQuery": "Tenant.reviews",
    "SchemaDefinition": "Tenant.register_schema",
    "StoreExportOptions": "Store.export",
    "StoreImportOptions": "Store.import_store",
    "StoreOptions": "Store.open",
    "SubscriptionOptions": "Tenant.subscribe",
    "TimelineQuery": "Tenant.timeline",
    "UnmergeTarget": "Tenant.unmerge",
}
PYTHON_PARAMETERS = {"from": "since", "json": "schema"}

# Calls of C that take no options, and so could only grow by a second one.
_ALL_SAID = "(says all of one thing to a handle, as it will in ten years)"
_SELF_DESCRIBING = "(its text is JSON, which takes new members)"
_SELF_DESCRIBING_NOTE = "(a signed note says how it is signed)"
_AT_OPENING = "(how it is done was said when the handle was made)"
NO_OPTIONS = {
    "crm_append_order_new": _ALL_SAID,
    "crm_arrow_events_next": _AT_OPENING,
    "crm_append_order_pass": _ALL_SAID,
    "crm_append_order_take_place": _ALL_SAID,
    "crm_append_order_wait": _ALL_SAID,
    "crm_dry_run_new": _ALL_SAID,
    "crm_event_cursor_next": _AT_OPENING,
    "crm_import_map_from_file": _SELF_DESCRIBING,
    "crm_import_map_from_json": _SELF_DESCRIBING,
    "crm_import_map_from_preset": _SELF_DESCRIBING,
    "crm_key_provider_new": "(another kind of provider is another noun)",
    "crm_key_provider_new_ephemeral": _ALL_SAID,
    "crm_key_provider_unwrap": _ALL_SAID,
    "crm_key_provider_wrap": _ALL_SAID,
    "crm_parsed_event_from_json": "(the shapes are told apart by the text)",
    "crm_profile_new": _ALL_SAID,
    "crm_store_close": "(a destructor)",
    "crm_store_cursor_next": _AT_OPENING,
    "crm_store_flush": _ALL_SAID,
    "crm_store_get_default_region": _ALL_SAID,
    "crm_store_get_key_file": _ALL_SAID,
    "crm_store_maintain": _ALL_SAID,
    "crm_store_sync": _ALL_SAID,
    "crm_subscription_acknowledge": _AT_OPENING,
    "crm_subscription_cancel": _ALL_SAID,
    "crm_subscription_next": _AT_OPENING,
    "crm_tenant_drop_subscription": _ALL_SAID,
    "crm_tenant_register_upcaster": _SELF_DESCRIBING,
    "crm_tenant_set_consent_settings": _SELF_DESCRIBING,
    "crm_tenant_set_identity_settings": _SELF_DESCRIBING,
    "crm_verify_checkpoint": _SELF_DESCRIBING_NOTE,
    "crm_verify_ledger_proof": _SELF_DESCRIBING,
    "crm_tenant_set_validation": "(a rule is a type and a mode)",
}

_NO_PLACE = "(the interface of capsules takes no options)"
_MAP_IS_TEXT = "(the map is JSON there, and checked by the call)"
_MAY_BE_DEFAULT = "(told by trained and not_trained_because)"
_IN_HISTORY = "(a member of the JSON that the history is)"
_IN_PREFERENCES = "(a member of the JSON that preferences are)"
_BY_NUMBER = "(C has numbers)"
_BY_NAME = "(the value of the enumeration)"
_CONSENT_ENTRY = (
    "action", "channel", "clamped", "effective_at", "event_id", "event_type",
    "occurred_at", "opened", "payload", "position", "purpose", "record",
    "recorded_at", "renewed", "shared", "source", "state", "superseded")
_PREFERENCES = (
    "categories", "email_frequency", "has_categories", "time_zone")
_CONSENT_JSON = {
    **{f"ConsentEntry::{name}": _IN_HISTORY for name in _CONSENT_ENTRY},
    **{f"ConsentPreferences::{name}": _IN_PREFERENCES
       for name in _PREFERENCES},
    "ConsentEntryToJson": _IN_HISTORY,
    "ConsentPreferencesToJson": _IN_PREFERENCES,
}
_FILLED_IN = "(C fills in a crm_condition)"
_TOLD_BY_COUNT = "(C compares with zero)"
_IN_JSON = "(a member of the JSON, in camel case)"
_TAKES_JSON = "(verify_ledger_proof takes the JSON of all of them)"
# What is JSON in C, and a dict in Python.
LEDGER_JSON = {
    f"{owner}::{name}": _IN_JSON for owner, names in {
        "ConsistencyProof": "old_size old_root head path",
        "InclusionProof": "record head path",
        "LedgerKind": "kEvent kDefinition kChoice",
        "LedgerOpening": "salt plain",
        "LedgerRecord": "index position kind what record link_index customer "
                        "occurred_at recorded_at type source header commitment "
                        "before link leaf root",
    }.items() for name in names.split()
} | {
    "ToJson": "(all calls give the JSON)",
    "VerifyConsistency": _TAKES_JSON,
    "VerifyInclusion": _TAKES_JSON,
    "VerifyOpening": _TAKES_JSON,
}
_FOR_TESTS = "(internal: tests of the C++ library open stores on fake disks)"

C = {
    **_CONSENT_JSON,
    "ConsentAct::confirmed": "CRM_CONSENT_ACT_CONFIRMED",
    "ConsentAct::conflict_notice": "CRM_CONSENT_ACT_CONFLICT_NOTICE",
    "ConsentDecision::contested": "CRM_CONSENT_DECISION_CONTESTED",
    "ConsentDecision::one_click": "CRM_CONSENT_DECISION_ONE_CLICK",
    "CommandResult::new_customer": "CRM_COMMAND_NEW_CUSTOMER",
    "CommandResult::repeated": "CRM_COMMAND_REPEATED",
    "CustomerState::email_pending": "CRM_CUSTOMER_STATE_EMAIL_PENDING",
    "CustomerState::email_verified": "CRM_CUSTOMER_STATE_EMAIL_VERIFIED",
    "DeactivationReasonName": _BY_NUMBER,
    "EmailUpdate::email": "crm_tenant_update_email",
    "EmailUpdate::verification": "crm_tenant_update_email",
    "RecordStateName": _BY_NUMBER,
    "Registration::known_email": "CRM_REGISTRATION_KNOWN_EMAIL",
    "Registration::marketing_consent": "CRM_REGISTRATION_MARKETING_CONSENT",
    "Registration::terms_accepted": "CRM_REGISTRATION_TERMS_ACCEPTED",
    "ConsentList::customers": "crm_tenant_list_consents",
    "ConsentList::next": "crm_tenant_list_consents",
    "ConsentListQuery::limit": "(the room in the caller's array)",
    "ParseConsentAction": _BY_NUMBER,
    "ParseConsentChannel": _BY_NUMBER,
    "ParseMessageClass": _BY_NUMBER,
    "ParseReceiptFormat": _BY_NUMBER,
    "AppendOptions::backfill": "CRM_APPEND_BACKFILL",
    "AppendOptions::ignore_tenant": "CRM_APPEND_IGNORE_TENANT",
    "AppendOptions::offset": "crm_append_options.offset_name",
    "AppendOptions::partial": "CRM_APPEND_PARTIAL",
    "AppendOrder::WaitFor": "crm_append_order_wait",
    "ChecksumStore": "CRM_EXPORT_ONLY_CHECKSUMS",
    "Clock::Now": "crm_store_options.clock",
    "Condition::CustomerExists": _FILLED_IN,
    "Condition::CustomerVersion": _FILLED_IN,
    "Condition::IdentifierAbsent": _FILLED_IN,
    "Condition::NoCustomer": _FILLED_IN,
    "Condition::NoEventSince": _FILLED_IN,
    "Customer::id": "crm_customer_view.customer",
    "EventExportOptions::formula_safe": "CRM_EXPORT_FORMULA_SAFE",
    "EventFromJson": "crm_parsed_event_from_json",
    "EventOutcome::contested": "CRM_OUTCOME_CONTESTED",
    "EventOutcome::new_customer": "CRM_OUTCOME_NEW_CUSTOMER",
    "EventOutcome::new_record": "CRM_OUTCOME_NEW_RECORD",
    "EventOutcome::status":
        "crm_event_outcome.code, crm_event_outcome.message",
    "EventOutcome::warning":
        "CRM_OUTCOME_SCHEMA_WARNING, crm_event_outcome.message",
    "EventToJson": "crm_event_view_to_json, CRM_EVENT_JSON_AS_GIVEN",
    "EventsToArrow": "crm_event_cursor_to_arrow",
    "ArrowEvents::rows": "(C counts by itself)",
    "EventView::backfill": "CRM_EVENT_VIEW_BACKFILL",
    "EventView::opened": "CRM_EVENT_VIEW_OPENED",
    "EventView::timed": "CRM_EVENT_VIEW_UNTIMED",
    "EventView::warned": "CRM_EVENT_VIEW_WARNED",
    "ExportEvents": "crm_tenant_export_file",
    "ExportProfiles": "crm_tenant_export_file, CRM_EXPORT_PROFILES",
    "ExportLedger": "crm_tenant_export_ledger",
    "ExportAndErase": "crm_tenant_export_and_erase",
    "ExportPerson":
        "crm_tenant_export_person, crm_person_export_options.write",
    "ExportedErasure::erasure": "crm_tenant_export_and_erase",
    "ExportedErasure::exported": "crm_tenant_export_and_erase",
    "ExportStore": "crm_store_export, crm_store_export_options.write",
    "FileKeyProvider::Open":
        "crm_key_provider_open_file, CRM_KEY_FILE_CREATE_IF_MISSING",
    "FileKeyProvider::Unwrap": "crm_key_provider_unwrap",
    "FileKeyProvider::Wrap": "crm_key_provider_wrap",
    "HostOffset::name": "crm_append_options.offset_name",
    "HostOffset::value": "crm_append_options.offset_value",
    "IdentityExplanation::together": "(C compares a and b)",
    "LedgerQuery::record": "crm_ledger_query.record, CRM_LEDGER_OF_RECORD",
    "LedgerVerifyOptions::open": "CRM_LEDGER_VERIFY_OPEN",
    "LinkFileReport::kept_default": _MAY_BE_DEFAULT,
    "LinkFileReport::model": "crm_link_report_view.model_json",
    "PersonMap::FromFile": _MAP_IS_TEXT,
    "PersonMap::FromJson": _MAP_IS_TEXT,
    "PersonMap::json": _MAP_IS_TEXT,
    "TrainModelOnFile": "crm_train_file",
    "ImportFile": "crm_tenant_import_file",
    "ImportFormat::kCloudEvents": "CRM_FORMAT_CLOUDEVENTS",
    "ImportFormat::kPostHog": "CRM_FORMAT_POSTHOG",
    "ImportMap::Preset": "crm_import_map_from_preset",
    "ImportMap::Presets": "crm_import_preset_at",
    "ImportOptions::backfill": "CRM_IMPORT_NEW_DATA",
    "ImportOptions::dry_run": "CRM_IMPORT_DRY_RUN",
    "ImportOptions::ignore_tenant": "CRM_IMPORT_IGNORE_TENANT",
    "ImportOptions::on_rejected": "crm_import_options.rejected",
    "ImportOptions::strict": "CRM_IMPORT_STRICT",
    "ImportPreset::about": "crm_import_preset_at",
    "ImportPreset::name": "crm_import_preset_at",
    "ImportStore": "crm_store_import",
    "MatchCustomersOptions::dry_run": "CRM_MATCH_APPLY",
    "ErasureOptions::confirm": "CRM_ERASURE_CONFIRM",
    "ErasureOptions::dry_run": "CRM_ERASURE_DRY_RUN",
    "ErasureReport::complete": "CRM_ERASURE_COMPLETE",
    "MergeOptions::dry_run": "CRM_MERGE_DRY_RUN",
    "MergeOptions::force": "CRM_MERGE_FORCE",
    "NewDryRun": "crm_dry_run_new",
    "NewEphemeralKeyProvider": "crm_key_provider_new_ephemeral",
    "OldestFormatVersion": "crm_format_version_min",
    "ProfileExportOptions::formula_safe": "CRM_EXPORT_FORMULA_SAFE",
    "ReResolveOptions::dry_run": "CRM_RE_RESOLVE_APPLY",
    "ReconcileFile": "crm_tenant_reconcile_file",
    "ReconcileOptions::partial": "CRM_RECONCILE_PARTIAL",
    "ReconcileReport::same": _TOLD_BY_COUNT,
    "RemedyOf": "crm_status_remedy",
    "ReplayQuery::as_appended": "CRM_QUERY_AS_APPENDED",
    "ReplayQuery::backward": "CRM_QUERY_BACKWARD",
    "ReplayQuery::open_parts_only": "CRM_QUERY_OPEN_PARTS_ONLY",
    "SchemaField::personal": "CRM_FIELD_PERSONAL",
    "SchemaField::required": "CRM_FIELD_REQUIRED",
    "SchemaInfo::catalogue": "CRM_SCHEMA_CATALOGUE",
    "SchemaInfo::latest": "CRM_SCHEMA_LATEST",
    "StatusCodeName": "crm_status_name",
    "Store::OpenOn": _FOR_TESTS,
    "Store::Tenant": "crm_tenant_open",
    "StoreEvent::is_choice": "CRM_STORE_CHOICE",
    "StoreEvent::is_definition": "CRM_STORE_DEFINITION",
    "StoreExportOptions::views": "CRM_EXPORT_NO_VIEWS",
    "StoreImportReport::identical": "crm_store_import_report_view.identical",
    "StoreOptions::accept_rollback": "CRM_STORE_ACCEPT_ROLLBACK",
    "StoreOptions::background_threads": "CRM_STORE_NO_BACKGROUND_THREAD",
    "StoreOptions::compress_blocks": "CRM_STORE_UNCOMPRESSED",
    "StoreOptions::create_if_missing": "CRM_STORE_CREATE_IF_MISSING",
    "StoreOptions::error_if_exists": "CRM_STORE_ERROR_IF_EXISTS",
    "StoreOptions::insecure_for_tests": "CRM_STORE_UNSEALED_FOR_TESTS",
    "StoreOptions::seal": "CRM_STORE_UNSEALED_FOR_TESTS",
    "StoreSnapshot::Tenant": "crm_store_snapshot_get_tenant",
    "StoreSnapshot::tenants": "crm_store_snapshot_get_tenant_names",
    "SubscriptionInfo::live": "CRM_SUBSCRIPTION_INFO_LIVE",
    "SubscriptionInfo::rolled_back": "CRM_SUBSCRIPTION_INFO_ROLLED_BACK",
    "SubscriptionOptions::open_parts_only": "CRM_SUBSCRIPTION_OPEN_PARTS_ONLY",
    "SubscriptionOptions::skip_backfill": "CRM_SUBSCRIPTION_SKIP_BACKFILL",
    "SubscriptionOptions::skip_identity": "CRM_SUBSCRIPTION_SKIP_IDENTITY",
    "SystemClock": "(the default of crm_store_options.clock)",
    "TextEncoding::kUtf16Be": "CRM_ENCODING_UTF16BE",
    "TextEncoding::kUtf16Le": "CRM_ENCODING_UTF16LE",
    "TextEncoding::kWindows1252": "CRM_ENCODING_WINDOWS_1252",
    "TimelineEntry::opened": "crm_timeline_entry.flags",
    "TimelineQuery::as_appended": "CRM_QUERY_AS_APPENDED",
    "TimelineQuery::oldest_first": "CRM_QUERY_OLDEST_FIRST",
    "UnmergedPart::is_new": "CRM_UNMERGED_NEW",
    "VerifyReport::sound": _TOLD_BY_COUNT,
} | LEDGER_JSON

PYTHON = {
    **_CONSENT_JSON,
    "ConsentActionName": _BY_NAME,
    "DeactivationReasonName": _BY_NAME,
    "EmailUpdate::verification":
        "Tenant.update_email(token_sha256), Tenant.update_email(expires_at)",
    "FieldChange::field": "Tenant.update_profile(changes)",
    "FieldChange::unset": "Tenant.update_profile(changes)",
    "FieldChange::value": "Tenant.update_profile(changes)",
    "RecordStateName": _BY_NAME,
    "Registration::verification":
        "Tenant.register_customer(token_sha256), "
        "Tenant.register_customer(expires_at)",
    "ConsentChannelName": _BY_NAME,
    "ConsentDecision::act_count": "ConsentDecision.acts",
    "ConsentList::customers": "Tenant.list_consents",
    "ConsentList::next": "Tenant.list_consents",
    "ConsentRuleName": _BY_NAME,
    "ConsentRuleText": "ConsentDecision.explain",
    "ConsentStateName": _BY_NAME,
    "MessageClassName": _BY_NAME,
    "ParseConsentAction": _BY_NAME,
    "ParseConsentChannel": _BY_NAME,
    "ParseMessageClass": _BY_NAME,
    "ParseReceiptFormat": _BY_NAME,
    "VerdictName": _BY_NAME,
    "ArrowOptions::batch_bytes": _NO_PLACE,
    "ArrowOptions::batch_rows": _NO_PLACE,
    "AppendOrder::Pass": "AppendOrder.pass_place",
    "BackupKeys": "Store.backup_keys",
    "BackupStore": "Store.backup",
    "ChecksumStore": "Store.checksums",
    "Clock::Now": "Store.open(clock)",
    "EventCursor::Next": "EventCursor.__next__",
    "EventExportOptions::query":
        "Tenant.export_events(order), Tenant.export_events(backward), "
        "Tenant.export_events(first), Tenant.export_events(last), "
        "Tenant.export_events(since), Tenant.export_events(until), "
        "Tenant.export_events(record), Tenant.export_events(customer), "
        "Tenant.export_events(types), Tenant.export_events(as_appended)",
    "EventOutcome::status": "EventOutcome.code, EventOutcome.message",
    "EventToJson": "StoredEvent.to_json, StoredEvent.to_json(as_given)",
    "EventsToArrow": "EventCursor.__arrow_c_stream__",
    "ArrowEvents::Open": "Tenant.append_many",
    "ArrowEvents::Next": "Tenant.append_many",
    "ArrowEvents::rows": _NO_PLACE,
    "ExportEvents": "Tenant.export_events",
    "ExportLedger": "Tenant.export_ledger",
    "ExportProfiles": "Tenant.export_profiles",
    "ExportAndErase": "Tenant.export_and_erase",
    "ExportPerson": "Tenant.export_person",
    "ExportedErasure::erasure": "Tenant.export_and_erase",
    "ExportedErasure::exported": "Tenant.export_and_erase",
    "ExportStore": "Store.export",
    "LedgerHead::origin": _IN_JSON,
    "LedgerHead::root": _IN_JSON,
    "LedgerHead::size": _IN_JSON,
    "FileKeyProvider::Open": "FileKeyProvider.__init__(create)",
    "FormatVersion": "FORMAT_VERSION",
    "HostOffset::name": "Tenant.append(offset)",
    "HostOffset::value": "Tenant.append(offset)",
    "Identifier::name_space": "Identifier.namespace",
    "IdentityChange::from": "IdentityChange.from_customer",
    "IdentityChange::to": "IdentityChange.to_customer",
    "IdentityEvidence::name_space": "IdentityEvidence.namespace",
    "IdentityReasonName": "(the value of an IdentityReason)",
    "ImportFile": "Tenant.import_file",
    "ImportFormat::kCloudEvents": "ImportFormat.CLOUDEVENTS",
    "ImportFormat::kPostHog": "ImportFormat.POSTHOG",
    "ImportMap::json": "ImportMap.to_json",
    "ImportPreset::about": "ImportMap.presets",
    "ImportPreset::name": "ImportMap.presets",
    "ImportStore": "Store.import_store",
    "NewDryRun": "DryRun.__init__",
    "NewEphemeralKeyProvider": "EphemeralKeyProvider.__init__",
    "OldestFormatVersion": "OLDEST_FORMAT_VERSION",
    "ProfileExportReport::written": "(export_profiles answers this number)",
    "ProjectionChecksum::checksum": "TenantExport.checksums",
    "ProjectionChecksum::projection": "TenantExport.checksums",
    "ReconcileFile": "Tenant.reconcile",
    "RejectReasonName": "(the value of a RejectReason)",
    "RemedyOf": "StatusCode.remedy",
    "Review::name_space": "Review.namespace",
    "SchemaInfo::json": "SchemaInfo.schema_json",
    "StatusCodeName": "(the name of a StatusCode)",
    "LinkFileReport::kept_default": _MAY_BE_DEFAULT,
    "PersonMap::FromFile": _MAP_IS_TEXT,
    "PersonMap::FromJson": _MAP_IS_TEXT,
    "PersonMap::json": _MAP_IS_TEXT,
    "TrainModelOnFile": "train_file",
    "Store::OpenOn": _FOR_TESTS,
    "StoreCursor::Next": "StoreCursor.__next__",
    "SystemClock": "(the default of clock)",
    "Tenant::AppendJson": "Tenant.append",
    "Tenant::CheckPayload": "Tenant.check",
    "TextEncoding::kUtf16": "TextEncoding.UTF_16",
    "TextEncoding::kUtf16Be": "TextEncoding.UTF_16BE",
    "TextEncoding::kUtf16Le": "TextEncoding.UTF_16LE",
    "TextEncoding::kUtf8": "TextEncoding.UTF_8",
    "TextEncoding::kWindows1252": "TextEncoding.WINDOWS_1252",
    "UpcasterInfo::from": "UpcasterInfo.from_version",
    "UpcasterInfo::json": "UpcasterInfo.upcaster_json",
    "UpcasterInfo::to": "UpcasterInfo.to_version",
    "WithheldIdentifier::name_space": "WithheldIdentifier.namespace",
} | LEDGER_JSON
