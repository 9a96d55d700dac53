#include "consent/decision.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/hash.h"
#include "base/instant.h"
#include "consent/send_windows.h"

namespace crm {
namespace {

// A host's clock may be that far behind the store's.
constexpr int64_t kClockSkewUs = 5 * 60 * 1'000'000;
constexpr size_t kMaxAddresses = 16;
constexpr std::chrono::hours kDaily(24);
constexpr std::chrono::hours kWeekly(168);
constexpr std::chrono::hours kBetweenPushes(1);

bool Covers(ConsentChannel said, ConsentChannel asked) {
  return said == asked || said == ConsentChannel::kAny;
}

bool IsDead(SuppressionReason reason) {
  return reason >= SuppressionReason::kHardBounce &&
         reason <= SuppressionReason::kInvalid;
}

ConsentState DenialState(ConsentAction action) {
  switch (action) {
    case ConsentAction::kRefuse:
      return ConsentState::kRefused;
    case ConsentAction::kRevoke:
      return ConsentState::kRevoked;
    case ConsentAction::kInvalidate:
      return ConsentState::kInvalidated;
    default:
      return ConsentState::kWithdrawn;
  }
}

// One question on its way through the rules. The rules are its methods: each
// says whether it decides, and notes the acts that made it so.
class Judge final {
 public:
  Judge(ConsentCase& in, ConsentDecision* out) : in_(in), out_(*out) {}

  Status Gather(const OwnerOfAddress& owner,
                const AddSuppressions& suppressions);
  void Run();

 private:
  struct Rule {
    ConsentRule rule;
    uint8_t classes;
    Verdict verdict;
    bool (Judge::*applies)();
  };
  static const Rule kOrder[];

  bool UnknownCustomer() { return !in_.known; }
  bool Restricted();
  bool Deactivated() { return Refuses(PreferenceField::kRecordState); }
  bool Undeliverable() { return IsSuppressed(true); }
  bool Suppressed() { return IsSuppressed(false); }
  bool Objected();
  bool OptOutOfSale();
  bool UnknownPurpose() { return purpose_ == nullptr; }
  bool Denied();
  bool Pending();
  bool Expired();
  bool OldPolicy();
  bool Never();
  bool Category();
  bool NoConsent() { return needs_consent_ && grant_ == nullptr; }
  bool NoTimeZone();
  bool Frequency();
  bool QuietHours();
  bool Consent();
  bool SoftOptIn() { return grant_ != nullptr; }
  bool OtherBasis();
  bool OptOutChannel() { return true; }
  bool ByClass() { return true; }

  bool IsHers(RecordId record) const {
    return std::find(in_.records.begin(), in_.records.end(), record) !=
           in_.records.end();
  }
  bool Stands(ConsentAction said, ConsentAction lifts);
  bool IsSuppressed(bool dead);
  bool SuppressionHolds(const ConsentFact& fact) const;
  void FindDenial();
  void FindGrant();
  bool Lifts(const ConsentFact& grant, const ConsentFact& denial) const;
  bool AddressIsSuppressed(const ConsentFact& grant) const;
  Timestamp EndOf(const ConsentFact& grant) const;
  // Null: not set, or taken back.
  const ConsentFact* Newest(PreferenceField field) const;
  bool Refuses(PreferenceField field);
  void Note(const ConsentFact& fact);
  void NoteRegime(const ConsentRegime& regime) { out_.regime = regime.name; }
  template <typename F>
  const ConsentRegime* FindRegime(F wanted) const;
  bool HasAddress() const { return in_.address != Hash128(); }

  ConsentCase& in_;
  ConsentDecision& out_;
  const ConsentPurpose* purpose_ = nullptr;
  std::string_view jurisdiction_;
  bool needs_consent_ = true;
  // Grants that are hers; with the question's address or none in front.
  absl::InlinedVector<const ConsentFact*, 8> grants_;
  size_t fitting_ = 0;
  const ConsentFact* denial_ = nullptr;
  const ConsentFact* grant_ = nullptr;  // That allows.
  // The newest one that would, but for its state.
  const ConsentFact* failed_ = nullptr;
  ConsentState failed_state_ = ConsentState::kUnknown;
  bool failed_by_policy_ = false;
  const ConsentFact* asked_ = nullptr;
  Timestamp until_;
  bool no_zone_ = false;
  bool never_open_ = false;
  bool too_soon_ = false;
};

constexpr uint8_t kM = 1 << static_cast<int>(MessageClass::kMarketing);
constexpr uint8_t kT = 1 << static_cast<int>(MessageClass::kTransactional);
constexpr uint8_t kL = 1 << static_cast<int>(MessageClass::kLegal);

// The order of the rules: the first that applies to the class decides.
const Judge::Rule Judge::kOrder[] = {
    {ConsentRule::kUnknownCustomer, kM | kT | kL, Verdict::kDeny,
     &Judge::UnknownCustomer},
    {ConsentRule::kRestricted, kM | kT, Verdict::kDeny, &Judge::Restricted},
    {ConsentRule::kDeactivated, kM, Verdict::kDeny, &Judge::Deactivated},
    {ConsentRule::kUndeliverable, kM | kT | kL, Verdict::kDeny,
     &Judge::Undeliverable},
    {ConsentRule::kSuppressed, kM, Verdict::kDeny, &Judge::Suppressed},
    {ConsentRule::kObjected, kM, Verdict::kDeny, &Judge::Objected},
    {ConsentRule::kOptOutOfSale, kM, Verdict::kDeny, &Judge::OptOutOfSale},
    {ConsentRule::kUnknownPurpose, kM, Verdict::kDeny, &Judge::UnknownPurpose},
    {ConsentRule::kDenied, kM, Verdict::kDeny, &Judge::Denied},
    {ConsentRule::kPending, kM, Verdict::kDeny, &Judge::Pending},
    {ConsentRule::kExpired, kM, Verdict::kDeny, &Judge::Expired},
    {ConsentRule::kOldPolicy, kM, Verdict::kDeny, &Judge::OldPolicy},
    {ConsentRule::kNoConsent, kM, Verdict::kDeny, &Judge::NoConsent},
    {ConsentRule::kNever, kM, Verdict::kDeny, &Judge::Never},
    {ConsentRule::kCategory, kM, Verdict::kDeny, &Judge::Category},
    {ConsentRule::kNoTimeZone, kM, Verdict::kDeny, &Judge::NoTimeZone},
    {ConsentRule::kFrequency, kM, Verdict::kDefer, &Judge::Frequency},
    {ConsentRule::kQuietHours, kM, Verdict::kDefer, &Judge::QuietHours},
    {ConsentRule::kConsent, kM, Verdict::kAllow, &Judge::Consent},
    {ConsentRule::kSoftOptIn, kM, Verdict::kAllow, &Judge::SoftOptIn},
    {ConsentRule::kLegalBasis, kM, Verdict::kAllow, &Judge::OtherBasis},
    {ConsentRule::kOptOutChannel, kM, Verdict::kAllow, &Judge::OptOutChannel},
    {ConsentRule::kMessageClass, kT | kL, Verdict::kAllow, &Judge::ByClass},
};

void Judge::Note(const ConsentFact& fact) {
  for (size_t i = 0; i < out_.act_count; ++i) {
    if (out_.acts[i] == fact.position) return;
  }
  if (out_.act_count == out_.acts.size()) return;
  out_.acts[out_.act_count++] = fact.position;
}

template <typename F>
const ConsentRegime* Judge::FindRegime(F wanted) const {
  for (const ConsentRegime& regime : in_.settings->regimes()) {
    if (regime.enabled && wanted(regime) && regime.AppliesTo(jurisdiction_)) {
      return &regime;
    }
  }
  return nullptr;
}

Status Judge::Gather(const OwnerOfAddress& owner,
                     const AddSuppressions& suppressions) {
  // What is said of addresses first: facts may move while it is added.
  absl::InlinedVector<Hash128, 4> addresses;
  if (HasAddress()) {
    addresses.push_back(in_.address);
  } else {
    for (const ConsentFact& fact : in_.facts) {
      if (fact.group != FactGroup::kDecision || !fact.grants() ||
          !fact.has_address() || addresses.size() == kMaxAddresses ||
          std::find(addresses.begin(), addresses.end(), fact.address) !=
              addresses.end()) {
        continue;
      }
      addresses.push_back(fact.address);
    }
  }
  for (const Hash128& address : addresses) {
    Status status = suppressions(address, &in_.facts);
    if (!status.ok()) return status;
  }
  const int64_t latest =
      in_.question->at.time_since_epoch().count() + kClockSkewUs;
  for (const ConsentFact& fact : in_.facts) {
    if (fact.group != FactGroup::kDecision || !fact.grants() ||
        fact.effective_at > latest) {
      continue;
    }
    const bool hers = IsHers(fact.origin);
    if (!hers || ((fact.flags & kFactShared) != 0 && fact.has_address())) {
      if (!fact.has_address()) continue;
      Result<AddressOwner> whose = owner(fact.address);
      if (!whose.ok()) return std::move(whose).status();
      if (*whose == AddressOwner::kAnother ||
          (!hers && *whose != AddressOwner::kHers)) {
        continue;
      }
    }
    grants_.push_back(&fact);
  }
  std::sort(grants_.begin(), grants_.end(),
            [](const ConsentFact* a, const ConsentFact* b) {
              return Outweighs(*a, *b);
            });
  // Most questions name no address: then all of them fit.
  fitting_ = grants_.size();
  if (!HasAddress()) return Status::Ok();
  const auto fits = std::stable_partition(
      grants_.begin(), grants_.end(), [&](const ConsentFact* grant) {
        return !grant->has_address() || grant->address == in_.address;
      });
  fitting_ = static_cast<size_t>(fits - grants_.begin());
  return Status::Ok();
}

void Judge::Run() {
  purpose_ = in_.settings->FindPurpose(in_.purpose);
  jurisdiction_ = in_.question->jurisdiction;
  if (jurisdiction_.empty() && !grants_.empty() &&
      grants_[0]->jurisdiction[0] != 0) {
    const auto& text = grants_[0]->jurisdiction;
    jurisdiction_ = std::string_view(
        text.data(),
        static_cast<size_t>(std::find(text.begin(), text.end(), '\0') -
                            text.begin()));
  }
  if (jurisdiction_.empty()) {
    jurisdiction_ = in_.settings->default_jurisdiction();
  }
  const uint16_t channel =
      static_cast<uint16_t>(1U << static_cast<int>(in_.question->channel));
  needs_consent_ =
      purpose_ != nullptr && purpose_->basis == LegalBasis::kConsent;
  if (needs_consent_) {
    const ConsentRegime* opt_out = FindRegime([&](const ConsentRegime& regime) {
      return (regime.opt_out_channels & channel) != 0;
    });
    if (opt_out != nullptr) {
      needs_consent_ = false;
      NoteRegime(*opt_out);
    }
  }
  if (in_.message_class == MessageClass::kMarketing) {
    FindDenial();
    FindGrant();
    if (in_.question->channel == ConsentChannel::kEmail) {
      out_.one_click = FindRegime([](const ConsentRegime& regime) {
                         return regime.one_click;
                       }) != nullptr;
    }
  }
  const uint8_t mine =
      static_cast<uint8_t>(1 << static_cast<int>(in_.message_class));
  for (const Rule& rule : kOrder) {
    if ((rule.classes & mine) == 0 || !(this->*rule.applies)()) continue;
    out_.rule = rule.rule;
    out_.verdict = rule.verdict;
    break;
  }
  if (out_.verdict == Verdict::kDefer) {
    if (never_open_) {
      out_.verdict = Verdict::kDeny;
    } else {
      out_.until = until_;
    }
  }
}

bool Judge::Restricted() {
  return in_.overflow ||
         Stands(ConsentAction::kRestrict, ConsentAction::kLiftRestriction);
}

bool Judge::Objected() {
  return Stands(ConsentAction::kObject, ConsentAction::kLiftObjection);
}

// What was said, by whomever of a customer's records, and not lifted since: by
// the same record, or by one of hers what somebody else's said.
bool Judge::Stands(ConsentAction said, ConsentAction lifts) {
  for (const ConsentFact& fact : in_.facts) {
    if (fact.action != said) continue;
    const bool lifted = std::any_of(
        in_.facts.begin(), in_.facts.end(), [&](const ConsentFact& other) {
          return other.action == lifts &&
                 other.effective_at > fact.effective_at &&
                 (other.origin == fact.origin ||
                  (!IsHers(fact.origin) && IsHers(other.origin)));
        });
    if (lifted) continue;
    Note(fact);
    return true;
  }
  return false;
}

bool Judge::SuppressionHolds(const ConsentFact& fact) const {
  if (fact.action != ConsentAction::kSuppress ||
      !Covers(fact.channel, in_.question->channel)) {
    return false;
  }
  return std::none_of(
      in_.facts.begin(), in_.facts.end(), [&](const ConsentFact& other) {
        if (other.address != fact.address ||
            other.effective_at <= fact.effective_at) {
          return false;
        }
        // Who was erased and came back says by a grant that it is wanted.
        if (fact.reason == SuppressionReason::kErased && other.grants() &&
            (other.flags & kFactSoftOptIn) == 0) {
          return true;
        }
        return other.action == ConsentAction::kLiftSuppression &&
               (other.reason == SuppressionReason::kNone ||
                other.reason == fact.reason);
      });
}

bool Judge::AddressIsSuppressed(const ConsentFact& grant) const {
  return std::any_of(in_.facts.begin(), in_.facts.end(),
                     [&](const ConsentFact& fact) {
                       return (!grant.has_address() || !fact.has_address() ||
                               fact.address == grant.address) &&
                              SuppressionHolds(fact);
                     });
}

// Of the address in question; without one, of all addresses that she consented
// for, or where there is none, of any.
bool Judge::IsSuppressed(bool dead) {
  const bool by_grant = !HasAddress() &&
                        in_.message_class == MessageClass::kMarketing &&
                        fitting_ != 0;
  if (by_grant) {
    for (size_t i = 0; i < fitting_; ++i) {
      if (!AddressIsSuppressed(*grants_[i])) return false;
    }
  }
  for (const ConsentFact& fact : in_.facts) {
    if (fact.action != ConsentAction::kSuppress ||
        IsDead(fact.reason) != dead ||
        (HasAddress() && fact.has_address() && fact.address != in_.address) ||
        !SuppressionHolds(fact)) {
      continue;
    }
    Note(fact);
    return true;
  }
  return false;
}

bool Judge::OptOutOfSale() {
  if (purpose_ == nullptr || !purpose_->sale_or_share) return false;
  const ConsentRegime* regime =
      FindRegime([](const ConsentRegime& item) { return item.gpc; });
  if (regime == nullptr) return false;
  for (const ConsentFact& fact : in_.facts) {
    if (fact.group != FactGroup::kSignal) continue;
    const bool told = std::any_of(
        grants_.begin(), grants_.end(), [&](const ConsentFact* grant) {
          return (grant->flags & kFactConflictNotice) != 0 &&
                 grant->effective_at > fact.effective_at;
        });
    if (told) continue;
    Note(fact);
    NoteRegime(*regime);
    return true;
  }
  return false;
}

bool Judge::Lifts(const ConsentFact& grant, const ConsentFact& denial) const {
  if (grant.effective_at <= denial.effective_at) return false;
  if (grant.origin == denial.origin) {
    return !denial.has_address() || grant.address == denial.address;
  }
  // What is left of a time when she was one with somebody, and names no
  // address, could be lifted by nobody else.
  const bool same = denial.has_address() ? grant.address == denial.address
                                         : !IsHers(denial.origin);
  return same && grant.confirmed();
}

void Judge::FindDenial() {
  for (const ConsentFact& fact : in_.facts) {
    if (fact.group != FactGroup::kDecision || fact.grants()) continue;
    const bool lifted = std::any_of(
        grants_.begin(), grants_.end(),
        [&](const ConsentFact* grant) { return Lifts(*grant, fact); });
    if (lifted) continue;
    if (denial_ == nullptr || Outweighs(fact, *denial_)) denial_ = &fact;
  }
  if (denial_ != nullptr && !grants_.empty()) {
    out_.contested = std::any_of(
        grants_.begin(), grants_.end(), [&](const ConsentFact* grant) {
          return grant->effective_at > denial_->effective_at;
        });
  }
}

Timestamp Judge::EndOf(const ConsentFact& grant) const {
  if (grant.valid_until != 0) return Instant(grant.valid_until);
  int months = purpose_ == nullptr ? 0 : purpose_->validity_months.value_or(0);
  for (const ConsentRegime& regime : in_.settings->regimes()) {
    if (!regime.enabled || regime.validity_months.value_or(0) == 0 ||
        !regime.AppliesTo(jurisdiction_)) {
      continue;
    }
    months = months == 0 ? *regime.validity_months
                         : std::min(months, *regime.validity_months);
  }
  return months == 0 ? Timestamp::max()
                     : AddMonths(Instant(grant.effective_at), months);
}

void Judge::FindGrant() {
  const auto fail = [&](const ConsentFact& grant, ConsentState state,
                        bool by_policy) {
    if (failed_ != nullptr) return;
    failed_ = &grant;
    failed_state_ = state;
    failed_by_policy_ = by_policy;
  };
  const Timestamp at = in_.question->at;
  for (size_t i = 0; i < fitting_ && grant_ == nullptr; ++i) {
    const ConsentFact& grant = *grants_[i];
    if (AddressIsSuppressed(grant)) continue;
    const bool soft = (grant.flags & kFactSoftOptIn) != 0;
    if (soft && FindRegime([](const ConsentRegime& regime) {
                  return regime.soft_opt_in;
                }) == nullptr) {
      continue;
    }
    if (purpose_ != nullptr && purpose_->double_opt_in && !grant.confirmed()) {
      const Timestamp end =
          Instant(grant.effective_at) +
          std::chrono::hours(24) * in_.settings->pending_days();
      fail(grant, at < end ? ConsentState::kPending : ConsentState::kLapsed,
           false);
    } else if (at >= EndOf(grant)) {
      fail(grant, ConsentState::kExpired, false);
    } else if (purpose_ != nullptr &&
               grant.policy_version < purpose_->min_policy_version) {
      fail(grant, ConsentState::kGiven, true);
    } else {
      grant_ = &grant;
    }
  }
  if (grant_ != nullptr) {
    out_.state = ConsentState::kGiven;
    return;
  }
  for (const ConsentFact& fact : in_.facts) {
    if (fact.group != FactGroup::kAsked ||
        (HasAddress() && fact.has_address() && fact.address != in_.address)) {
      continue;
    }
    if (asked_ == nullptr || Outweighs(fact, *asked_)) asked_ = &fact;
  }
  if (asked_ != nullptr &&
      (failed_ == nullptr || asked_->effective_at > failed_->effective_at)) {
    failed_ = asked_;
    failed_by_policy_ = false;
    failed_state_ = StateOf(*asked_, *in_.settings, at);
  }
  out_.state = failed_state_;
}

bool Judge::Denied() {
  if (denial_ == nullptr) return false;
  out_.state = DenialState(denial_->action);
  Note(*denial_);
  return true;
}

bool Judge::Pending() {
  if (!needs_consent_ || grant_ != nullptr || failed_ == nullptr ||
      failed_by_policy_ || failed_state_ == ConsentState::kExpired) {
    return false;
  }
  Note(*failed_);
  return true;
}

bool Judge::Expired() {
  if (!needs_consent_ || grant_ != nullptr || failed_ == nullptr ||
      failed_state_ != ConsentState::kExpired) {
    return false;
  }
  Note(*failed_);
  return true;
}

bool Judge::OldPolicy() {
  if (!needs_consent_ || grant_ != nullptr || !failed_by_policy_) return false;
  Note(*failed_);
  return true;
}

const ConsentFact* Judge::Newest(PreferenceField field) const {
  const ConsentFact* newest = nullptr;
  for (const ConsentFact& fact : in_.facts) {
    if (fact.group != FactGroup::kPreference ||
        static_cast<PreferenceField>(fact.channel) != field ||
        !IsHers(fact.origin)) {
      continue;
    }
    if (newest == nullptr || Outweighs(fact, *newest)) newest = &fact;
  }
  return newest != nullptr && newest->purpose == kPreferenceUnset ? nullptr
                                                                  : newest;
}

bool Judge::Refuses(PreferenceField field) {
  const ConsentFact* set = Newest(field);
  if (set == nullptr || set->purpose != 2) return false;
  Note(*set);
  return true;
}

bool Judge::Never() {
  switch (in_.question->channel) {
    case ConsentChannel::kSms:
      return Refuses(PreferenceField::kSms) ||
             Refuses(PreferenceField::kSmsPromotions);
    case ConsentChannel::kPush:
      return Refuses(PreferenceField::kPush);
    case ConsentChannel::kEmail:
      if (Refuses(PreferenceField::kEmail)) return true;
      break;
    default:
      return false;
  }
  const ConsentFact* set = Newest(PreferenceField::kFrequency);
  const uint64_t frequency =
      set == nullptr ? in_.settings->default_frequency() : set->purpose;
  if (frequency != 3) return false;
  if (set != nullptr) Note(*set);
  return true;
}

bool Judge::Category() {
  if (in_.question->category.empty()) return false;
  const ConsentFact* newest = Newest(PreferenceField::kCategories);
  if (newest == nullptr) return false;
  const uint64_t wanted = StableHash64(in_.question->category);
  for (const ConsentFact& fact : in_.facts) {
    if (fact.group == FactGroup::kPreference &&
        static_cast<PreferenceField>(fact.channel) ==
            PreferenceField::kCategories &&
        fact.position == newest->position && fact.purpose == wanted) {
      return false;
    }
  }
  Note(*newest);
  return true;
}

// Works out from when on it may go, for this rule and the two behind it.
bool Judge::NoTimeZone() {
  const Timestamp at = in_.question->at;
  until_ = at;
  if (in_.question->last_sent.has_value()) {
    std::chrono::hours gap(0);
    if (in_.question->channel == ConsentChannel::kEmail) {
      const ConsentFact* set = Newest(PreferenceField::kFrequency);
      gap = (set == nullptr ? in_.settings->default_frequency()
                            : set->purpose) == 1
                ? kDaily
                : kWeekly;
    } else if (in_.question->channel == ConsentChannel::kPush) {
      gap = kBetweenPushes;
    }
    until_ = std::max(until_, *in_.question->last_sent + gap);
    too_soon_ = until_ > at;
  }
  const uint16_t channel =
      static_cast<uint16_t>(1U << static_cast<int>(in_.question->channel));
  std::optional<TimeZone> hers;
  // Each regime may put it off beyond the windows of another.
  for (bool moved = true; moved && !never_open_;) {
    moved = false;
    for (const ConsentRegime& regime : in_.settings->regimes()) {
      if (!regime.enabled || (regime.windows.channels & channel) == 0 ||
          !regime.AppliesTo(jurisdiction_)) {
        continue;
      }
      if (!hers.has_value()) {
        const ConsentFact* set = Newest(PreferenceField::kTimeZone);
        hers = set == nullptr ? TimeZone() : TimeZone::FindHash(set->purpose);
      }
      const std::span<const TimeZone> zones =
          hers->ok() ? std::span<const TimeZone>(&*hers, 1)
                     : std::span<const TimeZone>(regime.windows.zones);
      NoteRegime(regime);
      if (zones.empty() ||
          std::any_of(zones.begin(), zones.end(),
                      [](const TimeZone& zone) { return !zone.ok(); })) {
        no_zone_ = true;
        return true;
      }
      Timestamp open;
      if (!NextOpen(regime.windows, zones, until_, &open)) {
        never_open_ = true;
        break;
      }
      moved |= open != until_;
      until_ = open;
    }
  }
  return false;
}

bool Judge::Frequency() { return too_soon_; }

bool Judge::QuietHours() { return never_open_ || until_ > in_.question->at; }

bool Judge::Consent() {
  if (grant_ == nullptr) return false;
  Note(*grant_);
  return (grant_->flags & kFactSoftOptIn) == 0;
}

bool Judge::OtherBasis() { return purpose_->basis != LegalBasis::kConsent; }

}  // namespace

bool ConsentCase::Concerns(const ConsentFact& fact) const {
  switch (fact.group) {
    case FactGroup::kDecision:
    case FactGroup::kAsked:
    case FactGroup::kObjection:
      return (fact.purpose == 0 || fact.purpose == purpose) &&
             Covers(fact.channel, question->channel);
    case FactGroup::kSuppression:
      return Covers(fact.channel, question->channel);
    case FactGroup::kRestriction:
    case FactGroup::kSignal:
    case FactGroup::kPreference:
      break;
  }
  return true;
}

ConsentState StateOf(const ConsentFact& fact, const ConsentSettings& settings,
                     Timestamp at) {
  switch (fact.action) {
    case ConsentAction::kAsk:
      return ConsentState::kRequested;
    case ConsentAction::kDefer:
      return ConsentState::kDeferred;
    case ConsentAction::kPend:
      return at < Instant(fact.effective_at) +
                         std::chrono::hours(24) * settings.pending_days()
                 ? ConsentState::kPending
                 : ConsentState::kLapsed;
    case ConsentAction::kGrant:
    case ConsentAction::kConfirm:
      return ConsentState::kGiven;
    case ConsentAction::kRefuse:
    case ConsentAction::kWithdraw:
    case ConsentAction::kRevoke:
    case ConsentAction::kInvalidate:
      return DenialState(fact.action);
    default:
      return ConsentState::kUnknown;
  }
}

Status Decide(ConsentCase& in, const OwnerOfAddress& owner,
              const AddSuppressions& suppressions, ConsentDecision* out) {
  *out = ConsentDecision();
  Judge judge(in, out);
  Status status = judge.Gather(owner, suppressions);
  if (!status.ok()) return status;
  judge.Run();
  return Status::Ok();
}

}  // namespace crm
