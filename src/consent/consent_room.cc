#include "consent/consent_room.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "base/coding.h"

namespace crm {
namespace {

RowKey RecordKey(uint32_t tenant, RecordId record) {
  return RowKey{record, 0, tenant};
}
RowKey AddressRow(uint32_t tenant, const Hash128& address) {
  return RowKey{address.hi, address.lo, tenant};
}

Status Malformed(size_t own) {
  return Status(StatusCode::kCorruption, own == ConsentRoom::kConsents
                                             ? "malformed row of consents"
                                             : "malformed row of suppressions");
}

bool IsOneOf(std::span<const RecordId> records, RecordId record) {
  return std::find(records.begin(), records.end(), record) != records.end();
}

// A row that is too full to say more says that nothing may be sent there.
ConsentFact FullRow() {
  ConsentFact fact;
  fact.group = FactGroup::kSuppression;
  fact.action = ConsentAction::kSuppress;
  fact.reason = SuppressionReason::kManual;
  fact.effective_at = std::numeric_limits<int64_t>::max();
  return fact;
}

}  // namespace

bool IsOfErasure(const ConsentFact& fact, const ConsentQuestion& question) {
  if (fact.reason != SuppressionReason::kErased) return false;
  const bool happened =
      !question.as_of.has_value() ||
      fact.effective_at <= question.as_of->time_since_epoch().count();
  return happened &&
         (question.known_at == 0 || fact.position <= question.known_at);
}

std::vector<RowFamily> ConsentRoom::families() const {
  return {
      {.name = "consents"},
      {.name = "suppressions",
       .kind = FamilyKind::kHashed,
       .words = 2,
       .resident = true},
  };
}

const ConsentActs* ConsentRoom::ActsOf(const EventContent& content,
                                       Arena& arena) const {
  if (!IsConsentType(content.type)) return nullptr;
  return ReadConsentActs(
      content,
      [&](std::string_view name_space, std::string_view value) {
        return identity_->HashOf(
            content.tenant,
            Identifier{std::string(name_space), std::string(value)},
            content.identity, content.source);
      },
      [&](std::string_view name) {
        return Classify(content.identity, name).name;
      },
      arena);
}

Status ConsentRoom::Prepare(const EventContent& content, Arena& arena,
                            const void** data) const {
  *data = ActsOf(content, arena);
  return Status::Ok();
}

template <typename F>
Status ConsentRoom::ChangeRow(size_t own, const RowKey& key, RecordId self,
                              FoldContext& context, F change) const {
  Result<Row> row = context.rows.GetForChange(family(own), key);
  if (!row.ok()) return std::move(row).status();
  thread_local FactSet state;
  if (!state.Decode(self, row->value())) return Malformed(own);
  change(state);
  const std::string after = state.Encode(self);
  if (row->exists() && after == row->value()) return Status::Ok();
  if (after.empty()) {
    return row->exists() ? context.rows.Delete(family(own), key) : Status::Ok();
  }
  return context.rows.Put(family(own), key, after);
}

Status ConsentRoom::FoldRecord(const Fact& fact, const ConsentActs& acts,
                               RecordId record, uint8_t flags,
                               std::span<const RecordId> copies,
                               FoldContext& context) const {
  const EventHeader& header = fact.header;
  return ChangeRow(
      kConsents, RecordKey(header.tenant, record), record, context,
      [&](FactSet& state) {
        if (record == header.record) {
          ApplyActs(acts, header, fact.position, fact.id_order, flags, &state);
          for (const RecordId copy : copies) {
            if (copy != record) state.AddCopy(copy);
          }
          return;
        }
        const bool fits = state.AddOrigin(header.record, fact.position);
        for (const ConsentFact& item : acts.facts) {
          if (item.group == FactGroup::kPreference) continue;
          ConsentFact placed =
              PlaceFact(item, header, fact.position, fact.id_order);
          placed.flags |= flags;
          if (fits) {
            state.Apply(placed);
          } else if (Restricts(placed.action)) {
            state.SetOverflow();
          }
        }
      });
}

Status ConsentRoom::FoldAddresses(const Fact& fact, const ConsentActs& acts,
                                  FoldContext& context) const {
  const EventHeader& header = fact.header;
  for (const ConsentFact& item : acts.facts) {
    if (item.group != FactGroup::kSuppression || !item.has_address()) continue;
    const ConsentFact placed =
        PlaceFact(item, header, fact.position, fact.id_order);
    Status status =
        ChangeRow(kSuppressions, AddressRow(header.tenant, item.address), 0,
                  context, [&](FactSet& state) {
                    if (header.record == 0 ||
                        state.AddOrigin(header.record, fact.position)) {
                      state.Apply(placed);
                    } else if (Restricts(placed.action)) {
                      state.SetOverflow();
                    }
                  });
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status ConsentRoom::Fold(const Fact& fact, FoldContext& context) const {
  if (fact.content == nullptr) return Status::Ok();
  const auto* acts = static_cast<const ConsentActs*>(fact.prepared[index_]);
  if (acts == nullptr) return Status::Ok();
  const EventHeader& header = fact.header;
  Status status = FoldAddresses(fact, *acts, context);
  if (!status.ok() || header.record == 0) return status;
  std::vector<RecordId> records = {header.record};
  if ((header.flags & kEventNewCustomer) == 0) {
    Result<Members> members =
        identity_->MembersOf(header.tenant, header.customer, context.rows);
    if (!members.ok()) return std::move(members).status();
    for (const Members::Member& member : members->records) {
      if (member.record != header.record) records.push_back(member.record);
    }
  }
  const uint8_t flags = records.size() > 1 ? kFactShared : 0;
  for (const RecordId record : records) {
    status = FoldRecord(fact, *acts, record, flags, records, context);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status ConsentRoom::SuppressErased(uint32_t tenant, const Hash128& address,
                                   Position position, Timestamp at,
                                   FoldContext& context) const {
  ConsentFact fact;
  fact.group = FactGroup::kSuppression;
  fact.action = ConsentAction::kSuppress;
  fact.reason = SuppressionReason::kErased;
  fact.address = address;
  fact.position = position;
  fact.effective_at = at.time_since_epoch().count();
  return ChangeRow(kSuppressions, AddressRow(tenant, address), 0, context,
                   [&](FactSet& state) { state.Apply(fact); });
}

Status ConsentRoom::Canonical(size_t own, std::string_view key_bytes,
                              std::string_view value, const CanonicalSink& sink,
                              uint32_t* tenant, CustomerId* customer) const {
  RowKey key;
  if (!DecodeRowKey(key_bytes, families()[own].words, &key)) {
    return Status(StatusCode::kCorruption, "malformed key");
  }
  *tenant = key.tenant;
  *customer = 0;
  FactSetView state;
  if (!state.Parse(own == kConsents ? key.a : 0, value)) return Malformed(own);
  sink(
      CanonicalItem{std::string(key_bytes), std::string(value), key.tenant, 0});
  return Status::Ok();
}

// What a replay without their keys gives: what others said stays, also in her
// rows, and what she said goes, also out of the rows of others.
Status ConsentRoom::Erase(uint32_t tenant, CustomerId,
                          std::span<const RecordId> records,
                          FoldContext& context) const {
  const auto others = [&](RecordId origin) {
    return !IsOneOf(records, origin);
  };
  for (const RecordId record : records) {
    std::vector<RecordId> copies;
    std::vector<Hash128> addresses;
    Status status =
        ChangeRow(kConsents, RecordKey(tenant, record), record, context,
                  [&](FactSet& state) {
                    copies = state.copies();
                    for (const ConsentFact& fact : state.facts()) {
                      if (fact.group == FactGroup::kSuppression &&
                          fact.origin == record && fact.has_address()) {
                        addresses.push_back(fact.address);
                      }
                    }
                    state.KeepOrigins(others);
                    state.ForgetCopies();
                    state.ForgetOverflow();
                  });
    for (const RecordId copy : copies) {
      if (!status.ok() || IsOneOf(records, copy)) continue;
      status = ChangeRow(kConsents, RecordKey(tenant, copy), copy, context,
                         [&](FactSet& state) { state.KeepOrigins(others); });
    }
    for (const Hash128& address : addresses) {
      if (!status.ok()) break;
      status = ChangeRow(kSuppressions, AddressRow(tenant, address), 0, context,
                         [&](FactSet& state) { state.KeepOrigins(others); });
    }
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Result<Row> ConsentRoom::Get(size_t own, const RowKey& key,
                             const View* view) const {
  return view == nullptr ? services_.overlay->Get(family(own), key)
                         : view->Get(family(own), key);
}

Status ConsentRoom::Read(uint32_t tenant, RecordId record, const View& view,
                         FactSet* state) const {
  Result<Row> row = Get(kConsents, RecordKey(tenant, record), &view);
  if (!row.ok()) return std::move(row).status();
  return state->Decode(record, row->value()) ? Status::Ok()
                                             : Malformed(kConsents);
}

Status ConsentRoom::Read(uint32_t tenant, const Hash128& address,
                         const View& view, FactSet* state) const {
  Result<Row> row = Get(kSuppressions, AddressRow(tenant, address), &view);
  if (!row.ok()) return std::move(row).status();
  return state->Decode(0, row->value()) ? Status::Ok()
                                        : Malformed(kSuppressions);
}

Status ConsentRoom::AddRow(uint32_t tenant, RecordId record, const View* view,
                           ConsentCase* in, Row* row) const {
  Result<Row> read = Get(kConsents, RecordKey(tenant, record), view);
  if (!read.ok()) return std::move(read).status();
  *row = std::move(read).value();
  if (!row->exists()) return Status::Ok();
  FactSetView state;
  if (!state.Parse(record, row->value())) return Malformed(kConsents);
  in->overflow |= state.overflow();
  const uint8_t purpose = state.NumberOf(in->purpose);
  const ConsentChannel channel = in->question->channel;
  for (size_t i = 0; i < state.size(); ++i) {
    // Most facts are of something else; this tells without the tables.
    const FactGroup group = state.GroupAt(i);
    const ConsentChannel said = state.ChannelAt(i);
    const bool about_channel = said == channel || said == ConsentChannel::kAny;
    const uint8_t about = state.PurposeAt(i);
    if (group <= FactGroup::kObjection) {
      if (!about_channel || (about != 0 && about != purpose)) continue;
    } else if (group == FactGroup::kSuppression && !about_channel) {
      continue;
    }
    ConsentFact& fact = in->facts.emplace_back();
    state.Get(i, &fact);
    // What is another record's of hers is read there.
    if (fact.origin != record && IsOneOf(in->records, fact.origin)) {
      in->facts.pop_back();
    } else if (fact.grants() && fact.has_address()) {
      // It will be asked who else speaks of it.
      services_.overlay->Prefetch(family(kSuppressions),
                                  AddressRow(tenant, fact.address));
    }
  }
  return Status::Ok();
}

Result<bool> ConsentRoom::IsErased(uint32_t tenant,
                                   std::span<const RecordId> records,
                                   const View* view) const {
  const size_t profiles = profile_->first_family() + ProfileRoom::kProfiles;
  for (const RecordId record : records) {
    const RowKey key{record, 0, tenant};
    Result<Row> row = view == nullptr ? services_.overlay->Get(profiles, key)
                                      : view->Get(profiles, key);
    if (!row.ok()) return std::move(row).status();
    if (row->exists()) return false;
  }
  return true;
}

Result<bool> ConsentRoom::AddErased(uint32_t tenant, const View* view,
                                    ConsentCase* in) const {
  const bool granted = std::any_of(
      in->facts.begin(), in->facts.end(), [&](const ConsentFact& fact) {
        return fact.grants() && (fact.flags & kFactSoftOptIn) == 0 &&
               IsOneOf(in->records, fact.origin);
      });
  const std::string_view space = AddressSpace(in->question->channel, {});
  if (in->address != Hash128() || granted || space.empty() ||
      in->message_class != MessageClass::kMarketing) {
    return false;
  }
  const uint32_t number = identity_->NumberOf(space);
  std::shared_ptr<View> own;
  if (view == nullptr) {
    own = services_.overlay->OpenView();
    view = own.get();
  }
  Result<Members> members =
      identity_->MembersOf(tenant, in->question->customer, *view);
  if (!members.ok()) return std::move(members).status();
  bool any = false;
  for (const Members::Claim& claim : members->claims) {
    if (claim.state != Members::Claim::State::kOwns ||
        claim.name_space != number) {
      continue;
    }
    FactSet state;
    Status status = Read(tenant, claim.hash, *view, &state);
    if (!status.ok()) return status;
    for (const ConsentFact& fact : state.facts()) {
      if (!IsOfErasure(fact, *in->question)) continue;
      in->facts.push_back(fact);
      any = true;
    }
  }
  return any;
}

Status ConsentRoom::DecideCase(uint32_t tenant, const View* view,
                               ConsentCase* in,
                               const std::span<const ConsentFact>* suppressions,
                               ConsentDecision* out) const {
  const CustomerId customer = in->question->customer;
  const auto owner_of = [&](const Hash128& address) -> Result<AddressOwner> {
    Result<IdentifierRow> row = view == nullptr
                                    ? identity_->Find(tenant, address)
                                    : identity_->Find(tenant, address, *view);
    if (!row.ok()) return std::move(row).status();
    // A retired id stands for whom it leads to.
    CustomerId owner = row->owner;
    if (owner == 0 || row->shared) return AddressOwner::kNobody;
    if (owner == customer) return AddressOwner::kHers;
    CustomerId asked = customer;
    IdentityRoom::RecordIds of_owner;
    Status status = identity_->RecordsOf(tenant, &owner, view, &of_owner);
    if (status.ok()) {
      status = identity_->RecordsOf(tenant, &asked, view, &of_owner);
    }
    if (!status.ok()) return status;
    return owner == asked ? AddressOwner::kHers : AddressOwner::kAnother;
  };
  const auto add = [&](const Hash128& address, ConsentFacts* facts) {
    if (suppressions != nullptr) {
      for (const ConsentFact& fact : *suppressions) {
        if (fact.address == address) facts->push_back(fact);
      }
      return Status::Ok();
    }
    Result<Row> row = Get(kSuppressions, AddressRow(tenant, address), view);
    if (!row.ok()) return std::move(row).status();
    if (!row->exists()) return Status::Ok();
    FactSetView state;
    if (!state.Parse(0, row->value())) return Malformed(kSuppressions);
    for (size_t i = 0; i < state.size(); ++i) {
      ConsentFact fact;
      state.Get(i, &fact);
      if (in->Concerns(fact)) facts->push_back(fact);
    }
    if (state.overflow()) {
      facts->push_back(FullRow());
      facts->back().address = address;
    }
    return Status::Ok();
  };
  Status status = Decide(*in, std::ref(owner_of), std::ref(add), out);
  if (!status.ok() || out->verdict == Verdict::kDeny) return status;
  Result<bool> any = AddErased(tenant, view, in);
  if (!any.ok()) return std::move(any).status();
  if (*any) {
    *out = ConsentDecision();
    status = Decide(*in, std::ref(owner_of), std::ref(add), out);
    if (!status.ok() || out->verdict == Verdict::kDeny) return status;
  }
  const bool said = std::any_of(in->facts.begin(), in->facts.end(),
                                [&](const ConsentFact& fact) {
                                  return IsOneOf(in->records, fact.origin);
                                });
  if (said) return status;
  Result<bool> erased = IsErased(tenant, in->records, view);
  if (!erased.ok()) return std::move(erased).status();
  if (*erased) {
    *out = ConsentDecision();
    out->rule = ConsentRule::kUnknownCustomer;
  }
  return status;
}

// Most customers are one record, and one row says what she said.
Result<bool> ConsentRoom::CheckSole(uint32_t tenant, ConsentCase* in,
                                    ConsentDecision* out) const {
  constexpr int kAttempts = 3;
  Overlay& overlay = *services_.overlay;
  const size_t members = identity_->first_family() + IdentityRoom::kMembers;
  IdentityRoom::RecordIds records;
  // Where every customer has one record, it has her number: both look-ups then
  // wait for memory at once. Elsewhere this costs nothing worth speaking of.
  overlay.Prefetch(family(kConsents),
                   RecordKey(tenant, in->question->customer));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const uint64_t seen = overlay.Replaced(members);
    CustomerId customer = in->question->customer;
    Status status = identity_->RecordsOf(tenant, &customer, nullptr, &records);
    if (!status.ok()) return status;
    if (records.size() > 1) return false;
    in->records = records;
    in->known = !records.empty();
    in->facts.clear();
    in->overflow = false;
    Row row;
    if (in->known) status = AddRow(tenant, records[0], nullptr, in, &row);
    if (status.ok()) status = DecideCase(tenant, nullptr, in, nullptr, out);
    if (!status.ok()) return status;
    // No link changed meanwhile: they were her records all the time.
    if (overlay.Replaced(members) == seen) return true;
  }
  return false;
}

Status ConsentRoom::Check(uint32_t tenant, const View* view, ConsentCase* in,
                          ConsentDecision* out) const {
  std::shared_ptr<View> own;
  if (view == nullptr) {
    Result<bool> done = CheckSole(tenant, in, out);
    if (!done.ok()) return std::move(done).status();
    if (*done) return Status::Ok();
    own = services_.overlay->OpenView();
    view = own.get();
  }
  IdentityRoom::RecordIds records;
  CustomerId customer = in->question->customer;
  Status status = identity_->RecordsOf(tenant, &customer, view, &records);
  in->records = records;
  in->known = !records.empty();
  in->facts.clear();
  in->overflow = false;
  Row row;
  for (const RecordId record : records) {
    if (status.ok()) status = AddRow(tenant, record, view, in, &row);
  }
  if (status.ok()) status = DecideCase(tenant, view, in, nullptr, out);
  return status;
}

Status ConsentRoom::CheckFacts(uint32_t tenant, const View& view,
                               ConsentCase* in,
                               std::span<const ConsentFact> suppressions,
                               ConsentDecision* out) const {
  return DecideCase(tenant, &view, in, &suppressions, out);
}

}  // namespace crm
