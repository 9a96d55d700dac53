#include "profile/profile_room.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/coding.h"
#include "base/instant.h"
#include "format/dictionary.h"
#include "format/packed_profile.h"
#include "profile/catalogue.h"

namespace crm {
namespace {

constexpr size_t kMaxTraitNameBytes = 128;
constexpr size_t kMaxTraitValueBytes = 8 * 1024;
// More than kMaxTraits of the largest names and values.
constexpr uint64_t kMaxProfileBytes = uint64_t{16} << 20;
// Packed profiles below this have nothing that repeats.
constexpr size_t kCompressedFrom = 512;

bool SortsBefore(const TraitUpdate& a, const TraitUpdate& b) {
  return a.name < b.name;
}

// The updates of one event, later fields of one name replacing earlier ones.
class Updates {
 public:
  explicit Updates(Arena& arena) : arena_(arena) { items_.clear(); }

  // What is a default of the event is none where it says something itself.
  void Add(std::string_view name, std::string_view value,
           bool is_default = false) {
    if (name.empty() || name.size() > kMaxTraitNameBytes ||
        value.size() > kMaxTraitValueBytes) {
      return;
    }
    if (value == "null") value = {};
    for (TraitUpdate& item : items_) {
      if (item.name == name) {
        if (is_default && !item.is_default) return;
        item.value = arena_.Copy(value);
        item.is_default = is_default;
        return;
      }
    }
    items_.push_back({arena_.Copy(name), arena_.Copy(value), is_default});
  }

  std::span<const TraitUpdate> Take() {
    std::sort(items_.begin(), items_.end(), SortsBefore);
    return arena_.CopyAll(std::span<const TraitUpdate>(items_));
  }

 private:
  Arena& arena_;
  static thread_local std::vector<TraitUpdate> items_;
};

thread_local std::vector<TraitUpdate> Updates::items_;

std::string AssociatedOf(const RowKey& key) {
  return "crm record profile" + EncodeRowKey(key, 1);
}

Status Malformed(RecordId record) {
  return Status(
      StatusCode::kCorruption,
      "profile of record " + std::to_string(record) + " is malformed");
}

template <typename State>
void ShowCounters(const State& state, Profile* profile) {
  profile->events = state.events();
  profile->version = state.version();
  profile->first_seen = Instant(state.first_seen());
  profile->last_seen = Instant(state.last_seen());
}

// Given name and birth date, whatever their sources call them.
void AddToPerson(std::string_view trait, std::string_view value,
                 Person* person) {
  if (value.size() < 3 || value.front() != '"') return;
  if (trait == "firstName" || trait == "givenName" || trait == "given_name" ||
      trait == "firstname") {
    person->given_name = Person::FoldName(JsonScalarText(value));
  } else if (trait == "dateOfBirth" || trait == "birthDate" ||
             trait == "birthday" || trait == "date_of_birth" ||
             trait == "birthdate" || trait == "birth_date") {
    person->birth_date = Person::FoldBirthDate(JsonScalarText(value));
  }
}

}  // namespace

// Profiles on disk: nonce, then the state, packed and sealed with the key of
// the record's bucket. What is sealed begins with the size of the packed
// state when it is compressed, or else with zero.
struct ProfileRoom::Codec final : RowCodec {
  explicit Codec(KeyRing* ring) : keyring(ring) {}

  Status Encode(const RowKey& key, std::string_view row,
                std::string* stored) const override {
    // Nothing is to be read of it any more: the row goes.
    if (keyring->unreadable()) return Status(StatusCode::kErased, "no keys");
    Result<Key> bucket =
        keyring->BucketKey(key.tenant, key.a / kRecordsPerBucket, true);
    if (!bucket.ok()) return std::move(bucket).status();
    thread_local std::string packed;
    packed.assign(1, '\0');
    if (!PackProfile(row, &packed)) return Malformed(key);
    if (packed.size() >= kCompressedFrom) {
      thread_local std::string smaller;
      smaller.clear();
      PutVarint(&smaller, packed.size() - 1);
      if (compressor.Compress(std::string_view(packed).substr(1), &smaller)) {
        packed.swap(smaller);
      }
    }
    thread_local NonceSource nonces;
    const Nonce nonce = nonces.Next();
    stored->assign(reinterpret_cast<const char*>(nonce.data()), nonce.size());
    keyring->Seal(*bucket, nonce, packed, AssociatedOf(key), stored);
    return Status::Ok();
  }

  Status Decode(const RowKey& key, std::string_view stored,
                std::string* row) const override {
    Result<Key> bucket =
        keyring->BucketKey(key.tenant, key.a / kRecordsPerBucket, false);
    const bool missing = bucket.status().code() == StatusCode::kKeyMissing;
    if (!bucket.ok() && !missing) return std::move(bucket).status();
    // A row whose key is not there is damaged: views can be made again.
    bool sound = !missing && OpenRow(*bucket, key, stored, row);
    if (!missing && !sound) {
      // Its bucket's key was renewed, and it was not sealed anew yet.
      bucket = keyring->RetiringKey(key.tenant, key.a / kRecordsPerBucket);
      sound = bucket.ok() && OpenRow(*bucket, key, stored, row);
    }
    ProfileView view;
    if (!sound || !view.Parse(*row)) {
      return Status(
          StatusCode::kCorruption,
          "profile of record " + std::to_string(key.a) + " does not open");
    }
    return Status::Ok();
  }

  bool OpenRow(const Key& bucket, const RowKey& key, std::string_view stored,
               std::string* row) const {
    if (stored.size() < kNonceBytes) return false;
    Nonce nonce{};
    std::memcpy(nonce.data(), stored.data(), kNonceBytes);
    thread_local std::string packed;
    return keyring->Open(bucket, nonce, stored.substr(kNonceBytes),
                         AssociatedOf(key), &packed) &&
           Unpack(packed, row);
  }

  static Status Malformed(const RowKey& key) {
    return Status(
        StatusCode::kCorruption,
        "profile of customer " + std::to_string(key.a) + " is malformed");
  }

  bool Unpack(std::string_view packed, std::string* row) const {
    ByteReader reader(packed);
    const uint64_t size = reader.Varint();
    if (!reader.ok() || size > kMaxProfileBytes) return false;
    if (size == 0) return UnpackProfile(reader.Rest(), row);
    thread_local std::string expanded;
    return compressor.Decompress(reader.Rest(), size, &expanded) &&
           UnpackProfile(expanded, row);
  }

  KeyRing* const keyring;
  const Dictionary compressor{std::string()};
};

ProfileRoom::ProfileRoom(KeyRing* keyring, const IdentityRoom* identity)
    : keyring_(keyring),
      identity_(identity),
      codec_(std::make_shared<Codec>(keyring)) {}
ProfileRoom::~ProfileRoom() = default;

std::vector<RowFamily> ProfileRoom::families() const {
  return {
      {.name = "profiles", .kind = FamilyKind::kSealed, .codec = codec_},
      {.name = "timeline",
       .kind = FamilyKind::kPacked,
       .words = 2,
       .packed = true},
  };
}

Status ProfileRoom::Prepare(const EventContent& content, Arena& arena,
                            const void** data) const {
  *data = nullptr;
  Updates updates(arena);
  thread_local std::string quoted;
  for (const DecodedEvent::Hint& hint : content.hints) {
    const std::string_view trait = TraitOfHint(hint.name_space);
    if (trait.empty()) continue;
    quoted.clear();
    AppendJsonString(hint.value, &quoted);
    updates.Add(trait, quoted);
  }
  const auto [told, telling] = TraitOfType(content.type);
  if (!told.empty()) updates.Add(told, telling);
  const std::string_view payload = content.body.payload;
  const bool profile_event = IsProfileEvent(content.type);
  // "traits" or "defaultTraits"; a quote is too common to look for.
  if (profile_event || payload.find("raits\":{") != std::string_view::npos) {
    std::string traits;
    std::string defaults;
    Status status = ForEachMember(
        payload, [&](std::string_view key, std::string_view value) {
          if (key == "traits" && value.starts_with('{')) {
            traits.assign(value);
          } else if (key == "defaultTraits" && value.starts_with('{')) {
            defaults.assign(value);
          } else if (profile_event) {
            updates.Add(TraitOfField(key), value);
          }
          return true;
        });
    if (status.ok() && !traits.empty()) {
      status = ForEachMember(traits,
                             [&](std::string_view key, std::string_view value) {
                               updates.Add(TraitOfField(key), value);
                               return true;
                             });
    }
    if (status.ok() && !defaults.empty()) {
      status = ForEachMember(defaults,
                             [&](std::string_view key, std::string_view value) {
                               // A default that says nothing fills nothing.
                               if (value != "null")
                                 updates.Add(TraitOfField(key), value, true);
                               return true;
                             });
    }
    if (!status.ok()) return status;
  }
  ProfileData* out = arena.New<ProfileData>();
  out->updates = updates.Take();
  *data = out;
  return Status::Ok();
}

Status ProfileRoom::Fold(const Fact& fact, FoldContext& context) const {
  const EventHeader& header = fact.header;
  if (header.record == 0 || fact.content == nullptr) return Status::Ok();
  const RowKey key{header.record, 0, header.tenant};
  Row before;
  if ((header.flags & kEventNewRecord) == 0) {
    Result<Row> row = context.rows.GetForChange(family(kProfiles), key);
    if (!row.ok()) return std::move(row).status();
    before = std::move(row).value();
  }
  thread_local std::string after;
  if (!FoldState(fact, before.value(), &after)) {
    return Malformed(header.record);
  }
  if (before.exists()) return context.rows.Put(family(kProfiles), key, after);
  context.rows.Insert(family(kProfiles), key, after);
  return Status::Ok();
}

bool ProfileRoom::FoldState(const Fact& fact, std::string_view before,
                            std::string* after) const {
  const auto* data = static_cast<const ProfileData*>(fact.prepared[index_]);
  thread_local ProfileFolder folder;
  const TraitOrigin origin{fact.header.occurred_at, fact.id_order,
                           fact.position, fact.header.source, 0};
  return folder.Fold(
      before, origin,
      data == nullptr ? std::span<const TraitUpdate>() : data->updates, after);
}

Status ProfileRoom::FoldInto(const Fact& fact, std::string* state) const {
  if (fact.content == nullptr) return Status::Ok();
  std::string after;
  if (!FoldState(fact, *state, &after)) return Malformed(fact.header.record);
  state->swap(after);
  return Status::Ok();
}

Status ProfileRoom::PutState(uint32_t tenant, RecordId record,
                             std::string_view state, Generation& rows) const {
  const RowKey key{record, 0, tenant};
  Result<Row> row = rows.GetForChange(family(kProfiles), key);
  if (!row.ok()) return std::move(row).status();
  if (row->exists() ? row->value() == state : state.empty()) {
    return Status::Ok();
  }
  return state.empty() ? rows.Delete(family(kProfiles), key)
                       : rows.Put(family(kProfiles), key, state);
}

void ProfileRoom::ShowTrait(const ProfileView& state, const TraitEntry& entry,
                            Trait* trait) const {
  trait->name.assign(state.NameOf(entry));
  trait->value.assign(state.ValueOf(entry));
  trait->occurred_at = Instant(entry.occurred_at);
  trait->source.assign(services_.names->Text(NameKind::kSource, entry.source));
  trait->position = entry.position;
}

void ProfileRoom::ShowState(const ProfileView& state, Profile* profile) const {
  ShowCounters(state, profile);
  size_t count = 0;
  profile->traits.resize(state.traits().size());
  for (const TraitEntry& entry : state.traits()) {
    if (entry.value_size == 0) continue;
    ShowTrait(state, entry, &profile->traits[count++]);
  }
  profile->traits.resize(count);
}

Status ProfileRoom::Read(uint32_t tenant, CustomerId customer, const View* view,
                         Profile* profile) const {
  if (view != nullptr) return ReadAll(tenant, customer, *view, profile);
  // Of a customer whose only record is one, one row says it all. Several rows
  // must be of one position.
  Result<bool> done = ReadSole(tenant, customer, profile);
  if (!done.ok()) return std::move(done).status();
  if (*done) return Status::Ok();
  return ReadAll(tenant, customer, *services_.overlay->OpenView(), profile);
}

Result<bool> ProfileRoom::ReadSole(uint32_t tenant, CustomerId customer,
                                   Profile* profile) const {
  constexpr int kAttempts = 3;
  Overlay& overlay = *services_.overlay;
  const size_t members = identity_->first_family() + IdentityRoom::kMembers;
  IdentityRoom::RecordIds records;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const uint64_t seen = overlay.Replaced(members);
    profile->customer = customer;
    Status status =
        identity_->RecordsOf(tenant, &profile->customer, nullptr, &records);
    if (!status.ok()) return status;
    if (records.size() != 1) return false;
    Result<Row> row =
        overlay.Get(family(kProfiles), RowKey{records[0], 0, tenant});
    if (!row.ok()) return std::move(row).status();
    if (!row->exists()) return false;
    ProfileView state;
    if (!state.Parse(row->value())) return Malformed(records[0]);
    // Whoever published this state is done, and no link changed meanwhile: it
    // was her only record at the state's own position.
    if (state.version() > overlay.position() ||
        overlay.Replaced(members) != seen) {
      continue;
    }
    ShowState(state, profile);
    return true;
  }
  return false;
}

Status ProfileRoom::ReadAll(uint32_t tenant, CustomerId customer,
                            const View& view, Profile* profile) const {
  IdentityRoom::RecordIds records;
  profile->customer = customer;
  Status status =
      identity_->RecordsOf(tenant, &profile->customer, &view, &records);
  if (!status.ok()) return status;
  absl::InlinedVector<Row, 4> rows;
  absl::InlinedVector<ProfileView, 4> states;
  for (const RecordId record : records) {
    Result<Row> row = view.Get(family(kProfiles), RowKey{record, 0, tenant});
    if (!row.ok()) return std::move(row).status();
    if (!row->exists()) continue;  // Its key went before it was folded.
    // A view that is older than the erasure holds what it saw: in vain.
    if (IsErased(tenant, record)) continue;
    ProfileView state;
    if (!state.Parse(row->value())) return Malformed(record);
    states.push_back(state);
    rows.push_back(std::move(row).value());
  }
  if (states.empty()) {
    profile->traits.clear();
    profile->events = 0;
    profile->first_seen.reset();
    profile->last_seen.reset();
    return Status(StatusCode::kNotFound, "no such profile");
  }
  if (states.size() == 1) {
    ShowState(states[0], profile);
    return Status::Ok();
  }
  const ProfileUnion all(states);
  ShowCounters(all, profile);
  size_t count = 0;
  profile->traits.resize(all.traits().size());
  for (const ProfileUnion::Item& item : all.traits()) {
    if (item.trait->value_size == 0) continue;
    ShowTrait(*item.state, *item.trait, &profile->traits[count++]);
  }
  profile->traits.resize(count);
  return Status::Ok();
}

Result<Person> ProfileRoom::PersonOf(uint32_t tenant, CustomerId customer,
                                     Generation& rows) const {
  Result<Members> members = identity_->MembersOf(tenant, customer, rows);
  if (!members.ok()) return std::move(members).status();
  absl::InlinedVector<Row, 4> held;
  absl::InlinedVector<ProfileView, 4> states;
  for (const Members::Member& member : members->records) {
    Result<Row> row =
        rows.Get(family(kProfiles), RowKey{member.record, 0, tenant});
    if (!row.ok()) return std::move(row).status();
    if (!row->exists()) continue;
    ProfileView state;
    if (!state.Parse(row->value())) return Malformed(member.record);
    states.push_back(state);
    held.push_back(std::move(row).value());
  }
  Person person;
  if (states.empty()) return person;
  const ProfileUnion all(states);
  for (const ProfileUnion::Item& item : all.traits()) {
    AddToPerson(item.name(), item.value(), &person);
  }
  return person;
}

Result<Person> ProfileRoom::PersonOfRecord(uint32_t tenant,
                                           RecordId record) const {
  Person person;
  Status status = ForEachTrait(
      tenant, record, [&](std::string_view name, std::string_view value) {
        AddToPerson(name, value, &person);
      });
  if (!status.ok()) return status;
  return person;
}

Status ProfileRoom::ForEachTrait(
    uint32_t tenant, RecordId record,
    const std::function<void(std::string_view name, std::string_view value)>&
        take) const {
  Result<Row> row =
      services_.overlay->Get(family(kProfiles), RowKey{record, 0, tenant});
  if (!row.ok()) return std::move(row).status();
  if (!row->exists()) return Status::Ok();
  ProfileView state;
  if (!state.Parse(row->value())) return Malformed(record);
  for (const TraitEntry& entry : state.traits()) {
    take(state.NameOf(entry), state.ValueOf(entry));
  }
  return Status::Ok();
}

Person ProfileRoom::PersonOf(const Fact& fact) const {
  Person person;
  const auto* data = static_cast<const ProfileData*>(fact.prepared[index_]);
  if (data == nullptr) return person;
  for (const TraitUpdate& update : data->updates) {
    AddToPerson(update.name, update.value, &person);
  }
  return person;
}

void ProfileRoom::Prefetch(uint32_t tenant, RecordId record) const {
  services_.overlay->Prefetch(family(kProfiles), RowKey{record, 0, tenant});
}

Status ProfileRoom::Load(
    std::span<const std::pair<uint32_t, RecordId>> records) const {
  std::vector<RowKey> keys;
  keys.reserve(records.size());
  for (const auto& [tenant, record] : records) {
    keys.push_back(RowKey{record, 0, tenant});
  }
  return services_.overlay->Load(family(kProfiles), keys);
}

Status ProfileRoom::Warm(uint32_t tenant, RecordId record) const {
  return services_.overlay->Touch(family(kProfiles), RowKey{record, 0, tenant});
}

Status ProfileRoom::Erase(uint32_t tenant, CustomerId,
                          std::span<const RecordId> records,
                          FoldContext& context) const {
  // Timeline blocks cannot be opened without the keys of the records, and a
  // replay without them writes none: both read as erased entries.
  for (const RecordId record : records) {
    Status status =
        context.rows.Delete(family(kProfiles), RowKey{record, 0, tenant});
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status ProfileRoom::RenewBucket(uint32_t tenant, uint64_t bucket) {
  const RowKey first{bucket * kRecordsPerBucket, 0, tenant};
  const RowKey end{(bucket + 1) * kRecordsPerBucket, 0, tenant};
  Status status = keyring_->RenewBucket(tenant, bucket);
  std::vector<std::pair<std::string, std::string>> rows;
  if (status.ok()) {
    status = services_.database->ScanBackward(
        family(kProfiles), EncodeRowKey(first, 1), EncodeRowKey(end, 1),
        [&](std::string_view key, std::string_view value) {
          rows.emplace_back(key, value);
          return true;
        });
  }
  Ingestion out(*services_.database);
  std::string plain;
  std::string stored;
  for (auto row = rows.rbegin(); status.ok() && row != rows.rend(); ++row) {
    RowKey key;
    if (!DecodeRowKey(row->first, 1, &key)) {
      return Status(StatusCode::kCorruption, "profiles: malformed key");
    }
    status = codec_->Decode(key, row->second, &plain);
    if (status.ok()) status = codec_->Encode(key, plain, &stored);
    if (status.ok()) status = out.Put(family(kProfiles), row->first, stored);
  }
  if (status.ok()) status = out.Commit();
  if (!status.ok()) return status;
  return keyring_->RetireBucket(tenant, bucket);
}

// The values that it has won. What lost wins never again, whatever comes: the
// rule does not know who came first. Only a record that is full does, and says
// everything.
Status ProfileRoom::Carry(const Fact& fact, EventCarry* carry) const {
  const auto* const data =
      static_cast<const ProfileData*>(fact.prepared[index_]);
  const RecordId record = fact.header.record;
  if (record == 0 || data == nullptr || data->updates.empty()) {
    return Status::Ok();
  }
  Result<Row> row = services_.overlay->Get(
      family(kProfiles), RowKey{record, 0, fact.header.tenant});
  if (!row.ok()) return std::move(row).status();
  ProfileView state;
  if (!row->exists() || !state.Parse(row->value())) return Malformed(record);
  const bool full = state.traits().size() >= kMaxTraits;
  const std::string_view told = TraitOfType(fact.content->type).first;
  auto trait = state.traits().begin();
  for (const TraitUpdate& update : data->updates) {
    while (trait != state.traits().end() &&
           state.NameOf(*trait) < update.name) {
      ++trait;
    }
    const bool won = trait != state.traits().end() &&
                     state.NameOf(*trait) == update.name &&
                     trait->position == fact.position;
    // A hint that stays, or the type, would say it again, and otherwise.
    const bool said = update.name == told ||
                      (carry->identity && !TraitOfHint(update.name).empty());
    if (!won && !full && !said) continue;
    std::string& out = update.is_default ? carry->defaults : carry->traits;
    if (!out.empty()) out.push_back(',');
    AppendJsonString(update.name, &out);
    out.push_back(':');
    out.append(update.value.empty() ? "null" : update.value);
  }
  return Status::Ok();
}

}  // namespace crm
