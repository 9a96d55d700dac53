// SHA-256 in pieces, as sha256sum computes it: what the manifests of exports
// are made with, for hosts that write or check some of their own.

#ifndef CRM_INCLUDE_SHA256_H_
#define CRM_INCLUDE_SHA256_H_

#include <string>
#include <string_view>

namespace crm {

// One thread at a time. Copies go on from where they were copied.
class Sha256Hasher final {
 public:
  Sha256Hasher();
  void Add(std::string_view bytes);
  // 64 hexadecimal digits over all so far; begins anew after that.
  std::string Finish();

 private:
  alignas(8) unsigned char state_[104];
};

}  // namespace crm

#endif  // CRM_INCLUDE_SHA256_H_
