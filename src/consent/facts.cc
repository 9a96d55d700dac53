#include "consent/facts.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

namespace crm {
namespace {

constexpr char kForm = 1;
constexpr size_t kHeaderBytes = 12;
constexpr size_t kPurposeBytes = 8;
constexpr size_t kAddressBytes = 16;
constexpr size_t kOriginBytes = 24;
constexpr size_t kExtraBytes = 16;
constexpr size_t kCopyBytes = 8;
constexpr int kPositionBits = 48;

template <typename T>
void PutRaw(std::string* out, T value) {
  if constexpr (std::endian::native == std::endian::little) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out->append(bytes, sizeof(T));
    return;
  }
  for (size_t i = 0; i < sizeof(T); ++i) {
    out->push_back(static_cast<char>(static_cast<uint64_t>(value) >> (8 * i)));
  }
}

template <typename T>
T GetRaw(const char* data) {
  if constexpr (std::endian::native == std::endian::little) {
    T stored;
    std::memcpy(&stored, data, sizeof(T));
    return stored;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value |= uint64_t{static_cast<uint8_t>(data[i])} << (8 * i);
  }
  return static_cast<T>(value);
}

// What facts are told apart by. Of a preference the value is not part of it.
auto KeyOf(const ConsentFact& fact) {
  const bool preference = fact.group == FactGroup::kPreference;
  return std::tuple(
      fact.group, fact.channel, preference ? uint64_t{0} : fact.purpose,
      fact.address.hi, fact.address.lo,
      fact.group == FactGroup::kSuppression ? fact.reason
                                            : SuppressionReason::kNone,
      fact.origin);
}

bool IsCategory(const ConsentFact& fact) {
  return fact.group == FactGroup::kPreference &&
         static_cast<PreferenceField>(fact.channel) ==
             PreferenceField::kCategories;
}

bool KeyBefore(const ConsentFact& a, const ConsentFact& b) {
  const auto a_key = KeyOf(a);
  const auto b_key = KeyOf(b);
  // Categories are several of one key.
  return a_key != b_key ? a_key < b_key : a.purpose < b.purpose;
}

struct Extra {
  int64_t valid_until = 0;
  std::array<char, 8> jurisdiction{};
  auto operator<=>(const Extra&) const = default;
  bool empty() const { return *this == Extra(); }
};

Extra ExtraOf(const ConsentFact& fact) {
  return {fact.valid_until, fact.jurisdiction};
}

// Sorted, each once; a number in it is a place plus one.
template <typename T>
struct Table {
  std::vector<T> items;
  void Add(T item) { items.push_back(item); }
  void Finish() {
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
  }
  uint8_t NumberOf(const T& item) const {
    const auto found = std::lower_bound(items.begin(), items.end(), item);
    return found != items.end() && *found == item
               ? static_cast<uint8_t>(found - items.begin() + 1)
               : 0;
  }
};

struct Tables {
  explicit Tables(const std::vector<ConsentFact>& facts) {
    for (const ConsentFact& fact : facts) {
      if (fact.purpose != 0) purposes.Add(fact.purpose);
      if (fact.has_address()) addresses.Add(fact.address);
      if (!ExtraOf(fact).empty()) extras.Add(ExtraOf(fact));
    }
    purposes.Finish();
    addresses.Finish();
    extras.Finish();
  }
  Table<uint64_t> purposes;
  Table<Hash128> addresses;
  Table<Extra> extras;
};

int RankOf(ConsentAction action) {
  switch (action) {
    case ConsentAction::kInvalidate:
      return 4;
    case ConsentAction::kRevoke:
      return 3;
    case ConsentAction::kRefuse:
      return 2;
    default:
      return Restricts(action) ? 1 : 0;
  }
}

}  // namespace

SuppressionReason ParseSuppressionReason(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "hard-bounce", "invalid",  "erased", "complaint",
      "stop",        "registry", "manual"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<SuppressionReason>(i + 1);
  }
  return SuppressionReason::kNone;
}

FactGroup GroupOf(ConsentAction action) {
  switch (action) {
    case ConsentAction::kAsk:
    case ConsentAction::kDefer:
    case ConsentAction::kPend:
      return FactGroup::kAsked;
    case ConsentAction::kObject:
    case ConsentAction::kLiftObjection:
      return FactGroup::kObjection;
    case ConsentAction::kRestrict:
    case ConsentAction::kLiftRestriction:
      return FactGroup::kRestriction;
    case ConsentAction::kSuppress:
    case ConsentAction::kLiftSuppression:
      return FactGroup::kSuppression;
    case ConsentAction::kSignal:
      return FactGroup::kSignal;
    default:
      return FactGroup::kDecision;
  }
}

bool Restricts(ConsentAction action) {
  switch (action) {
    case ConsentAction::kRefuse:
    case ConsentAction::kWithdraw:
    case ConsentAction::kRevoke:
    case ConsentAction::kInvalidate:
    case ConsentAction::kObject:
    case ConsentAction::kRestrict:
    case ConsentAction::kSuppress:
    case ConsentAction::kSignal:
      return true;
    default:
      return false;
  }
}

bool Outweighs(const ConsentFact& a, const ConsentFact& b) {
  const auto order = [](const ConsentFact& f) {
    return std::tuple(f.effective_at, RankOf(f.action), f.order, f.action,
                      f.purpose, f.flags, f.valid_until, f.policy_version,
                      f.jurisdiction);
  };
  const auto a_order = order(a);
  const auto b_order = order(b);
  // The same in all that is said: the first that came.
  return a_order != b_order ? a_order > b_order : a.position < b.position;
}

void FactSet::Clear() {
  facts_.clear();
  origins_.clear();
  copies_.clear();
  overflow_ = false;
}

bool FactSet::Decode(RecordId self, std::string_view bytes) {
  Clear();
  if (bytes.empty()) return true;
  FactSetView view;
  if (!view.Parse(self, bytes)) return false;
  overflow_ = view.overflow();
  facts_.resize(view.size());
  for (size_t i = 0; i < view.size(); ++i) view.Get(i, &facts_[i]);
  for (size_t i = 0; i < view.origins(); ++i) {
    origins_.push_back(view.OriginAt(i));
  }
  for (size_t i = 0; i < view.copies(); ++i) copies_.push_back(view.CopyAt(i));
  return true;
}

std::string FactSet::Encode(RecordId self) const {
  std::string out;
  if (facts_.empty() && origins_.empty() && copies_.empty() && !overflow_) {
    return out;
  }
  const Tables tables(facts_);
  out.reserve(kHeaderBytes + tables.purposes.items.size() * kPurposeBytes +
              tables.addresses.items.size() * kAddressBytes +
              origins_.size() * kOriginBytes +
              tables.extras.items.size() * kExtraBytes +
              copies_.size() * kCopyBytes + facts_.size() * 32);
  out.push_back(kForm);
  out.push_back(overflow_ ? 1 : 0);
  PutRaw(&out, static_cast<uint16_t>(facts_.size()));
  PutRaw(&out, static_cast<uint16_t>(copies_.size()));
  out.push_back(static_cast<char>(tables.purposes.items.size()));
  out.push_back(static_cast<char>(tables.addresses.items.size()));
  out.push_back(static_cast<char>(origins_.size()));
  out.push_back(static_cast<char>(tables.extras.items.size()));
  PutRaw(&out, uint16_t{0});
  for (const uint64_t purpose : tables.purposes.items) PutRaw(&out, purpose);
  for (const Hash128& address : tables.addresses.items) {
    PutRaw(&out, address.hi);
    PutRaw(&out, address.lo);
  }
  for (const Origin& origin : origins_) {
    PutRaw(&out, origin.record);
    PutRaw(&out, origin.first);
    PutRaw(&out, origin.last);
  }
  for (const Extra& extra : tables.extras.items) {
    PutRaw(&out, extra.valid_until);
    out.append(extra.jurisdiction.data(), extra.jurisdiction.size());
  }
  for (const RecordId copy : copies_) PutRaw(&out, copy);
  for (const ConsentFact& fact : facts_) {
    PutRaw(&out, fact.effective_at);
    PutRaw(&out,
           fact.position |
               uint64_t{static_cast<uint8_t>(fact.action)} << kPositionBits |
               uint64_t{fact.flags} << (kPositionBits + 8));
    PutRaw(&out, fact.order);
    PutRaw(&out, fact.policy_version);
    uint8_t origin = 0;
    if (fact.origin != self) {
      const auto found = std::find_if(
          origins_.begin(), origins_.end(),
          [&](const Origin& item) { return item.record == fact.origin; });
      origin = static_cast<uint8_t>(found - origins_.begin() + 1);
    }
    out.push_back(static_cast<char>(fact.group));
    out.push_back(static_cast<char>(fact.channel));
    out.push_back(static_cast<char>(tables.purposes.NumberOf(fact.purpose)));
    out.push_back(static_cast<char>(tables.addresses.NumberOf(fact.address)));
    out.push_back(static_cast<char>(origin));
    out.push_back(static_cast<char>(tables.extras.NumberOf(ExtraOf(fact))));
    out.push_back(static_cast<char>(fact.reason));
    out.push_back(0);
  }
  return out;
}

bool FactSet::Fits() const {
  if (facts_.size() > kMaxFacts || origins_.size() > kMaxTable) return false;
  if (facts_.size() <= kMaxTable / 2) return true;
  const Tables tables(facts_);
  return tables.purposes.items.size() <= kMaxTable &&
         tables.addresses.items.size() <= kMaxTable &&
         tables.extras.items.size() <= kMaxTable;
}

void FactSet::Apply(const ConsentFact& fact) {
  const auto place =
      std::lower_bound(facts_.begin(), facts_.end(), fact,
                       [](const ConsentFact& a, const ConsentFact& b) {
                         return KeyOf(a) < KeyOf(b);
                       });
  const bool there = place != facts_.end() && KeyOf(*place) == KeyOf(fact);
  if (there && !Outweighs(fact, *place)) return;
  ConsentFact before;
  const size_t at = static_cast<size_t>(place - facts_.begin());
  if (there) {
    before = *place;
    *place = fact;
  } else {
    facts_.insert(place, fact);
  }
  if (Fits()) return;
  overflow_ |= Restricts(fact.action);
  if (there) {
    facts_[at] = before;
  } else {
    facts_.erase(facts_.begin() + static_cast<ptrdiff_t>(at));
  }
}

void FactSet::ApplyCategories(const ConsentFact& event,
                              const std::vector<uint64_t>& categories) {
  const auto same = [&](const ConsentFact& fact) {
    return IsCategory(fact) && fact.origin == event.origin;
  };
  const auto old = std::find_if(facts_.begin(), facts_.end(), same);
  ConsentFact fact = event;
  fact.purpose = 0;
  if (old != facts_.end()) {
    ConsentFact before = *old;
    before.purpose = 0;
    if (!Outweighs(fact, before)) return;
    std::erase_if(facts_, same);
  }
  std::vector<uint64_t> values = categories;
  if (values.empty()) values.push_back(0);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (const uint64_t value : values) {
    fact.purpose = value;
    const auto place =
        std::lower_bound(facts_.begin(), facts_.end(), fact, KeyBefore);
    const auto added = facts_.insert(place, fact);
    if (!Fits()) facts_.erase(added);
  }
}

bool FactSet::AddOrigin(RecordId record, Position position) {
  auto place = std::lower_bound(
      origins_.begin(), origins_.end(), record,
      [](const Origin& a, RecordId wanted) { return a.record < wanted; });
  if (place == origins_.end() || place->record != record) {
    if (origins_.size() >= kMaxTable) return false;
    origins_.insert(place, {record, position, position});
    return true;
  }
  place->first = std::min(place->first, position);
  place->last = std::max(place->last, position);
  return true;
}

void FactSet::AddCopy(RecordId record) {
  const auto place = std::lower_bound(copies_.begin(), copies_.end(), record);
  if (place == copies_.end() || *place != record) {
    copies_.insert(place, record);
  }
}

bool FactSetView::Parse(RecordId self, std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || bytes[0] != kForm) return false;
  self_ = self;
  const char* data = bytes.data();
  overflow_ = data[1] != 0;
  count_ = GetRaw<uint16_t>(data + 2);
  copies_count_ = GetRaw<uint16_t>(data + 4);
  purposes_count_ = static_cast<uint8_t>(data[6]);
  addresses_count_ = static_cast<uint8_t>(data[7]);
  origins_count_ = static_cast<uint8_t>(data[8]);
  extras_count_ = static_cast<uint8_t>(data[9]);
  purposes_ = data + kHeaderBytes;
  addresses_ = purposes_ + purposes_count_ * kPurposeBytes;
  origins_ = addresses_ + addresses_count_ * kAddressBytes;
  extras_ = origins_ + origins_count_ * kOriginBytes;
  copies_ = extras_ + extras_count_ * kExtraBytes;
  entries_ = copies_ + copies_count_ * kCopyBytes;
  const size_t before = static_cast<size_t>(entries_ - data);
  if (bytes.size() != before + count_ * kEntryBytes) return false;
  for (size_t i = 0; i < count_; ++i) {
    const auto number = [&](size_t at) {
      return static_cast<uint8_t>(At(i)[at]);
    };
    if (number(26) > purposes_count_ || number(27) > addresses_count_ ||
        number(28) > origins_count_ || number(29) > extras_count_) {
      return false;
    }
  }
  return true;
}

uint8_t FactSetView::NumberOf(uint64_t purpose) const {
  for (uint8_t i = 0; i < purposes_count_; ++i) {
    if (GetRaw<uint64_t>(purposes_ + i * kPurposeBytes) == purpose) {
      return static_cast<uint8_t>(i + 1);
    }
  }
  return 0;
}

void FactSetView::Get(size_t i, ConsentFact* fact) const {
  const char* at = At(i);
  fact->effective_at = GetRaw<int64_t>(at);
  const auto place = GetRaw<uint64_t>(at + 8);
  fact->position = place & ((uint64_t{1} << kPositionBits) - 1);
  fact->action = static_cast<ConsentAction>(place >> kPositionBits & 0xff);
  fact->flags = static_cast<uint8_t>(place >> (kPositionBits + 8));
  fact->order = GetRaw<uint32_t>(at + 16);
  fact->policy_version = GetRaw<uint32_t>(at + 20);
  fact->group = GroupAt(i);
  fact->channel = ChannelAt(i);
  fact->reason = static_cast<SuppressionReason>(at[30]);
  const auto number = [&](size_t where) {
    return static_cast<uint8_t>(at[where]);
  };
  const uint8_t purpose = number(26);
  fact->purpose =
      purpose == 0
          ? 0
          : GetRaw<uint64_t>(purposes_ + (purpose - 1) * kPurposeBytes);
  const uint8_t address = number(27);
  fact->address = Hash128();
  if (address != 0) {
    const char* from = addresses_ + (address - 1) * kAddressBytes;
    fact->address = {GetRaw<uint64_t>(from), GetRaw<uint64_t>(from + 8)};
  }
  const uint8_t origin = number(28);
  fact->origin = origin == 0 ? self_ : OriginAt(origin - 1u).record;
  const uint8_t extra = number(29);
  fact->valid_until = 0;
  fact->jurisdiction = {};
  if (extra != 0) {
    const char* from = extras_ + (extra - 1) * kExtraBytes;
    fact->valid_until = GetRaw<int64_t>(from);
    std::memcpy(fact->jurisdiction.data(), from + 8, 8);
  }
}

FactSet::Origin FactSetView::OriginAt(size_t i) const {
  const char* from = origins_ + i * kOriginBytes;
  return {GetRaw<uint64_t>(from), GetRaw<uint64_t>(from + 8),
          GetRaw<uint64_t>(from + 16)};
}

RecordId FactSetView::CopyAt(size_t i) const {
  return GetRaw<uint64_t>(copies_ + i * kCopyBytes);
}

}  // namespace crm
