#include "base/sha256.h"

#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace crm {

#if defined(__x86_64__)
namespace {

constexpr size_t kBlock = 64;

alignas(16) constexpr uint32_t kRounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The first 32 bits of the fractional parts of the square roots of the first
// eight primes, in the order in which the instructions want them.
struct ShaState {
  __m128i abef;
  __m128i cdgh;
};

__attribute__((target("sha,sse4.1"))) inline __m128i Load(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}

__attribute__((target("sha,sse4.1"))) void Compress(ShaState* state,
                                                    const uint8_t* data) {
  const __m128i swap =
      _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i abef = state->abef;
  __m128i cdgh = state->cdgh;
  __m128i words[4];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    __m128i& now = words[i & 3];
    if (i < 4) {
      now = _mm_shuffle_epi8(Load(data + 16 * i), swap);
    } else {
      const __m128i last = words[(i + 3) & 3];
      const __m128i middle = _mm_alignr_epi8(last, words[(i + 2) & 3], 4);
      now = _mm_sha256msg1_epu32(now, words[(i + 1) & 3]);
      now = _mm_sha256msg2_epu32(_mm_add_epi32(now, middle), last);
    }
    const __m128i four = _mm_add_epi32(now, Load(kRounds + 4 * i));
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, four);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(four, 0x0e));
  }
  state->abef = _mm_add_epi32(state->abef, abef);
  state->cdgh = _mm_add_epi32(state->cdgh, cdgh);
}

__attribute__((target("sha,sse4.1"))) Digest Hash(std::string_view data) {
  ShaState state;
  state.abef = _mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85),
                             0x510e527f, static_cast<int>(0x9b05688c));
  state.cdgh = _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a),
                             0x1f83d9ab, 0x5be0cd19);
  const auto* bytes = reinterpret_cast<const uint8_t*>(data.data());
  size_t left = data.size();
  for (; left >= kBlock; left -= kBlock, bytes += kBlock) {
    Compress(&state, bytes);
  }
  uint8_t last[2 * kBlock] = {};
  if (left > 0) std::memcpy(last, bytes, left);
  last[left] = 0x80;
  const size_t size = left + 9 <= kBlock ? kBlock : 2 * kBlock;
  const uint64_t bits = uint64_t{data.size()} * 8;
  for (size_t i = 0; i < 8; ++i) {
    last[size - 1 - i] = static_cast<uint8_t>(bits >> (8 * i));
  }
  for (size_t at = 0; at < size; at += kBlock) Compress(&state, last + at);
  // Back to eight big-endian words.
  const __m128i feba = _mm_shuffle_epi32(state.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(state.cdgh, 0xb1);
  const __m128i swap =
      _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  Digest digest;
  auto* out = reinterpret_cast<__m128i*>(digest.data());
  _mm_storeu_si128(out,
                   _mm_shuffle_epi8(_mm_blend_epi16(feba, dchg, 0xf0), swap));
  _mm_storeu_si128(out + 1,
                   _mm_shuffle_epi8(_mm_alignr_epi8(dchg, feba, 8), swap));
  return digest;
}

bool Detect() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned kSsse3 = 1u << 9;
  constexpr unsigned kSse41 = 1u << 19;
  constexpr unsigned kSha = 1u << 29;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return false;
  if ((ecx & kSsse3) == 0 || (ecx & kSse41) == 0) return false;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  return (ebx & kSha) != 0;
}

}  // namespace

bool HasFastSha256() {
  static const bool has = Detect();
  return has;
}

Digest Sha256(std::string_view data) {
  return HasFastSha256() ? Hash(data) : PortableSha256(data);
}

#else

bool HasFastSha256() { return false; }
Digest Sha256(std::string_view data) { return PortableSha256(data); }

#endif

}  // namespace crm
