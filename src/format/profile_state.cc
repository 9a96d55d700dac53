#include "format/profile_state.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "format/records_generated.h"

namespace crm {
namespace {

static_assert(sizeof(fb::TraitEntry) == sizeof(TraitEntry));

// All of a value that decides whether it counts.
struct Standing {
  bool is_default;
  int64_t occurred_at;
  uint16_t source_rank;
  uint64_t id_order;
  std::string_view value;
};

Standing StandingOf(const TraitEntry& trait, std::string_view value) {
  return {trait.is_default != 0, trait.occurred_at, trait.source_rank,
          trait.id_order, value};
}

// The rule, for folds and unions. Of equal ones neither beats the other.
bool Beats(const Standing& a, const Standing& b) {
  if (a.is_default != b.is_default) return b.is_default;
  const auto order =
      std::tie(a.occurred_at, a.source_rank, a.id_order, a.value) <=>
      std::tie(b.occurred_at, b.source_rank, b.id_order, b.value);
  return a.is_default ? order < 0 : order > 0;
}

bool Wins(const TraitOrigin& origin, const TraitUpdate& update,
          const TraitEntry& trait, std::string_view old) {
  return Beats({update.is_default, origin.occurred_at, origin.source_rank,
                origin.id_order, update.value},
               StandingOf(trait, old));
}

// Of two that speak of one trait, the one that counts.
const ProfileUnion::Item& Winner(const ProfileUnion::Item& a,
                                 const ProfileUnion::Item& b) {
  const Standing of_a = StandingOf(*a.trait, a.value());
  const Standing of_b = StandingOf(*b.trait, b.value());
  if (Beats(of_a, of_b)) return a;
  if (Beats(of_b, of_a)) return b;
  return a.trait->position <= b.trait->position ? a : b;
}

// Half by half, so that many states cost no more than a sort.
std::vector<ProfileUnion::Item> Unite(std::span<const ProfileView> states) {
  std::vector<ProfileUnion::Item> all;
  if (states.size() == 1) {
    all.reserve(states[0].traits().size());
    for (const TraitEntry& trait : states[0].traits()) {
      all.push_back({&states[0], &trait});
    }
    return all;
  }
  const size_t half = states.size() / 2;
  const std::vector<ProfileUnion::Item> left = Unite(states.first(half));
  const std::vector<ProfileUnion::Item> right = Unite(states.subspan(half));
  all.reserve(left.size() + right.size());
  auto a = left.begin();
  auto b = right.begin();
  while (a != left.end() && b != right.end()) {
    const auto order = a->name() <=> b->name();
    if (order < 0) {
      all.push_back(*a++);
    } else if (order > 0) {
      all.push_back(*b++);
    } else {
      all.push_back(Winner(*a++, *b++));
    }
  }
  all.insert(all.end(), a, left.end());
  all.insert(all.end(), b, right.end());
  return all;
}

void Stamp(const TraitOrigin& origin, const TraitUpdate& update,
           TraitEntry* trait) {
  trait->is_default = update.is_default ? 1 : 0;
  trait->occurred_at = origin.occurred_at;
  trait->id_order = origin.id_order;
  trait->position = origin.position;
  trait->source_rank = origin.source_rank;
  trait->source = origin.source;
}

}  // namespace

bool ProfileView::Parse(std::string_view bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  if (!verifier.VerifyBuffer<fb::Profile>(nullptr)) return false;
  const auto* profile = flatbuffers::GetRoot<fb::Profile>(data);
  events_ = profile->events();
  first_seen_ = profile->first_seen();
  last_seen_ = profile->last_seen();
  version_ = profile->version();
  traits_ = {};
  text_ = {};
  if (profile->text() != nullptr) {
    text_ = {reinterpret_cast<const char*>(profile->text()->data()),
             profile->text()->size()};
  }
  if (profile->traits() != nullptr) {
    // Of a vector of structs the verifier checks the length's alignment only;
    // the builder aligns none that is empty.
    if (profile->traits()->size() > 0 &&
        (profile->traits()->Data() - data) % alignof(TraitEntry) != 0) {
      return false;
    }
    traits_ = {reinterpret_cast<const TraitEntry*>(profile->traits()->data()),
               profile->traits()->size()};
  }
  for (const TraitEntry& trait : traits_) {
    const uint64_t end =
        uint64_t{trait.text_offset} + trait.name_size + trait.value_size;
    if (end > text_.size()) return false;
  }
  return true;
}

ProfileUnion::ProfileUnion(std::span<const ProfileView> states)
    : first_seen_(states[0].first_seen()),
      last_seen_(states[0].last_seen()),
      traits_(Unite(states)) {
  for (const ProfileView& state : states) {
    events_ += state.events();
    first_seen_ = std::min(first_seen_, state.first_seen());
    last_seen_ = std::max(last_seen_, state.last_seen());
    version_ = std::max(version_, state.version());
  }
}

struct ProfileFolder::Impl {
  flatbuffers::FlatBufferBuilder builder{1024};
  std::vector<TraitEntry> merged;
  std::string text;

  void Add(std::string_view name, std::string_view value, TraitEntry trait) {
    trait.text_offset = static_cast<uint32_t>(text.size());
    trait.name_size = static_cast<uint16_t>(name.size());
    trait.value_size = static_cast<uint32_t>(value.size());
    text.append(name);
    text.append(value);
    merged.push_back(trait);
  }

  // Tries to fold without changing any text: `*after` is a copy of the bytes
  // in which entries are stamped in place. False: text must change.
  static bool InPlace(const ProfileView& view, std::string_view before,
                      const TraitOrigin& origin,
                      std::span<const TraitUpdate> updates, std::string* after);
  void Merge(const ProfileView& view, const TraitOrigin& origin,
             std::span<const TraitUpdate> updates);
  void Build(uint64_t events, Position version, int64_t first_seen,
             int64_t last_seen, std::string* after);
};

bool ProfileFolder::Impl::InPlace(const ProfileView& view,
                                  std::string_view before,
                                  const TraitOrigin& origin,
                                  std::span<const TraitUpdate> updates,
                                  std::string* after) {
  const std::span<const TraitEntry> traits = view.traits();
  after->assign(before);
  size_t place = 0;
  for (const TraitUpdate& update : updates) {
    while (place < traits.size() && view.NameOf(traits[place]) < update.name) {
      ++place;
    }
    if (place == traits.size()) return false;
    const TraitEntry& trait = traits[place];
    if (view.NameOf(trait) != update.name) return false;
    const std::string_view old = view.ValueOf(trait);
    if (!Wins(origin, update, trait, old)) continue;
    if (old != update.value) return false;
    TraitEntry stamped = trait;
    Stamp(origin, update, &stamped);
    const size_t offset = static_cast<size_t>(
        reinterpret_cast<const char*>(&trait) - before.data());
    std::memcpy(after->data() + offset, &stamped, sizeof(stamped));
  }
  auto* profile = flatbuffers::GetMutableRoot<fb::Profile>(
      reinterpret_cast<uint8_t*>(after->data()));
  profile->mutate_events(view.events() + 1);
  profile->mutate_version(origin.position);
  profile->mutate_first_seen(std::min(view.first_seen(), origin.occurred_at));
  profile->mutate_last_seen(std::max(view.last_seen(), origin.occurred_at));
  return true;
}

void ProfileFolder::Impl::Merge(const ProfileView& view,
                                const TraitOrigin& origin,
                                std::span<const TraitUpdate> updates) {
  merged.clear();
  text.clear();
  const std::span<const TraitEntry> traits = view.traits();
  size_t place = 0;
  for (const TraitUpdate& update : updates) {
    while (place < traits.size() && view.NameOf(traits[place]) < update.name) {
      Add(view.NameOf(traits[place]), view.ValueOf(traits[place]),
          traits[place]);
      ++place;
    }
    TraitEntry trait;
    std::string_view value = update.value;
    const bool known =
        place < traits.size() && view.NameOf(traits[place]) == update.name;
    if (known) {
      const std::string_view old = view.ValueOf(traits[place]);
      trait = traits[place];
      if (Wins(origin, update, trait, old)) {
        Stamp(origin, update, &trait);
      } else {
        value = old;
      }
      ++place;
    } else {
      if (traits.size() >= kMaxTraits) continue;
      Stamp(origin, update, &trait);
    }
    Add(update.name, value, trait);
  }
  for (; place < traits.size(); ++place) {
    Add(view.NameOf(traits[place]), view.ValueOf(traits[place]), traits[place]);
  }
}

void ProfileFolder::Impl::Build(uint64_t events, Position version,
                                int64_t first_seen, int64_t last_seen,
                                std::string* after) {
  builder.Clear();
  // Counters are stored even when zero, so that they can be changed in place.
  builder.ForceDefaults(true);
  const auto stored_text = builder.CreateVector(
      reinterpret_cast<const uint8_t*>(text.data()), text.size());
  const auto stored_traits = builder.CreateVectorOfStructs(
      reinterpret_cast<const fb::TraitEntry*>(merged.data()), merged.size());
  fb::ProfileBuilder profile(builder);
  profile.add_text(stored_text);
  profile.add_traits(stored_traits);
  profile.add_last_seen(last_seen);
  profile.add_first_seen(first_seen);
  profile.add_events(events);
  profile.add_version(version);
  builder.Finish(profile.Finish());
  after->assign(reinterpret_cast<const char*>(builder.GetBufferPointer()),
                builder.GetSize());
}

ProfileFolder::ProfileFolder() : impl_(std::make_unique<Impl>()) {}
ProfileFolder::~ProfileFolder() = default;

bool ProfileFolder::Fold(std::string_view before, const TraitOrigin& origin,
                         std::span<const TraitUpdate> updates,
                         std::string* after) {
  ProfileView view;
  if (before.empty()) {
    impl_->Merge(view, origin, updates);
    impl_->Build(1, origin.position, origin.occurred_at, origin.occurred_at,
                 after);
    return true;
  }
  if (!view.Parse(before)) return false;
  if (Impl::InPlace(view, before, origin, updates, after)) return true;
  impl_->Merge(view, origin, updates);
  impl_->Build(view.events() + 1, origin.position,
               std::min(view.first_seen(), origin.occurred_at),
               std::max(view.last_seen(), origin.occurred_at), after);
  return true;
}

void ProfileBuilder::Clear() {
  folder_.impl_->merged.clear();
  folder_.impl_->text.clear();
}

void ProfileBuilder::Add(std::string_view name, std::string_view value,
                         const TraitEntry& entry) {
  folder_.impl_->Add(name, value, entry);
}

void ProfileBuilder::Build(uint64_t events, Position version,
                           int64_t first_seen, int64_t last_seen,
                           std::string* state) {
  folder_.impl_->Build(events, version, first_seen, last_seen, state);
}

}  // namespace crm
