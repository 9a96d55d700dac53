// One customer as criteria see her: what a snapshot holds of her, up to an
// instant. Read when it is asked for, and once.

#ifndef CRM_STORE_CRITERIA_FACTS_H_
#define CRM_STORE_CRITERIA_FACTS_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "criteria/facts.h"
#include "crm/profile.h"
#include "event/definitions.h"
#include "store/read_upcaster.h"
#include "store/snapshot.h"

namespace crm {

class SnapshotFacts final : public CriteriaFacts {
 public:
  // All outlive it; `definitions` may be null. The customer goes by this id.
  SnapshotFacts(const Snapshot::Impl& snapshot,
                const TenantDefinitions* definitions, CustomerId customer,
                Timestamp as_of);

  CustomerId customer() const override { return customer_; }
  Status FindTrait(std::string_view name, const Trait** out,
                   bool* hidden) override;
  Status Events(std::span<const Event>* out) override;
  Status Read(size_t event, const Content** out) override;
  Status CheckConsent(const ConsentQuestion& question,
                      ConsentDecision* out) override;

 private:
  // Her traits as they were, folded anew from what had happened by then.
  Status FoldThen();
  const Trait* Keep(std::string_view name, std::string_view value,
                    int64_t occurred_at, Position position);

  const Snapshot::Impl& snapshot_;
  const TenantDefinitions* const definitions_;
  const CustomerId customer_;
  const Timestamp as_of_;
  ReadUpcaster upcaster_;

  std::optional<Profile> now_;
  bool folded_ = false;
  // Something that was said by then is not kept any more.
  bool forgotten_ = false;
  std::map<std::string, Trait, std::less<>> then_;
  std::map<std::string, Trait, std::less<>> shown_;

  bool loaded_ = false;
  std::vector<Snapshot::Impl::Entry> entries_;
  std::vector<Event> events_;
  std::vector<std::unique_ptr<Content>> contents_;
};

}  // namespace crm

#endif  // CRM_STORE_CRITERIA_FACTS_H_
