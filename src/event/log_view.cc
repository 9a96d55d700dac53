#include "event/log_view.h"

#include <cstring>
#include <utility>

#include "base/coding.h"

namespace crm {
namespace {

Status At(Position position, StatusCode code, const char* what) {
  return Status(code, "log record " + std::to_string(position) + ": " + what);
}

// Behind what a record of the ledger says lies the salt of its commitment.
bool TakeSalt(const LogRecord& record, std::string* body, Digest* salt) {
  if (!record.ledger.has_value()) return true;
  if (body->size() < kSaltBytes) return false;
  const size_t size = body->size() - kSaltBytes;
  if (salt != nullptr) {
    std::memcpy(salt->data(), body->data() + size, kSaltBytes);
  }
  body->resize(size);
  return true;
}

}  // namespace

std::string LogKey(Position position) {
  std::string key;
  PutBe64(&key, position);
  return key;
}

LogView::LogView(const Database* log, KeyRing* keyring)
    : log_(log), keyring_(keyring) {
  RememberDictionary(0, std::make_shared<Dictionary>(std::string()));
}

Status LogView::Read(Position position, std::string* value) const {
  Result<bool> found = log_->Get(kLogEvents, LogKey(position), value);
  if (!found.ok()) return std::move(found).status();
  if (!*found) return At(position, StatusCode::kCorruption, "missing");
  return Status::Ok();
}

Status LogView::ReadAs(LogKind kind, Position position,
                       StoredRecord* stored) const {
  Status status = Read(position, &stored->value);
  if (status.ok()) status = stored->reader.Read(stored->value, &stored->record);
  if (status.ok() && stored->record.kind != kind) {
    return At(position, StatusCode::kCorruption, "is of another kind");
  }
  return status;
}

void LogView::RememberEpoch(Position position, std::string_view random) const {
  WriterLock lock(mutex_);
  epochs_.insert_or_assign(position, std::string(random));
}

void LogView::RememberDictionary(
    Position position, std::shared_ptr<const Dictionary> dictionary) const {
  WriterLock lock(mutex_);
  dictionaries_.insert_or_assign(position, std::move(dictionary));
}

Result<std::string> LogView::Epoch(Position position) const {
  {
    ReaderLock lock(mutex_);
    auto found = epochs_.find(position);
    if (found != epochs_.end()) return found->second;
  }
  StoredRecord stored;
  Status status = ReadAs(LogKind::kEpoch, position, &stored);
  if (!status.ok()) return status;
  const LogRecord& record = stored.record;
  RememberEpoch(position, record.bytes);
  return std::string(record.bytes);
}

Result<std::shared_ptr<const Dictionary>> LogView::DictionaryAt(
    Position position) const {
  {
    ReaderLock lock(mutex_);
    auto found = dictionaries_.find(position);
    if (found != dictionaries_.end()) return found->second;
  }
  StoredRecord stored;
  Status status = ReadAs(LogKind::kDictionary, position, &stored);
  if (!status.ok()) return status;
  std::string bytes;
  status = OpenOfTenant(position, stored.record, &bytes);
  if (!status.ok()) return status;
  auto dictionary = std::make_shared<const Dictionary>(std::move(bytes));
  RememberDictionary(position, dictionary);
  return dictionary;
}

Status LogView::OpenOfTenant(Position position, const LogRecord& record,
                             std::string* body, Digest* salt) const {
  Result<Key> key = keyring_->TenantKey(record.tenant);
  if (!key.ok()) return std::move(key).status();
  Result<std::string> epoch = Epoch(record.epoch);
  if (!epoch.ok()) return std::move(epoch).status();
  std::string associated;
  AppendAssociated(position, record.header, &associated);
  if (!keyring_->Open(*key, NonceOf(*epoch, position), record.sealed,
                      associated, body) ||
      !TakeSalt(record, body, salt)) {
    return At(position, StatusCode::kCorruption, "does not open");
  }
  return Status::Ok();
}

Result<Key> LogView::KeyOf(const EventHeader& header, bool make) const {
  if (header.record != 0) {
    return keyring_->RecordKey(header.tenant, header.record);
  }
  return keyring_->MonthKey(header.tenant, header.claims_or_month, make);
}

Status LogView::Unseal(Position position, const LogRecord& record,
                       std::string* body, Digest* salt) const {
  if (record.removed && record.remnant.empty()) {
    return At(position, StatusCode::kErased, "what it said was removed");
  }
  Result<Key> key = KeyOf(record.event, false);
  if (!key.ok()) return std::move(key).status();
  if (record.removed) return OpenRemnant(position, record, *key, body);
  Result<std::string> epoch = Epoch(record.event.epoch);
  if (!epoch.ok()) return std::move(epoch).status();
  char associated[1024];
  std::string_view bound;
  std::string long_form;
  if (record.header.size() + 8 <= sizeof(associated)) {
    const std::string prefix = LogKey(position);
    std::memcpy(associated, prefix.data(), 8);
    std::memcpy(associated + 8, record.header.data(), record.header.size());
    bound = {associated, record.header.size() + 8};
  } else {
    AppendAssociated(position, record.header, &long_form);
    bound = long_form;
  }
  if (!keyring_->Open(*key, NonceOf(*epoch, position), record.sealed, bound,
                      body) ||
      !TakeSalt(record, body, salt)) {
    return At(position, StatusCode::kCorruption, "does not open");
  }
  return Status::Ok();
}

// With a nonce of its own: the first one was used for what was there.
Status LogView::SealRemnant(Position position, const LogRecord& record,
                            std::string_view packed,
                            std::string* remnant) const {
  Result<Key> key = KeyOf(record.event, false);
  if (!key.ok()) return std::move(key).status();
  const Nonce nonce = RandomNonce();
  std::string associated;
  AppendRemnantAssociated(position, record.header, &associated);
  remnant->assign(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  keyring_->Seal(*key, nonce, packed, associated, remnant);
  return Status::Ok();
}

Status LogView::OpenRemnant(Position position, const LogRecord& record,
                            const Key& key, std::string* body) const {
  Nonce nonce{};
  std::memcpy(nonce.data(), record.remnant.data(), nonce.size());
  std::string associated;
  AppendRemnantAssociated(position, record.header, &associated);
  if (!keyring_->Open(key, nonce, record.remnant.substr(nonce.size()),
                      associated, body)) {
    return At(position, StatusCode::kCorruption, "does not open");
  }
  return Status::Ok();
}

Status LogView::Expand(const EventHeader& header, std::string_view body,
                       std::string* plain) const {
  bool sound = true;
  if ((header.flags & kEventRaw) != 0) {
    plain->assign(body);
  } else {
    Result<std::shared_ptr<const Dictionary>> dictionary =
        DictionaryAt(header.dictionary);
    if (!dictionary.ok()) return std::move(dictionary).status();
    sound = (*dictionary)->Decompress(body, header.plain_size, plain);
  }
  if (!sound || !UnpackPlain(plain)) {
    return Status(StatusCode::kCorruption, "event body does not expand");
  }
  return Status::Ok();
}

}  // namespace crm
