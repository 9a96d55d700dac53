#include "crash/messages.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>

namespace crm::crash {
namespace {

constexpr uint64_t kCustomers = 20'000;

}  // namespace

const char* PhaseName(Phase phase) {
  constexpr std::array<const char*, kPhases> kNames = {
      "anywhere",        "append", "checkpoint",
      "key pool refill", "import", "view rebuild"};
  return kNames[static_cast<size_t>(phase)];
}

void Send(int pipe, std::span<const Message> messages) {
  const auto bytes = static_cast<ssize_t>(messages.size_bytes());
  // Without its driver a worker has nothing to prove.
  if (write(pipe, messages.data(), messages.size_bytes()) != bytes) _exit(3);
}

void Send(int pipe, const Message& message) { Send(pipe, {&message, 1}); }

std::string TenantName(uint32_t tenant) {
  if (tenant == kImportTenant) return "imports";
  return (tenant < kTenants ? "tenant-" : "pool-") + std::to_string(tenant);
}

bool TenantOfName(const std::string& name, uint32_t* tenant) {
  *tenant = kImportTenant;
  if (name == "imports") return true;
  const size_t dash = name.find('-');
  if (dash == std::string::npos) return false;
  const char* end = name.data() + name.size();
  return std::from_chars(name.data() + dash + 1, end, *tenant).ptr == end;
}

uint64_t Mix(uint64_t value) {
  value += 0x9E3779B97F4A7C15u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

Event EventOf(uint64_t number) {
  constexpr std::array<const char*, 4> kTypes = {
      "member.created", "booking.made", "order.placed", "ConsentGranted"};
  const uint64_t random = Mix(number);
  const std::string customer = std::to_string(random % kCustomers);
  Event event;
  event.id = "e-" + std::to_string(number);
  event.type = kTypes[random / kCustomers % kTypes.size()];
  event.source = "crash";
  event.occurred_at =
      Timestamp(std::chrono::seconds(1'700'000'000 + random % 20'000'000));
  event.identifiers = {{"customerId", "c-" + customer}};
  if (random % 3 == 0) {
    event.identifiers.push_back({"email", "c" + customer + "@example.com"});
  }
  event.payload = R"({"n":)" + std::to_string(number) + R"(,"word":")" +
                  std::to_string(Mix(random)) + R"(","city":"town )" +
                  std::to_string(random % 97) + R"("})";
  return event;
}

uint64_t NumberOf(std::string_view id) {
  uint64_t number = 0;
  if (!id.starts_with("e-")) return 0;
  const char* end = id.data() + id.size();
  const auto read = std::from_chars(id.data() + 2, end, number);
  return read.ptr == end && read.ec == std::errc() ? number : 0;
}

}  // namespace crm::crash
