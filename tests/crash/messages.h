// What a worker tells the driver, over a pipe that outlives it. A message is
// in the pipe, or it is not: what the driver has read was said before the
// kill.

#ifndef CRM_TESTS_CRASH_MESSAGES_H_
#define CRM_TESTS_CRASH_MESSAGES_H_

#include <cstdint>
#include <span>
#include <string>

#include "crm/event.h"

namespace crm::crash {

// Where a kill can hit. kAny is no phase: the worker is just somewhere.
enum class Phase : uint8_t {
  kAny = 0,
  kAppend,
  kCheckpoint,
  kPool,
  kImport,
  kRebuild,
};
inline constexpr size_t kPhases = 6;
const char* PhaseName(Phase phase);

struct Message {
  enum class Kind : uint8_t {
    kBegin = 1,  // A phase; kEnd ends it.
    kEnd,
    kIntent,    // `count` events from `number` are about to be appended.
    kAck,       // Event `number` was acknowledged at `position`.
    kFound,     // Event `number`, never acknowledged, is at `position`.
    kCount,     // The tenant holds `number` events.
    kChecked,   // All is well up to `position`.
    kImported,  // File `number` was imported to its end.
  };
  Kind kind = Kind::kBegin;
  Phase phase = Phase::kAny;
  uint16_t count = 0;
  uint32_t tenant = 0;
  uint64_t number = 0;
  uint64_t position = 0;
};
static_assert(sizeof(Message) == 24);

// Whole or not at all, from any thread, up to PIPE_BUF bytes.
void Send(int pipe, std::span<const Message> messages);
void Send(int pipe, const Message& message);

// --- Events by number --------------------------------------------------------

// Tenants of every cycle; then the one of imports; then those that are made
// to have a key pool filled.
inline constexpr uint32_t kTenants = 3;
inline constexpr uint32_t kImportTenant = 3;
inline constexpr uint32_t kFirstPoolTenant = 10;
std::string TenantName(uint32_t tenant);
// False: none of ours.
bool TenantOfName(const std::string& name, uint32_t* tenant);

// Files of imports have numbers of their own.
inline constexpr uint64_t kFirstImported = uint64_t{1} << 40;
inline constexpr uint64_t kEventsPerFile = 1000;

// The event of this number; the same on every call.
Event EventOf(uint64_t number);
// Zero: not one of ours.
uint64_t NumberOf(std::string_view id);

uint64_t Mix(uint64_t value);

}  // namespace crm::crash

#endif  // CRM_TESTS_CRASH_MESSAGES_H_
