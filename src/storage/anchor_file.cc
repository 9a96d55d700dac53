// Layout of a slot, 4 KiB, the rest zeroes:
//   8   "CRMANCH1"
//   8   generation, big-endian; its parity is the number of the slot
//   8   head, big-endian
//   32  chain
//   8   StableHash64 of the 56 bytes before
// The slots lie 4 KiB apart, so that a torn write of one cannot touch the
// sector of the other.

#include <rocksdb/env.h>

#include <optional>
#include <utility>

#include "base/coding.h"
#include "base/hash.h"
#include "storage/disk.h"
#include "storage/rocks_status.h"

namespace crm {
namespace {

constexpr std::string_view kMagic = "CRMANCH1";
constexpr size_t kSlotBytes = 4096;
constexpr size_t kChainBytes = 32;
constexpr size_t kSlots = 2;

std::string EncodeSlot(const Anchor& anchor) {
  std::string slot(kMagic);
  PutBe64(&slot, anchor.generation);
  PutBe64(&slot, anchor.head);
  slot += anchor.chain;
  PutBe64(&slot, StableHash64(slot));
  slot.resize(kSlotBytes, '\0');
  return slot;
}

std::optional<Anchor> DecodeSlot(std::string_view slot, size_t number) {
  if (slot.size() != kSlotBytes) return std::nullopt;
  ByteReader reader(slot);
  if (reader.Take(kMagic.size()) != kMagic) return std::nullopt;
  Anchor anchor;
  anchor.generation = reader.Be64();
  anchor.head = reader.Be64();
  anchor.chain = reader.Take(kChainBytes);
  const std::string_view hashed =
      slot.substr(0, slot.size() - reader.remaining());
  if (reader.Be64() != StableHash64(hashed)) return std::nullopt;
  if (anchor.generation % kSlots != number) return std::nullopt;
  return anchor;
}

}  // namespace

struct AnchorFile::Impl {
  std::string path;
  Disk* disk = nullptr;
  Anchor last;
  std::unique_ptr<rocksdb::RandomRWFile> file;
  bool exists = false;
  bool failed = false;

  Status Create(const Anchor& next);
  Status Overwrite(const Anchor& next);
};

// Both slots at once, by rename: a file of which neither slot is sound is
// therefore always damage, never a first write that was cut short.
Status AnchorFile::Impl::Create(const Anchor& next) {
  Anchor zero;
  zero.chain.assign(kChainBytes, '\0');
  Status status = disk->WriteFile(path, EncodeSlot(zero) + EncodeSlot(next));
  if (status.ok()) exists = true;
  return status;
}

Status AnchorFile::Impl::Overwrite(const Anchor& next) {
  const std::string what = "cannot write " + path;
  if (file == nullptr) {
    Status status = FromRocks(
        disk->env()->NewRandomRWFile(path, &file, rocksdb::EnvOptions()), what);
    if (!status.ok()) return status;
  }
  const uint64_t offset = next.generation % kSlots * kSlotBytes;
  Status status = FromRocks(file->Write(offset, EncodeSlot(next)), what);
  if (!status.ok()) return status;
  return FromRocks(file->Sync(), what);
}

AnchorFile::AnchorFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

AnchorFile::~AnchorFile() = default;

Result<std::unique_ptr<AnchorFile>> AnchorFile::Open(const std::string& path,
                                                     Disk& disk) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->disk = &disk;
  impl->last.chain.assign(kChainBytes, '\0');
  Result<std::string> data = disk.ReadFile(path);
  if (data.ok()) {
    impl->exists = true;
    bool sound = false;
    for (size_t number = 0; number < kSlots; ++number) {
      const size_t offset = number * kSlotBytes;
      if (data->size() < offset + kSlotBytes) break;
      const std::optional<Anchor> anchor = DecodeSlot(
          std::string_view(*data).substr(offset, kSlotBytes), number);
      if (!anchor.has_value()) continue;
      sound = true;
      if (anchor->generation >= impl->last.generation) impl->last = *anchor;
    }
    if (!sound) {
      return Status(StatusCode::kCorruption, "both halves damaged: " + path);
    }
  } else if (data.status().code() != StatusCode::kNotFound) {
    return data.status();
  }
  return std::unique_ptr<AnchorFile>(new AnchorFile(std::move(impl)));
}

const Anchor& AnchorFile::last() const { return impl_->last; }

Status AnchorFile::Write(uint64_t head, std::string_view chain) {
  if (chain.size() != kChainBytes) {
    return Status(StatusCode::kInternal, "an anchor's chain has 32 bytes");
  }
  // What a failed fsync left behind is unknown, and a second fsync would say
  // Ok whatever it is.
  if (impl_->failed) {
    return Status(StatusCode::kReadOnly,
                  "an earlier write failed: " + impl_->path);
  }
  return Guarded([&] {
    Anchor next{impl_->last.generation + 1, head, std::string(chain)};
    Status status =
        impl_->exists ? impl_->Overwrite(next) : impl_->Create(next);
    if (status.ok()) {
      impl_->last = std::move(next);
    } else {
      impl_->failed = true;
    }
    return status;
  });
}

}  // namespace crm
