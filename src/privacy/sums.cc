#include "privacy/sums.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/coding.h"
#include "format/json.h"
#include "format/json_tree.h"
#include "format/json_writer.h"

namespace crm {
namespace {

constexpr uint8_t kVersion = 1;
constexpr int kPlaces = 6;
// An event gets no further fields when its payload is longer.
constexpr size_t kFullPayload = 64 * 1024;

bool Only(const std::vector<std::string>& types,
          const std::vector<std::string_view>& allowed) {
  bool any = false;
  for (const std::string& type : types) {
    if (type == "null") continue;
    if (std::find(allowed.begin(), allowed.end(), type) == allowed.end()) {
      return false;
    }
    any = true;
  }
  return any;
}

// To six places, halves away from zero.
Decimal Rounded(Decimal number) {
  if (number.scale <= kPlaces) return number;
  int64_t unit = 1;
  for (int i = kPlaces; i < number.scale; ++i) unit *= 10;
  const int64_t rest = number.mantissa % unit;
  int64_t mantissa = number.mantissa / unit;
  if (rest >= unit - rest) ++mantissa;
  if (-rest >= unit + rest) --mantissa;
  // Normalised again by adding nothing.
  const Decimal rounded{mantissa, kPlaces};
  Result<Decimal> sum = Add(rounded, Decimal());
  return sum.ok() ? *sum : rounded;
}

// False: they are too large to be added, and `*sum` stays as it is.
bool AddTo(Decimal number, Decimal* sum) {
  const Result<Decimal> added = Add(*sum, number);
  if (added.ok()) *sum = *added;
  return added.ok();
}

void CountOne(SumKey key, Decimal number, Sums* hers) {
  Sum& sum = (*hers)[std::move(key)];
  sum.people = 1;
  if (AddTo(number, &sum.total)) ++sum.values;
}

std::string TextOf(uint32_t month) {
  std::string text = std::to_string(month);
  return text.insert(text.size() - 2, "-");
}

Timestamp StartOf(uint32_t month) {
  namespace chrono = std::chrono;
  return chrono::sys_days(chrono::year(static_cast<int>(month / 100)) /
                          chrono::month(month % 100) / 1);
}

// Writes events of one type and month.
class EventWriter final {
 public:
  EventWriter(const SumKey& of, std::vector<AnonymisedEvent>* events)
      : of_(of), events_(*events) {}
  ~EventWriter() { Finish(); }

  void Add(const SumKey& key, const Sum& sum) {
    if (size_ > kFullPayload) Finish();
    if (!begun_) Begin();
    if (key.field.empty()) {
      json_.Number("people", sum.people);
      json_.Number("events", sum.values);
      return;
    }
    if (!fields_) json_.BeginArray("fields");
    fields_ = true;
    json_.BeginObject();
    json_.Text("field", key.field);
    if (key.value.has_value()) json_.Raw("value", *key.value);
    json_.Number("people", sum.people);
    json_.Number("values", sum.values);
    if (!key.value.has_value()) json_.Raw("sum", sum.total.ToString());
    json_.EndObject();
    size_ += key.field.size() + (key.value ? key.value->size() : 0) + 100;
  }

 private:
  void Begin() {
    begun_ = true;
    json_.BeginObject();
    json_.Text("type", of_.type);
    json_.Text("month", TextOf(of_.month));
  }

  void Finish() {
    if (!begun_) return;
    if (fields_) json_.EndArray();
    json_.EndObject();
    events_.push_back({StartOf(of_.month), json_.Take()});
    begun_ = fields_ = false;
    size_ = 0;
  }

  const SumKey of_;
  std::vector<AnonymisedEvent>& events_;
  JsonWriter json_;
  bool begun_ = false;
  bool fields_ = false;
  size_t size_ = 0;
};

}  // namespace

CountedFields::CountedFields(const Schema* schema,
                             const std::vector<const Schema*>& others) {
  if (schema == nullptr) return;
  std::set<std::string> personal;
  for (const Schema* other : others) {
    for (const SchemaField& field : other->Fields()) {
      if (field.personal) personal.insert(field.pointer);
    }
  }
  for (const SchemaField& field : schema->Fields()) {
    if (field.personal || personal.contains(field.pointer)) continue;
    Field counted;
    if (Only(field.types, {"number", "integer"})) {
      counted.kind = Kind::kNumber;
    } else if (Only(field.types, {"boolean"})) {
      counted.kind = Kind::kFlag;
    } else {
      const std::vector<std::string> texts = schema->TextsOf(field.pointer);
      if (texts.empty()) continue;
      counted.kind = Kind::kText;
      counted.texts.insert(texts.begin(), texts.end());
    }
    // What is around it is gone through.
    for (size_t end = field.pointer.rfind('/');
         end != 0 && end != std::string::npos;
         end = field.pointer.rfind('/', end - 1)) {
      fields_.try_emplace(field.pointer.substr(0, end));
    }
    fields_.insert_or_assign(field.pointer, std::move(counted));
  }
}

void CountedFields::Count(std::string_view type, uint32_t month,
                          std::string_view payload, Sums* hers) const {
  const SumKey of{std::string(type), month};
  Sum& events = (*hers)[of];
  events.people = 1;
  ++events.values;
  if (!fields_.empty() && !payload.empty()) CountMembers(of, payload, hers);
}

void CountedFields::CountMembers(const SumKey& of, std::string_view object,
                                 Sums* hers) const {
  // What is no object has no members to count.
  (void)ForEachMember(
      object, [&](std::string_view name, std::string_view value) {
        SumKey key = of;
        AppendPointerToken(name, &key.field);
        const auto field = fields_.find(key.field);
        if (field == fields_.end() || value.empty()) return true;
        const char first = value.front();
        switch (field->second.kind) {
          case Kind::kObject:
            if (first == '{') CountMembers(key, value, hers);
            break;
          case Kind::kNumber: {
            const Result<Decimal> number = Decimal::Parse(value);
            if (number.ok()) CountOne(std::move(key), Rounded(*number), hers);
            break;
          }
          case Kind::kFlag:
            if (value != "true" && value != "false") break;
            key.value = value;
            CountOne(std::move(key), Decimal(), hers);
            break;
          case Kind::kText:
            if (first != '"') break;
            const std::string text = JsonScalarText(value);
            if (!field->second.texts.contains(text)) break;
            AppendJsonString(text, &key.value.emplace());
            CountOne(std::move(key), Decimal(), hers);
            break;
        }
        return true;
      });
}

std::vector<std::string> NamesOfCounted(const Sums& sums) {
  std::vector<std::string> names;
  for (const auto& [key, sum] : sums) {
    if (!key.field.empty()) names.push_back(key.type + " " + key.field);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void AddPerson(const Sums& hers, Sums* pool) {
  for (const auto& [key, sum] : hers) {
    auto at = pool->find(key);
    if (at == pool->end()) {
      if (pool->size() >= kMaxWaitingSums) continue;
      at = pool->try_emplace(key).first;
    }
    if (!AddTo(sum.total, &at->second.total)) continue;
    at->second.people += sum.people;
    at->second.values += sum.values;
  }
}

std::vector<AnonymisedEvent> TakeReady(uint64_t people, Sums* pool) {
  std::vector<AnonymisedEvent> events;
  for (auto at = pool->begin();
       at != pool->end() && events.size() < kMaxAnonymisedEvents;) {
    const SumKey of{at->first.type, at->first.month};
    EventWriter writer(of, &events);
    for (; at != pool->end() && at->first.type == of.type &&
           at->first.month == of.month;) {
      if (at->second.people < people) {
        ++at;
        continue;
      }
      writer.Add(at->first, at->second);
      at = pool->erase(at);
    }
  }
  return events;
}

std::string EncodeSums(const Sums& sums) {
  std::string bytes(1, static_cast<char>(kVersion));
  PutVarint(&bytes, sums.size());
  for (const auto& [key, sum] : sums) {
    PutBytes(&bytes, key.type);
    PutVarint(&bytes, key.month);
    PutBytes(&bytes, key.field);
    bytes.push_back(key.value.has_value() ? 1 : 0);
    if (key.value.has_value()) PutBytes(&bytes, *key.value);
    PutVarint(&bytes, sum.people);
    PutVarint(&bytes, sum.values);
    PutSigned(&bytes, sum.total.mantissa);
    bytes.push_back(static_cast<char>(sum.total.scale));
  }
  return bytes;
}

bool DecodeSums(std::string_view bytes, Sums* sums) {
  sums->clear();
  ByteReader reader(bytes);
  if (reader.U8() != kVersion) return false;
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    SumKey key;
    key.type = reader.Bytes();
    const uint64_t month = reader.Varint();
    key.month = static_cast<uint32_t>(month);
    key.field = reader.Bytes();
    const uint8_t has_value = reader.U8();
    if (has_value == 1) key.value = reader.Bytes();
    Sum sum;
    sum.people = reader.Varint();
    sum.values = reader.Varint();
    sum.total.mantissa = reader.Signed();
    const uint8_t scale = reader.U8();
    sum.total.scale = static_cast<int8_t>(scale);
    // A month is turned into a time, and a scale into a text.
    const bool sound = has_value <= 1 && scale <= 18 && month >= 190001 &&
                       month <= 220012 && month % 100 >= 1 && month % 100 <= 12;
    if (!reader.ok() || !sound) return false;
    sums->insert_or_assign(std::move(key), sum);
  }
  return reader.ok() && reader.AtEnd();
}

}  // namespace crm
