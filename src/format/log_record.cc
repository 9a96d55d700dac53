#include "format/log_record.h"

#include <cstring>

#include "base/coding.h"
#include "format/records_generated.h"

namespace crm {
namespace {

constexpr uint8_t kValueVersion = 1;
enum ValueFlags : uint8_t { kEndsBatch = 1, kRemoved = 2, kExpired = 4 };
// In place of a sealed part: its size and its digest.
constexpr size_t kRemovedBytes = 4 + kDigestBytes;

// fb::EventHeader and EventHeader have one layout; FlatBuffers stores structs
// little-endian, as do all machines that libcrm supports.
static_assert(sizeof(fb::EventHeader) == sizeof(EventHeader));
static_assert(sizeof(fb::LedgerEntry) == sizeof(LedgerEntry));
static_assert(sizeof(LedgerEntry) == 168);
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

Status Damaged(const char* what) {
  return Status(StatusCode::kCorruption,
                std::string("log record: malformed ") + what);
}

std::string_view TextOf(const flatbuffers::Vector<uint8_t>* bytes) {
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

fb::LedgerEntry Stored(const LedgerEntry* ledger) {
  fb::LedgerEntry stored;
  if (ledger != nullptr) {
    std::memcpy(static_cast<void*>(&stored), ledger, sizeof(stored));
  }
  return stored;
}

// What a remnant is, instead of what the header says of the sealed part.
Status ReadRemnant(bool expired, LogRecord* out) {
  constexpr size_t kLeast = kNonceBytes + kTagBytes;
  EventHeader& event = out->event;
  if (expired) event.flags |= kEventExpired;
  if (out->remnant.empty()) return Status::Ok();
  if (out->remnant.size() < kLeast) return Damaged("remnant");
  event.flags |= kEventRaw;
  if (!expired) event.flags |= kEventRedacted;
  event.dictionary = 0;
  event.plain_size = static_cast<uint32_t>(out->remnant.size() - kLeast);
  return Status::Ok();
}

// What is sealed, or what stands in its place. False: it is neither.
bool ReadSealed(uint8_t flags, std::string_view rest, LogRecord* out) {
  out->removed = (flags & kRemoved) != 0;
  if (!out->removed) {
    out->sealed = rest;
    out->sealed_size = static_cast<uint32_t>(rest.size());
    return (flags & kExpired) == 0;
  }
  if (rest.size() < kRemovedBytes) return false;
  out->sealed_size = GetBe32(rest.data());
  out->digest = rest.substr(4, kDigestBytes);
  out->remnant = rest.substr(kRemovedBytes);
  return true;
}

}  // namespace

struct LogRecordWriter::Impl {
  flatbuffers::FlatBufferBuilder builder{512};

  void Finish(flatbuffers::Offset<fb::LogRecord> root, std::string* value) {
    builder.Finish(root);
    const size_t size = builder.GetSize();
    value->clear();
    value->push_back(static_cast<char>(kValueVersion));
    value->push_back(0);
    PutBe16(value, static_cast<uint16_t>(size));
    value->append(reinterpret_cast<const char*>(builder.GetBufferPointer()),
                  size);
    builder.Clear();
  }
};

LogRecordWriter::LogRecordWriter() : impl_(std::make_unique<Impl>()) {}
LogRecordWriter::~LogRecordWriter() = default;

void LogRecordWriter::Event(const EventHeader& header,
                            const LedgerEntry* ledger, std::string* value) {
  fb::EventHeader stored;
  std::memcpy(static_cast<void*>(&stored), &header, sizeof(stored));
  const fb::LedgerEntry entry = Stored(ledger);
  fb::LogRecordBuilder record(impl_->builder);
  if (ledger != nullptr) record.add_ledger(&entry);
  record.add_event(&stored);
  record.add_kind(fb::Kind::Event);
  impl_->Finish(record.Finish(), value);
}

void LogRecordWriter::Name(uint8_t kind, uint32_t id, std::string_view text,
                           std::string* value) {
  const auto stored = impl_->builder.CreateString(text.data(), text.size());
  fb::LogRecordBuilder record(impl_->builder);
  record.add_text(stored);
  record.add_name_id(id);
  record.add_name_kind(kind);
  record.add_kind(fb::Kind::Name);
  impl_->Finish(record.Finish(), value);
}

void LogRecordWriter::Dictionary(uint32_t tenant, uint32_t type, uint64_t epoch,
                                 std::string* value) {
  fb::LogRecordBuilder record(impl_->builder);
  record.add_epoch(epoch);
  record.add_tenant(tenant);
  record.add_type(type);
  record.add_kind(fb::Kind::Dictionary);
  impl_->Finish(record.Finish(), value);
}

void LogRecordWriter::Epoch(std::string_view random, std::string* value) {
  const auto stored = impl_->builder.CreateVector(
      reinterpret_cast<const uint8_t*>(random.data()), random.size());
  fb::LogRecordBuilder record(impl_->builder);
  record.add_bytes(stored);
  record.add_kind(fb::Kind::Epoch);
  impl_->Finish(record.Finish(), value);
}

void LogRecordWriter::Definition(const DefinitionHeader& header,
                                 const LedgerEntry* ledger,
                                 std::string* value) {
  const fb::LedgerEntry entry = Stored(ledger);
  fb::LogRecordBuilder record(impl_->builder);
  if (ledger != nullptr) record.add_ledger(&entry);
  record.add_epoch(header.epoch);
  record.add_tenant(header.tenant);
  record.add_type(header.type);
  record.add_version(header.version);
  record.add_to_version(header.to_version);
  record.add_definition(header.kind);
  record.add_kind(fb::Kind::Definition);
  impl_->Finish(record.Finish(), value);
}

void LogRecordWriter::Identity(uint32_t tenant, uint64_t epoch,
                               const LedgerEntry* ledger, std::string* value) {
  const fb::LedgerEntry entry = Stored(ledger);
  fb::LogRecordBuilder record(impl_->builder);
  if (ledger != nullptr) record.add_ledger(&entry);
  record.add_epoch(epoch);
  record.add_tenant(tenant);
  record.add_kind(fb::Kind::Identity);
  impl_->Finish(record.Finish(), value);
}

void LogRecordWriter::Drop(uint32_t tenant, const DropReason& reason,
                           std::string* value) {
  const std::string bytes = reason.Encode();
  const auto stored = impl_->builder.CreateVector(
      reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  fb::LogRecordBuilder record(impl_->builder);
  record.add_open(stored);
  record.add_tenant(tenant);
  record.add_kind(fb::Kind::Drop);
  impl_->Finish(record.Finish(), value);
}

std::string DropReason::Encode() const {
  std::string out(1, 1);
  PutSigned(&out, at);
  PutBytes(&out, by);
  PutBytes(&out, why);
  return out;
}

bool DropReason::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  at = reader.Signed();
  by = reader.Bytes();
  why = reader.Bytes();
  return reader.ok() && reader.AtEnd() && version == 1;
}

void AppendTrailer(uint32_t count, const Digest& chain, std::string* value) {
  (*value)[1] = static_cast<char>((*value)[1] | kEndsBatch);
  PutBe32(value, count);
  value->append(reinterpret_cast<const char*>(chain.data()), chain.size());
}

namespace {

// All but what the header says.
Status ReadFrame(std::string_view value, LogRecord* out) {
  ByteReader reader(value);
  const uint8_t version = reader.U8();
  const uint8_t flags = reader.U8();
  constexpr int kKnown = kEndsBatch | kRemoved | kExpired;
  if ((flags & ~kKnown) != 0) return Damaged("frame");
  const size_t header_size = reader.Be16();
  out->header = reader.Take(header_size);
  if (!reader.ok() || version != kValueVersion) return Damaged("frame");
  std::string_view rest = reader.Rest();
  out->ends_batch = (flags & kEndsBatch) != 0;
  if (out->ends_batch) {
    if (rest.size() < kLogTrailerBytes) return Damaged("trailer");
    const std::string_view trailer =
        rest.substr(rest.size() - kLogTrailerBytes);
    out->batch_count = GetBe32(trailer.data());
    out->chain = trailer.substr(4);
    rest.remove_suffix(kLogTrailerBytes);
  }
  if (!ReadSealed(flags, rest, out)) return Damaged("removed part");
  return Status::Ok();
}

}  // namespace

Status LogRecordReader::Read(std::string_view value, LogRecord* out) {
  *out = LogRecord();
  Status status = ReadFrame(value, out);
  if (!status.ok()) return status;
  const size_t header_size = out->header.size();
  aligned_.resize(header_size / 8 + 1);
  std::memcpy(aligned_.data(), out->header.data(), header_size);
  const auto* buffer = reinterpret_cast<const uint8_t*>(aligned_.data());
  flatbuffers::Verifier verifier(buffer, header_size);
  if (!verifier.VerifyBuffer<fb::LogRecord>(nullptr)) return Damaged("header");
  const auto* record = flatbuffers::GetRoot<fb::LogRecord>(buffer);
  out->kind = static_cast<LogKind>(record->kind());
  out->tenant = record->tenant();
  out->type = record->type();
  out->epoch = record->epoch();
  out->name_kind = record->name_kind();
  out->name_id = record->name_id();
  out->bytes = TextOf(record->bytes());
  if (record->text() != nullptr) {
    out->text = {record->text()->c_str(), record->text()->size()};
  }
  if (record->ledger() != nullptr) {
    std::memcpy(static_cast<void*>(&out->ledger.emplace()), record->ledger(),
                sizeof(LedgerEntry));
  }
  if (out->removed && out->kind != LogKind::kEvent) return Damaged("frame");
  switch (out->kind) {
    case LogKind::kEvent:
      if (record->event() == nullptr) return Damaged("event");
      std::memcpy(static_cast<void*>(&out->event), record->event(),
                  sizeof(out->event));
      return ReadRemnant((value[1] & kExpired) != 0, out);
    case LogKind::kName:
    case LogKind::kDictionary:
    case LogKind::kIdentity:
      return Status::Ok();
    case LogKind::kDefinition:
      out->definition = {
          record->definition(), out->tenant,          out->type,
          record->version(),    record->to_version(), out->epoch};
      return Status::Ok();
    case LogKind::kDrop:
      return out->drop.Decode(TextOf(record->open())) && out->sealed_size == 0
                 ? Status::Ok()
                 : Damaged("drop");
    case LogKind::kEpoch:
      return out->bytes.size() == 16 ? Status::Ok() : Damaged("epoch");
    case LogKind::kNone:
      break;
  }
  return Damaged("kind");
}

void AppendAssociated(Position position, std::string_view header,
                      std::string* out) {
  PutBe64(out, position);
  out->append(header);
}

void AppendRemnantAssociated(Position position, std::string_view header,
                             std::string* out) {
  out->append("crm remnant");
  AppendAssociated(position, header, out);
}

void MarkExpired(std::string* value) {
  (*value)[1] = static_cast<char>((*value)[1] | kExpired);
}

Status RemoveSealed(std::string_view value, std::string_view remnant,
                    std::string* out) {
  LogRecordReader reader;
  LogRecord record;
  Status status = reader.Read(value, &record);
  if (!status.ok()) return status;
  if (record.kind != LogKind::kEvent) return Damaged("event");
  const size_t open = kLogPrefixBytes + record.header.size();
  const Digest now = record.removed ? Digest{} : Blake2b(record.sealed);
  out->assign(value.substr(0, open));
  (*out)[1] = static_cast<char>((*out)[1] | kRemoved);
  PutBe32(out, record.sealed_size);
  out->append(record.removed
                  ? record.digest
                  : std::string_view(reinterpret_cast<const char*>(now.data()),
                                     now.size()));
  out->append(remnant);
  if (record.ends_batch) {
    out->append(value.substr(value.size() - kLogTrailerBytes));
  }
  return Status::Ok();
}

Nonce NonceOf(std::string_view epoch, Position position) {
  Nonce nonce{};
  std::memcpy(nonce.data(), epoch.data(),
              epoch.size() < 16 ? epoch.size() : 16);
  std::memcpy(nonce.data() + 16, &position, sizeof(position));
  return nonce;
}

ChainHash::ChainHash(const Digest& before) {
  stream_.Update({reinterpret_cast<const char*>(before.data()), before.size()});
}

void ChainHash::Add(Position position, std::string_view value) {
  const size_t open =
      kLogPrefixBytes +
      (static_cast<size_t>(static_cast<uint8_t>(value[2])) << 8 |
       static_cast<uint8_t>(value[3]));
  const Digest digest = Blake2b(value.substr(open));
  Add(position, value.substr(0, open), value.size() - open,
      reinterpret_cast<const char*>(digest.data()));
}

void ChainHash::Add(Position position, std::string_view value,
                    const LogRecord& record) {
  Digest digest;
  if (record.removed) {
    std::memcpy(digest.data(), record.digest.data(), digest.size());
  } else {
    digest = Blake2b(record.sealed);
  }
  Add(position, value.substr(0, kLogPrefixBytes + record.header.size()),
      record.sealed_size, reinterpret_cast<const char*>(digest.data()));
}

// The flags are as they were written at first.
void ChainHash::Add(Position position, std::string_view open,
                    size_t sealed_size, const char* digest) {
  char prefix[12 + kLogPrefixBytes];
  const uint32_t size = static_cast<uint32_t>(open.size() + sealed_size);
  std::memcpy(prefix, &position, 8);
  std::memcpy(prefix + 8, &size, 4);
  std::memcpy(prefix + 12, open.data(), kLogPrefixBytes);
  prefix[13] =
      static_cast<char>(prefix[13] & ~(kEndsBatch | kRemoved | kExpired));
  stream_.Update({prefix, sizeof(prefix)});
  stream_.Update(open.substr(kLogPrefixBytes));
  stream_.Update({digest, kDigestBytes});
}

Digest ChainHash::Finish() { return stream_.Finish(); }

Status ChainReader::Add(Position position, std::string_view value,
                        const LogRecord& record) {
  if (count_ == 0) hash_.emplace(chain_);
  hash_->Add(position, value, record);
  ++count_;
  if (!record.ends_batch) return Status::Ok();
  const bool whole = record.batch_count == count_;
  const Digest found = hash_->Finish();
  count_ = 0;
  std::memcpy(chain_.data(), record.chain.data(), chain_.size());
  if (!whole) {
    return Status(StatusCode::kCorruption, "its batch is not whole");
  }
  if (chain_ != found) {
    return Status(StatusCode::kCorruption, "the chain of batches is broken");
  }
  return Status::Ok();
}

}  // namespace crm
