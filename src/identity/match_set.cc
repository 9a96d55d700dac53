#include "identity/match_set.h"

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "base/hash.h"
#include "base/utf8.h"

namespace crm {
namespace {

constexpr size_t kMaxRecordIdBytes = 256;
constexpr size_t kMaxValueBytes = 4096;
constexpr size_t kMaxRecords = 100'000'000;
constexpr uint8_t kMaxSlot = 3;

Status BadRecord(std::string_view field, std::string_view what) {
  return Status(StatusCode::kInvalidArgument,
                std::string(field) + ": " + std::string(what));
}

Status Check(const MatchRecord& record) {
  if (record.id.empty() || record.id.size() > kMaxRecordIdBytes) {
    return BadRecord("id", "must have 1 to 256 bytes");
  }
  for (const MatchValue& value : record.values) {
    const std::string_view name = MatchFieldName(value.field);
    if (name.empty()) return BadRecord("field", "a number that is none");
    if (value.text.size() > kMaxValueBytes) {
      return Status(StatusCode::kTooLarge,
                    std::string(name) + ": over 4096 bytes");
    }
    if (!IsUtf8(value.text)) return BadRecord(name, "is not UTF-8");
    if (value.slot > kMaxSlot ||
        (value.slot > 0 && value.field != MatchField::kOther)) {
      return BadRecord(name, "its slot must be 0, or of \"other\" up to 3");
    }
    MatchDate date;
    if (value.field == MatchField::kBirthDate && !value.text.empty() &&
        !ParseMatchDate(value.text, &date)) {
      return BadRecord(name, "must be YYYY-MM-DD, zeros for what is not known");
    }
  }
  return Status();
}

// Fills in the features of one record.
class Reader final {
 public:
  explicit Reader(MatchSet::Impl* set) : set_(*set) {}

  MatchFeatures Read(const MatchRecord& record);

 private:
  void ReadName(const RawName& raw);
  void ReadValue(const MatchValue& value);
  void ReadStreet(std::string_view text);
  void ReadPhone(std::string_view text);
  void ReadEmail(std::string_view text);
  void Set(Comparator comparator, std::string_view folded);
  void CountAll();

  uint32_t Name(std::string_view folded) {
    return set_.dictionaries[kGiven].Intern(folded, true);
  }

  MatchSet::Impl& set_;
  MatchFeatures features_;
  std::string house_;
};

void Append(std::string_view text, std::string* out) {
  if (text.empty()) return;
  if (!out->empty()) out->push_back(' ');
  *out += text;
}

MatchFeatures Reader::Read(const MatchRecord& record) {
  std::string given, middle, surname, full;
  std::string_view street;
  for (const MatchValue& value : record.values) {
    switch (value.field) {
      case MatchField::kGivenName:
        Append(value.text, &given);
        break;
      case MatchField::kMiddleName:
        Append(value.text, &middle);
        break;
      case MatchField::kSurname:
        Append(value.text, &surname);
        break;
      case MatchField::kFullName:
        if (full.empty()) full = value.text;
        break;
      case MatchField::kStreet:
        if (street.empty()) street = value.text;
        break;
      case MatchField::kHouseNumber:
        house_ = FoldCode(value.text);
        break;
      default:
        ReadValue(value);
    }
  }
  ReadName({given, middle, surname, full});
  ReadStreet(street);
  CountAll();
  return features_;
}

void Reader::ReadName(const RawName& raw) {
  const NameParts parts = SplitName(raw);
  features_.given = Name(parts.given);
  features_.first = Name(parts.first);
  features_.surname = Name(parts.surname);
  features_.last = Name(parts.last);
  size_t next = 0;
  for (const std::string& word : parts.middle) {
    if (next < kMiddleNames) features_.middle[next++] = Name(word);
  }
}

void Reader::Set(Comparator comparator, std::string_view folded) {
  if (features_.value[comparator] != 0) return;
  features_.value[comparator] =
      set_.dictionaries[comparator].Intern(folded, false);
}

void Reader::ReadStreet(std::string_view text) {
  Set(kStreet, FoldStreet(text, &house_));
  size_t zeros = 0;
  while (zeros + 1 < house_.size() && house_[zeros] == '0') ++zeros;
  Set(kHouse, std::string_view(house_).substr(zeros));
}

void Reader::ReadPhone(std::string_view text) {
  const uint32_t number =
      set_.dictionaries[kPhone].Intern(FoldPhone(text), false);
  for (uint32_t& phone : features_.phone) {
    if (number == 0 || phone == number) return;
    if (phone == 0) {
      phone = number;
      return;
    }
  }
}

void Reader::ReadEmail(std::string_view text) {
  const uint32_t number =
      set_.dictionaries[kEmail].Intern(FoldEmail(text), false);
  for (uint32_t& email : features_.email) {
    if (number == 0 || email == number) return;
    if (email == 0) {
      email = number;
      return;
    }
  }
}

void Reader::ReadValue(const MatchValue& value) {
  switch (value.field) {
    case MatchField::kBirthDate: {
      MatchDate date;
      if (features_.birth == 0 && ParseMatchDate(value.text, &date)) {
        features_.birth = date.Packed();
      }
      return;
    }
    case MatchField::kPhone:
      return ReadPhone(value.text);
    case MatchField::kEmail:
      return ReadEmail(value.text);
    case MatchField::kSex: {
      const std::string folded = FoldText(value.text);
      if (!folded.empty()) {
        features_.value[kSex] = static_cast<unsigned char>(folded[0]);
      }
      return;
    }
    case MatchField::kPostcode:
      return Set(kPostcode, FoldCode(value.text));
    case MatchField::kNationalId:
      return Set(kNationalId, FoldCode(value.text));
    case MatchField::kOther:
      return Set(static_cast<Comparator>(kOther0 + value.slot),
                 FoldText(value.text));
    default:
      break;
  }
  for (size_t i = 0; i < kOther0; ++i) {
    if (InfoOf(i).field == value.field) {
      Set(static_cast<Comparator>(i), FoldText(value.text));
    }
  }
}

void Reader::CountAll() {
  static_assert(std::has_unique_object_representations_v<MatchFeatures>);
  const std::string_view bytes(reinterpret_cast<const char*>(&features_),
                               sizeof(features_));
  if (features_.names_one_person() &&
      !set_.counted.insert(StableHash64(bytes)).second) {
    return;
  }
  MatchDictionary& names = set_.dictionaries[kGiven];
  const auto count_name = [&](uint32_t name, Comparator as) {
    if (name == 0) return;
    names.Count(name, as);
    ++set_.present[as];
  };
  count_name(features_.given, kGiven);
  if (features_.first != features_.given) names.Count(features_.first, kGiven);
  count_name(features_.surname, kSurname);
  if (features_.last != features_.surname) {
    names.Count(features_.last, kSurname);
  }
  for (const uint32_t name : features_.middle) count_name(name, kMiddle);
  if (features_.given != 0 && features_.surname != 0) {
    ++set_.full_name_counts[FullNameKey(features_)];
  }
  if (features_.birth != 0) {
    ++set_.birth_counts[features_.birth];
    ++set_.present[kBirth];
  }
  const auto count = [&](uint32_t value, size_t comparator) {
    if (value == 0) return;
    if (comparator != kSex) set_.dictionaries[comparator].Count(value, 0);
    ++set_.present[comparator];
  };
  for (const uint32_t phone : features_.phone) count(phone, kPhone);
  for (const uint32_t email : features_.email) count(email, kEmail);
  for (size_t i = kPostcode; i < kComparators; ++i) {
    if (i != kPhone && i != kEmail) count(features_.value[i], i);
  }
}

}  // namespace

uint32_t MatchDictionary::Intern(std::string_view text, bool names) {
  if (text.empty()) return 0;
  const auto found = numbers_.find(text);
  if (found != numbers_.end()) return found->second;
  Entry entry;
  entry.text = texts_.emplace_back(text);
  entry.sound = SoundOf(entry.text);
  entry.hash = static_cast<uint32_t>(StableHash64(entry.text)) | 1;
  if (names) {
    entry.nicknames = NicknamesOf(entry.text);
    entry.given_sound = SoundOfGiven(entry.text);
  }
  const auto number = static_cast<uint32_t>(entries_.size());
  entries_.push_back(entry);
  numbers_.emplace(entry.text, number);
  return number;
}

std::vector<uint32_t> MatchSet::Impl::Ordered() const {
  std::vector<uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return ids[a] < ids[b]; });
  return order;
}

MatchSet::MatchSet() : impl_(std::make_unique<Impl>()) {}
MatchSet::~MatchSet() = default;
MatchSet::MatchSet(MatchSet&&) noexcept = default;
MatchSet& MatchSet::operator=(MatchSet&&) noexcept = default;

size_t MatchSet::size() const { return impl_->features.size(); }
std::string_view MatchSet::id(size_t number) const {
  return impl_->ids[number];
}

Result<uint32_t> MatchSet::Find(std::string_view id) const {
  const auto found = impl_->numbers.find(id);
  if (found != impl_->numbers.end()) return found->second;
  return Status(StatusCode::kNotFound, "no record of the set has this id");
}

Status MatchSet::Add(const MatchRecord& record) {
  Impl& set = *impl_;
  Status status = Check(record);
  if (!status.ok()) return status;
  if (set.features.size() >= kMaxRecords) {
    return Status(StatusCode::kTooLarge, "over 100000000 records");
  }
  const auto number = static_cast<uint32_t>(set.features.size());
  const auto found = set.numbers.find(record.id);
  if (found != set.numbers.end()) {
    return Status(
        StatusCode::kAlreadyExists,
        "id: record " + std::to_string(found->second) + " has the same");
  }
  const std::string& id = set.ids.emplace_back(record.id);
  set.numbers.emplace(id, number);
  set.features.push_back(Reader(&set).Read(record));
  for (const auto& [name_space, value] : record.exclusive) {
    if (name_space.empty() || value.empty()) continue;
    set.exclusive[number].emplace_back(
        set.namespaces.Intern(name_space, false),
        set.exclusive_values.Intern(value, false));
  }
  return Status();
}

std::string_view MatchFieldName(MatchField field) {
  switch (field) {
    case MatchField::kFullName:
      return "full_name";
    case MatchField::kOther:
      return "other";
    default:
      break;
  }
  for (size_t i = 0; i < kOther0; ++i) {
    if (InfoOf(i).field == field) return InfoOf(i).name;
  }
  return {};
}

}  // namespace crm
