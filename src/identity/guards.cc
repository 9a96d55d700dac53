#include "identity/guards.h"

#include <algorithm>

namespace crm {
namespace {

using Claim = Members::Claim;

bool Owns(const Claim& claim, IdentifierClass klass) {
  return claim.state == Claim::State::kOwns && claim.klass == klass;
}

}  // namespace

const Claim* FindConflict(const Members& a, const Members& b) {
  const auto found =
      std::find_if(a.claims.begin(), a.claims.end(), [&](const Claim& claim) {
        return Owns(claim, IdentifierClass::kExclusive) &&
               b.HasExclusive(claim.name_space);
      });
  return found == a.claims.end() ? nullptr : &*found;
}

bool ExceedsLimits(const IdentityRules& rules, const Members& a,
                   const Members& b) {
  if (a.records.size() + b.records.size() > rules.records ||
      a.identifiers() + b.identifiers() > rules.identifiers ||
      a.merges.size() + b.merges.size() >= rules.merges) {
    return true;
  }
  return std::any_of(b.claims.begin(), b.claims.end(), [&](const Claim& claim) {
    if (!Owns(claim, IdentifierClass::kShareable)) return false;
    const size_t known = a.CountOf(claim.name_space);
    return known > 0 &&
           known + b.CountOf(claim.name_space) > rules.values_per_shareable;
  });
}

}  // namespace crm
