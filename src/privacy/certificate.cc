#include "privacy/certificate.h"

#include <charconv>
#include <utility>

#include "base/hex.h"
#include "base/time_text.h"
#include "format/json.h"
#include "format/json_writer.h"

namespace crm {
namespace {

constexpr std::string_view kFormat = "crm-erasure-1";
constexpr std::string_view kFormatStem = "crm-erasure-";
constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr size_t kIdDigits = 32;

// What stays, in every certificate, and why.
constexpr std::string_view kKept =
    R"([{"what":"open parts of the events: type, times, source, numbers",)"
    R"("why":"one chain over the log; counts do not change"},)"
    R"({"what":"this erasure, and links between numbers of records",)"
    R"("why":"accountability"},)"
    R"({"what":"keyed hashes of what is fenced",)"
    R"("why":"late events are told and refused"}])";

constexpr std::string_view kShred = "shred";
constexpr std::string_view kAnonymise = "anonymise";
constexpr std::string_view kHard = "hard";

Status Malformed(std::string_view what) {
  return Status(StatusCode::kMalformed, "certificate: " + std::string(what));
}

bool ReadNumber(std::string_view text, uint64_t* number) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

bool ReadInstant(std::string_view json, Timestamp* time) {
  Result<Timestamp> read = ParseTime(JsonScalarText(json));
  if (read.ok()) *time = *read;
  return read.ok();
}

bool ReadId(std::string_view json, std::string* id) {
  std::string bytes;
  *id = JsonScalarText(json);
  return id->size() == kIdDigits && ReadHex(*id, &bytes);
}

bool ReadErased(std::string_view json, Certificate* out) {
  bool sound = true;
  const Status status =
      ForEachMember(json, [&](std::string_view name, std::string_view value) {
        if (name == "events") sound = ReadNumber(value, &out->events);
        if (name == "bytes") sound = ReadNumber(value, &out->bytes);
        if (name == "identifiers") {
          sound = ReadNumber(value, &out->identifiers);
        }
        return sound;
      });
  return status.ok() && sound;
}

bool ReadRemoved(std::string_view json, Certificate* out) {
  bool sound = true;
  const Status status =
      ForEachMember(json, [&](std::string_view name, std::string_view value) {
        if (name == "bytes") sound = ReadNumber(value, &out->removed_bytes);
        if (name == "files") sound = ReadNumber(value, &out->files_searched);
        return sound;
      });
  return status.ok() && sound;
}

bool ReadMode(std::string_view text, ErasureMode* mode) {
  *mode = text == kHard        ? ErasureMode::kHard
          : text == kAnonymise ? ErasureMode::kAnonymise
                               : ErasureMode::kShred;
  return text == kHard || text == kAnonymise || text == kShred;
}

bool ReadRecords(std::string_view json, std::vector<RecordId>* records) {
  bool sound = true;
  const Status status = ForEachElement(json, [&](std::string_view value) {
    sound = ReadNumber(value, &records->emplace_back());
    return sound;
  });
  return status.ok() && sound;
}

// False: the member is not what it must be. What is not known is let by.
bool ReadMember(std::string_view name, std::string_view value,
                Certificate* out) {
  if (name == "store") return ReadId(value, &out->store);
  if (name == "request") return ReadId(value, &out->request);
  if (name == "subject") return ReadId(value, &out->subject);
  if (name == "tenant") out->tenant = JsonScalarText(value);
  if (name == "by") out->by = JsonScalarText(value);
  if (name == "why") out->why = JsonScalarText(value);
  if (name == "mode") return ReadMode(JsonScalarText(value), &out->mode);
  if (name == "removed") return ReadRemoved(value, out);
  if (name == "customer") return ReadNumber(value, &out->customer);
  if (name == "position") return ReadNumber(value, &out->position);
  if (name == "fenced") return ReadNumber(value, &out->fenced);
  if (name == "requested_at") return ReadInstant(value, &out->requested_at);
  if (name == "completed_at") return ReadInstant(value, &out->completed_at);
  if (name == "erased") return ReadErased(value, out);
  if (name == "keys_destroyed") return ReadRecords(value, &out->records);
  return true;
}

Status ReadBody(std::string_view body, Certificate* out) {
  Status told;
  std::string format;
  Status status =
      ForEachMember(body, [&](std::string_view name, std::string_view value) {
        if (name == "format") {
          format = JsonScalarText(value);
          if (format == kFormat) return true;
          told = format.starts_with(kFormatStem)
                     ? Status(StatusCode::kFormatTooNew,
                              "certificate: of a later version")
                     : Malformed("not one of an erasure");
          return false;
        }
        if (ReadMember(name, value, out)) return true;
        told = Malformed(std::string(name) + ": not what it must be");
        return false;
      });
  if (!told.ok()) return told;
  if (!status.ok() || format.empty() || out->request.empty() ||
      out->store.empty() || out->tenant.empty()) {
    return Malformed("not one of an erasure");
  }
  return Status::Ok();
}

}  // namespace

std::string WriteCertificate(const Certificate& certificate, const Key& seed) {
  JsonWriter body;
  body.BeginObject();
  body.Text("format", kFormat);
  body.Text("store", certificate.store);
  body.Text("tenant", certificate.tenant);
  body.Text("request", certificate.request);
  body.Text("subject", certificate.subject);
  body.Number("customer", certificate.customer);
  const bool hard = certificate.mode == ErasureMode::kHard;
  const bool shred = certificate.mode == ErasureMode::kShred;
  body.Text("mode", hard ? kHard : shred ? kShred : kAnonymise);
  body.Text("by", certificate.by);
  body.Text("why", certificate.why);
  body.Text("requested_at", FormatTime(certificate.requested_at));
  body.Text("completed_at", FormatTime(certificate.completed_at));
  body.Number("position", certificate.position);
  body.BeginObject("erased");
  body.Number("records", certificate.records.size());
  body.Number("events", certificate.events);
  body.Number("identifiers", certificate.identifiers);
  body.Number("bytes", certificate.bytes);
  body.EndObject();
  if (hard) {
    body.BeginObject("removed");
    body.Number("bytes", certificate.removed_bytes);
    body.Number("files", certificate.files_searched);
    body.EndObject();
  }
  body.BeginArray("keys_destroyed");
  for (const RecordId record : certificate.records) body.Number({}, record);
  body.EndArray();
  body.Number("fenced", certificate.fenced);
  body.Raw("kept", kKept);
  body.EndObject();
  const std::string text = body.Take();
  JsonWriter out;
  out.BeginObject();
  out.Raw("certificate", text);
  out.Text("signature", HexOf(Sign(seed, text)));
  out.Text("public_key", HexOf(SigningPublicKey(seed)));
  out.EndObject();
  return out.Take();
}

Status ReadCertificate(std::string_view text, Certificate* certificate,
                       std::string* public_key) {
  *certificate = Certificate();
  if (text.size() > kMaxBytes) {
    return Status(StatusCode::kTooLarge, "certificate: at most 1 MiB");
  }
  Status status = InitCrypto();
  if (!status.ok()) return status;
  // As it comes, blanks between tokens do not count.
  std::string body;
  std::string signature;
  std::string key;
  status =
      ForEachMember(text, [&](std::string_view name, std::string_view value) {
        if (name == "certificate") body = value;
        if (name == "signature") signature = JsonScalarText(value);
        if (name == "public_key") key = JsonScalarText(value);
        return true;
      });
  std::string signature_bytes;
  std::string key_bytes;
  if (!status.ok() || body.empty() || !ReadHex(signature, &signature_bytes) ||
      !ReadHex(key, &key_bytes)) {
    return Malformed("needs certificate, signature and public_key");
  }
  if (!VerifySignature(key_bytes, body, signature_bytes)) {
    return Status(StatusCode::kDenied,
                  "certificate: the signature does not fit");
  }
  *public_key = HexOf(key_bytes);
  return ReadBody(body, certificate);
}

Result<CertificateInfo> VerifyCertificate(std::string_view certificate,
                                          std::string_view public_key) {
  Certificate read;
  CertificateInfo info;
  std::string expected;
  if (!public_key.empty() &&
      (!ReadHex(public_key, &expected) || expected.size() != kKeyBytes)) {
    return Status(StatusCode::kInvalidArgument,
                  "public_key: must be 64 hexadecimal digits");
  }
  Status status = ReadCertificate(certificate, &read, &info.public_key);
  if (!status.ok()) return status;
  if (!expected.empty() && HexOf(expected) != info.public_key) {
    return Status(StatusCode::kDenied, "certificate: signed by another key");
  }
  info.request = std::move(read.request);
  info.tenant = std::move(read.tenant);
  info.customer = read.customer;
  info.position = read.position;
  info.records = std::move(read.records);
  return info;
}

}  // namespace crm
