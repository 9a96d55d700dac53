#include "base/park.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace crm {
namespace {

TEST_CASE("who parks is woken by each change, and sees what came before it") {
  constexpr int kRounds = 20'000;
  std::atomic<int> ball{0};
  int plain = 0;  // Guarded by whose turn it is.
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      ParkWhile(ball, 0);
      ++plain;
      ball.store(0, std::memory_order_release);
      UnparkOne(ball);
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    ++plain;
    ball.store(1, std::memory_order_release);
    UnparkOne(ball);
    ParkWhile(ball, 1);
  }
  other.join();
  CHECK(plain == 2 * kRounds);
}

TEST_CASE("a number that is another already keeps nobody") {
  const std::atomic<int> word{7};
  ParkWhile(word, 6);
  UnparkOne(word);
  CHECK(word.load() == 7);
}

}  // namespace
}  // namespace crm
