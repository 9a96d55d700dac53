// Identity: whose event is it?
//
// Every event with an identifier belongs to a *record*: what one source said
// about one person, keyed by (tenant, source, first present of: exclusive
// identifiers, shareable, ephemeral). A *customer* is a set of records.
//
// A new record joins the customer to whom one of its identifiers already
// belongs, best confidence first (exclusive 100, email 95, phone 85), unless
// that would give her two values of one exclusive namespace. Otherwise it
// begins a new customer. Two customers that meet in one event stay apart: the
// identifier remains with its owner, and the outcome of the append names it
// as contested.

#ifndef CRM_INCLUDE_IDENTITY_H_
#define CRM_INCLUDE_IDENTITY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "crm/types.h"

namespace crm {

struct CustomerRecord {
  RecordId record = 0;
  std::string source = {};
  uint64_t events = 0;  // Also the next revision.
  // The event that tied the record to the customer, and why.
  Position linked_at = 0;
  std::string matched_by = {};  // Namespace, or empty: she began with it.
  int confidence = 100;
};

struct Customer {
  CustomerId id = 0;
  // Position of the last event, link or erasure that concerns her.
  Position version = 0;
  uint64_t events = 0;
  std::vector<CustomerRecord> records = {};
};

}  // namespace crm

#endif  // CRM_INCLUDE_IDENTITY_H_
