// How the dedupe filter lies on disk: full layers as one row each, newer ids
// as delta rows; rewritten when the deltas have grown to a quarter of the
// whole, so that writing and loading stay cheap. Also what verify reads.

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "event/event_room.h"

namespace crm {
namespace {

enum FilterRow : uint64_t { kLayer = 0, kDelta = 1 };
// So many may lie in deltas, of any number; above it a quarter.
constexpr uint64_t kDeltaIds = 1 << 17;
constexpr size_t kIdBytes = 12;

Status Damaged() {
  return Status(StatusCode::kCorruption, "family filter: malformed row");
}

// A checksum in front: a filter cannot be compared with another one.
std::string Checked(std::string body) {
  std::string out;
  PutBe64(&out, StableHash64(body));
  return out += body;
}

bool Check(std::string_view stored, std::string_view* body) {
  if (stored.size() < 8) return false;
  *body = stored.substr(8);
  return GetBe64(stored.data()) == StableHash64(*body);
}

}  // namespace

Status EventRoom::WriteFilter(const FrozenRows& frozen, Ingestion& out) {
  const std::vector<RowKey>& ids = frozen.keys[family(kDedupe)];
  if (ids.empty()) return Status::Ok();
  uint64_t total = 0;
  for (size_t i = 0; i < filter_.layers(); ++i) total += filter_.count(i);
  const uint64_t deltas = delta_ids_ + ids.size();
  if (deltas <= std::max(kDeltaIds, total / 4)) {
    std::string body;
    body.reserve(ids.size() * kIdBytes);
    for (const RowKey& id : ids) {
      PutBe32(&body, static_cast<uint32_t>(id.a >> 32));
      PutBe64(&body, id.b);
    }
    std::string key = EncodeRowKey(RowKey{kDelta, frozen.position, 0}, 2);
    Status status = out.Put(family(kFilter), key, Checked(std::move(body)));
    if (!status.ok()) return status;
    delta_rows_.push_back(std::move(key));
    delta_ids_ = deltas;
    return Status::Ok();
  }
  for (size_t layer = 0; layer < filter_.layers(); ++layer) {
    std::string body;
    PutBe64(&body, filter_.count(layer));
    body += filter_.Dump(layer);
    Status status =
        out.Put(family(kFilter), EncodeRowKey(RowKey{kLayer, layer, 0}, 2),
                Checked(std::move(body)));
    if (!status.ok()) return status;
  }
  for (const std::string& row : delta_rows_) {
    Status status = out.Delete(family(kFilter), row);
    if (!status.ok()) return status;
  }
  delta_rows_.clear();
  delta_ids_ = 0;
  return Status::Ok();
}

Status EventRoom::LoadFilter() {
  std::vector<std::pair<std::string, std::string>> rows;
  Status status = services_.database->ScanBackward(
      family(kFilter), {}, {},
      [&](std::string_view key, std::string_view value) {
        rows.emplace_back(key, value);
        return true;
      });
  if (!status.ok()) return status;
  std::reverse(rows.begin(), rows.end());
  for (auto& [key_bytes, stored] : rows) {
    RowKey key;
    std::string_view body;
    if (!DecodeRowKey(key_bytes, 2, &key) || !Check(stored, &body)) {
      return Damaged();
    }
    if (key.a == kLayer) {
      if (body.size() < 8 ||
          !filter_.Restore(key.b, GetBe64(body.data()), body.substr(8))) {
        return Damaged();
      }
      continue;
    }
    if (body.size() % kIdBytes != 0) return Damaged();
    for (size_t i = 0; i < body.size(); i += kIdBytes) {
      const uint64_t hi = uint64_t{GetBe32(body.data() + i)} << 32;
      filter_.Add(Hash128{hi, GetBe64(body.data() + i + 4)});
    }
    delta_ids_ += body.size() / kIdBytes;
    delta_rows_.push_back(key_bytes);
  }
  return Status::Ok();
}

Status EventRoom::Canonical(size_t own, std::string_view key_bytes,
                            std::string_view value, const CanonicalSink& sink,
                            uint32_t* tenant, CustomerId*) const {
  RowKey key;
  if (!DecodeRowKey(key_bytes, families()[own].words, &key)) {
    return Status(StatusCode::kCorruption, "malformed key");
  }
  *tenant = key.tenant;
  const auto emit = [&](uint64_t number, std::string item) {
    std::string name(key_bytes.substr(0, 12));
    PutBe64(&name, number);
    sink(CanonicalItem{std::move(name), std::move(item), key.tenant, 0});
  };
  if (own == kTypes) {
    TypeRow row;
    if (!DecodeTypeRow(value, &row)) {
      return Status(StatusCode::kCorruption, "malformed value");
    }
    for (size_t i = 0; i < row.positions.size(); ++i) {
      std::string ordinal;
      PutVarint(&ordinal, row.ordinal + i);
      emit(row.positions[i], std::move(ordinal));
    }
    return Status::Ok();
  }
  if (own == kTimes) {
    std::vector<TimedPosition> entries;
    if (!DecodeTimeRow(value, &entries)) {
      return Status(StatusCode::kCorruption, "malformed value");
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return a.position < b.position;
    });
    for (const TimedPosition& entry : entries) {
      std::string time;
      PutSigned(&time, entry.occurred_at);
      emit(entry.position, std::move(time));
    }
    return Status::Ok();
  }
  if (own == kFilter) {
    // Two filters of the same ids differ; that it holds every id is checked
    // against the dedupe rows.
    std::string_view body;
    if (!Check(value, &body)) {
      return Status(StatusCode::kCorruption, "checksum does not match");
    }
    return Status::Ok();
  }
  sink(
      CanonicalItem{std::string(key_bytes), std::string(value), key.tenant, 0});
  return Status::Ok();
}

}  // namespace crm
