// Bytes and numbers: fixed big-endian for keys (so that they sort), varints
// for packed values, and a reader that checks every bound.

#ifndef CRM_BASE_CODING_H_
#define CRM_BASE_CODING_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace crm {

void PutBe16(std::string* out, uint16_t value);
void PutBe32(std::string* out, uint32_t value);
void PutBe64(std::string* out, uint64_t value);
uint16_t GetBe16(const char* data);
uint32_t GetBe32(const char* data);
uint64_t GetBe64(const char* data);

// LEB128, at most 10 bytes.
void PutVarint(std::string* out, uint64_t value);
// Zigzag for signed values.
void PutSigned(std::string* out, int64_t value);
// Length, then bytes.
void PutBytes(std::string* out, std::string_view bytes);

// Reads what the functions above wrote. The first read past the end or of a
// malformed varint makes ok() false for good; from then on reads give zeroes.
class ByteReader final {
 public:
  explicit ByteReader(std::string_view data) : data_(data) {}

  uint8_t U8();
  uint16_t Be16();
  uint32_t Be32();
  uint64_t Be64();
  uint64_t Varint();
  int64_t Signed();
  std::string_view Bytes();            // Length-prefixed.
  std::string_view Take(size_t size);  // Exactly `size` bytes.
  std::string_view Rest();

  bool ok() const { return ok_; }
  bool AtEnd() const { return data_.empty(); }
  size_t remaining() const { return data_.size(); }

 private:
  std::string_view data_;
  bool ok_ = true;
};

}  // namespace crm

#endif  // CRM_BASE_CODING_H_
