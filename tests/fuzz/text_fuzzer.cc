// Times and numbers as text: what is accepted is in range and comes out of
// the writer as the same value. The first byte chooses.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/decimal.h"
#include "base/time_text.h"
#include "fuzz/require.h"

namespace crm {
namespace {

void ReadTime(std::string_view text) {
  const Result<Timestamp> time = ParseTime(text);
  if (!time.ok()) return Require(!time.status().message().empty());
  Require(InTimeRange(*time));
  const Result<Timestamp> again = ParseTime(FormatTime(*time));
  Require(again.ok() && *again == *time);
}

// A format, a line feed, the text.
void ReadTimeAs(std::string_view text) {
  const size_t cut = std::min(text.find('\n'), text.size());
  const std::string_view format = text.substr(0, cut);
  if (!CheckTimeFormat(format).ok()) return;
  const std::string_view rest =
      cut < text.size() ? text.substr(cut + 1) : std::string_view();
  const Result<Timestamp> time = ParseTimeAs(rest, format);
  if (time.ok()) Require(InTimeRange(*time));
}

// Two numbers, with a line feed between.
void ReadDecimals(std::string_view text) {
  const size_t cut = std::min(text.find('\n'), text.size());
  const Result<Decimal> a = Decimal::Parse(text.substr(0, cut));
  if (!a.ok()) return;
  Require(a->scale >= 0 && a->scale <= 18);
  const Result<Decimal> again = Decimal::Parse(a->ToString());
  Require(again.ok() && *again == *a);
  Require(Compare(*a, *a) == 0);
  if (cut == text.size()) return;
  const Result<Decimal> b = Decimal::Parse(text.substr(cut + 1));
  if (!b.ok()) return;
  Require((Compare(*a, *b) == 0) == (*a == *b));
  Require((Compare(*a, *b) < 0) == (Compare(*b, *a) > 0));
  const Result<Decimal> sum = Add(*a, *b);
  const Result<Decimal> other = Add(*b, *a);
  Require(sum.ok() == other.ok() && (!sum.ok() || *sum == *other));
  const Result<Decimal> product = Multiply(*a, *b);
  const Result<Decimal> swapped = Multiply(*b, *a);
  Require(product.ok() == swapped.ok() &&
          (!product.ok() || *product == *swapped));
}

void Fuzz(std::string_view input) {
  if (input.empty()) return;
  const std::string_view text = input.substr(1);
  switch (input.front()) {
    case 't':
      return ReadTime(text);
    case 'f':
      return ReadTimeAs(text);
    default:
      return ReadDecimals(text);
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
