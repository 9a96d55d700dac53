#include "format/packed_profile.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/coding.h"
#include "format/profile_state.h"
#include "format/wrapping.h"

namespace crm {
namespace {

// Names that many profiles have. A name's number is its place here, from 1:
// a change makes the views be built anew.
constexpr std::array<std::string_view, 24> kNames = {
    "email",   "phoneNumber", "firstName", "lastName",    "name",
    "address", "gender",      "birthday",  "dateOfBirth", "title",
    "company", "city",        "country",   "postalCode",  "language",
    "locale",  "timezone",    "handicap",  "membership",  "memberNumber",
    "status",  "tier",        "homeClub",  "currency",
};

uint64_t NumberOf(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return i + 1;
  }
  return 0;
}

// So many origins back an equal one is looked for.
constexpr size_t kOriginsBack = 64;

// Where traits come from; of entries that came with one event it is the same.
bool SameOrigin(const TraitEntry& a, const TraitEntry& b) {
  return a.position == b.position && a.id_order == b.id_order &&
         a.occurred_at == b.occurred_at && a.source == b.source &&
         a.source_rank == b.source_rank;
}

void PutOrigin(const ProfileView& view, const TraitEntry& entry,
               std::string* out) {
  PutSigned(out, Minus(entry.occurred_at, view.last_seen()));
  PutBe64(out, entry.id_order);
  PutVarint(out, view.version() - entry.position);
  PutVarint(out, entry.source);
  PutVarint(out, entry.source_rank);
}

// Varints of what must fit into 32 or 16 bits.
bool TakeOrigin(ByteReader& reader, Position version, int64_t last_seen,
                TraitEntry* entry) {
  entry->occurred_at = Plus(last_seen, reader.Signed());
  entry->id_order = reader.Be64();
  entry->position = version - reader.Varint();
  const uint64_t source = reader.Varint();
  const uint64_t rank = reader.Varint();
  entry->source = static_cast<uint32_t>(source);
  entry->source_rank = static_cast<uint16_t>(rank);
  return reader.ok() && entry->source == source && entry->source_rank == rank;
}

}  // namespace

bool PackProfile(std::string_view state, std::string* out) {
  ProfileView view;
  if (!view.Parse(state)) return false;
  for (const TraitEntry& entry : view.traits()) {
    if (entry.is_default > 1 || entry.reserved2 != 0) return false;
  }
  PutVarint(out, view.events());
  PutVarint(out, view.version());
  PutSigned(out, view.last_seen());
  PutSigned(out, Minus(view.last_seen(), view.first_seen()));
  PutVarint(out, view.traits().size());
  thread_local std::vector<const TraitEntry*> origins;
  origins.clear();
  for (const TraitEntry& entry : view.traits()) {
    const size_t skipped =
        origins.size() - std::min(origins.size(), kOriginsBack);
    const auto same = std::find_if(
        origins.begin() + static_cast<ptrdiff_t>(skipped), origins.end(),
        [&](const TraitEntry* other) { return SameOrigin(*other, entry); });
    const auto origin = static_cast<uint64_t>(same - origins.begin());
    PutVarint(out, origin << 1 | entry.is_default);
    if (same == origins.end()) {
      origins.push_back(&entry);
      PutOrigin(view, entry, out);
    }
    const std::string_view name = view.NameOf(entry);
    const uint64_t number = NumberOf(name);
    PutVarint(out, number);
    if (number == 0) PutBytes(out, name);
    PutBytes(out, view.ValueOf(entry));
  }
  return true;
}

bool UnpackProfile(std::string_view packed, std::string* state) {
  ByteReader reader(packed);
  const uint64_t events = reader.Varint();
  const Position version = reader.Varint();
  const int64_t last_seen = reader.Signed();
  const int64_t first_seen = Minus(last_seen, reader.Signed());
  const uint64_t count = reader.Varint();
  // Each takes some bytes: a damaged count allocates nothing.
  if (!reader.ok() || count > reader.remaining()) return false;
  thread_local ProfileBuilder builder;
  thread_local std::vector<TraitEntry> origins;
  builder.Clear();
  origins.clear();
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t head = reader.Varint();
    if (head >> 1 > origins.size()) return false;
    if (head >> 1 == origins.size()) {
      origins.emplace_back();
      if (!TakeOrigin(reader, version, last_seen, &origins.back())) {
        return false;
      }
    }
    TraitEntry entry = origins[head >> 1];
    entry.is_default = head & 1;
    const uint64_t number = reader.Varint();
    if (number > kNames.size()) return false;
    const std::string_view name =
        number == 0 ? reader.Bytes() : kNames[number - 1];
    const std::string_view value = reader.Bytes();
    if (!reader.ok() || name.size() > UINT16_MAX) return false;
    builder.Add(name, value, entry);
  }
  if (!reader.AtEnd()) return false;
  builder.Build(events, version, first_seen, last_seen, state);
  return true;
}

}  // namespace crm
