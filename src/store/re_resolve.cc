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
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/mutex.h"
#include "identity/guards.h"
#include "identity/partition.h"
#include "storage/database.h"
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
constexpr size_t kListedChanges = 1000;

// What one record said by one event about who it is.
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
  Gatherer(const StoreCore& core, uint32_t tenant)
      : core_(core), tenant_(tenant) {}

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

 private:
  void Take(const Fact& fact) {
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
  Definitions definitions_{&IdentitySettings::Parse, &ConsentSettings::Parse,
                           &PrivacySettings::Parse};
  Arena arena_;
  std::vector<Saying> sayings_;
  absl::flat_hash_map<std::pair<RecordId, uint64_t>, size_t> by_set_;
};

// Resolves what was gathered, under the number aside.
class Resolution final : public ResolveHost {
 public:
  Resolution(const StoreCore& core, uint32_t tenant,
             const IdentitySettings* settings)
      : core_(core),
        tenant_(tenant),
        rules_(RulesOf(settings)),
        rows_(&core.views->overlay()),
        context_{rows_, counts_} {
    rows_.set_blind();
  }

  Status Run(const std::vector<Saying>& sayings,
             const ReResolveOptions& options) {
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
  const std::vector<IdentityChoice>& shared() const { return shared_; }

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
  Result<std::optional<int64_t>> TimeOf(RecordId, Position last) override {
    const auto found = time_of_.find(last);
    return found == time_of_.end() ? std::optional<int64_t>()
                                   : std::optional<int64_t>(found->second);
  }
  bool MayMerge() override { return true; }
  Status Emit(IdentityChoice* choice) override {
    choice->position = ++emitted_;
    if (choice->kind == ChoiceKind::kShared) shared_.push_back(*choice);
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
    time_of_[saying.position] = saying.occurred_at;
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
  TenantCounts counts_;
  Generation rows_;
  FoldContext context_;
  int64_t now_ = 0;
  RecordId now_record_ = 0;
  Position emitted_ = 0;
  std::vector<RecordId> real_;  // By number aside, less one.
  absl::flat_hash_map<RecordId, RecordId> aside_;
  absl::flat_hash_map<Position, int64_t> time_of_;
  absl::flat_hash_map<RecordId, Person> persons_;
  std::vector<IdentityChoice> shared_;
};

// Holds both partitions against each other, and writes where they differ.
class Differences {
 public:
  Differences(const StoreCore& core, uint32_t tenant,
              Sequencer::Choosing& choosing, const ReResolveOptions& options,
              ReResolveReport* report)
      : identity_(core.views->identity()),
        tenant_(tenant),
        choosing_(choosing),
        options_(options),
        report_(*report) {}

  Status LoadCurrent() {
    const CustomerId last = choosing_.context().counts.customers;
    for (CustomerId id = 1; id <= last; ++id) {
      Result<Members> members =
          identity_.OwnMembers(tenant_, id, choosing_.context().rows);
      if (!members.ok()) return std::move(members).status();
      if (members->records.empty() || members->IsErased()) continue;
      for (const Members::Member& member : members->records) {
        customer_of_[member.record] = id;
        if (member.began != 0) began_[member.record] = member.began;
      }
      report_.records += members->records.size();
      current_.emplace(id, std::move(members).value());
    }
    report_.customers_before = current_.size();
    return Status::Ok();
  }

  void Take(Members&& wanted) { wanted_.push_back(std::move(wanted)); }

  // Merges by a match, as they were made.
  std::vector<Members::Merge> matches() const {
    std::vector<Members::Merge> matches;
    for (const auto& [id, members] : current_) {
      for (const Members::Merge& merge : members.merges) {
        if (merge.by_match()) matches.push_back(merge);
      }
    }
    std::sort(matches.begin(), matches.end(),
              [](const Members::Merge& x, const Members::Merge& y) {
                return std::tie(x.position, x.a, x.b) <
                       std::tie(y.position, y.a, y.b);
              });
    return matches;
  }

  Status Write() {
    AddStrays();
    report_.customers_after = wanted_.size();
    for (const std::vector<size_t>& group : GroupBoth()) {
      if (IsSame(group)) continue;
      Status status = WriteGroup(group);
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }

 private:
  // Records that say nothing any more (their key is gone) stay as they are.
  void AddStrays() {
    absl::flat_hash_set<RecordId> seen;
    absl::flat_hash_map<CustomerId, size_t> place;
    for (size_t i = 0; i < wanted_.size(); ++i) {
      for (const Members::Member& member : wanted_[i].records) {
        seen.insert(member.record);
        place.try_emplace(customer_of_[member.record], i);
      }
    }
    for (const auto& [id, members] : current_) {
      for (const Members::Member& member : members.records) {
        if (seen.contains(member.record)) continue;
        const auto [found, alone] = place.try_emplace(id, wanted_.size());
        if (alone) wanted_.emplace_back();
        Members& to = wanted_[found->second];
        to.records.push_back(member);
        to.records.back().linked_to =
            to.records.size() > 1 ? to.records.front().record : 0;
      }
    }
  }

  // Customers now and then that have records or identifiers in common; each
  // group is a list of places in wanted_.
  std::vector<std::vector<size_t>> GroupBoth() {
    std::vector<size_t> parent(wanted_.size());
    std::iota(parent.begin(), parent.end(), size_t{0});
    const auto find = [&](size_t at) {
      while (parent[at] != at) at = parent[at] = parent[parent[at]];
      return at;
    };
    absl::flat_hash_map<CustomerId, size_t> first_of;
    absl::flat_hash_map<std::pair<uint64_t, uint64_t>, CustomerId> owner_of;
    for (const auto& [id, members] : current_) {
      for (const Members::Claim& claim : members.claims) {
        if (claim.state == Members::Claim::State::kOwns) {
          owner_of[{claim.hash.hi, claim.hash.lo}] = id;
        }
      }
    }
    const auto join = [&](size_t place, CustomerId customer) {
      const auto [found, is_new] = first_of.try_emplace(customer, place);
      if (!is_new) parent[find(place)] = find(found->second);
    };
    for (size_t i = 0; i < wanted_.size(); ++i) {
      for (const Members::Member& member : wanted_[i].records) {
        join(i, customer_of_[member.record]);
      }
      for (const Members::Claim& claim : wanted_[i].claims) {
        const auto owner = owner_of.find({claim.hash.hi, claim.hash.lo});
        if (claim.state == Members::Claim::State::kOwns &&
            owner != owner_of.end()) {
          join(i, owner->second);
        }
      }
    }
    absl::flat_hash_map<size_t, size_t> place_of;
    std::vector<std::vector<size_t>> groups;
    for (size_t i = 0; i < wanted_.size(); ++i) {
      const auto [found, is_new] = place_of.try_emplace(find(i), groups.size());
      if (is_new) groups.emplace_back();
      groups[found->second].push_back(i);
    }
    return groups;
  }

  static std::vector<std::pair<uint64_t, uint64_t>> Owned(
      const Members& members) {
    std::vector<std::pair<uint64_t, uint64_t>> owned;
    for (const Members::Claim& claim : members.claims) {
      if (claim.state == Members::Claim::State::kOwns) {
        owned.emplace_back(claim.hash.hi, claim.hash.lo);
      }
    }
    std::sort(owned.begin(), owned.end());
    return owned;
  }

  bool IsSame(const std::vector<size_t>& group) {
    if (group.size() != 1) return false;
    const Members& wanted = wanted_[group[0]];
    const CustomerId id = customer_of_[wanted.records.front().record];
    const Members& now = current_.at(id);
    if (now.records.size() != wanted.records.size()) return false;
    for (const Members::Member& member : wanted.records) {
      if (customer_of_[member.record] != id) return false;
    }
    return Owned(now) == Owned(wanted);
  }

  Status WriteGroup(const std::vector<size_t>& group) {
    Members whole;
    for (const size_t place : group) {
      const Members& wanted = wanted_[place];
      const auto append = [](auto* to, const auto& from) {
        to->insert(to->end(), from.begin(), from.end());
      };
      append(&whole.records, wanted.records);
      append(&whole.merges, wanted.merges);
      append(&whole.claims, wanted.claims);
    }
    CustomerId oldest = 0;
    for (Members::Member& member : whole.records) {
      const auto began = began_.find(member.record);
      member.began = began == began_.end() ? 0 : began->second;
      member.linked_at = 0;
      const CustomerId id = customer_of_[member.record];
      if (oldest == 0 || id < oldest) oldest = id;
    }
    Cut cut;
    cut.goes = [](const RecordLink&) { return false; };
    cut.keeps_strays = false;
    cut.first_new = choosing_.context().counts.customers + 1;
    cut.account = identity_.NumberOf("authUserId");
    cut.prefers = [this](CustomerId id) { return current_.contains(id); };
    Partition partition = TakeApart(oldest, whole, cut);
    IdentityChoice choice;
    choice.kind = ChoiceKind::kPartition;
    choice.origin = ChoiceOrigin::kReResolve;
    choice.tenant = tenant_;
    choice.customer = oldest;
    choice.by = options_.by;
    choice.why = options_.why;
    choice.parts = std::move(partition.parts);
    Describe(&choice);
    Status status = choosing_.Emit(&choice);
    if (choice.position != 0) report_.position = choice.position;
    return status;
  }

  // Whose records went to whom, and who is retired by it.
  void Describe(IdentityChoice* choice) {
    for (IdentityChoice::Part& part : choice->parts) {
      part.moved.clear();
      std::map<CustomerId, std::vector<RecordId>> from;
      for (const Members::Member& member : part.members.records) {
        const CustomerId was = customer_of_[member.record];
        if (was == part.customer) continue;
        part.moved.push_back({member.record, was});
        from[was].push_back(member.record);
      }
      report_.records_moved += part.moved.size();
      part.retired_now =
          part.members.moved_to != 0 && current_.contains(part.customer);
      if (part.retired_now && report_.changes.size() < kListedChanges) {
        report_.changes.push_back({IdentityChange::Kind::kMerged,
                                   0,
                                   part.customer,
                                   part.members.moved_to,
                                   {}});
      }
      for (auto& [was, records] : from) {
        const bool leads = std::any_of(
            choice->parts.begin(), choice->parts.end(),
            [was = was](const IdentityChoice::Part& other) {
              return other.customer == was && other.members.moved_to != 0;
            });
        if (leads || report_.changes.size() >= kListedChanges) continue;
        std::sort(records.begin(), records.end());
        report_.changes.push_back({IdentityChange::Kind::kSplit, 0, was,
                                   part.customer, std::move(records)});
      }
    }
  }

  const IdentityRoom& identity_;
  const uint32_t tenant_;
  Sequencer::Choosing& choosing_;
  const ReResolveOptions& options_;
  ReResolveReport& report_;
  std::map<CustomerId, Members> current_;
  absl::flat_hash_map<RecordId, CustomerId> customer_of_;
  absl::flat_hash_map<RecordId, CustomerId> began_;
  std::vector<Members> wanted_;
};

Status Run(const Tenant::Impl& tenant, const ReResolveOptions& options,
           Sequencer::Choosing& choosing, ReResolveReport* report) {
  const StoreCore& core = *tenant.core;
  const std::shared_ptr<const TenantDefinitions> definitions =
      core.definitions.Of(tenant.info.id);
  Gatherer gatherer(core, tenant.info.id);
  Status status = gatherer.Run(options);
  if (!status.ok()) return status;
  Differences differences(core, tenant.info.id, choosing, options, report);
  status = differences.LoadCurrent();
  if (!status.ok()) return status;
  Resolution resolution(core, tenant.info.id,
                        definitions == nullptr
                            ? nullptr
                            : definitions->IdentityAt(kEveryPosition));
  status = resolution.Run(gatherer.sayings(), options);
  if (status.ok()) status = resolution.Keep(differences.matches());
  if (status.ok()) {
    status = resolution.ForEach(
        [&](Members&& members) { differences.Take(std::move(members)); });
  }
  if (status.ok()) status = differences.Write();
  for (IdentityChoice shared : resolution.shared()) {
    if (!status.ok()) break;
    Result<IdentifierRow> row = core.views->identity().Find(
        tenant.info.id, shared.hash, choosing.context().rows);
    if (!row.ok()) return std::move(row).status();
    if (row->shared) continue;
    shared.tenant = tenant.info.id;
    shared.origin = ChoiceOrigin::kReResolve;
    status = choosing.Emit(&shared);
    if (shared.position != 0) report->position = shared.position;
  }
  return status;
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
