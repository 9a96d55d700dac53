// What criteria are asked about: one customer at one instant. Whoever has the
// rows supplies them; this room knows no store.

#ifndef CRM_CRITERIA_FACTS_H_
#define CRM_CRITERIA_FACTS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "crm/consent.h"
#include "crm/status.h"
#include "crm/types.h"

namespace crm {

// One thread at a time. Everything that it hands out lives as long as it does.
class CriteriaFacts {
 public:
  struct Trait {
    std::string value;  // JSON; never null.
    int64_t occurred_at = 0;
    Position position = 0;
  };
  struct Event {
    int64_t occurred_at = 0;
    Position position = 0;
    std::string_view type;
    bool readable = true;  // Its content is still there.
  };
  struct Content {
    std::string id;
    std::string source;
    std::string payload;  // A JSON object.
  };

  virtual ~CriteriaFacts() = default;

  virtual CustomerId customer() const = 0;
  // Null: there is no such trait; or, when `*hidden`, nobody can know any more.
  virtual Status FindTrait(std::string_view name, const Trait** out,
                           bool* hidden) = 0;
  // Those up to the instant of the question, ascending by time.
  virtual Status Events(std::span<const Event>* out) = 0;
  // REQUIRES: the event of this number is readable.
  virtual Status Read(size_t event, const Content** out) = 0;
  // The verdict about her, `question.customer` and `at` left to it.
  virtual Status CheckConsent(const ConsentQuestion& question,
                              ConsentDecision* out) = 0;
};

}  // namespace crm

#endif  // CRM_CRITERIA_FACTS_H_
