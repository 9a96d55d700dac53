// The scanner under the JSON codec: one pass over JSON text that checks all of
// RFC 8259 and tells its callers where the pieces are. It builds no tree and
// copies nothing. For src/format, and for the schemas of src/event.

#ifndef CRM_FORMAT_JSON_INTERNAL_H_
#define CRM_FORMAT_JSON_INTERNAL_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace crm {

enum class JsonFault : uint8_t {
  kNone,
  kSyntax,
  kSurrogate,
  kDepth,
  kDuplicateKey,
};

// The keys of the objects that are open, to find duplicates; and room for
// unescaped strings that lasts until the next Reset. One thread; allocates
// only when a text is larger or has more keys than any before it.
class KeyTable final {
 public:
  // The keys of one open object: an index, and a set with false positives.
  struct Mark {
    size_t first = 0;
    uint64_t seen = 0;
  };

  // Makes room for everything that a text of `text_size` bytes may need.
  void Reset(size_t text_size);

  Mark Open() const { return {keys_.size(), 0}; }
  // False: `key` is there already. Large objects are checked by Close.
  bool Add(std::string_view key, Mark* mark);
  bool Close(const Mark& mark);

  // The text of a valid string token without its quotes. Each token of a text
  // may be unescaped once.
  std::string_view Unescape(std::string_view raw);

 private:
  struct Key {
    uint64_t print;  // Of length, beginning and end.
    const char* data;
    size_t size;
  };

  std::vector<Key> keys_;
  std::unique_ptr<char[]> arena_;
  size_t arena_size_ = 0;
  size_t arena_used_ = 0;
};

// Different for nearly all keys that differ; reads at most 16 bytes.
inline uint64_t KeyPrint(std::string_view key) {
  const auto load = [&](auto value, size_t at) {
    std::memcpy(&value, key.data() + at, sizeof(value));
    return uint64_t{value};
  };
  const size_t size = key.size();
  uint64_t head = 0;
  uint64_t tail = 0;
  if (size >= 8) {
    head = load(uint64_t{0}, 0);
    tail = load(uint64_t{0}, size - 8);
  } else if (size >= 4) {
    head = load(uint32_t{0}, 0);
    tail = load(uint32_t{0}, size - 4);
  } else if (size > 0) {
    head = load(uint8_t{0}, 0) | load(uint8_t{0}, size / 2) << 8;
    tail = load(uint8_t{0}, size - 1);
  }
  const uint64_t mixed =
      (head + size) * 0x9e3779b97f4a7c15ULL ^ tail * 0xc2b2ae3d27d4eb4fULL;
  return mixed ^ mixed >> 32;
}

// Writes what the string token `raw` (valid, without its quotes) stands for to
// `out`, which has room for raw.size() bytes. Returns the end of it.
char* UnescapeTo(std::string_view raw, char* out);

// True: no UTF-8 fault, by simdjson.
bool IsJsonUtf8(std::string_view text);
// What a buffer for MinifyTo needs beyond the size of the text.
inline constexpr size_t kMinifySlack = 128;
// Drops the blanks of valid JSON text; returns the new size.
size_t MinifyTo(std::string_view text, char* out);

// A position in JSON text. Each Take... call either moves behind a whole valid
// piece, or fails, which is final. `text` must be UTF-8 and stay in place.
class JsonScanner final {
 public:
  // With `keys`, keys are unescaped and duplicates are faults.
  JsonScanner(std::string_view text, size_t max_depth, KeyTable* keys)
      : at_(text.data()),
        end_(text.data() + text.size()),
        begin_(text.data()),
        max_depth_(max_depth),
        keys_(keys) {}

  const char* at() const { return at_; }
  bool AtEnd() const { return at_ == end_; }
  // The next character; zero at the end (never valid outside of strings).
  char Peek() const { return at_ < end_ ? *at_ : '\0'; }
  JsonFault fault() const { return fault_; }
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }
  // Where this place will be when the text is minified.
  uint32_t MinifiedOffset() const {
    return static_cast<uint32_t>(at_ - begin_ - blanks_);
  }
  size_t blanks() const { return static_cast<size_t>(blanks_); }

  void SkipBlanks() {
    if (at_ < end_ && static_cast<unsigned char>(*at_) <= ' ') SkipMoreBlanks();
  }

  bool TakeChar(char c) {
    if (Peek() != c) return Fail(JsonFault::kSyntax);
    ++at_;
    return true;
  }

  // A string token. `*raw` is what lies between the quotes.
  bool TakeString(std::string_view* raw, bool* escaped) {
    if (!TakeChar('"')) return false;
    const char* const first = at_;
    at_ = FindSpecial(at_, end_);
    *escaped = false;
    if (Peek() != '"' && !TakeEscapes(escaped)) return false;
    *raw = {first, static_cast<size_t>(at_ - first)};
    ++at_;
    return true;
  }

  // Any value. `depth` counts the objects and arrays around it.
  bool TakeValue(size_t depth) {
    switch (Peek()) {
      case '"': {
        std::string_view raw;
        bool escaped;
        return TakeString(&raw, &escaped);
      }
      case '{':
        return TakeObject(depth,
                          [&](const Key&) { return TakeValue(depth + 1); });
      case '[':
        return TakeArray(depth, [&] { return TakeValue(depth + 1); });
      case 't':
        return TakeWord("true");
      case 'f':
        return TakeWord("false");
      case 'n':
        return TakeWord("null");
      default:
        return TakeNumber();
    }
  }

  struct Key {
    std::string_view text;  // Unescaped, when the scanner has a KeyTable.
    bool escaped = false;
    uint32_t minified_offset = 0;  // Of its opening quote.
  };

  // An object. Calls take_value(key) at each value, which must take it.
  template <typename F>
  bool TakeObject(size_t depth, F&& take_value) {
    if (!TakeChar('{')) return false;
    if (depth >= max_depth_) return Fail(JsonFault::kDepth);
    SkipBlanks();
    if (Peek() == '}') {
      ++at_;
      return true;
    }
    KeyTable::Mark mark;
    if (keys_ != nullptr) mark = keys_->Open();
    while (true) {
      Key key;
      if (!TakeKey(&key, &mark) || !take_value(key)) return false;
      SkipBlanks();
      const char next = Peek();
      if (next == ',') {
        ++at_;
        SkipBlanks();
        continue;
      }
      if (next != '}') return Fail(JsonFault::kSyntax);
      ++at_;
      if (keys_ == nullptr || keys_->Close(mark)) return true;
      return Fail(JsonFault::kDuplicateKey);
    }
  }

  // An array. Calls take_element() at each element, which must take it.
  template <typename F>
  bool TakeArray(size_t depth, F&& take_element) {
    if (!TakeChar('[')) return false;
    if (depth >= max_depth_) return Fail(JsonFault::kDepth);
    SkipBlanks();
    if (Peek() == ']') {
      ++at_;
      return true;
    }
    while (true) {
      if (!take_element()) return false;
      SkipBlanks();
      const char next = Peek();
      if (next != ',' && next != ']') return Fail(JsonFault::kSyntax);
      ++at_;
      if (next == ']') return true;
      SkipBlanks();
    }
  }

  bool TakeNumber();
  bool Fail(JsonFault fault) {
    if (fault_ == JsonFault::kNone) fault_ = fault;
    return false;
  }

 private:
  // The first quote, backslash or control character, or the end.
  static const char* FindSpecial(const char* at, const char* end) {
#if defined(__SSE2__)
    while (end - at >= 16) {
      const __m128i bytes =
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i control =
          _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
      const __m128i special =
          _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
                       control);
      const int mask = _mm_movemask_epi8(special);
      if (mask != 0) return at + __builtin_ctz(static_cast<unsigned>(mask));
      at += 16;
    }
#endif
    while (at < end && *at != '"' && *at != '\\' &&
           static_cast<unsigned char>(*at) >= ' ') {
      ++at;
    }
    return at;
  }

  bool TakeKey(Key* key, KeyTable::Mark* mark) {
    key->minified_offset = MinifiedOffset();
    if (!TakeString(&key->text, &key->escaped)) return false;
    if (keys_ != nullptr) {
      if (key->escaped) key->text = keys_->Unescape(key->text);
      if (!keys_->Add(key->text, mark)) return Fail(JsonFault::kDuplicateKey);
    }
    SkipBlanks();
    if (!TakeChar(':')) return false;
    SkipBlanks();
    return true;
  }

  bool TakeWord(std::string_view word) {
    if (std::string_view(at_, static_cast<size_t>(end_ - at_))
            .substr(0, word.size()) != word) {
      return Fail(JsonFault::kSyntax);
    }
    at_ += word.size();
    return true;
  }

  void SkipMoreBlanks();
  // From the first special character of a string to its closing quote.
  bool TakeEscapes(bool* escaped);
  bool TakeUnicodeEscape();
  bool TakeDigits();

  const char* at_;
  const char* end_;
  const char* begin_;
  ptrdiff_t blanks_ = 0;
  size_t max_depth_;
  KeyTable* keys_;
  JsonFault fault_ = JsonFault::kNone;
};

}  // namespace crm

#endif  // CRM_FORMAT_JSON_INTERNAL_H_
