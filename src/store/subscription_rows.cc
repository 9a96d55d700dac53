#include "store/subscription_rows.h"

#include <algorithm>

#include "base/coding.h"
#include "base/hash.h"
#include "store/sequencer.h"

namespace crm {
namespace {

constexpr std::string_view kPrefix = "subscription/";
constexpr uint8_t kRowVersion = 1;

std::string TenantPrefix(uint32_t tenant) {
  std::string key(kPrefix);
  PutBe32(&key, tenant);
  return key;
}

std::string Which(const SubscriptionRow& row) {
  std::string text = "subscription " + row.name;
  if (row.consumers > 1) text += ", consumer " + std::to_string(row.consumer);
  return text;
}

}  // namespace

// Names hold no control characters: a zero ends them.
std::string SubscriptionKey(uint32_t tenant, std::string_view name,
                            uint32_t consumer) {
  std::string key = TenantPrefix(tenant);
  key += name;
  key += '\0';
  PutBe32(&key, consumer);
  return key;
}

std::string EncodeSubscription(const SubscriptionRow& row) {
  std::string value(1, static_cast<char>(kRowVersion));
  PutBe32(&value, row.consumers);
  PutBe64(&value, row.position);
  PutBe64(&value, row.fingerprint);
  return value;
}

bool DecodeSubscription(std::string_view key, std::string_view value,
                        SubscriptionRow* row) {
  constexpr size_t kBefore = kPrefix.size() + 4;
  constexpr size_t kBehind = 5;
  if (key.size() < kBefore + kBehind || key[key.size() - kBehind] != '\0') {
    return false;
  }
  row->name = key.substr(kBefore, key.size() - kBefore - kBehind);
  row->consumer = GetBe32(key.data() + key.size() - 4);
  ByteReader reader(value);
  const uint8_t version = reader.U8();
  row->consumers = reader.Be32();
  row->position = reader.Be64();
  row->fingerprint = reader.Be64();
  return reader.ok() && reader.AtEnd() && version == kRowVersion &&
         row->consumer < row->consumers && row->consumers <= kMaxConsumers;
}

Status ReadSubscriptions(const StoreCore& core, uint32_t tenant,
                         std::string_view name,
                         std::vector<SubscriptionRow>* out) {
  std::string lower = TenantPrefix(tenant);
  std::string upper = TenantPrefix(tenant + 1);
  if (!name.empty()) {
    upper = lower;
    lower += name;
    upper += name;
    lower += '\0';
    upper += '\1';
  }
  bool sound = true;
  Status status = core.log->ScanBackward(
      kLogOps, lower, upper, [&](std::string_view key, std::string_view value) {
        sound = DecodeSubscription(key, value, &out->emplace_back());
        return sound;
      });
  if (status.ok() && !sound) {
    status = Status(StatusCode::kCorruption,
                    "a checkpoint of a subscription is malformed");
  }
  std::reverse(out->begin(), out->end());
  return status;
}

Result<uint64_t> FingerprintAt(const StoreCore& core, Position position) {
  if (position == 0) return uint64_t{0};
  std::string value;
  LogRecordReader reader;
  LogRecord record;
  Status status = core.log_view->Read(position, &value);
  if (status.ok()) status = reader.Read(value, &record);
  if (!status.ok()) return status;
  return StableHash64(record.header);
}

Status CheckNotRolledBack(const StoreCore& core, const SubscriptionRow& row) {
  const Position head = core.sequencer->head();
  if (row.position > head) {
    return Status(StatusCode::kRolledBack,
                  Which(row) + ": its checkpoint is position " +
                      std::to_string(row.position) + ", the log ends at " +
                      std::to_string(head));
  }
  const Result<uint64_t> fingerprint = FingerprintAt(core, row.position);
  if (!fingerprint.ok()) return fingerprint.status();
  if (*fingerprint == row.fingerprint) return Status::Ok();
  return Status(StatusCode::kRolledBack,
                Which(row) + ": the record at its checkpoint, position " +
                    std::to_string(row.position) +
                    ", is not the one that was acknowledged; the log ends at " +
                    std::to_string(head));
}

uint32_t ShareOf(CustomerId customer, Position position, uint32_t consumers) {
  if (consumers == 1) return 0;
  const uint64_t number = customer != 0 ? customer : position;
  char bytes[8];
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(number >> (56 - 8 * i));
  }
  return static_cast<uint32_t>(StableHash64({bytes, sizeof(bytes)}) %
                               consumers);
}

}  // namespace crm
