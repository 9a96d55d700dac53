// Tenant::ReResolve: decides anew to whom every record belongs, aside, and
// writes what differs. See crm/identity.h.
//
// Aside means under a tenant number that nobody has: its rows are in a
// generation of their own, which is never published. So the rules are those of
// the append path, to the letter.

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "identity/guards.h"
#include "storage/database.h"
#include "store/differences.h"
#include "store/erasure.h"
#include "store/fact_decoder.h"
#include "store/identity_text.h"
#include "store/sequencer.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

constexpr uint32_t kAside = 0xfffffff0u;
constexpr size_t kChunkRecords = 2048;
constexpr uint64_t kReResolveProgressEvery = 4096;

// When a record was seen, without gaps that count: from the first event to the
// last. Ascending.
using Seen = std::vector<std::pair<int64_t, int64_t>>;

void AddSeen(int64_t at, int64_t gap, Seen* seen) {
  auto next = std::upper_bound(
      seen->begin(), seen->end(), at,
      [](int64_t time, const auto& span) { return time < span.first; });
  next = seen->insert(next, {at, at});
  if (next != seen->begin() && at - std::prev(next)->second <= gap) {
    std::prev(next)->second = std::max(std::prev(next)->second, at);
    next = std::prev(seen->erase(next));
  }
  while (std::next(next) != seen->end() &&
         std::next(next)->first - next->second <= gap) {
    next->second = std::max(next->second, std::next(next)->second);
    seen->erase(std::next(next));
  }
}

// What one record said by one event about who it is. The order in which all is
// decided: by event time, then by event id, which no arrival can change.
struct Saying {
  int64_t occurred_at = 0;
  uint64_t id_order = 0;
  RecordId record = 0;
  uint32_t source = 0;
  Position position = 0;
  const IdentityData* data = nullptr;

  bool operator<(const Saying& other) const {
    if (occurred_at != other.occurred_at) {
      return occurred_at < other.occurred_at;
    }
    if (id_order != other.id_order) return id_order < other.id_order;
    return position < other.position;
  }
};

// Reads the log, and keeps of each record every set of identifiers once, as it
// was said first by event time.
class Gatherer {
 public:
  Gatherer(const StoreCore& core, uint32_t tenant, const IdentityRules& rules)
      : core_(core), tenant_(tenant), gap_(kMonthUs * rules.phone_months) {}

  Status Run(const ReResolveOptions& options) {
    Names names;  // As the log gives them, then thrown away.
    FactReader reader(core_.log_view.get(), core_.keyring.get(), &names,
                      &definitions_, Digest{}, nullptr);
    FactDecoder decoder(core_.log_view.get(), core_.keyring.get(), &names,
                        &definitions_, core_.views->rooms());
    const Position head = core_.sequencer->head();
    LogCursor cursor(*core_.log, kLogEvents, 1, head, false);
    FactChunk chunk;
    for (bool more = true; more;) {
      chunk.Clear();
      for (size_t i = 0; i < kChunkRecords && more; ++i) {
        Position position = 0;
        std::string_view value;
        Result<bool> next = cursor.Next(&position, &value);
        if (!next.ok()) return std::move(next).status();
        more = *next;
        if (!more) break;
        Status status = reader.Add(position, value, &chunk);
        if (!status.ok()) return status;
      }
      std::erase_if(chunk.events, [this](const FactChunk::Event& event) {
        return event.record.event.tenant != tenant_ ||
               event.record.event.record == 0;
      });
      chunk.choices.clear();
      Status status = decoder.Decode(&chunk);
      if (!status.ok()) return status;
      for (const Fact& fact : chunk.facts) Take(fact);
      if (options.progress && !options.progress(chunk.last, 2 * head)) {
        return Status(StatusCode::kCancelled, "cancelled by the caller");
      }
    }
    std::sort(sayings_.begin(), sayings_.end());
    return Status::Ok();
  }

  const std::vector<Saying>& sayings() const { return sayings_; }
  // Of a record; null: it is nobody's.
  const Seen* SeenOf(RecordId record) const {
    const auto found = seen_.find(record);
    return found == seen_.end() ? nullptr : &found->second;
  }

 private:
  void Take(const Fact& fact) {
    if (gap_ > 0) {
      AddSeen(fact.header.occurred_at, gap_, &seen_[fact.header.record]);
    }
    const IdentityData* data = core_.views->identity().DataOf(fact.prepared);
    if (data == nullptr || data->identifiers.empty()) return;
    uint64_t set = fact.header.record * 0x9e3779b97f4a7c15;
    for (const FactIdentifier& identifier : data->identifiers) {
      set = (set ^ identifier.hash.lo) * 0xff51afd7ed558ccd;
      set ^= identifier.hash.hi + (set >> 29);
    }
    Saying saying{fact.header.occurred_at, fact.id_order, fact.header.record,
                  fact.header.source, fact.position};
    const auto [found, is_new] =
        by_set_.try_emplace({fact.header.record, set}, sayings_.size());
    if (!is_new) {
      Saying& known = sayings_[found->second];
      saying.data = known.data;
      if (saying < known) known = saying;
      return;
    }
    IdentityData* kept = arena_.New<IdentityData>();
    std::vector<FactIdentifier> identifiers(data->identifiers.begin(),
                                            data->identifiers.end());
    for (FactIdentifier& identifier : identifiers) {
      identifier.name_space = arena_.Copy(identifier.name_space);
    }
    kept->identifiers =
        arena_.CopyAll(std::span<const FactIdentifier>(identifiers));
    kept->record_key = data->record_key;
    saying.data = kept;
    sayings_.push_back(saying);
  }

  const StoreCore& core_;
  const uint32_t tenant_;
  const int64_t gap_;  // 0: nobody asks when a record was seen.
  Definitions definitions_{&IdentitySettings::Parse, &ConsentSettings::Parse,
                           &PrivacySettings::Parse};
  Arena arena_;
  std::vector<Saying> sayings_;
  absl::flat_hash_map<std::pair<RecordId, uint64_t>, size_t> by_set_;
  absl::flat_hash_map<RecordId, Seen> seen_;
};

// Resolves what was gathered, under the number aside.
class Resolution final : public ResolveHost {
 public:
  Resolution(const StoreCore& core, uint32_t tenant, const IdentityRules& rules,
             const Gatherer& gathered)
      : core_(core),
        tenant_(tenant),
        rules_(rules),
        gathered_(gathered),
        rows_(&core.views->overlay()),
        context_{rows_, counts_} {
    rows_.set_blind();
  }

  Status Run(const ReResolveOptions& options) {
    const std::vector<Saying>& sayings = gathered_.sayings();
    uint64_t done = 0;
    for (const Saying& saying : sayings) {
      Status status = Add(saying);
      if (!status.ok()) return status;
      if (++done % kReResolveProgressEvery == 0 && options.progress &&
          !options.progress(sayings.size() + done, 2 * sayings.size())) {
        return Status(StatusCode::kCancelled, "cancelled by the caller");
      }
    }
    return Status::Ok();
  }

  // What a match merged stays merged, where today's guards let it.
  Status Keep(const std::vector<Members::Merge>& matches) {
    const IdentityRoom& identity = core_.views->identity();
    for (const Members::Merge& match : matches) {
      const auto a = aside_.find(match.a);
      const auto b = aside_.find(match.b);
      if (a == aside_.end() || b == aside_.end()) continue;
      Result<bool> apart = MustStayApart(identity, a->second, b->second);
      if (!apart.ok()) return std::move(apart).status();
      Status status =
          *apart ? Status::Ok() : Unite(a->second, b->second, match.confidence);
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }

  // Members of every customer aside who has records, in real numbers.
  Status ForEach(const std::function<void(Members&&)>& take) {
    for (CustomerId id = 1; id <= counts_.customers; ++id) {
      Result<Members> members =
          core_.views->identity().OwnMembers(kAside, id, rows_);
      if (!members.ok()) return std::move(members).status();
      if (members->records.empty()) continue;
      for (Members::Member& member : members->records) {
        member.record = Real(member.record);
        member.linked_to = Real(member.linked_to);
        member.began = 0;
      }
      for (Members::Merge& merge : members->merges) {
        merge.a = Real(merge.a);
        merge.b = Real(merge.b);
        merge.position = 0;
        merge.retired = 0;
      }
      for (Members::Claim& claim : members->claims) {
        claim.record = Real(claim.record);
      }
      take(std::move(members).value());
    }
    return Status::Ok();
  }
  Result<bool> IsShared(const Hash128& hash) {
    Result<IdentifierRow> row =
        core_.views->identity().Find(kAside, hash, rows_);
    if (!row.ok()) return std::move(row).status();
    return row->shared;
  }

  const IdentityRules& rules() const override { return rules_; }
  // All that is known of its record: the order of events must not matter.
  Result<Person> EventPerson() override { return PersonOfRecord(now_record_); }
  Result<Person> PersonOf(CustomerId customer) override {
    Result<Members> members =
        core_.views->identity().MembersOf(kAside, customer, rows_);
    if (!members.ok()) return std::move(members).status();
    Person person;
    for (const Members::Member& member : members->records) {
      Result<Person> one = PersonOfRecord(Real(member.record));
      if (!one.ok()) return one;
      if (person.given_name.empty()) person.given_name = one->given_name;
      if (person.birth_date.empty()) person.birth_date = one->birth_date;
    }
    return person;
  }
  int64_t now() const override { return now_; }
  // By all of its events, not by those alone that say something new.
  Result<std::optional<int64_t>> TimeOf(RecordId record, Position) override {
    const Seen* const seen = gathered_.SeenOf(Real(record));
    if (seen == nullptr) return std::optional<int64_t>();
    std::optional<int64_t> last;
    for (const auto& [from, to] : *seen) {
      if (from <= now_) last = std::min(to, now_);
    }
    return last;
  }
  bool MayMerge() override { return true; }
  Status Emit(IdentityChoice* choice) override {
    choice->position = ++emitted_;
    return core_.views->identity().FoldChoice(*choice, context_);
  }

 private:
  RecordId Real(RecordId aside) const {
    return aside == 0 ? 0 : real_[aside - 1];
  }

  Result<Person> PersonOfRecord(RecordId record) {
    const auto found = persons_.find(record);
    if (found != persons_.end()) return found->second;
    Result<Person> person =
        core_.views->profile().PersonOfRecord(tenant_, record);
    if (person.ok()) persons_.emplace(record, *person);
    return person;
  }

  Status Add(const Saying& saying) {
    const IdentityRoom& identity = core_.views->identity();
    now_ = saying.occurred_at;
    now_record_ = saying.record;
    Choice choice;
    Status status =
        identity.Resolve(kAside, *saying.data, context_, *this, &choice);
    if (!status.ok()) return status;
    Fact fact;
    fact.position = saying.position;
    fact.prepared[identity.index()] = saying.data;
    // Not null: the fold has what was prepared.
    EventHeader& header = fact.header;
    header.tenant = kAside;
    header.record = choice.record;
    header.customer = choice.customer;
    header.revision = choice.revision;
    header.source = saying.source;
    header.confidence = choice.confidence;
    header.claims_or_month = choice.claims;
    header.matched_by =
        choice.matched_by.empty() ? 0 : identity.NumberOf(choice.matched_by);
    if (choice.new_record) header.flags |= kEventNewRecord;
    if (choice.new_customer) header.flags |= kEventNewCustomer;
    if (choice.contested) header.flags |= kEventContested;
    status = identity.Fold(fact, context_);
    if (!status.ok() || !choice.new_record) return status;
    real_.push_back(saying.record);
    aside_[saying.record] = choice.record;
    return Assert(saying.record);
  }

  // What was said about a record counts as soon as both are there.
  Status Assert(RecordId record) {
    const IdentityRoom& identity = core_.views->identity();
    Result<AssertionsRow> said = identity.AssertionsOf(tenant_, record);
    if (!said.ok()) return std::move(said).status();
    for (const AssertionsRow::Item& item : said->items) {
      const auto other = aside_.find(item.other);
      if (other == aside_.end()) continue;
      IdentityChoice assertion;
      assertion.kind = ChoiceKind::kAssertion;
      assertion.tenant = kAside;
      assertion.assertion = item.kind;
      assertion.a = aside_[record];
      assertion.b = other->second;
      Status status = Emit(&assertion);
      if (status.ok() && item.kind == Assertion::Kind::kMustLink) {
        status = Unite(assertion.a, assertion.b, 100);
      }
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }

  Result<bool> MustStayApart(const IdentityRoom& identity, RecordId a,
                             RecordId b) {
    std::array<Members, 2> sides;
    for (const size_t i : {0, 1}) {
      Result<RecordRow> row = identity.RecordOf(kAside, i == 0 ? a : b, rows_);
      if (!row.ok()) return std::move(row).status();
      Result<Members> members =
          identity.OwnMembers(kAside, row->customer, rows_);
      if (!members.ok()) return std::move(members).status();
      sides[i] = std::move(members).value();
    }
    if (FindConflict(sides[0], sides[1]) != nullptr) return true;
    return identity.CannotLink(kAside, sides[0], sides[1], rows_);
  }

  Status Unite(RecordId a, RecordId b, uint8_t confidence) {
    const IdentityRoom& identity = core_.views->identity();
    Result<RecordRow> row_a = identity.RecordOf(kAside, a, rows_);
    Result<RecordRow> row_b = identity.RecordOf(kAside, b, rows_);
    if (!row_a.ok()) return std::move(row_a).status();
    if (!row_b.ok()) return std::move(row_b).status();
    if (row_a->customer == row_b->customer) return Status::Ok();
    IdentityChoice merge;
    merge.kind = ChoiceKind::kMerge;
    merge.tenant = kAside;
    const bool keeps_a = row_a->customer < row_b->customer;
    merge.customer = keeps_a ? row_a->customer : row_b->customer;
    merge.retired = keeps_a ? row_b->customer : row_a->customer;
    merge.a = keeps_a ? a : b;
    merge.b = keeps_a ? b : a;
    merge.confidence = confidence;
    return Emit(&merge);
  }

  const StoreCore& core_;
  const uint32_t tenant_;
  const IdentityRules& rules_;
  const Gatherer& gathered_;
  TenantCounts counts_;
  Generation rows_;
  FoldContext context_;
  int64_t now_ = 0;
  RecordId now_record_ = 0;
  Position emitted_ = 0;
  std::vector<RecordId> real_;  // By number aside, less one.
  absl::flat_hash_map<RecordId, RecordId> aside_;
  absl::flat_hash_map<RecordId, Person> persons_;
};

// Values that link nobody, or do again.
Status WriteShared(const StoreCore& core, uint32_t tenant,
                   const Gatherer& gathered, Resolution& resolution,
                   const ReResolveOptions& options,
                   Sequencer::Choosing& choosing, ReResolveReport* report) {
  absl::flat_hash_set<std::pair<uint64_t, uint64_t>> looked_at;
  for (const Saying& saying : gathered.sayings()) {
    for (const FactIdentifier& identifier : saying.data->identifiers) {
      if (identifier.klass != IdentifierClass::kShareable) continue;
      const Hash128& hash = identifier.hash;
      if (!looked_at.emplace(hash.hi, hash.lo).second) continue;
      Result<IdentifierRow> row =
          core.views->identity().Find(tenant, hash, choosing.context().rows);
      if (!row.ok()) return std::move(row).status();
      Result<bool> shared = resolution.IsShared(hash);
      if (!shared.ok()) return std::move(shared).status();
      if (row->shared == *shared) continue;
      IdentityChoice choice;
      choice.kind = ChoiceKind::kShared;
      choice.origin = ChoiceOrigin::kReResolve;
      choice.tenant = tenant;
      choice.hash = hash;
      choice.name_space =
          core.views->identity().NumberOf(identifier.name_space);
      choice.retracted = row->shared;
      choice.by = options.by;
      choice.why = options.why;
      Status status = choosing.Emit(&choice);
      if (!status.ok()) return status;
      if (choice.position != 0) report->position = choice.position;
    }
  }
  return Status::Ok();
}

Status Run(const Tenant::Impl& tenant, const ReResolveOptions& options,
           Sequencer::Choosing& choosing, ReResolveReport* report) {
  const StoreCore& core = *tenant.core;
  const std::shared_ptr<const TenantDefinitions> definitions =
      core.definitions.Of(tenant.info.id);
  const IdentityRules& rules =
      RulesOf(definitions == nullptr ? nullptr
                                     : definitions->IdentityAt(kEveryPosition));
  Gatherer gatherer(core, tenant.info.id, rules);
  Status status = gatherer.Run(options);
  if (!status.ok()) return status;
  Differences differences(core.views->identity(), tenant.info.id, choosing,
                          options, report);
  status = differences.LoadCurrent();
  if (!status.ok()) return status;
  Resolution resolution(core, tenant.info.id, rules, gatherer);
  status = resolution.Run(options);
  if (status.ok()) status = resolution.Keep(differences.matches());
  if (status.ok()) {
    status = resolution.ForEach(
        [&](Members&& members) { differences.Take(std::move(members)); });
  }
  if (status.ok()) status = differences.Write();
  if (!status.ok()) return status;
  return WriteShared(core, tenant.info.id, gatherer, resolution, options,
                     choosing, report);
}

}  // namespace

Result<ReResolveReport> Tenant::ReResolve(const ReResolveOptions& options) {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = CheckWho(options.by, options.why);
  if (!status.ok()) return status;
  // Who is being erased has nothing to say any more.
  MutexLock no_erasure(impl_->core->erasure_mutex);
  status = FinishErasures(*impl_->core);
  if (status.code() == StatusCode::kBusy) status = Status::Ok();
  if (!status.ok()) return status;
  ReResolveReport report;
  status = impl_->core->sequencer->Choose(
      impl_->info.id, options.dry_run, [&](Sequencer::Choosing& choosing) {
        return Run(*impl_, options, choosing, &report);
      });
  if (!status.ok()) return status;
  return report;
}

}  // namespace crm
