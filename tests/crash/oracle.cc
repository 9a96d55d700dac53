#include "crash/oracle.h"

#include <algorithm>

namespace crm::crash {

bool Oracle::InFlight() const {
  return std::any_of(intents_.begin(), intents_.end(), [](const auto& entry) {
    return entry.second.acknowledged < entry.second.count;
  });
}

bool Oracle::Learn(uint64_t number, Place place, std::string* error) {
  const auto [entry, added] = known_.try_emplace(number, place);
  if (added) {
    numbers_.push_back(number);
    return true;
  }
  if (entry->second.position == place.position) return true;
  *error = "event " + std::to_string(number) + " is at " +
           std::to_string(place.position) + " and at " +
           std::to_string(entry->second.position);
  return false;
}

bool Oracle::Take(const Message& message, std::string* error) {
  switch (message.kind) {
    case Message::Kind::kBegin:
    case Message::Kind::kEnd:
      break;
    case Message::Kind::kIntent:
      intents_[message.number] = {message.tenant, message.number, message.count,
                                  0};
      next_number_ = std::max(next_number_, message.number + message.count);
      if (message.tenant >= kFirstPoolTenant) {
        next_tenant_ = std::max(next_tenant_, message.tenant + 1);
      }
      break;
    case Message::Kind::kAck: {
      auto intent = intents_.upper_bound(message.number);
      if (intent != intents_.begin()) ++(--intent)->second.acknowledged;
      return Learn(message.number, {message.tenant, message.position}, error);
    }
    case Message::Kind::kFound:
      return Learn(message.number, {message.tenant, message.position}, error);
    case Message::Kind::kCount:
      new_counts_[message.tenant] = message.number;
      break;
    case Message::Kind::kChecked:
      checked_head_ = message.position;
      checked_numbers_ = numbers_.size();
      for (const auto& [tenant, count] : new_counts_) counts_[tenant] = count;
      new_counts_.clear();
      intents_.clear();
      break;
    case Message::Kind::kImported:
      imported_files_ = std::max(imported_files_, message.number + 1);
      break;
  }
  return true;
}

}  // namespace crm::crash
