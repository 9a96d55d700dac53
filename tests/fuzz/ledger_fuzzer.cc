// Proofs, notes and keys of ledgers, which may come from anywhere: an answer,
// whatever they are. The first byte chooses.

#include <cstdint>
#include <string>
#include <string_view>

#include "crm/ledger.h"
#include "fuzz/require.h"

namespace crm {
namespace {

// The example of the specification of signed notes.
constexpr std::string_view kKey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view kNote =
    "This is an example message.\n\n"
    "\xe2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONn"
    "cAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

void Explained(const Status& status) {
  Require(status.ok() || status.code() == StatusCode::kMalformed ||
          status.code() == StatusCode::kCorruption);
  Require(status.ok() || !status.message().empty());
}

void Fuzz(std::string_view input) {
  if (input.empty()) return;
  const std::string_view text = input.substr(1);
  switch (input.front()) {
    case 'n':
      return Explained(VerifyCheckpoint(text, kKey).status());
    case 'k':
      return Explained(VerifyCheckpoint(kNote, text).status());
    case 'o':
      return Explained(VerifyLedgerProof(
          R"({"proof":"consistency","oldSize":0,"oldRoot":")" +
              std::string(64, '0') + R"(","head":{"origin":"o","size":0,)" +
              R"("root":")" + std::string(64, '0') + R"("},"path":[]})",
          {}, {}, text));
    default:
      return Explained(VerifyLedgerProof(text));
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
