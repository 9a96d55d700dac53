#include "store/read_upcaster.h"

#include "format/json.h"

namespace crm {
namespace {

// Without `version`: the members of an envelope that have no other place hold
// it when it was given where it is not usual. It would contradict the new one.
std::string WithoutVersion(std::string_view extra) {
  std::string out;
  Status status =
      ForEachMember(extra, [&](std::string_view key, std::string_view value) {
        if (key == "version") return true;
        out += out.empty() ? '{' : ',';
        AppendJsonString(key, &out);
        out += ':';
        out += value;
        return true;
      });
  if (!status.ok()) return std::string(extra);
  if (!out.empty()) out += '}';
  return out;
}

}  // namespace

ReadUpcaster::ReadUpcaster(const Definitions& definitions, uint32_t tenant,
                           Position at)
    : at_(at) {
  if (definitions.generation() == 0) return;
  definitions_ = definitions.Of(tenant);
  if (definitions_ != nullptr && !definitions_->has_upcasters()) {
    definitions_ = nullptr;
  }
}

void ReadUpcaster::Apply(const EventHeader& header, EventView* event) {
  if (definitions_ == nullptr) return;
  const TypedPayload given{header.type, event->type, event->version,
                           event->payload};
  std::string_view version;
  if (!definitions_->Upcast(given, at_, &payload_, &version)) return;
  event->upcast_from = event->version;
  event->version = version;
  event->payload = payload_;
  if (event->extra.find("\"version\"") != std::string_view::npos) {
    extra_ = WithoutVersion(event->extra);
    event->extra = extra_;
  }
}

}  // namespace crm
