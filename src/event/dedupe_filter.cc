#include "event/dedupe_filter.h"

#include <cstring>

namespace crm {
namespace {

constexpr int kProbes = 6;
constexpr uint64_t kBitsPerId = 14;

// A cache line of 512 bits per id; the probes are nine-bit slices of the low
// half, the line is chosen by the upper 32 bits of the high half (so that 12
// bytes of an id are enough to add it again).
uint64_t LineOf(const Hash128& hash, uint64_t words) {
  return ((hash.hi >> 32) * (words / 8) >> 32) * 8;
}

}  // namespace

DedupeFilter::Layer::Layer(uint64_t capacity)
    : words((capacity * kBitsPerId / 512 + 1) * 8),
      bits(new std::atomic<uint64_t>[words]()) {}

DedupeFilter::DedupeFilter() = default;
DedupeFilter::~DedupeFilter() = default;

DedupeFilter::Layer* DedupeFilter::MakeLayer(size_t index) {
  slots_[index] = std::make_unique<Layer>(capacity(index));
  layers_.store(index + 1, std::memory_order_release);
  return slots_[index].get();
}

bool DedupeFilter::MayContain(const Hash128& hash) const {
  const size_t layers = layers_.load(std::memory_order_acquire);
  for (size_t i = layers; i-- > 0;) {
    const Layer& layer = *slots_[i];
    const uint64_t line = LineOf(hash, layer.words);
    uint64_t slices = hash.lo;
    bool all = true;
    for (int probe = 0; probe < kProbes && all; ++probe, slices >>= 9) {
      const uint64_t word =
          layer.bits[line + (slices >> 6 & 7)].load(std::memory_order_relaxed);
      all = (word >> (slices & 63) & 1) != 0;
    }
    if (all) return true;
  }
  return false;
}

void DedupeFilter::Prefetch(const Hash128& hash) const {
  const size_t layers = layers_.load(std::memory_order_acquire);
  for (size_t i = 0; i < layers; ++i) {
    const Layer& layer = *slots_[i];
    __builtin_prefetch(&layer.bits[LineOf(hash, layer.words)]);
  }
}

void DedupeFilter::Add(const Hash128& hash) {
  size_t layers = layers_.load(std::memory_order_relaxed);
  if (layers == 0) {
    MakeLayer(0);
    layers = 1;
  }
  Layer* layer = slots_[layers - 1].get();
  if (layer->count.load(std::memory_order_relaxed) >= capacity(layers - 1) &&
      layers < kMaxLayers) {
    layer = MakeLayer(layers);
  }
  const uint64_t line = LineOf(hash, layer->words);
  uint64_t slices = hash.lo;
  for (int probe = 0; probe < kProbes; ++probe, slices >>= 9) {
    layer->bits[line + (slices >> 6 & 7)].fetch_or(uint64_t{1} << (slices & 63),
                                                   std::memory_order_relaxed);
  }
  layer->count.fetch_add(1, std::memory_order_relaxed);
}

uint64_t DedupeFilter::count(size_t layer) const {
  return slots_[layer]->count.load(std::memory_order_relaxed);
}

std::string DedupeFilter::Dump(size_t index) const {
  const Layer& layer = *slots_[index];
  std::string bytes(layer.words * 8, '\0');
  for (uint64_t i = 0; i < layer.words; ++i) {
    const uint64_t word = layer.bits[i].load(std::memory_order_relaxed);
    std::memcpy(bytes.data() + i * 8, &word, 8);
  }
  return bytes;
}

bool DedupeFilter::Restore(size_t index, uint64_t count,
                           std::string_view bytes) {
  if (index != layers() || index >= kMaxLayers) return false;
  Layer* layer = MakeLayer(index);
  if (bytes.size() != layer->words * 8) return false;
  for (uint64_t i = 0; i < layer->words; ++i) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + i * 8, 8);
    layer->bits[i].store(word, std::memory_order_relaxed);
  }
  layer->count.store(count, std::memory_order_relaxed);
  return true;
}

size_t DedupeFilter::bytes() const {
  size_t total = 0;
  for (size_t i = 0; i < layers(); ++i) total += slots_[i]->words * 8;
  return total;
}

}  // namespace crm
