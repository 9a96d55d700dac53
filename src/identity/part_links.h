// The links of a customer in the shape that everything else counts on: taking
// away the merge by which an id came to lead to her gives that id its records
// back. Pure.

#ifndef CRM_IDENTITY_PART_LINKS_H_
#define CRM_IDENTITY_PART_LINKS_H_

#include "crm/types.h"
#include "identity/rows.h"

namespace crm {

// Which records are tied to each other stays as it is; which of the links are
// merges, and of whom, is settled anew: of the records that hang together by
// other links exactly one began an id, all others are linked towards it, and
// each of these ids but `customer` has a merge. `customer` is one of them.
// Merges that somebody or a match made stay merges; where no id is left that
// came by one, `*next_new` is given out and counted up. What ties nothing
// together that was not tied goes. Records that nothing ties to the others get
// a merge of nobody's making, if they began an id.
void SettleLinks(CustomerId customer, Members* members, CustomerId* next_new);

}  // namespace crm

#endif  // CRM_IDENTITY_PART_LINKS_H_
