// Addresses: ASCII by hand, everything else by ICU.

#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <algorithm>

#include "base/utf8.h"
#include "identity/normalise_internal.h"

namespace crm {
namespace {

constexpr std::string_view kName = "email";
// Full-width letters take three bytes each, and become one.
constexpr size_t kMaxRawBytes = 4 * kMaxEmailBytes;
constexpr size_t kMaxLabelBytes = 63;
constexpr int32_t kUnits = 2048;

bool IsDomainChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool IsDomain(std::string_view domain) {
  size_t label = 0;
  for (const char c : domain) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!IsDomainChar(c) || ++label > kMaxLabelBytes) {
      return false;
    }
  }
  return label > 0;
}

bool EndsIn(std::string_view domain, std::string_view last) {
  return domain.size() >= last.size() &&
         domain.substr(domain.size() - last.size()) == last &&
         (domain.size() == last.size() ||
          domain[domain.size() - last.size() - 1] == '.');
}

// The last checks, on the canonical form.
Status Check(std::string_view address) {
  const size_t at = address.find('@');
  if (at == std::string_view::npos) return BadIdentifier(kName, "has no @");
  const std::string_view domain = address.substr(at + 1);
  if (domain.find('@') != std::string_view::npos) {
    return BadIdentifier(kName, "has more than one @");
  }
  if (at == 0) return BadIdentifier(kName, "nothing before the @");
  if (at > kMaxEmailLocalBytes || address.size() > kMaxEmailBytes) {
    return BadIdentifier(kName, "too long");
  }
  for (const char c : address.substr(0, at)) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) {
      return BadIdentifier(kName, "has a blank or a control character");
    }
  }
  if (!IsDomain(domain)) return BadIdentifier(kName, "has no proper domain");
  if (EndsIn(domain, "invalid") || EndsIn(domain, "localhost")) {
    return BlockedIdentifier(kName);
  }
  return Status();
}

// UTF-16 on the stack; `size` is negative after a failure.
struct Units {
  UChar data[kUnits];
  int32_t size = -1;
};

bool FromUtf8(std::string_view text, Units* units) {
  UErrorCode error = U_ZERO_ERROR;
  u_strFromUTF8(units->data, kUnits, &units->size, text.data(),
                static_cast<int32_t>(text.size()), &error);
  return U_SUCCESS(error);
}

bool AppendUtf8(const Units& units, std::string* out) {
  char bytes[3 * kUnits];
  int32_t size = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strToUTF8(bytes, sizeof(bytes), &size, units.data, units.size, &error);
  if (U_FAILURE(error)) return false;
  out->append(bytes, static_cast<size_t>(size));
  return true;
}

bool Apply(const UNormalizer2* form, std::string_view text, std::string* out) {
  Units from;
  if (form == nullptr || !FromUtf8(text, &from)) return false;
  Units to;
  UErrorCode error = U_ZERO_ERROR;
  to.size =
      unorm2_normalize(form, from.data, from.size, to.data, kUnits, &error);
  return U_SUCCESS(error) && AppendUtf8(to, out);
}

const UNormalizer2* Nfkc() {
  static const UNormalizer2* const form = [] {
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2* const got = unorm2_getNFKCInstance(&error);
    return U_SUCCESS(error) ? got : nullptr;
  }();
  return form;
}

const UNormalizer2* NfkcCasefold() {
  static const UNormalizer2* const form = [] {
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2* const got = unorm2_getNFKCCasefoldInstance(&error);
    return U_SUCCESS(error) ? got : nullptr;
  }();
  return form;
}

const UIDNA* Idna() {
  static const UIDNA* const idna = [] {
    UErrorCode error = U_ZERO_ERROR;
    const UIDNA* const got =
        uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI |
                            UIDNA_CHECK_CONTEXTJ,
                        &error);
    return U_SUCCESS(error) ? got : nullptr;
  }();
  return idna;
}

bool AppendALabels(std::string_view domain, std::string* out) {
  if (Idna() == nullptr) return false;
  char bytes[kMaxRawBytes];
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  const int32_t size = uidna_nameToASCII_UTF8(
      Idna(), domain.data(), static_cast<int32_t>(domain.size()), bytes,
      sizeof(bytes), &info, &error);
  if (U_FAILURE(error) || info.errors != 0) return false;
  out->append(bytes, static_cast<size_t>(size));
  return true;
}

// The domain is not case-folded first: that would make another domain of one
// with a sharp s. UTS 46 has a mapping of its own.
Status NormaliseUnicode(std::string_view value, std::string* canonical) {
  std::string composed;
  if (!Apply(Nfkc(), value, &composed)) {
    return BadIdentifier(kName, "not UTF-8, or too long");
  }
  const std::string_view address = Trim(composed);
  const size_t at = address.find('@');
  if (at == std::string_view::npos) return BadIdentifier(kName, "has no @");
  if (!Apply(NfkcCasefold(), address.substr(0, at), canonical)) {
    return BadIdentifier(kName, "too long");
  }
  canonical->push_back('@');
  std::string_view domain = address.substr(at + 1);
  if (!domain.empty() && domain.back() == '.') domain.remove_suffix(1);
  if (!AppendALabels(domain, canonical)) {
    return BadIdentifier(kName, "has no proper domain");
  }
  return Check(*canonical);
}

}  // namespace

bool FoldCase(std::string_view text, std::string* folded) {
  folded->clear();
  unsigned char any = 0;
  for (const char c : text) any |= static_cast<unsigned char>(c);
  if (any >= 0x80) return Apply(NfkcCasefold(), text, folded);
  folded->assign(text);
  for (char& c : *folded) {
    c = static_cast<char>(c | ((c >= 'A' && c <= 'Z') ? 0x20 : 0));
  }
  return true;
}

Status NormaliseDomain(std::string_view domain, std::string* canonical) {
  std::string address = "a@";
  address += domain;
  Status status = NormaliseEmail(address, canonical);
  if (status.ok()) canonical->erase(0, 2);
  return status;
}

Status NormaliseEmail(std::string_view value, std::string* canonical) {
  if (value.size() > kMaxRawBytes) return BadIdentifier(kName, "too long");
  canonical->clear();
  unsigned char any = 0;
  for (const char c : value) any |= static_cast<unsigned char>(c);
  if (any >= 0x80) return NormaliseUnicode(value, canonical);
  if (!value.empty() && value.back() == '.') value.remove_suffix(1);
  canonical->assign(value);
  for (char& c : *canonical) {
    c = static_cast<char>(c | ((c >= 'A' && c <= 'Z') ? 0x20 : 0));
  }
  return Check(*canonical);
}

}  // namespace crm
