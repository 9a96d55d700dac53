// EventDecoder from inside. Private to src/format.
//
// First one scan over the whole text, which validates everything and notes
// where the members of the envelope lie (event_scan.cc); then their meaning,
// which depends on which of them are there (event_interpret.cc). What an
// envelope cannot carry in a field of its own stays in `extra`, so that
// nothing is lost.

#ifndef CRM_FORMAT_EVENT_DECODER_INTERNAL_H_
#define CRM_FORMAT_EVENT_DECODER_INTERNAL_H_

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/envelope.h"
#include "format/json.h"
#include "format/json_internal.h"

namespace crm {

inline Status FieldFault(StatusCode code, std::string_view field,
                         std::string_view what) {
  std::string text(field);
  text += ": ";
  text += what;
  return Status(code, std::move(text));
}

inline Status FieldInvalid(std::string_view field, std::string_view what) {
  return FieldFault(StatusCode::kInvalidArgument, field, what);
}

inline Status FieldTooLarge(std::string_view field, size_t limit,
                            std::string_view unit) {
  return FieldFault(StatusCode::kTooLarge, field,
                    "over " + std::to_string(limit) + " " + std::string(unit));
}

// Memory that only grows.
class GrowingBuffer final {
 public:
  char* Reserve(size_t size) {
    if (size > size_) {
      data_.reset(new char[size]);
      size_ = size;
    }
    return data_.get();
  }

 private:
  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
};

// One member of the envelope. Offsets are those of the minified text.
struct EnvelopeMember {
  EnvelopeName name = EnvelopeName::kUnknown;
  char kind = 0;  // First character of the value.
  bool escaped = false;
  std::string_view token;  // The value, as it came.
  uint32_t begin = 0;      // Of the key's quote.
  uint32_t value = 0;
  uint32_t end = 0;
};

// One per decoder; what Scan leaves here is what Interpret reads.
struct EventDecoder::Impl {
  GrowingBuffer input;
  GrowingBuffer minified;
  std::string_view text;       // In `input`.
  const char* base = nullptr;  // Of the minified text.
  KeyTable keys;
  std::vector<EnvelopeMember> members;
  std::array<uint32_t, kEnvelopeNames> index;  // 1-based into members.
  EnvelopeNames carried;
  EnvelopeNames in_identity;  // kAggregateId, kCustomerId.
  EnvelopeName current = EnvelopeName::kUnknown;
  bool from_struct = false;  // The text is ours, its offsets mean nothing.
  DecodedEvent* out = nullptr;
  std::string identity_text;
  std::string payload_text;
  std::string extra_text;
  std::string composed;

  Status Scan(std::string_view json);
  bool TakeMember(const JsonScanner::Key& key, JsonScanner* scanner);
  bool TakeIdentity(JsonScanner* scanner);
  bool TakeHint(const JsonScanner::Key& key, size_t depth,
                JsonScanner* scanner);
  Status ScanFault(const JsonScanner& scanner) const;

  Status Interpret();
  Status ReadStrings();
  Status ReadTime();
  Status ReadObjects();
  Status ReadSubject();
  Status CheckHints() const;
  void CollectRest();

  // The member of that name unless it is absent or null.
  const EnvelopeMember* Find(EnvelopeName name) const {
    const uint32_t at = index[static_cast<size_t>(name)];
    if (at == 0 || members[at - 1].kind == 'n') return nullptr;
    return &members[at - 1];
  }
  std::string_view Slice(uint32_t begin, uint32_t end) const {
    return {base + begin, end - begin};
  }
  std::string_view StringOf(const EnvelopeMember& member) {
    std::string_view raw = member.token;
    raw.remove_prefix(1);
    raw.remove_suffix(1);
    return member.escaped ? keys.Unescape(raw) : raw;
  }
  Status Required(EnvelopeName name, std::string_view field, size_t max,
                  std::string_view* value);
  Status Optional(EnvelopeName name, size_t max, std::string_view* value);
  Status Object(EnvelopeName name, std::string_view* value);
  bool IsFlat() const { return out->shape == EnvelopeShape::kFlat; }

  Status Compose(const Event& event, size_t* payload, size_t* metadata);
  Status CheckWhole(EnvelopeName name, size_t offset,
                    std::string_view value) const;
};

}  // namespace crm

#endif  // CRM_FORMAT_EVENT_DECODER_INTERNAL_H_
