// An upcaster, a line feed, a payload. What comes out is JSON, too; an error
// leaves the payload as it was.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "event/upcaster.h"
#include "format/json_tree.h"
#include "fuzz/require.h"

namespace crm {
namespace {

constexpr size_t kDepth = 200;

void Fuzz(std::string_view input) {
  const size_t cut = std::min(input.find('\n'), input.size());
  const Result<Upcaster> upcaster = Upcaster::FromJson(input.substr(0, cut));
  if (!upcaster.ok()) return Require(!upcaster.status().message().empty());
  const Result<Upcaster> again = Upcaster::FromJson(upcaster->Canonical());
  Require(again.ok() && again->Canonical() == upcaster->Canonical());
  UpcasterChain chain;
  Require(chain.Add(*upcaster).ok());
  Require(chain.Add(*again).code() == StatusCode::kAlreadyExists);
  if (cut == input.size()) return;
  const std::string payload(input.substr(cut + 1));
  // What an append would not let in is not of interest.
  const Result<JsonTree> before = ParseJsonTree(payload, kDepth, "payload");
  if (!before.ok()) return;
  std::string after = payload;
  const Status status = upcaster->Apply(&after);
  if (!status.ok()) return Require(after == payload);
  Require(ParseJsonTree(after, kDepth, "payload").ok());
  std::string version = upcaster->from();
  std::string other = payload;
  Require(chain.Apply(&version, &other).ok());
  Require(version == upcaster->to() && other == after);
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
