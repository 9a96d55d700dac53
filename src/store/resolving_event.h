// One event while it is resolved: what identity asks the store for.

#ifndef CRM_STORE_RESOLVING_EVENT_H_
#define CRM_STORE_RESOLVING_EVENT_H_

#include "store/sequencer.h"

namespace crm {

class ResolvingEvent final : public ResolveHost {
 public:
  // `dry`: what a dry run has decided so far; null: this is none.
  ResolvingEvent(Sequencer* sequencer, const Fact& fact, FoldContext& context,
                 const DryRun* dry)
      : sequencer_(sequencer), fact_(fact), context_(context), dry_(dry) {}

  const IdentityRules& rules() const override;
  Result<Person> EventPerson() override;
  Result<Person> PersonOf(CustomerId customer) override;
  int64_t now() const override { return fact_.header.occurred_at; }
  Result<std::optional<int64_t>> TimeOf(RecordId record,
                                        Position last) override;
  bool MayMerge() override;
  Status Emit(IdentityChoice* choice) override;

 private:
  Sequencer* const sequencer_;
  const Fact& fact_;
  FoldContext& context_;
  const DryRun* const dry_;
};

}  // namespace crm

#endif  // CRM_STORE_RESOLVING_EVENT_H_
