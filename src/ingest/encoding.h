// Text in other encodings than UTF-8.
//
// The 8-bit sets have ASCII in their lower half, so files in them are cut into
// rows and fields first and converted field by field: columns of fixed width
// count the bytes of the file, and an error is that of a field. UTF-16 is
// converted before anything else looks at it.

#ifndef CRM_INGEST_ENCODING_H_
#define CRM_INGEST_ENCODING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crm/ingest.h"

namespace crm::ingest {

// "utf-8", "utf-16", "utf-16le", "utf-16be", "windows-1252" (or "latin-1"),
// "mac-roman".
std::optional<TextEncoding> EncodingOfName(std::string_view name);
std::string_view NameOfEncoding(TextEncoding encoding);

bool IsEightBit(TextEncoding encoding);

// Appends one character, which must be one of Unicode's, as UTF-8.
void AppendUtf8(uint32_t code, std::string* out);

// Appends `text` as UTF-8. False: it holds a byte that means nothing.
bool AppendFromEightBit(TextEncoding encoding, std::string_view text,
                        std::string* out);

// The byte order mark at the beginning of a file; kDefault: none.
struct ByteOrderMark {
  TextEncoding encoding = TextEncoding::kDefault;
  size_t size = 0;
};
ByteOrderMark FindByteOrderMark(std::string_view start);

// Bytes of a file into UTF-8, in pieces of any size. What does not fit the
// encoding becomes the byte 0xff, which is no UTF-8: whoever checks the row it
// stands in will refuse that row. One thread.
class Utf8Stream final {
 public:
  // Not kDefault and not kUtf16: the byte order must be known.
  explicit Utf8Stream(TextEncoding encoding) : encoding_(encoding) {}

  void Append(std::string_view bytes, std::string* out);
  // Nothing follows.
  void Finish(std::string* out);

 private:
  void AppendUnit(uint32_t unit, std::string* out);

  const TextEncoding encoding_;
  int first_byte_ = -1;  // Of a unit that is cut in two.
  uint32_t high_ = 0;    // The first half of a surrogate pair.
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_ENCODING_H_
