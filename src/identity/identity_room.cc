#include "identity/identity_room.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/coding.h"
#include "base/utf8.h"
#include "identity/identity_internal.h"

namespace crm {

std::vector<RowFamily> IdentityRoom::families() const {
  return {
      {.name = "identifiers",
       .kind = FamilyKind::kHashed,
       .words = 2,
       .resident = true},
      {.name = "record_keys",
       .kind = FamilyKind::kHashed,
       .words = 2,
       .resident = true},
      {.name = "records"},
      {.name = "members"},
      {.name = "claimants", .kind = FamilyKind::kHashed, .words = 2},
      {.name = "assertions"},
      {.name = "reviews"},
      {.name = "review_pairs", .words = 2},
      // Absence is what a late event asks for, and must not wait for the disk.
      {.name = "tombstones",
       .kind = FamilyKind::kHashed,
       .words = 2,
       .resident = true},
      {.name = "holds"},
      {.name = "households"},
      {.name = "households_of"},
      {.name = "household_names", .kind = FamilyKind::kHashed, .words = 2},
  };
}

Result<Hash128> IdentityRoom::HashOf(uint32_t tenant,
                                     const Identifier& identifier,
                                     const IdentitySettings* settings,
                                     std::string_view source) const {
  const NamespaceInfo info = Classify(settings, identifier.name_space);
  std::string canonical;
  Status status = normaliser_->Normalise(info, identifier.value, settings,
                                         source, &canonical);
  if (!status.ok()) return status;
  std::string text(1, 'i');
  PutBytes(&text, info.name);
  text += canonical;
  return SipHash128(services_.keyring->index_keys(tenant).identity, text);
}

Status IdentityRoom::Prepare(const EventContent& content, Arena& arena,
                             const void** data) const {
  *data = nullptr;
  if (content.hints.empty()) return Status::Ok();
  const HashKey& key = content.keys->identity;
  thread_local std::string canonical;
  thread_local std::string text;
  std::array<FactIdentifier, kMaxIdentifiers> found;
  size_t count = 0;
  IdentityData* out = arena.New<IdentityData>();
  out->settings = content.identity;
  std::string_view best_canonical;
  std::array<WithheldHint, kMaxIdentifiers> withheld;
  size_t withheld_count = 0;
  for (const DecodedEvent::Hint& hint : content.hints) {
    if (count == found.size()) break;
    const NamespaceInfo info = Classify(content.identity, hint.name_space);
    Status fits(StatusCode::kInvalidArgument, "");
    const bool named = IsNamespace(info.name);
    if (named) {
      fits = normaliser_->Normalise(info, hint.value, content.identity,
                                    content.source, &canonical);
    }
    if (!fits.ok()) {
      if (withheld_count == withheld.size()) continue;
      withheld[withheld_count++] = {named ? info.name : hint.name_space,
                                    fits.code() == StatusCode::kDenied
                                        ? IdentityReason::kBlocked
                                        : IdentityReason::kMalformed};
      continue;
    }
    text.assign(1, 'i');
    PutBytes(&text, info.name);
    text += canonical;
    FactIdentifier& identifier = found[count];
    identifier = {SipHash128(key, text), info.name, info.klass, info.confidence,
                  info.priority};
    const auto order = [](const FactIdentifier& item) {
      return std::pair(item.klass, item.priority);
    };
    // Insertion keeps the order of appearance among equals.
    size_t place = count;
    while (place > 0 && order(found[place]) < order(found[place - 1])) {
      std::swap(found[place], found[place - 1]);
      --place;
    }
    if (place == 0) best_canonical = arena.Copy(canonical);
    ++count;
  }
  out->withheld = arena.CopyAll(
      std::span<const WithheldHint>(withheld.data(), withheld_count));
  *data = out;
  if (count == 0) return Status::Ok();
  out->identifiers =
      arena.CopyAll(std::span<const FactIdentifier>(found.data(), count));
  // The record: what one source said about one person.
  text.assign(1, 'r');
  PutBytes(&text, content.source);
  PutBytes(&text, found[0].name_space);
  text += best_canonical;
  out->record_key = SipHash128(key, text);
  return Status::Ok();
}

void IdentityRoom::Prefetch(uint32_t tenant, const IdentityData& data) const {
  const Overlay& overlay = *services_.overlay;
  overlay.Prefetch(family(kRecordKeys), HashRow(tenant, data.record_key));
  for (const FactIdentifier& identifier : data.identifiers) {
    overlay.Prefetch(family(kIdentifiers), HashRow(tenant, identifier.hash));
  }
}

void IdentityRoom::Prefetch(uint32_t tenant, RecordId record) const {
  services_.overlay->Prefetch(family(kRecords), NumberRow(tenant, record));
}

Result<RecordId> IdentityRoom::WarmRecord(uint32_t tenant,
                                          const IdentityData& data,
                                          Arena& arena) const {
  Overlay& overlay = *services_.overlay;
  data.record_seen = overlay.Replaced(family(kRecordKeys));
  data.owners_seen = overlay.Replaced(family(kIdentifiers));
  Result<uint64_t> record = ReadNumber(
      overlay.Get(family(kRecordKeys), HashRow(tenant, data.record_key)),
      "record_keys");
  if (!record.ok()) return record;
  std::array<IdentifierRow, kMaxIdentifiers> owners;
  for (size_t i = 0; i < data.identifiers.size(); ++i) {
    Result<IdentifierRow> owner = ReadAs<IdentifierRow>(
        overlay.Get(family(kIdentifiers),
                    HashRow(tenant, data.identifiers[i].hash)),
        "identifiers");
    if (!owner.ok()) return std::move(owner).status();
    owners[i] = *owner;
  }
  data.record = *record;
  data.owners = arena.CopyAll(
      std::span<const IdentifierRow>(owners.data(), data.identifiers.size()));
  if (*record != 0) {
    overlay.Prefetch(family(kRecords), NumberRow(tenant, *record));
  }
  return record;
}

Result<CustomerId> IdentityRoom::WarmCustomer(uint32_t tenant,
                                              RecordId record) const {
  Overlay& overlay = *services_.overlay;
  Result<RecordRow> row =
      ReadRecord(overlay.Get(family(kRecords), NumberRow(tenant, record)));
  // Begun by a request that is still on its way.
  if (row.status().code() == StatusCode::kNotFound) return CustomerId{0};
  if (!row.ok()) return std::move(row).status();
  return row->customer;
}

// Whose a stored row is; 0: no one customer's.
CustomerId IdentityRoom::CustomerOf(size_t own, const RowKey& key,
                                    std::string_view value) const {
  IdentifierRow identifier;
  RecordRow record;
  RecordId of = 0;
  if (own == kMembers) return key.a;
  if (own == kIdentifiers && identifier.Decode(value)) return identifier.owner;
  if (own == kRecords && record.Decode(value)) return record.customer;
  if (own == kRecordKeys && identifier.Decode(value)) of = identifier.owner;
  if (own == kAssertions || own == kReviewPairs || own == kHouseholdsOf) {
    of = key.a;
  }
  ReviewRow review;
  if (own == kReviews && review.Decode(value)) of = review.a;
  if (of == 0) return 0;
  Result<RecordRow> row = RecordOf(key.tenant, of);
  return row.ok() ? row->customer : 0;
}

Status IdentityRoom::Canonical(size_t own, std::string_view key_bytes,
                               std::string_view value,
                               const CanonicalSink& sink, uint32_t* tenant,
                               CustomerId* customer) const {
  RowKey key;
  if (!DecodeRowKey(key_bytes, families()[own].words, &key)) {
    return Status(StatusCode::kCorruption, "malformed key");
  }
  *tenant = key.tenant;
  *customer = CustomerOf(own, key, value);
  sink(CanonicalItem{std::string(key_bytes), std::string(value), key.tenant,
                     *customer});
  return Status::Ok();
}

// Claims, links and named identifiers are made of it; without one of these an
// event whose record is known changes no row.
Status IdentityRoom::Carry(const Fact& fact, EventCarry* carry) const {
  const IdentityData* const data = DataOf(fact.prepared);
  if (data == nullptr || data->identifiers.empty()) return Status::Ok();
  constexpr uint16_t kMakes =
      kEventNewRecord | kEventNewCustomer | kEventContested;
  carry->identity |=
      (fact.header.flags & kMakes) != 0 ||
      (fact.header.record != 0 && fact.header.claims_or_month != 0);
  return Status::Ok();
}

}  // namespace crm
