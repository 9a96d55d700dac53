// Start here. A Store is a directory of customer data and everything that
// libcrm does with it.
//
//   auto store = crm::Store::Open("data", {.create_if_missing = true});
//   auto tenant = store->Tenant("golf-club");
//   crm::Event event;
//   event.id = "e-1"; event.type = "scl.member.created"; event.source = "scl";
//   event.identifiers = {{"email", "ada@example.com"}};
//   event.payload = R"({"firstName":"Ada"})";
//   auto result = tenant->Append({event});
//   auto profile = tenant->GetProfile(result->events[0].customer);
//
// One process owns a store; any number of its threads may use it. Handles
// (Tenant, Snapshot, EventCursor) keep what they need alive, but a store
// cannot be closed while cursors or snapshots are open.

#ifndef CRM_INCLUDE_STORE_H_
#define CRM_INCLUDE_STORE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm/commands.h"
#include "crm/consent.h"
#include "crm/criteria.h"
#include "crm/event.h"
#include "crm/household.h"
#include "crm/identity.h"
#include "crm/ledger.h"
#include "crm/match_customers.h"
#include "crm/options.h"
#include "crm/privacy.h"
#include "crm/profile.h"
#include "crm/retention.h"
#include "crm/schema.h"
#include "crm/stats.h"
#include "crm/status.h"
#include "crm/subscription.h"
#include "crm/tenants.h"
#include "crm/types.h"

namespace crm {

class Disk;

// One finding of Verify. `room` is "log", "event", "identity", "profile",
// "consent", "ledger" or "store" (what the views say of themselves); `detail`
// names family and key; no personal data.
struct Finding {
  std::string room = {};
  std::string tenant = {};
  // Zero: none in particular.
  CustomerId customer = 0;
  // In the log; zero: none in particular.
  Position position = 0;
  std::string detail = {};
};

// What Verify looked at and what it found.
struct VerifyReport {
  uint64_t log_records = 0;
  // Of these, records of ledgers: all of them, or the tenant's. Of these,
  // those that were compared with what they say, and those whose key is
  // destroyed: by Tenant::VerifyLedger with `open`.
  uint64_t ledger_records = 0;
  uint64_t opened = 0;
  uint64_t erased = 0;
  uint64_t view_rows = 0;
  // Of a store that is open without keys: records with a sealed part. What they
  // say, and the views that are made of it, could not be checked.
  uint64_t unreadable = 0;
  // All of them; `findings` holds the first 100.
  uint64_t findings_total = 0;
  std::vector<Finding> findings = {};
  // Nothing was found.
  bool sound() const { return findings_total == 0; }
};

struct KeyRotationOptions {
  // The provider keeps the wrapping key before: for a key file that other
  // stores use, too. Rotate those, the last one without this.
  bool keep_old = false;
  // Of all keys.
  Progress progress = {};
};

// What a rotation did.
struct KeyRotation {
  uint64_t tenants = 0;  // Whose keys were wrapped anew.
  uint64_t keys = 0;     // Of records, months and views; destroyed ones count.
  // The provider holds the wrapping key before no more.
  bool old_destroyed = false;
};

// A view of one tenant at one position, over all nouns. Thread-safe. Keeps
// memory for what changes meanwhile: release it when done.
class Snapshot final {
 public:
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot&&) noexcept;
  ~Snapshot();

  // Everything up to here is seen, and nothing after it.
  Position position() const;

  // Events that match; see ReplayQuery. kNotFound: no such record, customer.
  Result<EventCursor> Replay(const ReplayQuery& query) const;

  // Whose identifier is it? kNotFound: nobody's. kInvalidArgument: it cannot
  // be an identifier (says why).
  Result<CustomerId> FindCustomer(const Identifier& identifier) const;
  // Her records and how they were tied together. kNotFound.
  Result<Customer> GetCustomer(CustomerId customer) const;
  // What is known about her. kNotFound.
  Result<Profile> GetProfile(CustomerId customer) const;
  // The same into an object that is used again: no allocation when warm.
  Status GetProfile(CustomerId customer, Profile* profile) const;
  // A page of her events by event time. kNotFound, kInvalidArgument (limit,
  // cursor).
  Result<TimelinePage> GetTimeline(CustomerId customer,
                                   const TimelineQuery& query) const;
  // Whether criteria are true of her, and why; see crm/criteria.h. Reads what
  // they ask about: her profile, and her events where they ask about events (or
  // where something of her happened after `as_of`). kNotFound, kErased;
  // kInvalidArgument: as_of is out of range, time_zone is not known.
  Result<CriteriaAnswer> Evaluate(CustomerId customer, const Criteria& criteria,
                                  const CriteriaOptions& options = {}) const;
  // Of how many customers they are true, and of whom. Evaluates them for each
  // customer in turn: takes as long as reading all of them, and no memory for
  // each. kInvalidArgument (an option), kCancelled.
  Result<CriteriaPreview> Preview(const Criteria& criteria,
                                  const PreviewOptions& options = {}) const;
  // The tenant's counters.
  Result<TenantStats> GetStats() const;

  struct Impl;  // Internal.
  explicit Snapshot(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// One tenant of a store: a wall. Cheap to copy; thread-safe; useless (every
// call answers kFailedPrecondition) once the store is closed.
class Tenant final {
 public:
  const std::string& name() const;

  // Appends events as one atomic request. Ok: see the outcomes. Not ok:
  // nothing was appended; the status is that of the first bad event, whose
  // index it names. With options.partial bad events are reported in their
  // outcomes instead, and the call is ok.
  Result<AppendResult> Append(std::span<const Event> events,
                              const AppendOptions& options = {});
  Result<AppendResult> Append(const Event& event,
                              const AppendOptions& options = {});

  // The same for JSON text, the fast way in: one event per element.
  Result<AppendResult> AppendJson(std::span<const std::string_view> events,
                                  const AppendOptions& options = {});

  // What the host stored last under this name. kNotFound: nothing.
  Result<std::string> GetOffset(std::string_view name) const;

  // Everything acknowledged so far. The reading calls of Snapshot are here
  // too, each on the head of its own instant.
  Result<crm::Snapshot> GetSnapshot() const;
  Result<EventCursor> Replay(const ReplayQuery& query) const;
  Result<CustomerId> FindCustomer(const Identifier& identifier) const;
  Result<Customer> GetCustomer(CustomerId customer) const;
  Result<Profile> GetProfile(CustomerId customer) const;
  Status GetProfile(CustomerId customer, Profile* profile) const;
  Result<TimelinePage> GetTimeline(CustomerId customer,
                                   const TimelineQuery& query) const;
  Result<CriteriaAnswer> Evaluate(CustomerId customer, const Criteria& criteria,
                                  const CriteriaOptions& options = {}) const;
  Result<CriteriaPreview> Preview(const Criteria& criteria,
                                  const PreviewOptions& options = {}) const;

  // Who is who; see crm/identity.h. Calls that change something are durable
  // when they return, and change nothing when they fail. Records and customers
  // that the tenant does not have are kNotFound in all of them; retired ids
  // stand for whom they lead to.
  //
  // The first of the identifiers, surest first, that leads to somebody.
  // kNotFound: none does. kInvalidArgument: one cannot be an identifier.
  Result<LookupResult> Lookup(std::span<const Identifier> identifiers) const;
  // What an append of this event would decide, without appending it.
  Result<EventOutcome> WhatIf(const Event& event) const;
  // Makes two customers one, and leaves a must-link. kInvalidArgument: they are
  // one already, `keep` is neither, `force` without `by` and `why`; kTooLarge:
  // a text over 256 bytes; kConflict: each has a value of an exclusive
  // namespace, or somebody said cannot-link (see `force`).
  Result<MergeResult> Merge(CustomerId a, CustomerId b,
                            const MergeOptions& options = {});
  // Takes merges back: see UnmergeTarget. kInvalidArgument: not exactly one
  // target, records of several customers, or all of hers; kNotFound: no merge
  // lies at that position; kFailedPrecondition: it was undone already, or
  // nobody was ever merged into her.
  Result<UnmergeResult> Unmerge(const UnmergeTarget& target,
                                const MergeOptions& options = {});
  // Says of two records that they are, or are not, of one person. A must-link
  // merges their customers, with the errors of Merge. kFailedPrecondition: a
  // cannot-link between records of one customer (Unmerge them first);
  // kInvalidArgument: a record with itself. The same again changes nothing.
  // The answer: the position of the choice.
  Result<Position> AddAssertion(Assertion::Kind kind, RecordId a, RecordId b,
                                const MergeOptions& options = {});
  // Takes back what was said; merges stay as they are. kNotFound: nothing was.
  Result<Position> RetractAssertion(RecordId a, RecordId b,
                                    const MergeOptions& options = {});
  // What was said about the records of a customer, by position.
  Result<std::vector<Assertion>> ListAssertions(CustomerId customer) const;
  // Open questions between customers who are not one by now.
  Result<std::vector<Review>> ListReviews(const ReviewQuery& query = {}) const;
  // Answers a question, by its position. kNotFound: no question lies there;
  // kFailedPrecondition: it was answered already; kSame has the errors of
  // Merge, kDifferent those of AddAssertion.
  Result<Position> AnswerReview(Position review, ReviewAnswer answer,
                                const MergeOptions& options = {});
  // Merges and unmerges behind a position, in order; at least those of one
  // choice, then no more than `limit` (1 to 10,000; kInvalidArgument). Reads
  // the log from there on; to follow it, subscribe.
  Result<IdentityChanges> GetIdentityChanges(Position after,
                                             size_t limit = 1000) const;
  // Why two customers are one, or what speaks for it and against it.
  Result<IdentityExplanation> Why(CustomerId a, CustomerId b) const;
  // Why two customers are not one. kFailedPrecondition: they are.
  Result<IdentityExplanation> WhyNot(CustomerId a, CustomerId b) const;
  // How a customer came to be.
  Result<IdentityHistory> How(CustomerId customer) const;
  // Decides anew, by today's rules, to whom every record belongs, in the order
  // of event time, then a hash of the event id: arrival does not matter; what
  // was asserted or asked stays. Writes the differences as choices. Has all
  // identifiers of the tenant in memory; other appends wait. kCancelled.
  Result<ReResolveReport> ReResolve(const ReResolveOptions& options = {});
  // Merges customers who are the same person by what is known of them, and asks
  // about those who may be: see crm/match_customers.h. Appends go on but for
  // the moment in which the choices are written. kInvalidArgument (an option; a
  // field that there is not), kMalformed, kTooLarge (`fields`), kCancelled.
  Result<MatchReport> MatchCustomers(const MatchCustomersOptions& options = {});
  // Makes choices of what some other matcher decided, behind the same guards:
  // merges, or asks, pair by pair; who are one already are passed over, and a
  // question is not put twice. Of the options `force` and `keep` are not for
  // it. kInvalidArgument (names the place), kTooLarge (a text over 256 bytes),
  // kNotFound: no such record; then nothing is changed.
  Result<MatchReport> ApplyMatches(std::span<const CustomerMatch> matches,
                                   const MergeOptions& options = {});

  // Households: see crm/household.h. Changes are durable when they return.
  //
  // Makes a household, or changes who is in it; its number. What is so already
  // is no change. Nothing is changed when it fails: kInvalidArgument (nobody to
  // join or leave, and no new household; a name for one that is there; somebody
  // who joins and leaves; evidence), kTooLarge (a text; over 1,000 members, or
  // over 100 households of one customer), kNotFound (names the household or the
  // customer), kErased, kAlreadyExists: another household has this name.
  Result<HouseholdId> ChangeHousehold(const HouseholdChange& change);
  // By number. kNotFound: the household, the customer or the name of the query;
  // kInvalidArgument: its limit.
  Result<std::vector<Household>> ListHouseholds(
      const HouseholdQuery& query = {}) const;
  // Finds households, and makes them what was found. Appends go on but for the
  // moment in which the choices are written. kInvalidArgument (an option; a
  // field that there is not), kMalformed, kTooLarge (`fields`), kCancelled.
  Result<HouseholdReport> MatchHouseholds(
      const HouseholdMatchOptions& options = {});

  // Erases a customer: see crm/privacy.h. When it returns, everything is done;
  // should a step have failed behind the choice, the answer is its error, the
  // customer is fenced all the same, and Maintain, the maintenance thread or
  // the next open does what remains. Waits for a Verify that is running.
  // kNotFound; kErased: she was already; kFailedPrecondition: it needs
  // `confirm` (names the namespace), or she is held (names holds and
  // categories); kTooLarge, kInvalidArgument: a text, the mode. With kHard also
  // kBusy: an open cursor keeps an old file; the rest is done when it is gone.
  Result<ErasureReport> Erase(CustomerId customer,
                              const ErasureOptions& options = {});
  // Takes what one event says out of the store: see crm/privacy.h. When it
  // returns, everything is done; an error behind the choice (position is then
  // in the log) is as with Erase. Takes as long as rewriting the log from the
  // event on, and the timelines. kNotFound: no event at `event`; kErased: its
  // person was; kAlreadyExists: it is redacted already; kFailedPrecondition:
  // an act of consent is evidence, and goes with its person alone, or a legal
  // hold keeps the event (names it); kTooLarge,
  // kInvalidArgument: a text; kBusy: as with Erase.
  Result<RedactReport> Redact(Position event,
                              const RedactOptions& options = {});
  // Every erasure so far, by position. Reads the journal beside the keys.
  Result<std::vector<ErasureReport>> ListErasures() const;
  // Does again what a certificate of this tenant and store says, where the
  // store has been set back to before it: the same records are erased under the
  // same request, at a new position. Done already: the answer says so, and
  // nothing changes. kMalformed, kDenied (the signature), kFormatTooNew: the
  // certificate; kInvalidArgument: it is of another tenant or store; kConflict:
  // one of the records is now a customer's who has others, too (names her:
  // Unmerge first).
  Result<ErasureReport> ApplyCertificate(std::string_view certificate);
  // The public key that certificates of this tenant are signed for: 64
  // hexadecimal digits. The same as long as the tenant's keys are.
  Result<std::string> GetSigningKey() const;

  // Legal hold: see crm/retention.h. Durable when it returns.
  //
  // Puts a hold on a customer; its number. kNotFound; kErased;
  // kInvalidArgument: a category that there is not (names it), a text;
  // kTooLarge.
  Result<HoldId> PlaceHold(CustomerId customer,
                           const HoldOptions& options = {});
  // Releases it, and then erases whoever waited for that and is held by no
  // other. kNotFound; kFailedPrecondition: it was released already.
  Result<HoldRelease> ReleaseHold(HoldId hold,
                                  const HoldReleaseOptions& options = {});
  // kNotFound: the customer of the query.
  Result<HoldList> ListHolds(const HoldQuery& query = {}) const;
  // Removes what events say that are older at `as_of` than the settings let
  // them be kept: see crm/retention.h. Waits for a Verify, or an erasure, that
  // is running; appends and readers go on. kFailedPrecondition: the settings
  // say nothing of retention; kInvalidArgument: `as_of` is later than the
  // store's clock or out of range, or a text; kTooLarge; kCancelled; kConflict:
  // held customers were merged again and again meanwhile, try again. Errors
  // behind the mark: all of it is read as expired, and maintenance, the next
  // Retain or the next open does the rest; kBusy: nothing but old files, which
  // an open cursor keeps.
  Result<RetentionReport> Retain(Timestamp as_of,
                                 const RetainOptions& options = {});
  // Categories of data and times of retention, as JSON; see "Settings" in
  // crm/retention.h. Takes the place of everything that was set before; "{}" is
  // all defaults. Counts from
  // now on. Durable when it returns; changes nothing when it fails, or when it
  // is what is set already. kMalformed, kInvalidArgument (names the place as a
  // JSON pointer, and what it must be), kTooLarge; kFailedPrecondition: an open
  // hold names a category that would go (names both).
  Status SetPrivacySettings(std::string_view json);
  // What counts now, with all defaults spelled out: what SetPrivacySettings
  // takes back.
  Result<std::string> GetPrivacySettings() const;

  // Accounts: see crm/commands.h. Each is one atomic request, or changes
  // nothing and says why. All of them: kInvalidArgument, kTooLarge (the call,
  // names the member), kIdConflict (its id is another call's), kConflict
  // (others were faster all the time), and what appends answer. Those about a
  // customer: kNotFound, kErased; kFailedPrecondition: none of her events says
  // how she is called now.
  //
  // kFailedPrecondition: the terms; kAlreadyExists: the address, or an account,
  // is somebody's (names which).
  Result<CommandResult> RegisterCustomer(const Registration& registration,
                                         const CommandCall& call);
  // Of the address that she has. kFailedPrecondition: she has none.
  Result<CommandResult> RequestEmailVerification(
      CustomerId customer, const EmailVerification& verification,
      const CommandCall& call);
  // With the hash of the token that came back. kFailedPrecondition: no request
  // is open, it is too late, or her address is another by now; kDenied: it is
  // not that token.
  Result<CommandResult> VerifyEmail(CustomerId customer,
                                    std::string_view token_sha256,
                                    const CommandCall& call);
  // kInvalidArgument: it is hers already; kAlreadyExists: somebody else's;
  // kFailedPrecondition: she has no account, so that nothing but the old
  // address leads to her.
  Result<CommandResult> UpdateEmail(CustomerId customer,
                                    const EmailUpdate& update,
                                    const CommandCall& call);
  // kInvalidArgument: a field that there is not, or that is named twice; a
  // value that cannot be one. Then nothing is changed.
  Result<CommandResult> UpdateProfile(CustomerId customer,
                                      std::span<const FieldChange> changes,
                                      const CommandCall& call);
  // Is so already: no event. `notes` (personal; up to 2,048 bytes) may be
  // empty.
  Result<CommandResult> Deactivate(CustomerId customer,
                                   DeactivationReason reason,
                                   std::string_view notes,
                                   const CommandCall& call);
  Result<CommandResult> Reactivate(CustomerId customer,
                                   const CommandCall& call);
  // kNotFound: there never was such an id.
  Result<CustomerState> GetCustomerState(CustomerId customer) const;

  // What is defined about events; see crm/schema.h. Each call that defines is
  // durable when it returns, and changes nothing when it fails.
  //
  // Adds a version to the schemas of a type. The same again is no error: the
  // answer is what is there. kAlreadyExists: this version has another schema;
  // kConflict: not compatible with the latest one (names place and rule);
  // kMalformed, kInvalidArgument, kUnsupported, kTooLarge: the schema.
  Result<SchemaInfo> RegisterSchema(const SchemaDefinition& definition);
  // The schema of a type, or of an alias of the catalogue; without version the
  // latest. kNotFound.
  Result<SchemaInfo> GetSchema(std::string_view type,
                               std::string_view version = {}) const;
  // All of them, with those of the catalogue that count for this tenant; by
  // type, then in the order of registration.
  Result<std::vector<SchemaInfo>> ListSchemas() const;
  // Adds an upcaster. The same again is no error. kAlreadyExists: another one
  // begins at this version; kConflict: it leads back, or leaves a gap;
  // kMalformed, kInvalidArgument, kTooLarge: its text.
  Result<UpcasterInfo> RegisterUpcaster(std::string_view json);
  // By type, then in the order of registration.
  Result<std::vector<UpcasterInfo>> ListUpcasters() const;
  // From now on; an empty type: all that have no rule of their own. An event
  // is held against the schema of its own version, else against that of the
  // version which upcasters make of it, else against the latest. A type that
  // nobody has defined is refused (kEnforce) or warned of (kWarn), too.
  // Events that are there already stay duplicates.
  Status SetValidation(std::string_view type, Validation mode);
  // The rule for all types first, then those of single types, by name.
  Result<std::vector<ValidationRule>> GetValidation() const;
  // What kWarn or kEnforce would say of such an event, whatever the rules are;
  // empty: nothing. Without version: against the latest schema. kNotFound: no
  // schema of this type; kMalformed, kTooLarge: the payload.
  Result<std::vector<SchemaViolation>> CheckPayload(
      std::string_view type, std::string_view version,
      std::string_view payload) const;

  // How it is found out whose events are: namespaces, forms, block lists, bars
  // and limits, as JSON; see "Settings" in crm/identity.h. Takes the place of
  // everything that was set before: what is not named is the default, and "{}"
  // is all defaults. Counts for the events behind it in the log; what is there
  // stays as it is. Durable when it returns; changes nothing when it fails, or
  // when it is what is set already. kMalformed (not JSON), kInvalidArgument
  // (names the place as a JSON pointer, and what it must be), kTooLarge (names
  // the limit), kUnsupported (a region, where phone numbers are not read).
  Status SetIdentitySettings(std::string_view json);
  // What counts for the next event, with all defaults spelled out: what
  // SetIdentitySettings takes back.
  Result<std::string> GetIdentitySettings() const;

  // May she be written to, and what did she say; see crm/consent.h. Customers
  // that the tenant does not have are kNotFound, but for CheckConsent, which
  // answers no. Retired ids stand for whom they lead to.
  //
  // Appends an act as an event (crm.consent.recorded), with the outcome of an
  // append. kInvalidArgument (names the member: a purpose, policy version or
  // party that is not in the register, a grant more than five minutes ahead of
  // its recording, an address that cannot be one ...); kTooLarge (a text over
  // its limit); kConflict: identifiers lead to another than `customer`;
  // kFailedPrecondition: nothing says how `customer` is called. A withdrawal is
  // never refused for its time: it counts from the earlier of its two times.
  Result<EventOutcome> RecordConsent(const ConsentAct& act,
                                     const AppendOptions& options = {});
  // Decides by everything acknowledged so far: whatever was said counts, also
  // what happened after `at`. Cheap enough for every message. kInvalidArgument:
  // channel any, a class that there is not, an address that cannot be one;
  // kNotFound: the template.
  Result<ConsentDecision> CheckConsent(const ConsentQuestion& question) const;
  // All her acts, by the time from which on they count. Those of preferences
  // are in GetPreferences.
  Result<std::vector<ConsentEntry>> GetConsentHistory(
      CustomerId customer, const ConsentHistoryQuery& query = {}) const;
  // What she prefers.
  Result<ConsentPreferences> GetPreferences(CustomerId customer) const;
  // Customers for whom CheckConsent says allow or defer, by id. Decides for
  // each of them in turn: no index is kept that appends would have to pay for.
  // kInvalidArgument: limit, channel, a purpose that is not in the register.
  Result<ConsentList> ListConsents(const ConsentListQuery& query) const;
  // The receipt of an act, by its position, as JSON. kNotFound: her history
  // has no act there.
  Result<std::string> GetConsentReceipt(CustomerId customer, Position position,
                                        ReceiptFormat format) const;
  // Purposes, policies, parties, templates and regimes, as JSON; see
  // "Settings" in crm/consent.h. Takes the place of everything that was set
  // before; "{}" is all defaults. Counts for every decision from now on.
  // Durable when it returns; changes nothing when it fails, or when it is what
  // is set already. kMalformed, kInvalidArgument (names the place as a JSON
  // pointer, and what it must be), kTooLarge.
  Status SetConsentSettings(std::string_view json);
  // What counts now, with all defaults spelled out: what SetConsentSettings
  // takes back.
  Result<std::string> GetConsentSettings() const;
  // The ledger: see crm/ledger.h. A size of 0 stands for that of today.
  //
  // The tree as it is now.
  Result<LedgerHead> GetLedgerHead() const;
  // The key that checks its signatures, as a line of text ("verifier key" of
  // signed-note): made with the tenant, never changed, not secret.
  Result<std::string> GetLedgerKey() const;
  // A signed note of the tree of the first `size` leaves: the same one whenever
  // it is asked for. kInvalidArgument: there are fewer.
  Result<std::string> GetLedgerCheckpoint(uint64_t size = 0) const;
  // Records in the order of their leaves. Behind the end: none.
  // kInvalidArgument (limit).
  Result<std::vector<LedgerRecord>> ListLedger(
      const LedgerQuery& query = {}) const;
  // That a record is in the tree of the first `size` leaves. kNotFound: it is
  // not there, or of no ledger; kInvalidArgument: target, size.
  Result<InclusionProof> ProveInclusion(const LedgerTarget& target,
                                        uint64_t size = 0) const;
  // That the tree of `size` leaves begins with that of `old_size`.
  // kInvalidArgument: a size.
  Result<ConsistencyProof> ProveConsistency(uint64_t old_size,
                                            uint64_t size = 0) const;
  // What a record says, to be shown with its proof. kErased: its key is
  // destroyed; kNotFound, kInvalidArgument as above.
  Result<LedgerOpening> OpenLedgerRecord(const LedgerTarget& target) const;
  // Reads the whole log and recomputes its chain, and of this ledger every
  // link, leaf and root; holds it against checkpoints. Not ok only when it
  // could not be done (kMalformed, kCorruption, kInvalidArgument: a checkpoint
  // or the key; kCancelled): what it found is in the report, in the order of
  // the log, so that the first finding says where the damage begins.
  Result<VerifyReport> VerifyLedger(
      const LedgerVerifyOptions& options = {}) const;

  // Waits until the head is past `after`, at most `timeout`. The new head.
  Result<Position> WaitForEvents(Position after,
                                 std::chrono::milliseconds timeout) const;

  // What is appended, from a position or a stored checkpoint on: see
  // subscription.h. kInvalidArgument (an option), kBusy (this consumer of this
  // name is open), kConflict (the name has another number of consumers),
  // kRolledBack (its checkpoint, or `after`, is beyond the head of the log, or
  // the record there is another one: the log was set back, by a lost file or
  // an older copy; says both positions). After kRolledBack decide what the
  // consumer has to see again, DropSubscription, and Subscribe after that.
  Result<Subscription> Subscribe(const SubscriptionOptions& options = {});
  // All stored checkpoints, by name and consumer, also those that were never
  // acknowledged.
  Result<std::vector<SubscriptionInfo>> ListSubscriptions() const;
  // Forgets the checkpoints of all consumers of a name. kNotFound, kBusy (one
  // of them is open).
  Status DropSubscription(std::string_view name);

  struct Impl;  // Internal.
  explicit Tenant(std::shared_ptr<Impl> impl);

 private:
  std::shared_ptr<Impl> impl_;
};

// A definition of a tenant, as she made it: see crm/schema.h,
// Tenant::SetIdentitySettings, SetConsentSettings and SetPrivacySettings. Views
// as those of EventView.
struct DefinitionView {
  enum class Kind : uint8_t {
    kSchema = 1,
    kUpcaster = 2,
    kValidation = 3,
    kIdentity = 4,  // See Tenant::SetIdentitySettings; `json` differs from the
                    // defaults in what it names.
    kConsent = 5,   // See Tenant::SetConsentSettings; `json` as it was set.
    kPrivacy = 6,   // The same of Tenant::SetPrivacySettings.
  };
  Kind kind = Kind::kSchema;
  Position position = 0;
  // Empty: validation of all types, or settings.
  std::string_view type = {};
  // Of a schema; of an upcaster: where it begins, and where it leads.
  std::string_view version = {};
  std::string_view to = {};
  Compatibility compatibility = Compatibility::kNone;  // Of a schema.
  Validation mode = Validation::kOff;                  // Of a validation.
  // What was registered, without the blanks between its tokens. Empty: a
  // validation.
  std::string_view json = {};
};

// A choice about who is who, as it lies in the log; see crm/identity.h. Views
// as those of EventView.
struct ChoiceView {
  // The numbers never change.
  enum class Kind : uint8_t {
    kMerge = 1,       // Two customers became one.
    kPartition = 2,   // Who is who after an unmerge or a re-resolve.
    kAssertion = 3,   // A must-link or a cannot-link, said or retracted.
    kReview = 4,      // A question was put ...
    kAnswer = 5,      // ... or answered.
    kShared = 6,      // An identifier links nobody any more, or does again.
    kErasure = 7,     // A customer was erased; see crm/privacy.h.
    kRedaction = 8,   // Events lost what they said; see crm/privacy.h.
    kHold = 9,        // A legal hold: placed, released, or waited for.
    kRetention = 10,  // What events said was removed; see crm/retention.h.
    kHousehold = 11,  // Who lives together; see crm/household.h.
  };
  // Who made it. The numbers never change.
  enum class Origin : uint8_t {
    kEvent = 1,  // The event that comes next; it would make it again.
    kHand = 2,   // A host: nothing but this record knows it.
    kMatch = 3,
    kReResolve = 4,
  };
  Kind kind = Kind::kMerge;
  Origin origin = Origin::kEvent;
  Position position = 0;
  // What it says: a JSON object without positions and without any value of an
  // identifier. Its members are those of the line of a choice in an export: see
  // crm/export.h.
  std::string_view json = {};
};

// What any tenant appended, defined or chose. Views as those of EventView.
struct StoreEvent {
  std::string_view tenant = {};
  // True: it is `definition` that came, and the others say nothing.
  bool is_definition = false;
  // True: it is `choice` that came, and the others say nothing.
  bool is_choice = false;
  EventView event = {};
  DefinitionView definition = {};
  ChoiceView choice = {};
};

// Walks over the events, definitions and choices of all tenants in the order of
// their positions; what is left of dropped ones is passed over. One thread at a
// time; must be gone before the store is closed.
class StoreCursor final {
 public:
  StoreCursor(StoreCursor&&) noexcept;
  StoreCursor& operator=(StoreCursor&&) noexcept;
  ~StoreCursor();

  // True with the next one in `*event`; false at the end. kCorruption: as
  // EventCursor, and where a record of the log is of a kind that this version
  // does not know (of a definition or choice: kFormatTooNew): nothing of the
  // log is left out silently but names, epochs and dictionaries, which libcrm
  // makes again.
  Result<bool> Next(StoreEvent* event);

  struct Impl;  // Internal.
  explicit StoreCursor(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// All tenants of a store at one position: for copies and comparisons of the
// whole. Thread-safe; keeps memory for what changes meanwhile.
class StoreSnapshot final {
 public:
  StoreSnapshot(StoreSnapshot&&) noexcept;
  StoreSnapshot& operator=(StoreSnapshot&&) noexcept;
  ~StoreSnapshot();

  Position position() const;
  // In the order in which they were made, without those that were dropped.
  const std::vector<std::string>& tenants() const;
  // One tenant at this position. kNotFound.
  Result<Snapshot> Tenant(std::string_view name) const;
  Result<StoreCursor> Replay() const;
  // How many definitions Replay gives of each of tenants(), in their order.
  // Reads the log, but where nobody has ever defined anything.
  Result<std::vector<uint64_t>> CountDefinitions() const;

  struct Impl;  // Internal.
  explicit StoreSnapshot(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

class Store final {
 public:
  // Opens the store in `directory`. Errors: kNotFound (no store, and
  // create_if_missing is off), kAlreadyExists, kBusy (another process, or
  // this one, has it open; names the pid), kCorruption, kRolledBack,
  // kFormatTooNew, kKeyMissing (no keys, or no key that opens them: see
  // StoreOptions::allow_unreadable), kInvalidArgument (an option, a directory
  // that others can write to, or that holds something else), kIoError (also: no
  // thread to be had).
  static Result<Store> Open(const std::string& directory,
                            const StoreOptions& options = {});
  // A store that lives and dies with this object; nothing touches the disk.
  static Result<Store> OpenInMemory(const StoreOptions& options = {});

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  // Closes; an error that nobody can see goes to the log callback.
  ~Store();

  // Writes everything, so that the next open is quick. kFailedPrecondition
  // while cursors or snapshots are open. Idempotent.
  Status Close();

  // The tenant of this name, made when it is new. 1 to 128 bytes, no control
  // characters, not personal. kErased: it was dropped; see DropTenant.
  Result<crm::Tenant> Tenant(std::string_view name);
  // All tenants, in the order in which they were made, but for those that were
  // dropped.
  std::vector<std::string> TenantNames() const;
  // The same with their counts, and those that were dropped, too.
  Result<std::vector<TenantEntry>> ListTenants() const;
  // Drops a tenant: its keys are destroyed, and nobody can read anything of it
  // any more; see crm/tenants.h. Takes as long as rewriting the keys and the
  // views; others go on to append meanwhile.
  //
  // kNotFound: no such tenant; kErased: it was dropped already;
  // kFailedPrecondition: `confirm` is missing, or somebody is held (see
  // crm/retention.h); kInvalidArgument, kTooLarge: a text. After another error
  // with the record in the log (kIoError, kNoSpace ...) the tenant is gone for
  // every caller, and what remains is done by Maintain or the next open.
  Result<TenantDrop> DropTenant(std::string_view name,
                                const DropTenantOptions& options = {});

  // Everything acknowledged so far, of all tenants. For a whole store; for one
  // tenant see Tenant::GetSnapshot.
  Result<StoreSnapshot> GetSnapshot() const;

  // Everything acknowledged so far is on the disk when this returns.
  Status Sync();
  // Does maintenance for about `budget`: keys ahead, checkpoint, warming.
  // Returns whether more is to do. For hosts with background_threads = 0.
  Result<bool> Maintain(std::chrono::microseconds budget);
  // Writes all views to disk now.
  Status Flush();

  // Wraps every key of the store anew: the provider has a new wrapping key (a
  // key file is written anew), each tenant, too, and the old ones are
  // destroyed. So whoever got hold of an old key file, or will, opens nothing
  // with it that was copied since, and whatever lies in old backups of keys is
  // dead: they open with the key file of their time only, and that is the point
  // of it. Make a new backup of the keys, and of the key file, afterwards.
  //
  // Data is not sealed anew, and nothing is read otherwise: keys are wrapped in
  // keys. Takes about six seconds for a million records, and may be done while
  // the store is in use; erasures and Verify wait. Cut off at any point the
  // store opens, with the key file as it lies there, and the next call
  // completes what was begun; an open warns in the log that there is something
  // to complete.
  //
  // Beware of a key file that several stores or copies use (Checkpoint,
  // RestoreStore): see `keep_old`, without which all but this one are lost.
  //
  // kUnsupported: the provider cannot, and nothing was changed. kCancelled;
  // kCorruption: a key is damaged (then the old ones stay). kNoSpace, kIoError,
  // kReadOnly, errors of the provider.
  Result<KeyRotation> RotateKeys(const KeyRotationOptions& options = {});

  // Makes a copy of log, views and keys in `directory` (must not exist) that
  // another process can open beside this store, with the same key provider:
  // name this store's key_file when it opens the copy. After a rotation of keys
  // it opens no more. Hard links where possible. kAlreadyExists, kUnsupported
  // (in memory), kNoSpace, kIoError.
  Status Checkpoint(const std::string& directory);

  // Replays the log, rebuilds every view aside and compares. Not ok only when
  // it could not be done; what it found is in the report.
  Result<VerifyReport> Verify(const Progress& progress = {});

  // Cheap: reads no files' contents.
  Result<StoreStats> GetStats() const;

  // Region for phone numbers without a country code: see
  // StoreOptions::default_region. Empty: none.
  const std::string& default_region() const;

  // Where the default key provider keeps its key; empty with another one.
  const std::string& key_file() const;

  // It was opened without keys: see StoreOptions::allow_unreadable.
  bool unreadable() const;

  struct Impl;  // Internal, as is the next: a store on a disk of a test's own.
  static Result<Store> OpenOn(const std::string& directory,
                              const StoreOptions& options,
                              std::shared_ptr<Disk> disk);

 private:
  explicit Store(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace crm

#endif  // CRM_INCLUDE_STORE_H_
