// The stored checkpoints of subscriptions: rows of the log's family ops.

#ifndef CRM_STORE_SUBSCRIPTION_ROWS_H_
#define CRM_STORE_SUBSCRIPTION_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/core.h"

namespace crm {

struct SubscriptionRow {
  std::string name;
  uint32_t consumer = 0;
  uint32_t consumers = 1;
  Position position = 0;
  // Of the record at the position, so that a log that was set back, and has
  // grown again, is noticed. Zero for position zero.
  uint64_t fingerprint = 0;
};

std::string SubscriptionKey(uint32_t tenant, std::string_view name,
                            uint32_t consumer);
std::string EncodeSubscription(const SubscriptionRow& row);
[[nodiscard]] bool DecodeSubscription(std::string_view key,
                                      std::string_view value,
                                      SubscriptionRow* row);

// All rows of a tenant, or those of one name: by name, then consumer.
Status ReadSubscriptions(const StoreCore& core, uint32_t tenant,
                         std::string_view name,
                         std::vector<SubscriptionRow>* out);

// Hash of the open part of the record at `position`.
Result<uint64_t> FingerprintAt(const StoreCore& core, Position position);

// Ok: the log holds what the row names. kRolledBack: it was set back.
Status CheckNotRolledBack(const StoreCore& core, const SubscriptionRow& row);

// Which of `consumers` has the events of this customer; zero, nobody: of this
// position. For good: it is a promise.
uint32_t ShareOf(CustomerId customer, Position position, uint32_t consumers);

}  // namespace crm

#endif  // CRM_STORE_SUBSCRIPTION_ROWS_H_
