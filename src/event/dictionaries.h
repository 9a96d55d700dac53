// Which dictionary compresses the events of a (tenant, type), and the samples
// of which the next one is made.
//
// Thread safety: all methods, from any thread.

#ifndef CRM_EVENT_DICTIONARIES_H_
#define CRM_EVENT_DICTIONARIES_H_

#include <absl/container/flat_hash_map.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "crm/types.h"
#include "format/dictionary.h"

namespace crm {

class Dictionaries final {
 public:
  struct Current {
    Position position = 0;  // 0: none yet.
    std::shared_ptr<const Dictionary> dictionary;
  };
  // Made of samples, not yet in the log.
  struct Trained {
    uint32_t tenant = 0;
    uint32_t type = 0;
    std::string bytes;
  };

  Dictionaries();

  // `*known` false: not asked for before (see Set).
  Current Find(uint32_t tenant, uint32_t type, bool* known) const;
  void Set(uint32_t tenant, uint32_t type, Current current);
  // For a (tenant, type) without a dictionary: keeps a sample; the last one
  // needed trains it.
  void AddSample(uint32_t tenant, uint32_t type, std::string_view plain);
  // What was trained since the last call; cheap when nothing was.
  std::vector<Trained> TakeTrained();

 private:
  using Name = std::pair<uint32_t, uint32_t>;
  mutable SharedMutex mutex_;
  absl::flat_hash_map<Name, Current> current_ CRM_GUARDED_BY(mutex_);
  Mutex samples_mutex_;
  // Empty list: enough were taken.
  absl::flat_hash_map<Name, std::vector<std::string>> samples_
      CRM_GUARDED_BY(samples_mutex_);
  std::vector<Trained> trained_ CRM_GUARDED_BY(samples_mutex_);
  std::atomic<bool> any_trained_{false};
  std::shared_ptr<const Dictionary> none_;
};

}  // namespace crm

#endif  // CRM_EVENT_DICTIONARIES_H_
