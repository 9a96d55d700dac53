// IdentityRoom::Resolve: to whom an event belongs, who becomes one by it, and
// what a guard holds back.

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <array>
#include <utility>

#include "identity/guards.h"
#include "identity/identity_internal.h"

namespace crm {
namespace {

// Links that rest on a value are looked at when it turns shared: so many.
constexpr size_t kMaxLinksAsked = 10;

// What nobody is asked about: it is settled, or says nothing.
bool IsAsked(IdentityReason reason) {
  return reason != IdentityReason::kNone &&
         reason != IdentityReason::kEphemeral &&
         reason != IdentityReason::kSharedValue &&
         reason != IdentityReason::kCannotLink &&
         reason != IdentityReason::kLimit;
}

}  // namespace

// One event on its way to a customer.
class Resolver final {
 public:
  Resolver(const IdentityRoom& room, uint32_t tenant, const IdentityData& data,
           FoldContext& context, ResolveHost& host, Choice* choice)
      : room_(room),
        tenant_(tenant),
        data_(data),
        context_(context),
        rules_(host.rules()),
        host_(host),
        choice_(choice) {}

  Status Run() {
    *choice_ = Choice();
    Status status = LoadOwners();
    if (status.ok()) status = FindRecord();
    if (status.ok() && choice_->new_record) status = Attach();
    if (status.ok() && !choice_->new_customer) status = MeetOthers();
    if (status.ok()) status = TurnShared();
    if (status.ok()) status = ClaimIdentifiers();
    if (status.ok()) status = Tell();
    return status;
  }

 private:
  using Klass = IdentifierClass;

  size_t count() const { return data_.identifiers.size(); }
  const FactIdentifier& identifier(size_t i) const {
    return data_.identifiers[i];
  }
  bool IsAnothers(size_t i) const {
    return owners_[i].owner != 0 && owners_[i].owner != choice_->customer;
  }
  bool HasStrong() const {
    return std::any_of(data_.identifiers.begin(), data_.identifiers.end(),
                       [](const FactIdentifier& item) {
                         return item.klass != Klass::kEphemeral;
                       });
  }

  Status LoadOwners();
  Status FindRecord();
  Status LoadOurs();
  Status Attach();
  Status AttachByDevice(bool* attached);
  Status AskWhatKept(size_t end);
  Result<IdentityReason> AgainstAttaching(size_t i, const Members& theirs);
  Result<bool> IsRecycled(size_t i, const Members& theirs);
  void JoinBy(size_t i, const Members& theirs);
  Status MeetOthers();
  Status Meet(size_t i);
  Result<IdentityReason> AgainstMerging(size_t i, const Members& theirs);
  bool ExclusiveConflict(const Members& theirs, CustomerId owner) const;
  Result<bool> HasEvidence(size_t i, CustomerId owner);
  Result<Person> OwnPerson();
  Status Merge(size_t i, const Members& theirs);
  Status TurnShared();
  Result<bool> IsKnownPerson(CustomerId customer);
  Result<bool> IsSharedByMany(size_t i);
  Status AskAboutLinks(size_t i);
  Status ClaimIdentifiers();
  Result<IdentityReason> AgainstClaiming(size_t i);
  Status Tell();
  Status Ask(RecordId a, RecordId b, IdentityReason reason, size_t i);

  const IdentityRoom& room_;
  const uint32_t tenant_;
  const IdentityData& data_;
  FoldContext& context_;
  const IdentityRules& rules_;
  ResolveHost& host_;
  Choice* const choice_;
  std::array<IdentifierRow, kMaxIdentifiers> owners_;
  std::array<IdentityReason, kMaxIdentifiers> reasons_{};
  // The record by which a new one is linked; an old one is its own link.
  RecordId link_ = 0;
  // Of the event's customer, once they are needed.
  std::optional<Members> ours_;
};

Status IdentityRoom::Resolve(uint32_t tenant, const IdentityData& data,
                             FoldContext& context, ResolveHost& host,
                             Choice* choice) const {
  return Resolver(*this, tenant, data, context, host, choice).Run();
}

Result<IdentifierRow> IdentityRoom::OwnerOf(uint32_t tenant,
                                            const IdentityData& data,
                                            size_t identifier,
                                            Generation& rows) const {
  if (!data.owners.empty() && data.owners[identifier].owner != 0 &&
      rows.Holds(family(kIdentifiers), data.owners_seen)) {
    return data.owners[identifier];
  }
  return Find(tenant, data.identifiers[identifier].hash, rows);
}

// 0: none yet.
Result<RecordId> IdentityRoom::RecordOfKey(uint32_t tenant,
                                           const IdentityData& data,
                                           Generation& rows) const {
  if (data.record != 0 && rows.Holds(family(kRecordKeys), data.record_seen)) {
    return data.record;
  }
  return ReadNumber(
      rows.Get(family(kRecordKeys), HashRow(tenant, data.record_key)),
      "record_keys");
}

Status Resolver::LoadOwners() {
  for (size_t i = 0; i < count(); ++i) {
    Result<IdentifierRow> owner =
        room_.OwnerOf(tenant_, data_, i, context_.rows);
    if (!owner.ok()) return std::move(owner).status();
    owners_[i] = *owner;
  }
  return Status::Ok();
}

Status Resolver::FindRecord() {
  Result<RecordId> record = room_.RecordOfKey(tenant_, data_, context_.rows);
  if (!record.ok()) return std::move(record).status();
  if (*record == 0) {
    choice_->new_record = true;
    choice_->record = context_.counts.records + 1;
    return Status::Ok();
  }
  Result<RecordRow> row = ReadRecord(context_.rows.GetForChange(
      room_.family(IdentityRoom::kRecords), NumberRow(tenant_, *record)));
  if (!row.ok()) return std::move(row).status();
  choice_->record = link_ = *record;
  choice_->customer = row->customer;
  choice_->revision = row->events;
  choice_->confidence = 100;
  choice_->matched_by = data_.identifiers[0].name_space;
  return Status::Ok();
}

Status Resolver::LoadOurs() {
  if (ours_.has_value()) return Status::Ok();
  if (choice_->new_customer) {
    ours_.emplace();
    return Status::Ok();
  }
  Result<Members> members =
      room_.OwnMembers(tenant_, choice_->customer, context_.rows);
  if (!members.ok()) return std::move(members).status();
  ours_ = std::move(members).value();
  return Status::Ok();
}

// A new record: joins the best owner who may have it, or begins a customer.
Status Resolver::Attach() {
  for (size_t i = 0; i < count(); ++i) {
    if (owners_[i].owner == 0) continue;
    if (owners_[i].shared) continue;
    if (identifier(i).klass == Klass::kEphemeral) continue;
    if (identifier(i).confidence < rules_.attach_bar) {
      reasons_[i] = IdentityReason::kBelowMergeBar;
      continue;
    }
    Result<Members> theirs =
        room_.OwnMembers(tenant_, owners_[i].owner, context_.rows);
    if (!theirs.ok()) return std::move(theirs).status();
    Result<IdentityReason> against = AgainstAttaching(i, *theirs);
    if (!against.ok()) return std::move(against).status();
    reasons_[i] = *against;
    if (*against != IdentityReason::kNone) continue;
    JoinBy(i, *theirs);
    return AskWhatKept(i);
  }
  bool attached = false;
  Status status = AttachByDevice(&attached);
  if (!status.ok()) return status;
  if (!attached) {
    choice_->new_customer = true;
    choice_->customer = context_.counts.customers + 1;
    choice_->confidence = 100;
  }
  return AskWhatKept(count());
}

// What kept it from joining an owner, of those before `end`, is what somebody
// may know better about.
Status Resolver::AskWhatKept(size_t end) {
  for (size_t i = 0; i < end; ++i) {
    if (!IsAsked(reasons_[i]) || !IsAnothers(i)) continue;
    Result<Members> theirs =
        room_.OwnMembers(tenant_, owners_[i].owner, context_.rows);
    if (!theirs.ok()) return std::move(theirs).status();
    const Members::Claim* claim = theirs->Find(identifier(i).hash);
    if (claim == nullptr) continue;
    Status status = Ask(choice_->record, claim->record, reasons_[i], i);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

void Resolver::JoinBy(size_t i, const Members& theirs) {
  const Members::Claim* claim = theirs.Find(identifier(i).hash);
  link_ = claim == nullptr ? 0 : claim->record;
  choice_->customer = owners_[i].owner;
  choice_->confidence = identifier(i).confidence;
  choice_->matched_by = identifier(i).name_space;
  reasons_[i] = IdentityReason::kNone;
  ours_ = theirs;
}

// Who is known by nothing but devices follows them; and a device that nobody
// was known by goes to the first person whom it names.
Status Resolver::AttachByDevice(bool* attached) {
  const bool strong = HasStrong();
  for (size_t i = 0; i < count(); ++i) {
    if (owners_[i].owner == 0 || owners_[i].shared ||
        identifier(i).klass != Klass::kEphemeral) {
      continue;
    }
    Result<Members> theirs =
        room_.OwnMembers(tenant_, owners_[i].owner, context_.rows);
    if (!theirs.ok()) return std::move(theirs).status();
    if (theirs->records.size() >= rules_.records) {
      reasons_[i] = IdentityReason::kLimit;
    } else if (strong && !theirs->IsAnonymous()) {
      reasons_[i] = IdentityReason::kEphemeral;
    } else {
      JoinBy(i, *theirs);
      *attached = true;
      return Status::Ok();
    }
  }
  return Status::Ok();
}

// Nothing attaches to somebody who has another value of an exclusive namespace
// that this event names: two accounts are two people.
Result<IdentityReason> Resolver::AgainstAttaching(size_t i,
                                                  const Members& theirs) {
  if (ExclusiveConflict(theirs, owners_[i].owner)) {
    return IdentityReason::kExclusiveConflict;
  }
  if (theirs.records.size() >= rules_.records) return IdentityReason::kLimit;
  if (identifier(i).klass != Klass::kShareable) return IdentityReason::kNone;
  Result<bool> recycled = IsRecycled(i, theirs);
  if (!recycled.ok()) return std::move(recycled).status();
  if (*recycled) return IdentityReason::kRecycled;
  Result<Person> own = host_.EventPerson();
  if (!own.ok()) return std::move(own).status();
  if (!own->full()) return IdentityReason::kNone;
  Result<Person> known = host_.PersonOf(owners_[i].owner);
  if (!known.ok()) return std::move(known).status();
  return Contradict(*own, *known) ? IdentityReason::kContradiction
                                  : IdentityReason::kNone;
}

Result<bool> Resolver::IsRecycled(size_t i, const Members& theirs) {
  if (rules_.phone_months == 0 || identifier(i).name_space != "phoneNumber") {
    return false;
  }
  const Members::Claim* claim = theirs.Find(identifier(i).hash);
  if (claim == nullptr) return false;
  Result<RecordRow> record =
      room_.RecordOf(tenant_, claim->record, context_.rows);
  if (!record.ok()) return std::move(record).status();
  Result<std::optional<int64_t>> seen =
      host_.TimeOf(claim->record, record->last);
  if (!seen.ok()) return std::move(seen).status();
  return seen->has_value() &&
         host_.now() - **seen > kMonthUs * rules_.phone_months;
}

// Customers other than its own whom the event names.
Status Resolver::MeetOthers() {
  for (size_t i = 0; i < count(); ++i) {
    if (!IsAnothers(i) || owners_[i].shared ||
        reasons_[i] != IdentityReason::kNone) {
      continue;
    }
    Status status = Meet(i);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status Resolver::Meet(size_t i) {
  Status status = LoadOurs();
  if (!status.ok()) return status;
  Result<Members> theirs =
      room_.OwnMembers(tenant_, owners_[i].owner, context_.rows);
  if (!theirs.ok()) return std::move(theirs).status();
  Result<IdentityReason> against = AgainstMerging(i, *theirs);
  if (!against.ok()) return std::move(against).status();
  reasons_[i] = *against;
  if (*against == IdentityReason::kNone) return Merge(i, *theirs);
  if (!IsAsked(*against)) return Status::Ok();
  const Members::Claim* claim = theirs->Find(identifier(i).hash);
  if (claim == nullptr || link_ == 0) return Status::Ok();
  return Ask(link_, claim->record, *against, i);
}

Result<IdentityReason> Resolver::AgainstMerging(size_t i,
                                                const Members& theirs) {
  const Members& ours = *ours_;
  const bool device = identifier(i).klass == Klass::kEphemeral;
  if (device && !theirs.IsAnonymous() && (HasStrong() || !ours.IsAnonymous())) {
    return IdentityReason::kEphemeral;
  }
  if (ExclusiveConflict(theirs, owners_[i].owner)) {
    return IdentityReason::kExclusiveConflict;
  }
  Result<bool> cannot = room_.CannotLink(tenant_, ours, theirs, context_.rows);
  if (!cannot.ok()) return std::move(cannot).status();
  if (*cannot) return IdentityReason::kCannotLink;
  if (ExceedsLimits(rules_, ours, theirs)) return IdentityReason::kLimit;
  if (identifier(i).klass == Klass::kShareable) {
    Result<Person> own = OwnPerson();
    if (!own.ok()) return std::move(own).status();
    Result<Person> other = host_.PersonOf(owners_[i].owner);
    if (!other.ok()) return std::move(other).status();
    if (Contradict(*own, *other)) return IdentityReason::kContradiction;
  }
  if (!device) {
    Result<bool> evidence = HasEvidence(i, owners_[i].owner);
    if (!evidence.ok()) return std::move(evidence).status();
    if (!*evidence) return IdentityReason::kBelowMergeBar;
  }
  return host_.MayMerge() ? IdentityReason::kNone : IdentityReason::kMergeBrake;
}

// What is known of its customer; what the event says itself comes first.
Result<Person> Resolver::OwnPerson() {
  Result<Person> own = host_.PersonOf(choice_->customer);
  if (!own.ok()) return own;
  Result<Person> said = host_.EventPerson();
  if (!said.ok()) return said;
  if (!said->given_name.empty()) own->given_name = said->given_name;
  if (!said->birth_date.empty()) own->birth_date = said->birth_date;
  return own;
}

// Two values of one exclusive namespace, those that the event brings included.
bool Resolver::ExclusiveConflict(const Members& theirs,
                                 CustomerId owner) const {
  if (ours_.has_value() && FindConflict(*ours_, theirs) != nullptr) return true;
  for (size_t j = 0; j < count(); ++j) {
    if (identifier(j).klass == Klass::kExclusive && owners_[j].owner != owner &&
        theirs.HasExclusive(room_.NumberOf(identifier(j).name_space))) {
      return true;
    }
  }
  return false;
}

// One identifier from the merge bar on; or one below it, when another one, or
// name and birth date, say the same.
Result<bool> Resolver::HasEvidence(size_t i, CustomerId owner) {
  if (!rules_.automatic_merges) return false;
  size_t found = 0;
  for (size_t j = 0; j < count(); ++j) {
    if (owners_[j].owner != owner || owners_[j].shared ||
        IsRepeated(data_, j) || identifier(j).klass == Klass::kEphemeral) {
      continue;
    }
    if (identifier(j).confidence >= rules_.merge_bar) return true;
    if (identifier(j).confidence >= rules_.attach_bar) ++found;
  }
  if (found >= 2) return true;
  if (identifier(i).confidence < rules_.attach_bar) return false;
  Result<Person> own = OwnPerson();
  if (!own.ok()) return std::move(own).status();
  Result<Person> other = host_.PersonOf(owner);
  if (!other.ok()) return std::move(other).status();
  return Agree(*own, *other);
}

Status Resolver::Merge(size_t i, const Members& theirs) {
  const CustomerId owner = owners_[i].owner;
  const CustomerId customer = choice_->customer;
  const Members::Claim* claim = theirs.Find(identifier(i).hash);
  const RecordId their_link =
      claim == nullptr ? theirs.FirstRecord(owner) : claim->record;
  const RecordId our_link = link_ == 0 ? ours_->FirstRecord(customer) : link_;
  IdentityChoice merge;
  merge.kind = ChoiceKind::kMerge;
  merge.tenant = tenant_;
  merge.customer = room_.Survivor(customer, *ours_, owner, theirs);
  merge.retired = merge.customer == customer ? owner : customer;
  merge.a = merge.customer == customer ? our_link : their_link;
  merge.b = merge.customer == customer ? their_link : our_link;
  merge.name_space = room_.NumberOf(identifier(i).name_space);
  merge.confidence = identifier(i).confidence;
  Status status = host_.Emit(&merge);
  if (!status.ok()) return status;
  choice_->customer = merge.customer;
  std::erase(choice_->merged, merge.customer);
  choice_->merged.push_back(merge.retired);
  ours_.reset();
  for (size_t j = 0; j < count(); ++j) {
    if (owners_[j].owner == merge.retired) owners_[j].owner = merge.customer;
  }
  return LoadOurs();
}

// A value that too many people claim links nobody from now on.
Status Resolver::TurnShared() {
  for (size_t i = 0; i < count(); ++i) {
    if (identifier(i).klass != Klass::kShareable || !IsAnothers(i) ||
        owners_[i].shared) {
      continue;
    }
    Result<bool> shared = IsSharedByMany(i);
    if (!shared.ok()) return std::move(shared).status();
    if (!*shared) continue;
    IdentityChoice turn;
    turn.kind = ChoiceKind::kShared;
    turn.tenant = tenant_;
    turn.hash = identifier(i).hash;
    turn.name_space = room_.NumberOf(identifier(i).name_space);
    Status status = host_.Emit(&turn);
    if (status.ok()) status = AskAboutLinks(i);
    if (!status.ok()) return status;
    owners_[i].shared = true;
  }
  return Status::Ok();
}

// Somebody who is told from others by more than the value itself.
Result<bool> Resolver::IsKnownPerson(CustomerId customer) {
  if (customer == choice_->customer && choice_->new_customer) {
    const bool account =
        std::any_of(data_.identifiers.begin(), data_.identifiers.end(),
                    [](const FactIdentifier& item) {
                      return item.klass == Klass::kExclusive;
                    });
    if (account) return true;
    Result<Person> person = host_.EventPerson();
    if (!person.ok()) return std::move(person).status();
    return person->full();
  }
  Result<Members> members = room_.OwnMembers(tenant_, customer, context_.rows);
  if (!members.ok()) return std::move(members).status();
  for (const Members::Claim& claim : members->claims) {
    if (claim.state == Members::Claim::State::kOwns &&
        claim.klass == Klass::kExclusive) {
      return true;
    }
  }
  Result<Person> person = host_.PersonOf(customer);
  if (!person.ok()) return std::move(person).status();
  return person->full();
}

Result<bool> Resolver::IsSharedByMany(size_t i) {
  if (rules_.shared_after == 0) return false;
  absl::flat_hash_set<CustomerId> people = {owners_[i].owner,
                                            choice_->customer};
  Result<ClaimantsRow> row =
      room_.ClaimantsOf(tenant_, identifier(i).hash, context_.rows);
  if (!row.ok()) return std::move(row).status();
  if (row->records.size() + people.size() < rules_.shared_after) return false;
  for (const RecordId record : row->records) {
    Result<RecordRow> whose = room_.RecordOf(tenant_, record, context_.rows);
    if (!whose.ok()) return std::move(whose).status();
    people.insert(whose->customer);
  }
  uint32_t known = 0;
  for (const CustomerId customer : people) {
    Result<bool> is_known = IsKnownPerson(customer);
    if (!is_known.ok()) return std::move(is_known).status();
    if (*is_known) ++known;
  }
  return known >= rules_.shared_after;
}

// Links that rest on the value alone were made before it was known to be
// shared.
Status Resolver::AskAboutLinks(size_t i) {
  Result<Members> theirs =
      room_.OwnMembers(tenant_, owners_[i].owner, context_.rows);
  if (!theirs.ok()) return std::move(theirs).status();
  const Members::Claim* claim = theirs->Find(identifier(i).hash);
  if (claim == nullptr) return Status::Ok();
  const uint32_t name = room_.NumberOf(identifier(i).name_space);
  size_t asked = 0;
  for (const Members::Member& member : theirs->records) {
    if (member.linked_to != claim->record || member.matched_by != name) {
      continue;
    }
    if (++asked > kMaxLinksAsked) break;
    Status status =
        Ask(member.record, claim->record, IdentityReason::kSharedValue, i);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

// Identifiers that nobody has become the customer's.
Status Resolver::ClaimIdentifiers() {
  for (size_t i = 0; i < count(); ++i) {
    if (owners_[i].owner != 0 || IsRepeated(data_, i)) continue;
    Result<IdentityReason> against = AgainstClaiming(i);
    if (!against.ok()) return std::move(against).status();
    reasons_[i] = *against;
    if (*against != IdentityReason::kNone) continue;
    choice_->claims |= uint32_t{1} << i;
    // What follows in this event counts it.
    ours_->claims.push_back({identifier(i).hash,
                             room_.NumberOf(identifier(i).name_space),
                             identifier(i).klass, Members::Claim::State::kOwns,
                             choice_->record, 0});
  }
  return Status::Ok();
}

Result<IdentityReason> Resolver::AgainstClaiming(size_t i) {
  if (owners_[i].shared) return IdentityReason::kSharedValue;
  Status status = LoadOurs();
  if (!status.ok()) return status;
  const uint32_t name = room_.NumberOf(identifier(i).name_space);
  if (identifier(i).klass == Klass::kExclusive && ours_->HasExclusive(name)) {
    return IdentityReason::kExclusiveConflict;
  }
  if (ours_->identifiers() >= rules_.identifiers) return IdentityReason::kLimit;
  if (identifier(i).klass == Klass::kShareable &&
      ours_->CountOf(name) >= rules_.values_per_shareable) {
    return IdentityReason::kLimit;
  }
  return IdentityReason::kNone;
}

// What became of each identifier that is not hers.
Status Resolver::Tell() {
  for (size_t i = 0; i < count(); ++i) {
    const bool anothers = IsAnothers(i);
    const bool held = owners_[i].owner == 0 && (choice_->claims >> i & 1) == 0;
    if ((!anothers && !held) || IsRepeated(data_, i)) continue;
    const IdentityReason reason =
        owners_[i].shared ? IdentityReason::kSharedValue : reasons_[i];
    choice_->withheld.push_back({std::string(identifier(i).name_space),
                                 anothers ? owners_[i].owner : 0, reason});
    choice_->contested |= identifier(i).klass != Klass::kEphemeral;
  }
  for (const WithheldHint& hint : data_.withheld) {
    choice_->withheld.push_back({std::string(hint.name_space), 0, hint.reason});
  }
  return Status::Ok();
}

// The same two are asked about once.
Status Resolver::Ask(RecordId a, RecordId b, IdentityReason reason, size_t i) {
  if (a == b) return Status::Ok();
  Result<uint64_t> known = room_.ReviewOfPair(tenant_, a, b, context_.rows);
  if (!known.ok()) return std::move(known).status();
  if (*known != 0) return Status::Ok();
  IdentityChoice question;
  question.kind = ChoiceKind::kReview;
  question.tenant = tenant_;
  question.a = std::min(a, b);
  question.b = std::max(a, b);
  question.reason = reason;
  question.name_space = room_.NumberOf(identifier(i).name_space);
  question.confidence = identifier(i).confidence;
  question.weight = 100 * identifier(i).confidence;
  question.review = context_.counts.reviews + 1;
  Status status = host_.Emit(&question);
  if (status.ok()) choice_->reviews.push_back(question.position);
  return status;
}

}  // namespace crm
