// DryRun: what a dry run has decided so far (see crm/event.h).

#ifndef CRM_STORE_DRY_RUN_H_
#define CRM_STORE_DRY_RUN_H_

#include <optional>
#include <string>
#include <vector>

#include "crm/event.h"
#include "storage/overlay.h"

namespace crm {

// The first store that it is used with is the one it belongs to. Must not
// outlive that store.
class DryRun final {
 public:
  // Where a would-be event lies in the rows of a dry run: not a place.
  static constexpr Position kPosition = (Position{1} << 48) - 1;

  Generation& Rows(Overlay* overlay) {
    if (!rows_.has_value()) rows_.emplace(overlay);
    return *rows_;
  }
  // Who got an event of which type, and when: would-be events have no timeline,
  // and new types no number.
  struct Happened {
    RecordId record;
    std::string type;
    int64_t occurred_at;
  };
  std::vector<Happened>& happened() { return happened_; }
  const std::vector<Happened>& happened() const { return happened_; }

 private:
  std::optional<Generation> rows_;
  std::vector<Happened> happened_;
};

}  // namespace crm

#endif  // CRM_STORE_DRY_RUN_H_
