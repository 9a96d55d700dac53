// What each handle of crm.h stands for.

#ifndef CRM_CAPI_HANDLES_H_
#define CRM_CAPI_HANDLES_H_

#include <string.h>  // explicit_bzero, which <cstring> does not promise.

#include <atomic>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "capi/handle.h"
#include "capi/input.h"
#include "crm/arrow.h"
#include "crm/export.h"
#include "crm/ingest.h"
#include "crm/match.h"
#include "crm/person_export.h"
#include "crm/reconcile.h"
#include "crm/store.h"

namespace crm::capi {

struct StoreHealth;

// A dry run, until its store is closed. Guarded by the caller: one thread at a
// time, and no call may be under way when a store is closed.
struct DryRunBox {
  std::shared_ptr<DryRun> run;  // Null: its store was closed.
  // The first one that it was used with.
  std::weak_ptr<StoreHealth> owner;
  std::string tenant;
  bool used = false;
};

// What the handles on one store share.
struct StoreHealth {
  // A call ran out of memory while the store was at work for it. What it left
  // behind is only known after a reopen, so that nothing is written until
  // then.
  std::atomic<bool> broken{false};
  std::mutex mutex;
  std::vector<std::weak_ptr<DryRunBox>> dry_runs;  // Guarded by mutex.

  // Dry runs must be gone before their store is.
  void EndDryRuns();
};

// Surrounds a call that writes, and notes when it is left by an exception.
class Writing final {
 public:
  explicit Writing(StoreHealth& health)
      : health_(health), exceptions_(std::uncaught_exceptions()) {}
  ~Writing() {
    if (std::uncaught_exceptions() > exceptions_) health_.broken.store(true);
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  // kReadOnly after an earlier call ran out of memory.
  Status Begin() const;
  // Passes on the outcome of the call; no memory is noted.
  Status End(Status status) const {
    if (status.code() == StatusCode::kOutOfMemory) health_.broken.store(true);
    return status;
  }

 private:
  StoreHealth& health_;
  const int exceptions_;
};

struct StoreState {
  Store store;
  std::shared_ptr<StoreHealth> health = std::make_shared<StoreHealth>();
};

struct TenantState {
  Tenant tenant;
  std::shared_ptr<StoreHealth> health;
};

struct OrderState {
  AppendOrder order;
  // So many places were taken: whoever waits for another one waits for ever.
  std::atomic<uint64_t> taken{0};
};

struct SnapshotState {
  Snapshot snapshot;
  std::string tenant;
};

struct CursorState {
  EventCursor cursor;
  EventView event = {};
};

struct ArrowEventsState {
  ArrowEvents rows;
};

struct StoreCursorState {
  StoreCursor cursor;
  StoreEvent event = {};
};

struct SubscriptionState {
  Subscription subscription;
  std::shared_ptr<StoreHealth> health;
  Message message = {};
};

struct SubscriptionListState {
  std::vector<SubscriptionInfo> list;
  std::vector<crm_subscription_info> subscriptions = {};
  crm_subscription_list_view view = {};
};

// Overwrites bytes that are personal or a key, although nobody reads them
// again.
inline void Wipe(void* bytes, size_t size) { explicit_bzero(bytes, size); }

struct BufferState {
  std::string text;
  explicit BufferState(std::string from) : text(std::move(from)) {}
  ~BufferState() { Wipe(text.data(), text.size()); }
  BufferState(const BufferState&) = delete;
  BufferState& operator=(const BufferState&) = delete;
};

struct NameListState {
  std::vector<std::string> texts;
  std::vector<crm_slice> names = {};
  crm_name_list_view view = {};
};

struct TenantListState {
  std::vector<TenantEntry> from;
  std::vector<crm_tenant_entry> tenants = {};
  crm_tenant_list_view view = {};
};

struct StoreStatsState {
  StoreStats stats;
  std::vector<crm_tenant_stats> tenants = {};
  crm_store_stats_view view = {};
};

struct VerifyReportState {
  VerifyReport report;
  std::vector<crm_finding> findings = {};
  crm_verify_report_view view = {};
};

// The view, once the report is there.
void Fill(VerifyReportState* state);

struct AppendResultState {
  AppendResult result;
  // Namespaces that matched: those of the result live with the store only.
  std::deque<std::string> namespaces = {};
  std::vector<crm_withheld_identifier> withheld = {};
  std::vector<crm_event_outcome> events = {};
  crm_append_result_view view = {};
};

struct ParsedEventState {
  Event event;
  std::string tenant;
  std::vector<crm_identifier> identifiers = {};
  crm_parsed_event_view view = {};
};

struct CustomerState {
  Customer customer;
  std::vector<crm_customer_record> records = {};
  crm_customer_view view = {};
};

struct ProfileState {
  Profile profile = {};
  std::vector<crm_trait> traits = {};
  crm_profile_view view = {};
};

struct TimelineState {
  TimelinePage page;
  std::vector<crm_timeline_entry> entries = {};
  crm_timeline_view view = {};
};

struct ImportReportState {
  ImportReport report;
  std::vector<crm_rejected_row> rows = {};
  crm_import_report_view view = {};
};

struct SchemaListState {
  std::vector<SchemaInfo> infos;
  std::deque<std::string> types = {};  // Of fields, joined.
  std::deque<std::vector<crm_schema_field>> fields = {};
  std::vector<crm_schema_info> schemas = {};
  crm_schema_list_view view = {};
};

struct UpcasterListState {
  std::vector<UpcasterInfo> infos;
  std::vector<crm_upcaster_info> upcasters = {};
  crm_upcaster_list_view view = {};
};

struct ValidationState {
  std::vector<ValidationRule> from;
  std::vector<crm_validation_rule> rules = {};
  crm_validation_view view = {};
};

struct ViolationListState {
  std::vector<SchemaViolation> from;
  std::vector<crm_schema_violation> violations = {};
  crm_violation_list_view view = {};
};

struct StoreExportState {
  StoreExportReport report;
  std::vector<std::vector<crm_projection_checksum>> checksums = {};
  std::vector<crm_tenant_export> tenants = {};
  crm_store_export_report_view view = {};
};

struct StoreImportState {
  StoreImportReport report;
  std::vector<std::vector<crm_projection_checksum>> checksums = {};
  std::vector<crm_tenant_export> tenants = {};
  std::vector<crm_store_difference> differences = {};
  crm_store_import_report_view view = {};
};

struct ReconcileState {
  ReconcileReport report;
  std::vector<crm_reconcile_count> counts = {};
  std::vector<crm_reconcile_customer> customers = {};
  std::vector<crm_reconcile_difference> differences = {};
  crm_reconcile_report_view view = {};
};

struct LinkReportState {
  std::string model = {};
  std::string not_trained_because = {};
  crm_link_report_view view = {};
};

struct UnmergeResultState {
  UnmergeResult result;
  std::vector<crm_unmerged_part> parts = {};
  crm_unmerge_result_view view = {};
};

// Of an ErasureReport, which must live as long.
struct ErasureTexts {
  ErasureTexts() = default;
  explicit ErasureTexts(const ErasureReport& from)
      : doubtful(SlicesOf(from.doubtful)),
        counted_fields(SlicesOf(from.counted_fields)),
        anonymised(SlicesOf(from.anonymised)) {}

  std::vector<crm_slice> doubtful = {};
  std::vector<crm_slice> counted_fields = {};
  std::vector<crm_slice> anonymised = {};
};

struct ErasureReportState {
  ErasureReport from;
  ErasureTexts texts = {};
  crm_erasure_report_view view = {};
};

struct ErasureListState {
  std::vector<ErasureReport> from;
  std::vector<crm_erasure_report_view> erasures = {};
  crm_erasure_list_view view = {};
};

struct CommandResultState {
  CommandResult from;
  std::vector<crm_slice> types = {};
  crm_command_result_view view = {};
};

struct PersonExportState {
  PersonExportReport from;
  std::vector<crm_person_export_part> parts = {};
  crm_person_export_report_view view = {};
};

struct CertificateInfoState {
  CertificateInfo from;
  crm_certificate_info_view view = {};
};

struct HoldReleaseState {
  HoldRelease from;
  std::vector<crm_slice> categories = {};
  std::vector<ErasureTexts> texts = {};
  std::vector<crm_erasure_report_view> erased = {};
  crm_hold_release_view view = {};
};

struct RetentionReportState {
  RetentionReport from;
  std::vector<crm_retained_type> types = {};
  crm_retention_report_view view = {};
};

struct HoldListState {
  HoldList from;
  std::vector<std::vector<crm_slice>> categories = {};  // Of each hold.
  std::vector<crm_hold> holds = {};
  std::vector<crm_waiting_erasure> waiting = {};
  crm_hold_list_view view = {};
};

struct HouseholdListState {
  std::vector<Household> from;
  std::vector<std::vector<crm_household_member>> members = {};  // Of each.
  std::vector<crm_household> households = {};
  crm_household_list_view view = {};
};

struct HouseholdReportState {
  HouseholdReport from;
  std::vector<std::vector<crm_household_join>> joins = {};  // Of each step.
  std::vector<crm_household_step> steps = {};
  crm_household_report_view view = {};
};

struct AssertionListState {
  std::vector<crm_assertion> assertions = {};
  crm_assertion_list_view view = {};
};

struct ReviewListState {
  std::vector<Review> from;
  std::vector<crm_review> reviews = {};
  crm_review_list_view view = {};
};

struct IdentityChangesState {
  IdentityChanges from;
  std::vector<crm_identity_change> changes = {};
  crm_identity_changes_view view = {};
};

struct IdentityExplanationState {
  IdentityExplanation from;
  std::vector<crm_identity_evidence> evidence = {};
  crm_identity_explanation_view view = {};
};

struct IdentityHistoryState {
  IdentityHistory from;
  std::vector<crm_identity_step> steps = {};
  crm_identity_history_view view = {};
};

struct ReResolveState {
  ReResolveReport from;
  std::vector<crm_identity_change> changes = {};
  crm_re_resolve_report_view view = {};
};

struct MatchReportState {
  MatchReport from;
  std::vector<crm_customer_match> matches = {};
  crm_match_report_view view = {};
};
// Gives what came of matching to the caller, unless `out` is null.
void GiveReport(MatchReport report, crm_match_report** out);

struct MatchSetState {
  MatchSet set = {};
  bool broken = false;  // Adding ran out of memory midway.
};

struct FreeModel {
  void operator()(crm_match_model* model) const;
};
struct TrainingState {
  std::vector<std::string> kept_default = {};
  std::vector<crm_slice> names = {};
  std::unique_ptr<crm_match_model, FreeModel> model = {};
  crm_training_view view = {};
};

struct LinkResultState {
  std::vector<uint32_t> clusters = {};
  std::vector<crm_match_pair> links = {};
  std::vector<crm_review_pair> review = {};
  crm_link_result_view view = {};
};

struct MatchExplanationState {
  std::vector<crm_match_evidence> evidence = {};
  crm_match_explanation_view view = {};
};

// An event of crm.h as one of C++; CRM_INVALID_ARGUMENT names the member.
Status ReadEvent(const crm_event& in, Event* out);
Status ReadIdentifier(const crm_identifier& in, Identifier* out);
// Views `from`.
crm_identity_change ShowChange(const IdentityChange& from);
// Gives what became of a request to the caller, unless `out` is null.
Status GiveResult(AppendResult result, crm_append_result** out);

// Every member of `out` is written, so that nothing has to be cleared before.
void ShowEvent(const EventView& from, crm_event_view* out);
void ShowDefinition(const DefinitionView& from, crm_definition_view* out);

// Empties what a call did not fill, also when memory ran out: what it pointed
// at before is gone.
template <typename T>
class Emptied final {
 public:
  explicit Emptied(T* out) : out_(out) {}
  ~Emptied() {
    if (out_ != nullptr) *out_ = T();
  }
  void Keep() { out_ = nullptr; }
  Emptied(const Emptied&) = delete;
  Emptied& operator=(const Emptied&) = delete;

 private:
  T* out_;
};

// A list of copies, for the caller.
crm_name_list* NewNameList(std::vector<std::string> names);

// Gives `text` to the caller.
crm_status GiveBuffer(std::string text, crm_buffer** out);

}  // namespace crm::capi

#define CRM_CAPI_HANDLE(name, kind, state) \
  struct name : crm::capi::Handle<crm::capi::Kind::kind, state> {}

CRM_CAPI_HANDLE(crm_store, kStore, crm::capi::StoreState);
CRM_CAPI_HANDLE(crm_tenant, kTenant, crm::capi::TenantState);
CRM_CAPI_HANDLE(crm_snapshot, kSnapshot, crm::capi::SnapshotState);
CRM_CAPI_HANDLE(crm_event_cursor, kEventCursor, crm::capi::CursorState);
CRM_CAPI_HANDLE(crm_arrow_events, kArrowEvents, crm::capi::ArrowEventsState);
CRM_CAPI_HANDLE(crm_store_snapshot, kStoreSnapshot, crm::StoreSnapshot);
CRM_CAPI_HANDLE(crm_store_cursor, kStoreCursor, crm::capi::StoreCursorState);
CRM_CAPI_HANDLE(crm_subscription, kSubscription, crm::capi::SubscriptionState);
CRM_CAPI_HANDLE(crm_subscription_list, kSubscriptionList,
                crm::capi::SubscriptionListState);
CRM_CAPI_HANDLE(crm_dry_run, kDryRun, std::shared_ptr<crm::capi::DryRunBox>);
CRM_CAPI_HANDLE(crm_append_order, kAppendOrder,
                std::shared_ptr<crm::capi::OrderState>);
CRM_CAPI_HANDLE(crm_key_provider, kKeyProvider,
                std::shared_ptr<crm::KeyProvider>);
CRM_CAPI_HANDLE(crm_import_map, kImportMap, crm::ImportMap);
CRM_CAPI_HANDLE(crm_buffer, kBuffer, crm::capi::BufferState);
CRM_CAPI_HANDLE(crm_name_list, kNameList, crm::capi::NameListState);
CRM_CAPI_HANDLE(crm_tenant_list, kTenantList, crm::capi::TenantListState);
CRM_CAPI_HANDLE(crm_store_stats, kStoreStats, crm::capi::StoreStatsState);
CRM_CAPI_HANDLE(crm_verify_report, kVerifyReport, crm::capi::VerifyReportState);
CRM_CAPI_HANDLE(crm_append_result, kAppendResult, crm::capi::AppendResultState);
CRM_CAPI_HANDLE(crm_parsed_event, kParsedEvent, crm::capi::ParsedEventState);
CRM_CAPI_HANDLE(crm_customer, kCustomer, crm::capi::CustomerState);
CRM_CAPI_HANDLE(crm_profile, kProfile, crm::capi::ProfileState);
CRM_CAPI_HANDLE(crm_timeline, kTimeline, crm::capi::TimelineState);

CRM_CAPI_HANDLE(crm_schema_list, kSchemaList, crm::capi::SchemaListState);
CRM_CAPI_HANDLE(crm_upcaster_list, kUpcasterList, crm::capi::UpcasterListState);
CRM_CAPI_HANDLE(crm_validation, kValidation, crm::capi::ValidationState);
CRM_CAPI_HANDLE(crm_violation_list, kViolationList,
                crm::capi::ViolationListState);
CRM_CAPI_HANDLE(crm_import_report, kImportReport, crm::capi::ImportReportState);
CRM_CAPI_HANDLE(crm_store_export_report, kStoreExport,
                crm::capi::StoreExportState);
CRM_CAPI_HANDLE(crm_store_import_report, kStoreImport,
                crm::capi::StoreImportState);
CRM_CAPI_HANDLE(crm_reconcile_report, kReconcile, crm::capi::ReconcileState);
CRM_CAPI_HANDLE(crm_link_report, kLinkReport, crm::capi::LinkReportState);
CRM_CAPI_HANDLE(crm_unmerge_result, kUnmergeResult,
                crm::capi::UnmergeResultState);
CRM_CAPI_HANDLE(crm_assertion_list, kAssertionList,
                crm::capi::AssertionListState);
CRM_CAPI_HANDLE(crm_review_list, kReviewList, crm::capi::ReviewListState);
CRM_CAPI_HANDLE(crm_identity_changes, kIdentityChanges,
                crm::capi::IdentityChangesState);
CRM_CAPI_HANDLE(crm_identity_explanation, kIdentityExplanation,
                crm::capi::IdentityExplanationState);
CRM_CAPI_HANDLE(crm_identity_history, kIdentityHistory,
                crm::capi::IdentityHistoryState);
CRM_CAPI_HANDLE(crm_re_resolve_report, kReResolve, crm::capi::ReResolveState);
CRM_CAPI_HANDLE(crm_match_report, kMatchReport, crm::capi::MatchReportState);
CRM_CAPI_HANDLE(crm_erasure_report, kErasureReport,
                crm::capi::ErasureReportState);
CRM_CAPI_HANDLE(crm_erasure_list, kErasureList, crm::capi::ErasureListState);
CRM_CAPI_HANDLE(crm_command_result, kCommandResult,
                crm::capi::CommandResultState);
CRM_CAPI_HANDLE(crm_person_export_report, kPersonExport,
                crm::capi::PersonExportState);
CRM_CAPI_HANDLE(crm_certificate_info, kCertificateInfo,
                crm::capi::CertificateInfoState);
CRM_CAPI_HANDLE(crm_match_set, kMatchSet, crm::capi::MatchSetState);
CRM_CAPI_HANDLE(crm_match_model, kMatchModel, crm::MatchModel);
CRM_CAPI_HANDLE(crm_training, kTraining, crm::capi::TrainingState);
CRM_CAPI_HANDLE(crm_link_result, kLinkResult, crm::capi::LinkResultState);
CRM_CAPI_HANDLE(crm_match_explanation, kMatchExplanation,
                crm::capi::MatchExplanationState);
CRM_CAPI_HANDLE(crm_hold_release, kHoldRelease, crm::capi::HoldReleaseState);
CRM_CAPI_HANDLE(crm_hold_list, kHoldList, crm::capi::HoldListState);
CRM_CAPI_HANDLE(crm_retention_report, kRetentionReport,
                crm::capi::RetentionReportState);
CRM_CAPI_HANDLE(crm_household_list, kHouseholdList,
                crm::capi::HouseholdListState);
CRM_CAPI_HANDLE(crm_household_report, kHouseholdReport,
                crm::capi::HouseholdReportState);

#undef CRM_CAPI_HANDLE

namespace crm::capi {

// What the reading calls, which exist twice, are asked of.
inline const Tenant& Source(const crm_tenant* tenant) {
  return StateOf(tenant).tenant;
}
inline const Snapshot& Source(const crm_snapshot* snapshot) {
  return StateOf(snapshot).snapshot;
}
inline const char* NameOf(const crm_store*) { return "store"; }
inline const char* NameOf(const crm_store_snapshot*) { return "snapshot"; }
inline const char* NameOf(const crm_tenant*) { return "tenant"; }
inline const char* NameOf(const crm_snapshot*) { return "snapshot"; }

// The view of a result: null when the handle is none.
template <typename H>
auto ReadView(const H* handle) noexcept -> decltype(&StateOf(handle).view) {
  if (handle == nullptr || !handle->alive()) return nullptr;
  return &StateOf(handle).view;
}

}  // namespace crm::capi

#endif  // CRM_CAPI_HANDLES_H_
