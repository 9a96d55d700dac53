// Compression of sealed parts: LZ4 with a dictionary per event type.
//
// A dictionary holds structure, never data: JSON key names, with their
// punctuation, that occur in many events. No value of any event gets into it.

#ifndef CRM_FORMAT_DICTIONARY_H_
#define CRM_FORMAT_DICTIONARY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crm {

inline constexpr size_t kMaxDictionaryBytes = 4096;
// So many samples make a dictionary.
inline constexpr size_t kDictionarySamples = 64;

// Immutable, thread-safe. Made once from its bytes; compressing copies a
// prepared state instead of hashing the bytes each time.
class Dictionary final {
 public:
  // `bytes` may be empty: plain LZ4. What is over kMaxDictionaryBytes is cut.
  explicit Dictionary(std::string bytes);
  ~Dictionary();
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  const std::string& bytes() const { return bytes_; }

  // Appends the compressed form of `plain`, or nothing and false when it
  // would not be smaller.
  bool Compress(std::string_view plain, std::string* out) const;
  // Replaces `*plain`; `size` is the exact length of the plain text (at most
  // 64 MiB). False: not made by Compress with this dictionary.
  [[nodiscard]] bool Decompress(std::string_view compressed, size_t size,
                                std::string* plain) const;

 private:
  struct State;
  std::string bytes_;
  std::unique_ptr<State> state_;
};

// Makes dictionary bytes from samples (texts that contain minified JSON
// objects, with anything between them): the skeleton of the keys that occur in
// at least half of the samples, in the order in which they occur, with all
// punctuation and every value left empty, so that a typical event matches long
// runs. Deterministic. Values never enter, and neither do keys over 64 bytes
// or keys that do not look like the name of a field (only letters, digits, _ $
// - and . with at most four digits in a row): in a map they may be somebody's
// address or number. Empty when nothing is common.
std::string TrainDictionary(const std::vector<std::string>& samples);

}  // namespace crm

#endif  // CRM_FORMAT_DICTIONARY_H_
