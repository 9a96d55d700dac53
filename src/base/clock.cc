#include <memory>

#include "crm/options.h"

namespace crm {
namespace {

class RealClock final : public Clock {
 public:
  Timestamp Now() override {
    return std::chrono::floor<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
};

}  // namespace

std::shared_ptr<Clock> SystemClock() {
  static const std::shared_ptr<Clock> clock = std::make_shared<RealClock>();
  return clock;
}

}  // namespace crm
