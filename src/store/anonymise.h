// What an erasure of mode kAnonymise does before her keys go: her events into
// the tenant's pool of sums, and out of it what enough people have added to.
// See crm/privacy.h and privacy/sums.h.
//
// The pool is a row of family ops, sealed with the tenant's key. It is written
// with the choice, and so are the events that come out of it: one write, so
// that whoever cuts it off finds all of it or nothing, and no step of an
// erasure that is done again counts anybody again.

#ifndef CRM_STORE_ANONYMISE_H_
#define CRM_STORE_ANONYMISE_H_

#include <map>
#include <memory>
#include <string>

#include "crm/privacy.h"
#include "format/log_record.h"
#include "privacy/sums.h"
#include "store/core.h"
#include "store/request.h"
#include "store/sequencer.h"

namespace crm {

// Of one erasure. One thread; must outlive the choosing that it writes with.
class Anonymising final {
 public:
  Anonymising(StoreCore& core, const TenantInfo& tenant);

  // An event of hers that can still be read, `body` as the timeline has it.
  Status Count(Position position, const EventHeader& header,
               const std::string& body);

  // Puts what was counted into the pool, and writes what is ready. Behind the
  // choice, or `dry`. Fills in what the report says of it.
  Status Emit(Sequencer::Choosing& choosing, bool dry, ErasureReport* report);

 private:
  Result<Sums> ReadPool() const;
  Result<std::string> SealPool(const Sums& pool) const;
  const CountedFields& FieldsOf(const Schema* schema, uint32_t type);
  Status Append(const std::vector<AnonymisedEvent>& events,
                Sequencer::Choosing& choosing);

  StoreCore& core_;
  const TenantInfo& tenant_;
  const std::shared_ptr<const TenantDefinitions> definitions_;
  // By schema, which the definitions or the catalogue keep.
  std::map<const Schema*, CountedFields> fields_;
  Sums hers_;
  uint64_t counted_ = 0;
  std::string plain_;
  std::string upcast_;
  AppendOptions options_;
  Request request_;
  Preparer preparer_;
};

// The row of a tenant's pool, of family ops.
std::string AnonymisedPoolKey(uint32_t tenant);

// Rewrites the files that hold the pool as it was before: the difference would
// be what one person did.
Status PurgeAnonymisedPool(StoreCore& core, uint32_t tenant);

}  // namespace crm

#endif  // CRM_STORE_ANONYMISE_H_
