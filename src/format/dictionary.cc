#include "format/dictionary.h"

#include <lz4.h>

#include <utility>

namespace crm {
namespace {

constexpr size_t kMaxPlainBytes = size_t{64} << 20;

}  // namespace

struct Dictionary::State {
  LZ4_stream_t prepared;
};

Dictionary::Dictionary(std::string bytes)
    : bytes_(std::move(bytes)), state_(std::make_unique<State>()) {
  LZ4_initStream(&state_->prepared, sizeof(state_->prepared));
  if (bytes_.size() > kMaxDictionaryBytes) bytes_.resize(kMaxDictionaryBytes);
  if (!bytes_.empty()) {
    LZ4_loadDict(&state_->prepared, bytes_.data(),
                 static_cast<int>(bytes_.size()));
  }
}

Dictionary::~Dictionary() = default;

bool Dictionary::Compress(std::string_view plain, std::string* out) const {
  if (plain.size() < 2 || plain.size() > kMaxPlainBytes) return false;
  LZ4_stream_t stream = state_->prepared;
  const size_t offset = out->size();
  out->resize(offset + plain.size() - 1);
  const int size = LZ4_compress_fast_continue(
      &stream, plain.data(), out->data() + offset,
      static_cast<int>(plain.size()), static_cast<int>(plain.size() - 1), 1);
  out->resize(offset + (size > 0 ? static_cast<size_t>(size) : 0));
  return size > 0;
}

bool Dictionary::Decompress(std::string_view compressed, size_t size,
                            std::string* plain) const {
  plain->clear();
  if (size == 0 || size > kMaxPlainBytes || compressed.size() >= size) {
    return false;
  }
  plain->resize(size);
  const int got = LZ4_decompress_safe_usingDict(
      compressed.data(), plain->data(), static_cast<int>(compressed.size()),
      static_cast<int>(size), bytes_.data(), static_cast<int>(bytes_.size()));
  if (got >= 0 && static_cast<size_t>(got) == size) return true;
  plain->clear();
  return false;
}

}  // namespace crm
