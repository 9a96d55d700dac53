// Decisions against an evaluator that keeps every act and knows nothing of
// rows: over random histories with merges, unmerges, late acts, several
// addresses and looking back. Not one opt-out may be lost.
//
// CRM_CONSENT_HISTORIES: how many histories (4,000).

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "store/fixture.h"

namespace crm {
namespace {

using Action = ConsentAction;

constexpr int kRecords = 4;
// Of the records: two sources speak of the first address.
constexpr int kEmailOf[kRecords] = {0, 0, 1, 2};
constexpr const char* kSourceOf[kRecords] = {"shop", "crm", "shop", "crm"};
constexpr int64_t kHour = 3'600'000'000;

struct Act {
  int record = 0;
  Action action = Action::kGrant;
  int purpose = 0;  // 0: all.
  ConsentChannel channel = ConsentChannel::kEmail;
  int address = 0;
  int64_t time = 0;
  bool confirmed = false;
  bool notice = false;
  std::string reason = {};
  Position position = 0;
  std::set<int> audience = {};

  bool grants() const {
    return action == Action::kGrant || action == Action::kConfirm;
  }
  bool denies() const {
    return action == Action::kWithdraw || action == Action::kRefuse ||
           action == Action::kRevoke || action == Action::kInvalidate;
  }
  int group() const {
    return grants() || denies()                                            ? 1
           : action == Action::kPend                                       ? 2
           : action == Action::kObject || action == Action::kLiftObjection ? 3
           : action == Action::kRestrict || action == Action::kLiftRestriction
               ? 4
           : action == Action::kSignal ? 6
                                       : 5;
  }
  bool restricts() const {
    return denies() || action == Action::kObject ||
           action == Action::kRestrict || action == Action::kSignal ||
           action == Action::kSuppress;
  }
};

struct Query {
  std::set<int> records;
  int purpose = 1;
  ConsentChannel channel = ConsentChannel::kEmail;
  std::optional<int> address;
  MessageClass message_class = MessageClass::kMarketing;
  std::optional<int64_t> as_of;
  Position known_at = 0;
  std::map<int, int> owner;  // Address: 1 hers, 0 nobody's, -1 another's.
};

const char* Purpose(int number) {
  constexpr const char* kNames[] = {"", "marketing", "ads"};
  return kNames[number];
}

bool Dead(const Act& act) {
  return act.reason == "hard-bounce" || act.reason == "invalid";
}

// The evaluator: all acts in, a rule out.
class Evaluator {
 public:
  Evaluator(const std::vector<Act>& all, const Query& query)
      : all_(all), q_(query) {}

  ConsentRule Decide() {
    Collect();
    const bool marketing = q_.message_class == MessageClass::kMarketing;
    const auto stands = [&](Action what, Action lift, auto covers) {
      return std::any_of(facts_.begin(), facts_.end(), [&](const Act& a) {
        return a.action == what && covers(a) &&
               std::none_of(facts_.begin(), facts_.end(), [&](const Act& l) {
                 return l.action == lift && l.time > a.time && Lifts(l, a);
               });
      });
    };
    const auto always = [](const Act&) { return true; };
    if (q_.message_class != MessageClass::kLegal &&
        stands(Action::kRestrict, Action::kLiftRestriction, always)) {
      return ConsentRule::kRestricted;
    }
    if (Suppressed(true)) return ConsentRule::kUndeliverable;
    if (!marketing) return ConsentRule::kMessageClass;
    if (Suppressed(false)) return ConsentRule::kSuppressed;
    if (stands(Action::kObject, Action::kLiftObjection, always)) {
      return ConsentRule::kObjected;
    }
    if (q_.purpose == 2 && Signalled()) return ConsentRule::kOptOutOfSale;
    for (const Act& d : facts_) {
      if (!d.denies()) continue;
      const bool lifted =
          std::any_of(grants_.begin(), grants_.end(), [&](const Act& g) {
            if (g.time <= d.time) return false;
            if (g.record == d.record) {
              return d.address < 0 || g.address == d.address;
            }
            return (g.confirmed || g.action == Action::kConfirm) &&
                   (d.address >= 0 ? g.address == d.address
                                   : !q_.records.contains(d.record));
          });
      if (!lifted) return ConsentRule::kDenied;
    }
    for (const Act& g : grants_) {
      if (Fits(g) && !IsBarred(g)) return ConsentRule::kConsent;
    }
    const bool asked = std::any_of(
        facts_.begin(), facts_.end(),
        [&](const Act& a) { return a.action == Action::kPend && Fits(a); });
    return asked ? ConsentRule::kPending : ConsentRule::kNoConsent;
  }

 private:
  bool Back() const { return q_.as_of.has_value() || q_.known_at != 0; }
  bool Known(const Act& a) const {
    return (q_.known_at == 0 || a.position <= q_.known_at) &&
           (!q_.as_of.has_value() || a.time <= *q_.as_of);
  }
  bool Fits(const Act& a) const {
    return !q_.address.has_value() || a.address < 0 || a.address == *q_.address;
  }
  // Said while the record was of one customer with `other`. Looking back, all
  // between the first and the last such act counts.
  bool SharedWith(const Act& a, int other) const {
    if (!Back()) return a.audience.contains(other);
    Position first = ~Position{0};
    Position last = 0;
    for (const Act& b : all_) {
      if (b.record != a.record || !b.audience.contains(other)) continue;
      first = std::min(first, b.position);
      last = std::max(last, b.position);
    }
    return first <= a.position && a.position <= last;
  }
  bool Covers(const Act& a) const {
    const bool channel =
        a.channel == q_.channel || a.channel == ConsentChannel::kAny;
    const bool purpose = a.purpose == 0 || a.purpose == q_.purpose;
    return a.group() <= 3   ? channel && purpose
           : a.group() == 5 ? channel
                            : true;
  }
  bool Lifts(const Act& l, const Act& a) const {
    const bool who = l.record == a.record || (!q_.records.contains(a.record) &&
                                              q_.records.contains(l.record));
    return who;
  }
  using Latest =
      std::map<std::tuple<int, int, int, int, int, std::string>, Act>;
  // The latest of each key, of those that somebody sees.
  template <typename Sees>
  Latest LatestOf(Sees sees) const {
    Latest latest;
    for (const Act& a : all_) {
      if (!Known(a) || !sees(a)) continue;
      Act& kept = latest[{a.record, a.group(), a.purpose,
                          static_cast<int>(a.channel), a.address, a.reason}];
      if (kept.position == 0 || std::pair(a.time, a.restricts()) >
                                    std::pair(kept.time, kept.restricts())) {
        kept = a;
      }
    }
    return latest;
  }
  // What each of her records sees: its own acts, and those of others that were
  // said while they were one. Then what anybody says of the addresses.
  void Collect() {
    std::set<int> addresses;
    for (const int mine : q_.records) {
      const Latest latest = LatestOf([&](const Act& a) {
        return a.record == mine ||
               (!q_.records.contains(a.record) && SharedWith(a, mine));
      });
      for (const auto& [key, a] : latest) {
        if (!Covers(a)) continue;
        facts_.push_back(a);
        if (a.grants() && a.address >= 0) addresses.insert(a.address);
        if (a.grants() && Counts(a, a.record == mine)) grants_.push_back(a);
      }
    }
    if (q_.address.has_value()) addresses = {*q_.address};
    for (const auto& [key, a] : LatestOf([](const Act&) { return true; })) {
      if (a.group() == 5 && addresses.contains(a.address) && Covers(a)) {
        facts_.push_back(a);
      }
    }
  }
  bool Counts(const Act& a, bool own) const {
    if (!own) return a.address >= 0 && q_.owner.at(a.address) == 1;
    bool shared = false;
    for (int other = 0; other < kRecords; ++other) {
      shared |= other != a.record && SharedWith(a, other);
    }
    return !shared || a.address < 0 || q_.owner.at(a.address) >= 0;
  }
  bool Holds(const Act& s) const {
    return s.action == Action::kSuppress &&
           std::none_of(facts_.begin(), facts_.end(), [&](const Act& l) {
             return l.action == Action::kLiftSuppression &&
                    l.address == s.address &&
                    (l.reason.empty() || l.reason == s.reason) &&
                    l.time > s.time;
           });
  }
  bool IsBarred(const Act& g) const {
    return std::any_of(facts_.begin(), facts_.end(), [&](const Act& s) {
      return (g.address < 0 || s.address < 0 || s.address == g.address) &&
             Holds(s);
    });
  }
  bool Suppressed(bool dead) const {
    if (!q_.address.has_value() &&
        q_.message_class == MessageClass::kMarketing && !grants_.empty() &&
        std::any_of(grants_.begin(), grants_.end(),
                    [&](const Act& g) { return !IsBarred(g); })) {
      return false;
    }
    return std::any_of(facts_.begin(), facts_.end(), [&](const Act& s) {
      return s.action == Action::kSuppress && Dead(s) == dead && Fits(s) &&
             Holds(s);
    });
  }
  bool Signalled() const {
    return std::any_of(facts_.begin(), facts_.end(), [&](const Act& s) {
      return s.action == Action::kSignal &&
             std::none_of(grants_.begin(), grants_.end(), [&](const Act& g) {
               return g.notice && g.time > s.time;
             });
    });
  }

  const std::vector<Act>& all_;
  const Query& q_;
  std::vector<Act> facts_;
  std::vector<Act> grants_;
};

// One person, or two: four records, merged and taken apart again.
class History {
 public:
  History(Tenant& tenant, int number, uint64_t seed)
      : tenant_(tenant), number_(number), random_(seed) {
    for (int record = 0; record < kRecords; ++record) {
      Event event = MakeEvent(Name("first-" + std::to_string(record)),
                              {{"email", Email(kEmailOf[record])}});
      event.source = kSourceOf[record];
      event.occurred_at = At(0);
      ids_[record] = MustAppendOne(tenant_, event).record;
    }
  }

  int lost = 0;
  int wrong = 0;
  int checked = 0;
  int allowed = 0;

  void Run(int steps) {
    for (int step = 0; step < steps; ++step) {
      const int what = Pick(10);
      if (what < 7) {
        AppendAct();
      } else if (what == 7) {
        Merge();
      } else if (what == 8) {
        Unmerge();
      }
      CompareSome();
    }
  }

 private:
  int Pick(int below) {
    return static_cast<int>(random_() % static_cast<uint64_t>(below));
  }
  std::string Name(const std::string& what) const {
    return std::to_string(number_) + "-" + what;
  }
  std::string Email(int address) const {
    return "p" + std::to_string(number_) + "a" + std::to_string(address) +
           "@example.com";
  }
  CustomerId CustomerOf(int record) {
    return *tenant_.FindCustomer({"email", Email(kEmailOf[record])});
  }
  std::set<int> RecordsOf(CustomerId customer) {
    std::set<int> out;
    const Result<Customer> found = tenant_.GetCustomer(customer);
    REQUIRE_OK(found);
    for (const CustomerRecord& record : found->records) {
      for (int i = 0; i < kRecords; ++i) {
        if (ids_[i] == record.record) out.insert(i);
      }
    }
    return out;
  }

  void AppendAct() {
    constexpr Action kActions[] = {Action::kGrant,
                                   Action::kGrant,
                                   Action::kGrant,
                                   Action::kConfirm,
                                   Action::kConfirm,
                                   Action::kWithdraw,
                                   Action::kRefuse,
                                   Action::kRevoke,
                                   Action::kPend,
                                   Action::kObject,
                                   Action::kLiftObjection,
                                   Action::kRestrict,
                                   Action::kLiftRestriction,
                                   Action::kSuppress,
                                   Action::kLiftSuppression,
                                   Action::kSignal,
                                   Action::kGrant,
                                   Action::kLiftObjection,
                                   Action::kLiftRestriction,
                                   Action::kLiftSuppression};
    Act act;
    act.record = Pick(kRecords);
    act.action = kActions[Pick(static_cast<int>(std::size(kActions)))];
    act.purpose = 1 + Pick(2);
    if (act.group() == 4 || act.group() == 5 || act.group() == 6 ||
        (!act.grants() && act.action != Action::kPend && Pick(3) == 0)) {
      act.purpose = 0;
    }
    act.channel = Pick(4) == 0 ? ConsentChannel::kAny : ConsentChannel::kEmail;
    if (act.group() == 4 || act.group() == 6) {
      act.channel = ConsentChannel::kAny;
    }
    // An act says which address, or has that of its event, or names none.
    const int named = Pick(3) == 0 ? Pick(3) : -1;
    act.address = named >= 0                              ? named
                  : act.channel == ConsentChannel::kEmail ? kEmailOf[act.record]
                                                          : -1;
    if (act.group() == 5) {
      constexpr const char* kReasons[] = {"hard-bounce", "complaint", "manual"};
      act.reason = kReasons[Pick(3)];
      if (act.action == Action::kLiftSuppression && Pick(2) == 0) {
        act.reason = "";
      }
    }
    act.confirmed = act.action == Action::kGrant && Pick(4) == 0;
    act.notice = act.grants() && Pick(3) == 0;
    act.time = NewTime(act);
    Write(act, named);
  }

  // Times differ, or one of the two restricts: what breaks other ties is
  // nobody's business.
  int64_t NewTime(const Act& act) {
    while (true) {
      const int64_t time = 1 + Pick(60);
      if (times_.insert({time, act.restricts()}).second) return time * kHour;
      if (times_.size() > 100) {
        return (61 + static_cast<int64_t>(times_.size())) * kHour;
      }
    }
  }

  void Write(Act act, int named) {
    Event event = MakeEvent(Name("act-" + std::to_string(acts_.size())),
                            {{"email", Email(kEmailOf[act.record])}});
    event.source = kSourceOf[act.record];
    event.type = "crm.consent.recorded";
    event.occurred_at = At(act.time);
    std::string payload = R"({"act":")";
    payload += ConsentActionName(act.action);
    payload += R"(","channel":")";
    payload += ConsentChannelName(act.channel);
    payload += '"';
    if (act.purpose != 0) {
      payload += R"(,"purpose":")" + std::string(Purpose(act.purpose)) + '"';
    }
    if (named >= 0) payload += R"(,"address":")" + Email(named) + '"';
    if (!act.reason.empty()) payload += R"(,"reason":")" + act.reason + '"';
    if (act.confirmed) payload += R"(,"confirmed":true)";
    if (act.notice) payload += R"(,"conflictNotice":true)";
    event.payload = payload + "}";
    const EventOutcome outcome = MustAppendOne(tenant_, event);
    REQUIRE(outcome.record == ids_[act.record]);
    act.position = outcome.position;
    act.audience = RecordsOf(outcome.customer);
    act.audience.erase(act.record);
    acts_.push_back(act);
  }

  void Merge() {
    const CustomerId a = CustomerOf(Pick(kRecords));
    const CustomerId b = CustomerOf(Pick(kRecords));
    if (a == b) return;
    MergeOptions options;
    options.force = true;
    options.by = "test";
    options.why = "random";
    const Result<MergeResult> merged = tenant_.Merge(a, b, options);
    REQUIRE_OK(merged);
    merges_.push_back(merged->position);
  }

  void Unmerge() {
    if (merges_.empty()) return;
    const size_t which =
        static_cast<size_t>(Pick(static_cast<int>(merges_.size())));
    UnmergeTarget target;
    target.merge = merges_[which];
    merges_.erase(merges_.begin() + static_cast<ptrdiff_t>(which));
    const auto undone = tenant_.Unmerge(target);
    INFO(StatusOf(undone).ToString());
    CHECK((undone.ok() ||
           undone.status().code() == StatusCode::kFailedPrecondition));
  }

  void CompareSome() {
    Query query;
    const CustomerId customer = CustomerOf(Pick(kRecords));
    query.records = RecordsOf(customer);
    query.purpose = 1 + Pick(2);
    if (Pick(3) == 0) query.address = Pick(3);
    if (Pick(8) == 0) query.message_class = MessageClass::kTransactional;
    if (Pick(8) == 0) query.message_class = MessageClass::kLegal;
    if (Pick(4) == 0) query.as_of = (1 + Pick(62)) * kHour;
    if (Pick(4) == 0 && !acts_.empty()) {
      query.known_at =
          acts_[static_cast<size_t>(Pick(static_cast<int>(acts_.size())))]
              .position;
    }
    for (int address = 0; address < 3; ++address) {
      const Result<CustomerId> owner =
          tenant_.FindCustomer({"email", Email(address)});
      query.owner[address] = !owner.ok() ? 0 : *owner == customer ? 1 : -1;
    }
    Compare(customer, query);
  }

  void Compare(CustomerId customer, const Query& query) {
    ConsentQuestion question;
    question.customer = customer;
    question.purpose = Purpose(query.purpose);
    question.channel = query.channel;
    question.message_class = query.message_class;
    const std::string address =
        query.address.has_value() ? Email(*query.address) : std::string();
    question.address = address;
    question.at = At(400 * kHour);
    if (query.as_of.has_value()) question.as_of = At(*query.as_of);
    question.known_at = query.known_at;
    const Result<ConsentDecision> decision = tenant_.CheckConsent(question);
    REQUIRE_OK(decision);
    const ConsentRule expected = Evaluator(acts_, query).Decide();
    ++checked;
    const bool may = expected == ConsentRule::kConsent ||
                     expected == ConsentRule::kMessageClass;
    if (decision->verdict == Verdict::kAllow) {
      ++allowed;
      if (!may) ++lost;
    }
    if (decision->rule == expected) return;
    ++wrong;
    INFO("history " << number_ << ", acts " << acts_.size() << ", back "
                    << (query.as_of.has_value() || query.known_at != 0) << ": "
                    << decision->Explain());
    CHECK(ConsentRuleName(decision->rule) == ConsentRuleName(expected));
  }

  Tenant& tenant_;
  const int number_;
  std::mt19937_64 random_;
  RecordId ids_[kRecords] = {};
  std::vector<Act> acts_;
  std::vector<Position> merges_;
  std::set<std::pair<int64_t, bool>> times_;
};

int Histories() {
  const char* set = std::getenv("CRM_CONSENT_HISTORIES");
  return set == nullptr ? 4000 : std::atoi(set);
}

constexpr const char* kSettings =
    R"({"purposes":{"ads":{"saleOrShare":true}},
        "regimes":{"gpc":{"jurisdictions":["*"],"gpc":true}}})";

TEST_CASE("no opt-out is lost in any random history") {
  const int histories = Histories();
  constexpr int kPerStore = 2000;
  constexpr int kSteps = 24;
  int lost = 0;
  int wrong = 0;
  int checked = 0;
  int allowed = 0;
  for (int first = 0; first < histories; first += kPerStore) {
    StoreOptions options = Quick();
    auto clock = std::make_shared<StillClock>();
    clock->Advance(std::chrono::hours(300));
    options.clock = clock;
    Store store = MustOpenInMemory(options);
    Tenant tenant = MustTenant(store);
    REQUIRE_OK(tenant.SetConsentSettings(kSettings));
    for (int i = first; i < std::min(first + kPerStore, histories); ++i) {
      History history(tenant, i, static_cast<uint64_t>(i) * 7919 + 1);
      history.Run(kSteps);
      lost += history.lost;
      wrong += history.wrong;
      checked += history.checked;
      allowed += history.allowed;
      if (wrong > 5) break;
    }
    const Result<VerifyReport> report = store.Verify();
    REQUIRE_OK(report);
    CHECK(report->sound());
    if (wrong > 5) break;
  }
  MESSAGE(checked << " questions, " << allowed << " allowed");
  CHECK(lost == 0);
  CHECK(wrong == 0);
  CHECK(allowed > checked / 50);
}

}  // namespace
}  // namespace crm
