#include "format/superblock.h"

#include <cstring>
#include <vector>

#include "base/coding.h"
#include "base/hash.h"
#include "format/log_record.h"
#include "format/records_generated.h"

namespace crm {
namespace {

// Magic, size, checksum, then a FlatBuffers table.
constexpr std::string_view kMagic = "libcrm\n\x01";
constexpr size_t kPrefixBytes = 8 + 4 + 8;

Status BadSuperblock(const char* what) {
  return Status(StatusCode::kCorruption, std::string("superblock: ") + what);
}

}  // namespace

std::string EncodeSuperblock(const Superblock& superblock) {
  flatbuffers::FlatBufferBuilder builder;
  const auto id = builder.CreateVector(
      reinterpret_cast<const uint8_t*>(superblock.store_id.data()),
      superblock.store_id.size());
  const auto region = builder.CreateString(superblock.region);
  builder.Finish(fb::CreateSuperblock(
      builder, superblock.format, superblock.min_reader, superblock.min_writer,
      superblock.features, id, superblock.sealed, region));
  const std::string_view body(
      reinterpret_cast<const char*>(builder.GetBufferPointer()),
      builder.GetSize());
  std::string out(kMagic);
  PutBe32(&out, static_cast<uint32_t>(body.size()));
  PutBe64(&out, StableHash64(body));
  return out += body;
}

Result<Superblock> DecodeSuperblock(std::string_view bytes) {
  if (bytes.size() < kPrefixBytes || bytes.substr(0, 8) != kMagic) {
    return BadSuperblock("this is not a libcrm store");
  }
  const std::string_view body = bytes.substr(kPrefixBytes);
  if (GetBe32(bytes.data() + 8) != body.size() ||
      GetBe64(bytes.data() + 12) != StableHash64(body)) {
    return BadSuperblock("checksum does not match");
  }
  std::vector<uint64_t> aligned(body.size() / 8 + 1);
  std::memcpy(aligned.data(), body.data(), body.size());
  const auto* data = reinterpret_cast<const uint8_t*>(aligned.data());
  flatbuffers::Verifier verifier(data, body.size());
  if (!verifier.VerifyBuffer<fb::Superblock>(nullptr)) {
    return BadSuperblock("malformed");
  }
  const auto* stored = flatbuffers::GetRoot<fb::Superblock>(data);
  Superblock out;
  out.format = stored->format();
  out.min_reader = stored->min_reader();
  out.min_writer = stored->min_writer();
  out.features = stored->features();
  out.sealed = stored->sealed();
  if (stored->store_id() != nullptr) {
    out.store_id.assign(stored->store_id()->begin(), stored->store_id()->end());
  }
  if (stored->region() != nullptr) out.region = stored->region()->str();
  if (out.format < kOldestFormatVersion) {
    return Status(StatusCode::kUnsupported,
                  "the store has format " + std::to_string(out.format) +
                      "; this libcrm reads format " +
                      std::to_string(kOldestFormatVersion) + " and later");
  }
  if (out.min_writer > kFormatVersion ||
      (out.features & ~kFeaturePlainPhones) != 0) {
    return Status(StatusCode::kFormatTooNew,
                  "the store has format " + std::to_string(out.format) +
                      " and needs format " + std::to_string(out.min_writer) +
                      " to be written; this libcrm writes format " +
                      std::to_string(kFormatVersion));
  }
  return out;
}

}  // namespace crm
