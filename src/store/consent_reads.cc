#include "store/consent_reads.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/hash.h"
#include "base/instant.h"
#include "base/mutex.h"
#include "base/time_text.h"
#include "consent/receipt.h"
#include "format/json.h"
#include "store/carry.h"
#include "store/fact_decoder.h"
#include "store/read_upcaster.h"
#include "store/snapshot.h"

namespace crm {
namespace {

using Entry = Snapshot::Impl::Entry;

// An event of the timeline, opened as a fold sees it.
struct OpenedEvent {
  const Entry* entry = nullptr;
  std::string plain;
  std::string payload;
  EventContent content;
  const ConsentActs* acts = nullptr;
  uint64_t id_order = 0;
};

// Reads events of records through one snapshot.
class EventReader final {
 public:
  explicit EventReader(const Tenant::Impl& tenant)
      : tenant_(tenant), snapshot_(tenant.core, tenant.info) {}

  const View& view() const { return *snapshot_.view; }
  uint32_t tenant() const { return tenant_.info.id; }
  Arena& arena() { return arena_; }

  // The records of a customer, who may be a retired id.
  Status Records(CustomerId customer, IdentityRoom::RecordIds* records) {
    Status status = core().views->identity().RecordsOf(
        tenant_.info.id, &customer, &view(), records);
    if (status.ok() && records->empty()) return NoCustomer(customer);
    return status;
  }
  Status Read(RecordId record, std::vector<Entry>* out) {
    return snapshot_.ReadRecord(record, out);
  }
  bool IsAct(const EventHeader& header) const {
    return IsConsentType(core().names.Text(NameKind::kType, header.type));
  }
  // As it was folded: upcast and with the identity settings of its position.
  Status Open(const Entry& entry, OpenedEvent* out);

  const StoreCore& core() const { return *tenant_.core; }

 private:
  const Tenant::Impl& tenant_;
  Snapshot::Impl snapshot_;
  Arena arena_;
  std::vector<DecodedEvent::Hint> hints_;
};

Status EventReader::Open(const Entry& entry, OpenedEvent* out) {
  const EventHeader& header = entry.record.header;
  out->entry = &entry;
  EventContent& content = out->content;
  content.tenant = tenant_.info.id;
  content.keys = tenant_.info.keys;
  content.type = core().names.Text(NameKind::kType, header.type);
  content.source = core().names.Text(NameKind::kSource, header.source);
  if (!entry.opened) return Status::Ok();
  Status status = core().log_view->Expand(header, entry.body, &out->plain);
  if (!status.ok()) return status;
  if (!UnpackBody(arena_.Copy(out->plain), &content.body)) {
    return Status(
        StatusCode::kCorruption,
        "event " + std::to_string(entry.record.position) + ": malformed body");
  }
  out->id_order = StableHash64(content.body.id);
  const auto definitions = core().DefinitionsOf(tenant_.info.id);
  if (definitions != nullptr) {
    const TypedPayload given{
        header.type, content.type,
        core().names.Text(NameKind::kVersion, header.version),
        content.body.payload};
    std::string_view version;
    if (definitions->Upcast(given, entry.record.position, &out->payload,
                            &version)) {
      content.body.payload = arena_.Copy(out->payload);
    }
  }
  content.identity =
      core().definitions.IdentityAt(tenant_.info.id, entry.record.position);
  status = ReadHints(content.body.identity, arena_, &hints_);
  if (!status.ok()) return status;
  content.hints = arena_.CopyAll(std::span<const DecodedEvent::Hint>(hints_));
  out->acts = core().views->consent().ActsOf(content, arena_);
  return Status::Ok();
}

// Keys and records of what is looked at: all acts, or those up to a place.
struct Until {
  std::optional<Timestamp> as_of;
  Position known_at = 0;

  bool Holds(Position position, int64_t effective_at) const {
    return (known_at == 0 || position <= known_at) &&
           (!as_of.has_value() || Instant(effective_at) <= *as_of);
  }
};

int64_t EffectiveAt(const EventHeader& header) {
  return std::min(header.occurred_at, header.recorded_at);
}

// Folds the acts of a record anew. `shared`: where its customer had other
// records, too; `only` those.
Status FoldBack(EventReader& reader, RecordId record, const Until& until,
                std::span<const FactSet::Origin> shared, bool only,
                FactSet* state) {
  std::vector<Entry> entries;
  Status status = reader.Read(record, &entries);
  if (!status.ok()) return status;
  for (const Entry& entry : entries) {
    const Position position = entry.record.position;
    const EventHeader& header = entry.record.header;
    if (!reader.IsAct(header) || !entry.opened ||
        !until.Holds(position, EffectiveAt(header))) {
      continue;
    }
    const bool in_shared = std::any_of(
        shared.begin(), shared.end(), [&](const FactSet::Origin& span) {
          return position >= span.first && position <= span.last;
        });
    if (only && !in_shared) continue;
    OpenedEvent event;
    status = reader.Open(entry, &event);
    if (!status.ok()) return status;
    if (event.acts == nullptr) continue;
    EventHeader placed = header;
    placed.record = record;
    ApplyActs(*event.acts, placed, position, event.id_order,
              in_shared ? kFactShared : 0, state);
  }
  return Status::Ok();
}

// Where a record's acts went to others, too: it is they who know.
Status SharedSpans(EventReader& reader, const ConsentRoom& room,
                   RecordId record, const FactSet& state,
                   std::vector<FactSet::Origin>* out) {
  for (const RecordId copy : state.copies()) {
    FactSet there;
    Status status = room.Read(reader.tenant(), copy, reader.view(), &there);
    if (!status.ok()) return status;
    for (const FactSet::Origin& origin : there.origins()) {
      if (origin.record == record) out->push_back(origin);
    }
  }
  return Status::Ok();
}

// What anybody says of these addresses.
Status AddressesBack(EventReader& reader, uint32_t tenant, const Until& until,
                     const std::vector<Hash128>& addresses,
                     std::vector<ConsentFact>* out) {
  const ConsentRoom& room = reader.core().views->consent();
  for (const Hash128& address : addresses) {
    FactSet now;
    Status status = room.Read(tenant, address, reader.view(), &now);
    if (!status.ok()) return status;
    // What is of no record (an erasure, an event of nobody) is as it is.
    for (const ConsentFact& fact : now.facts()) {
      if (fact.origin == 0 && until.Holds(fact.position, fact.effective_at)) {
        out->push_back(fact);
      }
    }
    for (const FactSet::Origin& origin : now.origins()) {
      FactSet then;
      status = FoldBack(reader, origin.record, until, {}, false, &then);
      if (!status.ok()) return status;
      for (const ConsentFact& fact : then.facts()) {
        if (fact.group == FactGroup::kSuppression && fact.address == address) {
          out->push_back(fact);
        }
      }
    }
  }
  return Status::Ok();
}

// Those of an event, or what stays of them of one whose time is over.
Status HintsOf(EventReader& reader, const Entry& entry, Arena& arena,
               std::vector<DecodedEvent::Hint>* hints) {
  hints->clear();
  Status status;
  if (entry.opened) {
    OpenedEvent event;
    status = reader.Open(entry, &event);
    hints->assign(event.content.hints.begin(), event.content.hints.end());
  } else if ((entry.record.header.flags & kEventExpired) != 0) {
    std::string identity;
    status =
        ReadCarriedIdentity(reader.core(), entry.record.position, &identity);
    if (status.ok()) status = ReadHints(identity, arena, hints);
  }
  return status;
}

// How a customer is called: the identifiers of her newest event that opens.
Status IdentifiersOf(EventReader& reader,
                     const IdentityRoom::RecordIds& records,
                     std::vector<Identifier>* identifiers) {
  std::vector<Entry> entries;
  for (const RecordId record : records) {
    Status status = reader.Read(record, &entries);
    if (!status.ok()) return status;
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.record.position > b.record.position;
  });
  Arena arena;
  std::vector<DecodedEvent::Hint> hints;
  for (const Entry& entry : entries) {
    Status status = HintsOf(reader, entry, arena, &hints);
    if (!status.ok()) return status;
    for (const DecodedEvent::Hint& hint : hints) {
      const std::string name(hint.name_space);
      const bool known = std::any_of(
          identifiers->begin(), identifiers->end(),
          [&](const Identifier& item) { return item.name_space == name; });
      if (!known && !hint.value.empty() &&
          identifiers->size() < kMaxIdentifiers) {
        identifiers->push_back({name, std::string(hint.value)});
      }
    }
    if (!identifiers->empty()) return Status::Ok();
  }
  return Status(StatusCode::kFailedPrecondition,
                "customer: none of her events says how she is called");
}

// One act on its way into a history.
struct Told {
  ConsentFact fact;
  ConsentEntry entry;
};

// The same key: one takes the place of the other.
bool SameKey(const ConsentFact& a, const ConsentFact& b) {
  return a.group == b.group && a.purpose == b.purpose &&
         a.channel == b.channel && a.address == b.address &&
         a.origin == b.origin && a.reason == b.reason;
}

ConsentEntry EntryOf(const EventReader& reader, const OpenedEvent& event,
                     RecordId record, bool shared) {
  const EventHeader& header = event.entry->record.header;
  ConsentEntry out;
  out.position = event.entry->record.position;
  out.record = record;
  out.event_type = event.content.type;
  out.source = reader.core().names.Text(NameKind::kSource, header.source);
  out.occurred_at = Instant(header.occurred_at);
  out.recorded_at = Instant(header.recorded_at);
  out.effective_at = Instant(EffectiveAt(header));
  out.clamped = header.occurred_at > header.recorded_at;
  out.shared = shared;
  out.opened = event.entry->opened;
  if (out.opened) {
    out.event_id = event.content.body.id;
    out.payload = event.content.body.payload;
  }
  return out;
}

// A name that the payload gives; the facts have its hash alone.
std::string PurposeOf(const ConsentFact& fact, const ConsentSettings& settings,
                      std::string_view payload) {
  if (fact.purpose == 0) return {};
  const ConsentPurpose* known = settings.FindPurpose(fact.purpose);
  if (known != nullptr) return known->name;
  std::string name;
  Status status =
      ForEachMember(payload, [&](std::string_view key, std::string_view value) {
        if (key == "purpose") name = JsonScalarText(value);
        return true;
      });
  return status.ok() ? name : std::string();
}

Status TellRecord(EventReader& reader, RecordId record, const Until& until,
                  const FactSet::Origin* only, const ConsentSettings& settings,
                  std::vector<Told>* out) {
  std::vector<Entry> entries;
  Status status = reader.Read(record, &entries);
  if (!status.ok()) return status;
  for (const Entry& entry : entries) {
    const EventHeader& header = entry.record.header;
    const Position position = entry.record.position;
    if (!reader.IsAct(header) || !until.Holds(position, EffectiveAt(header)) ||
        (only != nullptr &&
         (position < only->first || position > only->last))) {
      continue;
    }
    OpenedEvent event;
    status = reader.Open(entry, &event);
    if (!status.ok()) return status;
    const ConsentEntry base = EntryOf(reader, event, record, only != nullptr);
    if (!entry.opened) {
      out->push_back({{}, base});
      out->back().fact.effective_at = EffectiveAt(header);
      continue;
    }
    if (event.acts == nullptr) continue;
    EventHeader placed = header;
    placed.record = record;
    for (const ConsentFact& item : event.acts->facts) {
      if (item.group == FactGroup::kPreference) continue;
      Told told{PlaceFact(item, placed, position, event.id_order), base};
      told.entry.action = told.fact.action;
      told.entry.channel = told.fact.channel;
      told.entry.purpose = PurposeOf(told.fact, settings, base.payload);
      out->push_back(std::move(told));
    }
  }
  return Status::Ok();
}

// Goes through the acts in the order in which they count.
void TellStates(const ConsentSettings& settings, std::vector<Told>* all) {
  std::sort(all->begin(), all->end(), [](const Told& a, const Told& b) {
    return Outweighs(b.fact, a.fact);
  });
  for (size_t i = 0; i < all->size(); ++i) {
    Told& told = (*all)[i];
    if (!told.entry.opened) continue;
    told.entry.state =
        StateOf(told.fact, settings, Instant(told.fact.effective_at));
    for (size_t before = 0; before < i; ++before) {
      Told& other = (*all)[before];
      if (!other.entry.opened || !SameKey(other.fact, told.fact)) continue;
      told.entry.renewed = told.fact.grants() && other.fact.grants();
      other.entry.superseded = true;
    }
  }
}

// The latest of each preference, as it was written: facts tell which event it
// was, and its payload what it says.
class PreferenceText final {
 public:
  explicit PreferenceText(ConsentPreferences* out) : out_(*out) {}

  void Add(const OpenedEvent& event) {
    const Entry& entry = *event.entry;
    for (const ConsentFact& item : event.acts->facts) {
      if (item.group != FactGroup::kPreference) continue;
      const auto field = static_cast<PreferenceField>(item.channel);
      if (!Newer(item, entry, event.id_order)) continue;
      const bool unset = item.purpose == kPreferenceUnset;
      if (field == PreferenceField::kFrequency) {
        out_.email_frequency = unset ? "" : FrequencyName(item.purpose);
      } else if (field == PreferenceField::kTimeZone) {
        out_.time_zone = unset ? "" : Member(event, {"timezone"});
      }
    }
    if (!event.acts->sets_categories) return;
    ConsentFact fact;
    fact.group = FactGroup::kPreference;
    fact.action = ConsentAction::kAsk;
    fact.channel = static_cast<ConsentChannel>(PreferenceField::kCategories);
    if (!Newer(fact, entry, event.id_order)) return;
    const std::string list = Member(event, {"categories", "pushCategories"});
    out_.categories.clear();
    out_.has_categories = list != "null";
    if (!out_.has_categories) return;
    Status status = ForEachElement(list, [&](std::string_view element) {
      if (element.starts_with('"')) {
        out_.categories.push_back(JsonScalarText(element));
      }
      return true;
    });
    (void)status;
  }

 private:
  bool Newer(const ConsentFact& item, const Entry& entry, uint64_t id_order) {
    const ConsentFact placed =
        PlaceFact(item, entry.record.header, entry.record.position, id_order);
    const auto [place, added] = newest_.try_emplace(item.channel, placed);
    if (added) return true;
    if (!Outweighs(placed, place->second)) return false;
    place->second = placed;
    return true;
  }
  // Text of a string, JSON of a list.
  static std::string Member(const OpenedEvent& event,
                            std::initializer_list<std::string_view> names) {
    std::string found;
    std::string payload(event.content.body.payload);
    const auto look = [&](std::string_view key, std::string_view value) {
      for (const std::string_view name : names) {
        if (key == name && found.empty()) found = value;
      }
      return true;
    };
    std::string inner;
    Status status = ForEachMember(
        payload, [&](std::string_view key, std::string_view value) {
          if (key == "preferences" && value.starts_with('{')) inner = value;
          return true;
        });
    status = ForEachMember(inner.empty() ? payload : inner, look);
    (void)status;
    return found.starts_with('"') ? JsonScalarText(found) : found;
  }

  ConsentPreferences& out_;
  std::map<ConsentChannel, ConsentFact> newest_;
};

}  // namespace

const ConsentSettings& ConsentSettingsOf(const TenantDefinitions* definitions) {
  const Definition* set =
      definitions == nullptr ? nullptr : definitions->consent();
  return set == nullptr ? ConsentSettings::Default() : *set->consent;
}

Status CheckWhose(const Tenant::Impl& tenant, CustomerId customer,
                  std::vector<Identifier>* identifiers) {
  ReaderLock open(tenant.core->lifecycle);
  Status status = tenant.CheckOpen();
  if (!status.ok()) return status;
  EventReader reader(tenant);
  IdentityRoom::RecordIds records;
  status = reader.Records(customer, &records);
  if (!status.ok()) return status;
  if (identifiers->empty()) return IdentifiersOf(reader, records, identifiers);
  const IdentityRoom& identity = tenant.core->views->identity();
  Result<CustomerId> current =
      identity.Current(tenant.info.id, customer, reader.view());
  if (!current.ok()) return std::move(current).status();
  const auto definitions = tenant.core->DefinitionsOf(tenant.info.id);
  bool hers = false;
  for (const Identifier& identifier : *identifiers) {
    Result<Hash128> hash =
        identity.HashOf(tenant.info.id, identifier,
                        IdentityAt(definitions.get(), kEveryPosition));
    if (!hash.ok()) continue;  // The append says what is wrong with it.
    Result<IdentifierRow> row =
        identity.Find(tenant.info.id, *hash, reader.view());
    if (!row.ok()) return std::move(row).status();
    if (row->owner == 0 || row->shared) continue;
    if (row->owner != *current) {
      return Status(StatusCode::kConflict, identifier.name_space +
                                               ": of another customer than " +
                                               std::to_string(customer));
    }
    hers = true;
  }
  if (hers) return Status::Ok();
  return Status(StatusCode::kConflict,
                "identifiers: none of them is customer " +
                    std::to_string(customer) + "'s");
}

Status MakeCase(const Tenant::Impl& tenant,
                const TenantDefinitions* definitions,
                const ConsentQuestion& question, ConsentCase* in) {
  in->settings = &ConsentSettingsOf(definitions);
  in->question = &question;
  in->message_class = question.message_class;
  if (!question.template_name.empty()) {
    const ConsentTemplate* found =
        in->settings->FindTemplate(question.template_name);
    if (found == nullptr) {
      return Status(StatusCode::kNotFound, "template: not in the register");
    }
    in->message_class = found->message_class;
  }
  if (question.channel == ConsentChannel::kAny ||
      ConsentChannelName(question.channel).empty()) {
    return Status(StatusCode::kInvalidArgument,
                  "channel: a question is about one");
  }
  if (MessageClassName(in->message_class).empty()) {
    return Status(StatusCode::kInvalidArgument, "class: unknown");
  }
  if (!InTimeRange(question.at)) {
    return Status(StatusCode::kInvalidArgument, "at: out of range");
  }
  if (!question.jurisdiction.empty() &&
      !IsJurisdiction(question.jurisdiction)) {
    return Status(StatusCode::kInvalidArgument,
                  "jurisdiction: must be of ISO 3166, like DE or US-CA");
  }
  in->purpose = question.purpose.empty() ? 0 : StableHash64(question.purpose);
  if (question.address.empty()) return Status::Ok();
  const std::string_view space =
      AddressSpace(question.channel, question.address);
  if (space.empty()) return Status::Ok();
  Result<Hash128> hash = tenant.core->views->identity().HashOf(
      tenant.info.id, {std::string(space), std::string(question.address)},
      IdentityAt(definitions, kEveryPosition));
  if (!hash.ok()) {
    return Status(StatusCode::kInvalidArgument,
                  "address: " + std::string(hash.status().message()));
  }
  in->address = *hash;
  return Status::Ok();
}

Status CheckBack(const Tenant::Impl& tenant,
                 const TenantDefinitions* definitions, ConsentCase* in,
                 ConsentDecision* out) {
  const ConsentQuestion& question = *in->question;
  const Until until{question.as_of, question.known_at};
  if (definitions != nullptr && until.known_at != 0) {
    const ConsentSettings* then = definitions->ConsentAt(until.known_at + 1);
    in->settings = then == nullptr ? &ConsentSettings::Default() : then;
  }
  EventReader reader(tenant);
  IdentityRoom::RecordIds records;
  CustomerId customer = question.customer;
  const ConsentRoom& room = tenant.core->views->consent();
  Status status = tenant.core->views->identity().RecordsOf(
      tenant.info.id, &customer, &reader.view(), &records);
  in->records = records;
  in->known = !records.empty();
  std::vector<Hash128> addresses;
  if (in->address != Hash128()) addresses.push_back(in->address);
  const auto take = [&](const FactSet& state) {
    for (const ConsentFact& fact : state.facts()) {
      if (fact.grants() && fact.has_address()) {
        addresses.push_back(fact.address);
      }
      if (in->Concerns(fact)) in->facts.push_back(fact);
    }
  };
  for (const RecordId record : records) {
    FactSet now;
    FactSet then;
    if (status.ok()) {
      status = room.Read(tenant.info.id, record, reader.view(), &now);
    }
    std::vector<FactSet::Origin> shared;
    if (status.ok()) status = SharedSpans(reader, room, record, now, &shared);
    if (status.ok()) {
      status = FoldBack(reader, record, until, shared, false, &then);
    }
    if (!status.ok()) return status;
    in->overflow |= now.overflow();
    take(then);
    for (const FactSet::Origin& origin : now.origins()) {
      if (std::find(records.begin(), records.end(), origin.record) !=
          records.end()) {
        continue;
      }
      FactSet theirs;
      status =
          FoldBack(reader, origin.record, until, {&origin, 1}, true, &theirs);
      if (!status.ok()) return status;
      take(theirs);
    }
  }
  std::vector<ConsentFact> suppressions;
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()),
                  addresses.end());
  if (status.ok()) {
    status =
        AddressesBack(reader, tenant.info.id, until, addresses, &suppressions);
  }
  std::erase_if(suppressions,
                [&](const ConsentFact& fact) { return !in->Concerns(fact); });
  if (!status.ok()) return status;
  return room.CheckFacts(tenant.info.id, reader.view(), in, suppressions, out);
}

Result<std::vector<ConsentEntry>> Tenant::GetConsentHistory(
    CustomerId customer, const ConsentHistoryQuery& query) const {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  EventReader reader(*impl_);
  IdentityRoom::RecordIds records;
  status = reader.Records(customer, &records);
  const auto definitions = impl_->core->DefinitionsOf(impl_->info.id);
  const ConsentSettings& settings = ConsentSettingsOf(definitions.get());
  const Until until{query.as_of, query.known_at};
  std::vector<Told> all;
  for (const RecordId record : records) {
    FactSet now;
    if (status.ok()) {
      status = TellRecord(reader, record, until, nullptr, settings, &all);
    }
    if (status.ok()) {
      status = impl_->core->views->consent().Read(impl_->info.id, record,
                                                  reader.view(), &now);
    }
    for (const FactSet::Origin& origin : now.origins()) {
      if (!status.ok() || std::find(records.begin(), records.end(),
                                    origin.record) != records.end()) {
        continue;
      }
      status =
          TellRecord(reader, origin.record, until, &origin, settings, &all);
    }
  }
  if (!status.ok()) return status;
  TellStates(settings, &all);
  std::vector<ConsentEntry> history;
  for (Told& told : all) history.push_back(std::move(told.entry));
  return history;
}

Result<ConsentPreferences> Tenant::GetPreferences(CustomerId customer) const {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  EventReader reader(*impl_);
  IdentityRoom::RecordIds records;
  status = reader.Records(customer, &records);
  ConsentPreferences out;
  PreferenceText text(&out);
  for (const RecordId record : records) {
    std::vector<Entry> entries;
    if (status.ok()) status = reader.Read(record, &entries);
    for (const Entry& entry : entries) {
      if (!status.ok()) return status;
      if (!entry.opened || !reader.IsAct(entry.record.header)) continue;
      OpenedEvent event;
      status = reader.Open(entry, &event);
      if (!status.ok() || event.acts == nullptr) continue;
      text.Add(event);
    }
  }
  if (!status.ok()) return status;
  return out;
}

Result<std::string> Tenant::GetConsentReceipt(CustomerId customer,
                                              Position position,
                                              ReceiptFormat format) const {
  if (format != ReceiptFormat::kKantara && format != ReceiptFormat::kIso27560) {
    return Status(StatusCode::kInvalidArgument, "format: unknown");
  }
  Result<std::vector<ConsentEntry>> history = GetConsentHistory(customer);
  if (!history.ok()) return std::move(history).status();
  for (const ConsentEntry& entry : *history) {
    if (entry.position != position || !entry.opened) continue;
    ReaderLock open(impl_->core->lifecycle);
    const auto definitions = impl_->core->DefinitionsOf(impl_->info.id);
    return MakeReceipt(entry, ConsentSettingsOf(definitions.get()),
                       impl_->info.name, format);
  }
  return Status(StatusCode::kNotFound,
                "no act of hers at " + std::to_string(position));
}

}  // namespace crm
