// Decimal: money and quantities, exact.

#ifndef CRM_BASE_DECIMAL_H_
#define CRM_BASE_DECIMAL_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "crm/status.h"

namespace crm {

// mantissa * 10^-scale, 0 <= scale <= 18. Normalised: the scale is the fewest
// that lose nothing, so equal values are equal structs.
struct Decimal {
  int64_t mantissa = 0;
  int8_t scale = 0;

  bool operator==(const Decimal&) const = default;

  // From a JSON number token such as "12.50", "-3", "1e2". kTooLarge when it
  // does not fit.
  static Result<Decimal> Parse(std::string_view text);
  std::string ToString() const;
};

// kTooLarge on overflow.
Result<Decimal> Add(Decimal a, Decimal b);
Result<Decimal> Multiply(Decimal a, Decimal b);
// Negative, zero or positive, as a compares with b.
int Compare(Decimal a, Decimal b);

}  // namespace crm

#endif  // CRM_BASE_DECIMAL_H_
