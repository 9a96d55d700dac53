// RowKey: the name of a row in its family.

#ifndef CRM_STORAGE_ROW_KEY_H_
#define CRM_STORAGE_ROW_KEY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crm {

// Tenant first, in memory and on disk; then one or two words.
struct RowKey {
  uint64_t a = 0;
  uint64_t b = 0;
  uint32_t tenant = 0;

  bool operator==(const RowKey&) const = default;
  // The order on disk.
  bool operator<(const RowKey& other) const {
    if (tenant != other.tenant) return tenant < other.tenant;
    if (a != other.a) return a < other.a;
    return b < other.b;
  }
};

std::string EncodeRowKey(const RowKey& key, int words);
// The same without an allocation, valid as long as this lives.
class EncodedKey final {
 public:
  EncodedKey(const RowKey& key, int words);
  std::string_view view() const { return {bytes_, size_}; }

 private:
  char bytes_[20];
  size_t size_;
};
// False when `bytes` is no key of so many words.
bool DecodeRowKey(std::string_view bytes, int words, RowKey* key);

}  // namespace crm

#endif  // CRM_STORAGE_ROW_KEY_H_
