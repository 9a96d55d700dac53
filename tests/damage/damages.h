// What can happen to the files of a store, and to which of them.

#ifndef CRM_TESTS_DAMAGE_DAMAGES_H_
#define CRM_TESTS_DAMAGE_DAMAGES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace crm::damage {

enum class Damage : uint8_t {
  kFlip,     // One bit.
  kZero,     // 512 bytes, as of a lost sector.
  kCutTail,  // 1 to 64 bytes of the end.
  kCut,      // Everything from somewhere on.
  kDelete,
  kStale,  // Replaced by what it was earlier.
};
inline constexpr size_t kDamages = 6;
const char* DamageName(Damage damage);

// Files of one kind, relative to the folder that holds "store" and
// "store.key".
struct Kind {
  std::string name;
  std::vector<std::string> files;
  bool folder = false;  // `files` has one entry, a folder.
};
// Every file has a kind; folders are kinds of their own, at the end.
std::vector<Kind> KindsOf(const std::string& root);

// Damages `file` below `root`; `stale` is the folder of an earlier state.
// False: it cannot happen to this file.
bool Inflict(Damage damage, const Kind& kind, const std::string& file,
             const std::string& root, const std::string& stale,
             uint64_t random);

}  // namespace crm::damage

#endif  // CRM_TESTS_DAMAGE_DAMAGES_H_
