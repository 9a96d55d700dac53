// The state of a profile, which is one record's: counters and traits, as a
// FlatBuffers table whose trait entries are sorted structs, so that a fold that
// changes no text is a copy and a few stores. A customer's profile is the union
// of the states of her records.

#ifndef CRM_FORMAT_PROFILE_STATE_H_
#define CRM_FORMAT_PROFILE_STATE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm/types.h"

namespace crm {

// One trait. Mirrors fb::TraitEntry.
struct TraitEntry {
  int64_t occurred_at = 0;
  uint64_t id_order = 0;
  uint64_t position = 0;
  uint32_t is_default = 0;
  uint32_t text_offset = 0;
  uint32_t value_size = 0;  // 0: unset.
  uint16_t name_size = 0;
  uint16_t source_rank = 0;
  uint32_t source = 0;
  uint32_t reserved2 = 0;
};

// A value for a trait, from one event.
struct TraitUpdate {
  std::string_view name;
  std::string_view value;   // JSON; empty: unset.
  bool is_default = false;  // It fills what nobody else ever spoke of.
};

// The state as it is read. Views the bytes it was made from, which must be
// aligned to 8 bytes.
class ProfileView final {
 public:
  // False: not a profile.
  [[nodiscard]] bool Parse(std::string_view bytes);

  uint64_t events() const { return events_; }
  int64_t first_seen() const { return first_seen_; }
  int64_t last_seen() const { return last_seen_; }
  Position version() const { return version_; }
  // Ascending by name.
  std::span<const TraitEntry> traits() const { return traits_; }
  std::string_view NameOf(const TraitEntry& trait) const {
    return text_.substr(trait.text_offset, trait.name_size);
  }
  std::string_view ValueOf(const TraitEntry& trait) const {
    return text_.substr(trait.text_offset + trait.name_size, trait.value_size);
  }

 private:
  uint64_t events_ = 0;
  int64_t first_seen_ = 0;
  int64_t last_seen_ = 0;
  Position version_ = 0;
  std::span<const TraitEntry> traits_;
  std::string_view text_;
};

// Where a value comes from; decides who wins.
struct TraitOrigin {
  int64_t occurred_at = 0;
  uint64_t id_order = 0;
  uint64_t position = 0;
  uint32_t source = 0;
  uint16_t source_rank = 0;
};

// Folds one event into a profile: `before` (empty: none yet) and the event's
// updates, sorted by name, give `*after`. The winner of a field
// is the greatest (time, source rank, id order, value). A default loses against
// every value that is none, also against one that unset the trait; of two
// defaults the smaller one wins, so that the first to fill it stays. One thread
// at a time.
class ProfileFolder final {
 public:
  ProfileFolder();
  ~ProfileFolder();
  // False: `before` is no profile.
  [[nodiscard]] bool Fold(std::string_view before, const TraitOrigin& origin,
                          std::span<const TraitUpdate> updates,
                          std::string* after);

 private:
  friend class ProfileBuilder;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Several states read as one: what folding all their events into one state
// gives, kMaxTraits aside, which counts for each state. It is that of the order
// of arrival: where two values are equal in all that decides, the one of the
// smaller position stays.
class ProfileUnion final {
 public:
  struct Item {
    const ProfileView* state = nullptr;
    const TraitEntry* trait = nullptr;
    std::string_view name() const { return state->NameOf(*trait); }
    std::string_view value() const { return state->ValueOf(*trait); }
  };

  // The states outlive it. REQUIRES: at least one.
  explicit ProfileUnion(std::span<const ProfileView> states);

  uint64_t events() const { return events_; }
  int64_t first_seen() const { return first_seen_; }
  int64_t last_seen() const { return last_seen_; }
  Position version() const { return version_; }
  // Ascending by name, unset ones too.
  std::span<const Item> traits() const { return traits_; }

 private:
  uint64_t events_ = 0;
  int64_t first_seen_ = 0;
  int64_t last_seen_ = 0;
  Position version_ = 0;
  std::vector<Item> traits_;
};

// Makes a state of its parts: the same bytes as a fold that ends there. One
// thread at a time.
class ProfileBuilder final {
 public:
  void Clear();
  // Ascending by name; of `entry` the place of the text is set here.
  void Add(std::string_view name, std::string_view value,
           const TraitEntry& entry);
  void Build(uint64_t events, Position version, int64_t first_seen,
             int64_t last_seen, std::string* state);

 private:
  ProfileFolder folder_;
};

inline constexpr size_t kMaxTraits = 1000;

}  // namespace crm

#endif  // CRM_FORMAT_PROFILE_STATE_H_
