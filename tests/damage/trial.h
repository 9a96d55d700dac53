// The things that are done in child processes, because RocksDB may end the
// process, and because its threads do not survive a fork.

#ifndef CRM_TESTS_DAMAGE_TRIAL_H_
#define CRM_TESTS_DAMAGE_TRIAL_H_

#include <cstdint>
#include <string>

namespace crm::damage {

// Events in the states that Build makes.
inline constexpr uint64_t kStaleEvents = 1500;
inline constexpr uint64_t kClosedEvents = 2600;
inline constexpr uint64_t kCrashedEvents = 3000;

enum class Verdict : uint8_t {
  kRefused = 0,  // The open said no, clearly.
  kRight,        // All answers are right.
  kRepaired,     // They are, after views were built anew.
  kReported,     // A read, an append or Verify says what is wrong.
  kSilent,       // A wrong answer that looks like a right one.
  kCrashed,      // The process died.
  kCount,
};
const char* VerdictName(Verdict verdict);

// Each makes "<root>/store" and its key from what an earlier one left. False:
// a call of the store failed; it is on the error output.
bool BuildStale(const std::string& root);
bool BuildClosed(const std::string& root);
// Ends without a close, everything synced and anchored.
bool BuildCrashed(const std::string& root);
// The answers of the store as text into "<root>/answers".
bool WriteAnswers(const std::string& root, uint64_t events);

// Opens a damaged store and asks it everything. `why` says what decided.
Verdict Judge(const std::string& root, const std::string& answers,
              uint64_t events, std::string* why);

}  // namespace crm::damage

#endif  // CRM_TESTS_DAMAGE_TRIAL_H_
