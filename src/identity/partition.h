// Taking a customer apart: which records stay together once some of the links
// between them are gone, and who is who then. Pure.

#ifndef CRM_IDENTITY_PARTITION_H_
#define CRM_IDENTITY_PARTITION_H_

#include <functional>
#include <utility>
#include <vector>

#include "identity/choice.h"
#include "identity/rows.h"

namespace crm {

// What ties two records of a customer together.
struct RecordLink {
  RecordId a = 0;
  RecordId b = 0;
  Position merge = 0;  // 0: a record that joined; else the merge's position.
};

// All links of a customer: a tree over her records, but where a record has lost
// its link with its key.
std::vector<RecordLink> LinksOf(const Members& members);

// How somebody is taken apart.
struct Cut {
  // Links that go.
  std::function<bool(const RecordLink& link)> goes;
  // Not empty: these stay together as one, and so do all others.
  std::vector<RecordId> together = {};
  // Records without any link stay with the others.
  bool keeps_strays = true;
  // Whose id is rather kept, before all other rules; empty: nobody's.
  std::function<bool(CustomerId customer)> prefers = {};
  // Given to a part that none of the ids so far goes with, then the next.
  CustomerId first_new = 0;
  // The namespace whose owner stays of two who are one.
  uint32_t account = 0;
};

struct Partition {
  // Customers who have records, the one who was taken apart first, then
  // ascending; then those who lead to one of them.
  std::vector<IdentityChoice::Part> parts;
  size_t alive = 0;  // How many of the parts have records.
  // Records of different parts that were linked.
  std::vector<std::pair<RecordId, RecordId>> apart;
};

Partition TakeApart(CustomerId customer, const Members& members,
                    const Cut& cut);

}  // namespace crm

#endif  // CRM_IDENTITY_PARTITION_H_
