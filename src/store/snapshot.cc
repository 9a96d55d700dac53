#include "store/snapshot.h"

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "base/instant.h"
#include "base/time_text.h"
#include "format/event_body.h"
#include "store/erased.h"
#include "store/read_upcaster.h"
#include "store/refusal.h"
#include "store/sequencer.h"

namespace crm {

Snapshot::Snapshot(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

Position Snapshot::position() const { return impl_->view->position(); }

Status Snapshot::Impl::CheckNotDropped() const {
  return crm::CheckNotDropped(tenant);
}

Status Snapshot::Impl::Check() const {
  Status status = CheckNotDropped();
  return status.ok() ? core().CheckReadable() : status;
}

Status Snapshot::Impl::ReadRecord(RecordId record,
                                  std::vector<Entry>* out) const {
  Status usable = Check();
  if (!usable.ok()) return usable;
  Result<RecordRow> row =
      core().views->identity().RecordOf(tenant.id, record, *view);
  if (row.status().code() == StatusCode::kNotFound) {
    return Status(StatusCode::kNotFound, "no record " + std::to_string(record));
  }
  if (!row.ok()) return std::move(row).status();
  const Status key = core().keyring->RecordKey(tenant.id, record).status();
  if (key.code() == StatusCode::kErased) {
    return Status(StatusCode::kErased,
                  "record " + std::to_string(record) + " was erased");
  }
  return core().views->profile().ReadRecord(tenant.id, record, row->events,
                                            view->position(), out);
}

Status Snapshot::Impl::ReadCustomer(CustomerId customer,
                                    std::vector<Entry>* out) const {
  Status usable = Check();
  if (!usable.ok()) return usable;
  Result<Members> members =
      core().views->identity().MembersOf(tenant.id, customer, *view);
  if (!members.ok()) return std::move(members).status();
  if (members->records.empty()) return NotFound("customer", customer);
  Status erased = CheckNotErased(customer, *members);
  if (!erased.ok()) return erased;
  for (const Members::Member& member : members->records) {
    if (member.erased) continue;
    Status status = ReadRecord(member.record, out);
    if (!status.ok()) return status;
  }
  if (members->records.size() > 1) {
    std::sort(out->begin(), out->end(), [](const Entry& a, const Entry& b) {
      return a.record.position < b.record.position;
    });
  }
  return Status::Ok();
}

Result<CustomerId> Snapshot::FindCustomer(const Identifier& identifier) const {
  Status usable = impl_->Check();
  if (!usable.ok()) return usable;
  const IdentityRoom& identity = impl_->core().views->identity();
  const uint32_t tenant = impl_->tenant.id;
  // An identifier has the form that the next event would give it.
  const auto definitions = impl_->core().DefinitionsOf(tenant);
  Result<Hash128> hash = identity.HashOf(
      tenant, identifier, IdentityAt(definitions.get(), position() + 1));
  if (!hash.ok()) return std::move(hash).status();
  Result<IdentifierRow> row = identity.Find(tenant, *hash, *impl_->view);
  if (!row.ok()) return std::move(row).status();
  if (row->shared) {
    return Status(StatusCode::kNotFound,
                  "several customers share this " + identifier.name_space);
  }
  if (row->owner == 0) {
    return Status(StatusCode::kNotFound,
                  "no customer has this " + identifier.name_space);
  }
  return row->owner;
}

Result<Customer> Snapshot::GetCustomer(CustomerId customer) const {
  Status usable = impl_->Check();
  if (!usable.ok()) return usable;
  StoreCore& core = impl_->core();
  const IdentityRoom& identity = core.views->identity();
  const uint32_t tenant = impl_->tenant.id;
  Result<Position> version = identity.Version(tenant, customer, *impl_->view);
  if (!version.ok()) return std::move(version).status();
  if (*version == 0) return NotFound("customer", customer);
  Result<Members> members = identity.MembersOf(tenant, customer, *impl_->view);
  if (!members.ok()) return std::move(members).status();
  Status erased = CheckNotErased(customer, *members);
  if (!erased.ok()) return erased;
  Customer out;
  Result<CustomerId> current = identity.Current(tenant, customer, *impl_->view);
  if (!current.ok()) return std::move(current).status();
  out.id = *current;
  for (const Members::Merge& merge : members->merges) {
    out.retired.push_back(merge.retired);
  }
  std::sort(out.retired.begin(), out.retired.end());
  out.version = *version;
  for (const Members::Member& member : members->records) {
    Result<RecordRow> row =
        identity.RecordOf(tenant, member.record, *impl_->view);
    if (!row.ok()) return std::move(row).status();
    CustomerRecord record;
    record.record = member.record;
    record.source = core.names.Text(NameKind::kSource, row->source);
    record.events = row->events;
    record.linked_at = member.linked_at;
    record.matched_by =
        core.names.Text(NameKind::kNamespace, member.matched_by);
    record.confidence = member.confidence;
    record.linked_to = member.linked_to;
    out.events += row->events;
    out.records.push_back(std::move(record));
  }
  return out;
}

Result<Profile> Snapshot::GetProfile(CustomerId customer) const {
  Profile profile;
  Status status = GetProfile(customer, &profile);
  if (!status.ok()) return status;
  return profile;
}

Status Snapshot::GetProfile(CustomerId customer, Profile* profile) const {
  Status status = impl_->Check();
  if (!status.ok()) return status;
  status = impl_->core().views->profile().Read(impl_->tenant.id, customer,
                                               impl_->view.get(), profile);
  if (status.code() != StatusCode::kNotFound) return status;
  Result<Members> members = impl_->core().views->identity().MembersOf(
      impl_->tenant.id, customer, *impl_->view);
  if (!members.ok()) return std::move(members).status();
  // Since this snapshot was taken, or before.
  return members->records.empty() ? NotFound("customer", customer)
                                  : ErasedCustomer(customer);
}

Result<EventCursor> Snapshot::Replay(const ReplayQuery& query) const {
  // The cursor has a life of its own: it takes a view of the same position.
  auto own = std::make_shared<Impl>(*impl_);
  return MakeCursor(std::move(own), query);
}

TenantStats StatsOf(const std::string& tenant, const TenantCounts& counts) {
  TenantStats stats;
  stats.tenant = tenant;
  stats.events = counts.events;
  stats.customers = counts.customers - counts.retired - counts.erased;
  stats.erased_customers = counts.erased;
  stats.last_customer = counts.customers;
  stats.open_reviews = counts.open_reviews;
  stats.records = counts.records;
  stats.unattributed = counts.unattributed;
  stats.contested = counts.contested;
  stats.schema_warnings = counts.schema_warnings;
  return stats;
}

Result<TenantStats> Snapshot::GetStats() const {
  StoreCore& core = impl_->core();
  Status usable = impl_->CheckNotDropped();
  if (!usable.ok()) return usable;
  Result<TenantCounts> counts =
      core.views->event().Counts(impl_->tenant.id, *impl_->view);
  if (!counts.ok()) return std::move(counts).status();
  return StatsOf(impl_->tenant.name, *counts);
}

// --- Timeline ----------------------------------------------------------------

namespace {

using Entry = Snapshot::Impl::Entry;

// Newest first: time, then position, descending.
bool Newer(const Entry& a, const Entry& b) {
  if (a.record.header.occurred_at != b.record.header.occurred_at) {
    return a.record.header.occurred_at > b.record.header.occurred_at;
  }
  return a.record.position > b.record.position;
}

// A cursor is the place of the last entry shown, and the direction.
std::string WriteTimelineCursor(const Entry& last, bool oldest_first) {
  std::string bytes;
  PutSigned(&bytes, last.record.header.occurred_at);
  PutVarint(&bytes, last.record.position);
  std::string text = oldest_first ? "o" : "n";
  for (const char byte : bytes) {
    constexpr char kHex[] = "0123456789abcdef";
    text += kHex[static_cast<uint8_t>(byte) >> 4];
    text += kHex[static_cast<uint8_t>(byte) & 15];
  }
  return text;
}

Status ReadTimelineCursor(std::string_view text, bool oldest_first,
                          Entry* last) {
  const Status malformed(StatusCode::kInvalidArgument,
                         "cursor: not one that this query gave");
  if (text.empty() || text[0] != (oldest_first ? 'o' : 'n')) return malformed;
  std::string bytes;
  text.remove_prefix(1);
  if (text.size() % 2 != 0) return malformed;
  for (size_t i = 0; i < text.size(); i += 2) {
    int byte = 0;
    for (size_t j = 0; j < 2; ++j) {
      const char digit = text[i + j];
      const bool decimal = digit >= '0' && digit <= '9';
      if (!decimal && (digit < 'a' || digit > 'f')) return malformed;
      byte = byte * 16 + (decimal ? digit - '0' : digit - 'a' + 10);
    }
    bytes += static_cast<char>(byte);
  }
  ByteReader reader(bytes);
  last->record.header.occurred_at = reader.Signed();
  last->record.position = reader.Varint();
  return reader.ok() && reader.AtEnd() ? Status::Ok() : malformed;
}

// The numbers of the types asked for; a name that nobody used is left out.
std::vector<uint32_t> TypeNumbers(const Names& names,
                                  const std::vector<std::string>& types) {
  std::vector<uint32_t> numbers;
  for (const std::string& type : types) {
    const uint32_t number = names.Find(NameKind::kType, type);
    if (number != 0) numbers.push_back(number);
  }
  return numbers;
}

Status ShowEntry(const StoreCore& core, const Entry& from,
                 ReadUpcaster* upcaster, TimelineEntry* entry) {
  const EventHeader& header = from.record.header;
  entry->position = from.record.position;
  entry->occurred_at = Instant(header.occurred_at);
  entry->type = core.names.Text(NameKind::kType, header.type);
  entry->source = core.names.Text(NameKind::kSource, header.source);
  entry->opened = from.opened;
  entry->redacted = (header.flags & kEventRedacted) != 0;
  entry->expired = (header.flags & kEventExpired) != 0;
  if (!from.opened) return Status::Ok();
  std::string plain;
  Status status = core.log_view->Expand(header, from.body, &plain);
  if (!status.ok()) return status;
  EventBody body;
  if (!UnpackBody(plain, &body)) {
    return Status(
        StatusCode::kCorruption,
        "event " + std::to_string(entry->position) + ": malformed body");
  }
  EventView view;
  view.type = entry->type;
  view.version = core.names.Text(NameKind::kVersion, header.version);
  view.payload = body.payload;
  if (!entry->redacted) upcaster->Apply(header, &view);
  entry->id = body.id;
  entry->payload = view.payload;
  entry->version = view.version;
  return Status::Ok();
}

}  // namespace

Result<TimelinePage> Snapshot::GetTimeline(CustomerId customer,
                                           const TimelineQuery& query) const {
  if (query.limit < 1 || query.limit > 1000) {
    return Status(StatusCode::kInvalidArgument, "limit: must be 1 to 1,000");
  }
  Entry last;
  if (!query.cursor.empty()) {
    Status status = ReadTimelineCursor(query.cursor, query.oldest_first, &last);
    if (!status.ok()) return status;
  }
  std::vector<Entry> all;
  Status status = impl_->ReadCustomer(customer, &all);
  if (!status.ok()) return status;
  const std::vector<uint32_t> types =
      TypeNumbers(impl_->core().names, query.types);
  std::vector<const Entry*> matching;
  for (const Entry& entry : all) {
    const EventHeader& header = entry.record.header;
    const Timestamp time = Instant(header.occurred_at);
    if (query.from.has_value() && time < *query.from) continue;
    if (query.until.has_value() && time >= *query.until) continue;
    if (!query.types.empty() &&
        std::find(types.begin(), types.end(), header.type) == types.end()) {
      continue;
    }
    matching.push_back(&entry);
  }
  const bool oldest_first = query.oldest_first;
  const auto before = [oldest_first](const Entry* a, const Entry* b) {
    return oldest_first ? Newer(*b, *a) : Newer(*a, *b);
  };
  std::sort(matching.begin(), matching.end(), before);
  ReadUpcaster upcaster;
  if (!query.as_appended) {
    upcaster =
        ReadUpcaster(impl_->core().definitions, impl_->tenant.id, position());
  }
  TimelinePage page;
  page.total = matching.size();
  auto next = matching.begin();
  if (!query.cursor.empty()) {
    const Entry* place = &last;
    next = std::upper_bound(matching.begin(), matching.end(), place, before);
  }
  for (; next != matching.end() && page.entries.size() < query.limit; ++next) {
    TimelineEntry entry;
    status = ShowEntry(impl_->core(), **next, &upcaster, &entry);
    if (!status.ok()) return status;
    entry.record = (*next)->owner;
    page.entries.push_back(std::move(entry));
  }
  if (next != matching.end()) {
    page.next = WriteTimelineCursor(**(next - 1), oldest_first);
  }
  return page;
}

const Trait* Profile::Find(std::string_view name) const {
  const auto found =
      std::lower_bound(traits.begin(), traits.end(), name,
                       [](const Trait& trait, std::string_view wanted) {
                         return trait.name < wanted;
                       });
  return found != traits.end() && found->name == name ? &*found : nullptr;
}

}  // namespace crm
