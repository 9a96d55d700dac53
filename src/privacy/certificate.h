// The certificate of an erasure: what it says, as JSON that is signed. See
// crm/privacy.h.

#ifndef CRM_PRIVACY_CERTIFICATE_H_
#define CRM_PRIVACY_CERTIFICATE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "crm/privacy.h"

namespace crm {

struct Certificate {
  std::string store;  // Its id, 32 hexadecimal digits.
  std::string tenant;
  std::string request;  // 32 hexadecimal digits.
  // Who, for those who do not keep customer ids: 32 hexadecimal digits.
  std::string subject;
  CustomerId customer = 0;
  ErasureMode mode = ErasureMode::kShred;
  std::string by;
  std::string why;
  Timestamp requested_at;
  Timestamp completed_at;
  Position position = 0;
  std::vector<RecordId> records;
  uint64_t events = 0;
  uint64_t identifiers = 0;
  uint64_t bytes = 0;
  uint64_t fenced = 0;
  // Only of mode kHard.
  uint64_t removed_bytes = 0;
  uint64_t files_searched = 0;
};

// Signs with the key that `seed` stands for.
std::string WriteCertificate(const Certificate& certificate, const Key& seed);
// Errors as VerifyCertificate. `public_key`: who signed it; as digits.
Status ReadCertificate(std::string_view text, Certificate* certificate,
                       std::string* public_key);

}  // namespace crm

#endif  // CRM_PRIVACY_CERTIFICATE_H_
