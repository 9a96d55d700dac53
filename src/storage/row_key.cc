#include "storage/row_key.h"

#include "base/coding.h"

namespace crm {

EncodedKey::EncodedKey(const RowKey& key, int words)
    : size_(words > 1 ? 20 : 12) {
  const auto put = [this](size_t at, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      bytes_[at + i] = static_cast<char>(value >> (8 * (size - 1 - i)));
    }
  };
  put(0, key.tenant, 4);
  put(4, key.a, 8);
  if (words > 1) put(12, key.b, 8);
}

std::string EncodeRowKey(const RowKey& key, int words) {
  return std::string(EncodedKey(key, words).view());
}

bool DecodeRowKey(std::string_view bytes, int words, RowKey* key) {
  if (bytes.size() != (words > 1 ? 20u : 12u)) return false;
  key->tenant = GetBe32(bytes.data());
  key->a = GetBe64(bytes.data() + 4);
  key->b = words > 1 ? GetBe64(bytes.data() + 12) : 0;
  return true;
}

}  // namespace crm
