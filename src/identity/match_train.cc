// TrainModel: expectation-maximisation over counted patterns of levels.

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/hash.h"
#include "identity/match_block.h"
#include "identity/match_compare.h"
#include "identity/match_model.h"

namespace crm {
namespace {

constexpr uint64_t kRandomPairs = 300'000;
constexpr uint64_t kSessionPairs = 30'000;
constexpr size_t kSessionWindow = 12;
constexpr uint64_t kLeastSessionPairs = 20;
// What the default model counts for, in pairs.
constexpr double kPriorOfM = 8;
constexpr double kPriorOfU = 2;
constexpr double kPriorOfFamilies = 40;
constexpr double kLeastNamesakes = 0.015;
// Of random pairs that are one record twice over: more are no people.
constexpr double kMostCopies = 0.1;
constexpr double kMostNamesakes = 0.02;
constexpr double kLeastTwins = 0.01;
constexpr double kMostTwins = 0.02;
constexpr double kLeastHousehold = 0.02;
constexpr double kMostSharedEmails = 0.0005;
// Fewer matches than this teach a field nothing.
constexpr double kLeastMatches = 15;
constexpr double kFirstShare = 0.3;
constexpr size_t kReportEvery = 20'000;

enum class Teaches : uint8_t { kRandomU, kM, kBesideU };

struct SessionKind {
  SessionKey key;
  Teaches teaches;
  std::vector<Comparator> agreed;
  // What is agreed on may be a household's: all else that it has in common,
  // its address and telephone, says nothing about who is the same person, so
  // that names and births decide.
  bool household = false;
};

constexpr uint32_t HouseholdBits() {
  uint32_t bits = 0;
  for (uint32_t c = kPostcode; c <= kPhone; ++c) bits |= 1u << c;
  return bits;
}

// "Never on an address": those teach u alone.
const std::vector<SessionKind>& SessionKinds() {
  static const auto& kinds = *new std::vector<SessionKind>{
      {SessionKey::kBirth, Teaches::kM, {kBirth}},
      {SessionKey::kFullName, Teaches::kM, {kGiven, kSurname, kMiddle}},
      {SessionKey::kNationalId, Teaches::kM, {kNationalId}},
      {SessionKey::kEmail, Teaches::kM, {kEmail}, true},
      {SessionKey::kPhone, Teaches::kM, {kPhone}, true},
      {SessionKey::kPostcode, Teaches::kBesideU, {kPostcode}},
      {SessionKey::kPostcodeHouse,
       Teaches::kBesideU,
       {kPostcode, kHouse},
       true},
      {SessionKey::kStreetHouse, Teaches::kBesideU, {kStreet, kHouse}, true},
      {SessionKey::kPhone, Teaches::kBesideU, {kPhone}, true},
      {SessionKey::kEmail, Teaches::kBesideU, {kEmail}, true},
      {SessionKey::kCity, Teaches::kBesideU, {kCity}},
      {SessionKey::kGiven, Teaches::kBesideU, {kGiven}},
      {SessionKey::kSurname, Teaches::kBesideU, {kSurname}},
      {SessionKey::kFullName, Teaches::kBesideU, {kGiven, kSurname, kMiddle}},
  };
  return kinds;
}

struct Pattern {
  Comparison comparison;
  double count = 0;
};

struct ByBytes {
  size_t operator()(const Comparison& c) const {
    uint64_t h = 0;
    uint64_t part = 0;
    static_assert(sizeof(c) == 2 * kComparators && sizeof(c) % 8 == 0);
    for (size_t i = 0; i < sizeof(c); i += 8) {
      std::memcpy(&part, reinterpret_cast<const char*>(&c) + i, 8);
      h = (h ^ part) * 0x9E3779B97F4A7C15u;
      h ^= h >> 31;
    }
    return h;
  }
};

struct Session {
  Teaches teaches = Teaches::kM;
  uint32_t agreed = 0;         // Bits of comparators that are left out.
  uint32_t silent = 0;         // Bits of those that do not tell a match.
  double share = kFirstShare;  // Of matches among its pairs.
  double pairs = 0;
  // Of sessions that agree on an address, or on a phone or an e-mail address:
  // all pairs that do so.
  double address_pairs = 0;
  double contact_pairs = 0;
  std::vector<Pattern> patterns;
};

uint64_t NextRandom(uint64_t* state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

class Trainer final {
 public:
  Trainer(const MatchSet::Impl& set, const TrainOptions& options)
      : set_(set), options_(options), comparer_(set) {}

  Result<Training> Run();

 private:
  using Pairs = std::vector<std::pair<uint32_t, uint32_t>>;

  void Order();
  Pairs RandomPairs() const;
  // `all`: how many there are, of which some are given.
  Pairs PairsThatAgree(SessionKey key, double* all) const;
  Status AddSession(Teaches teaches, uint32_t agreed, uint32_t silent,
                    const Pairs& pairs);
  Status Collect();
  void Iterate();
  void KeepFamilies();
  void CountHouseholds();
  // Adds what a session expects of its pairs to the counts.
  void Expect(Session* session, ModelTables* m, ModelTables* u) const;
  Status Refuse(Training* training);
  Status Report(uint64_t done, uint64_t total) const;

  const MatchSet::Impl& set_;
  const TrainOptions& options_;
  RecordComparer comparer_;
  std::vector<uint32_t> order_;  // Records, by a hash of their ids.
  std::vector<Session> sessions_;
  MatchModel::Impl model_ = DefaultTables();
  ModelTables learned_m_{};  // Counts of the last iteration.
  uint64_t pairs_ = 0;
};

Status Trainer::Report(uint64_t done, uint64_t total) const {
  if (options_.progress && !options_.progress({"train", done, total})) {
    return Status(StatusCode::kCancelled, "cancelled");
  }
  return Status();
}

void Trainer::Order() {
  std::vector<std::pair<uint64_t, uint32_t>> hashes;
  hashes.reserve(set_.ids.size());
  for (size_t i = 0; i < set_.ids.size(); ++i) {
    hashes.emplace_back(StableHash64(set_.ids[i]), static_cast<uint32_t>(i));
  }
  std::sort(hashes.begin(), hashes.end(), [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first
                              : set_.ids[a.second] < set_.ids[b.second];
  });
  for (const auto& [hash, record] : hashes) order_.push_back(record);
}

Trainer::Pairs Trainer::RandomPairs() const {
  Pairs pairs;
  const uint64_t n = order_.size();
  if (n * (n - 1) / 2 <= kRandomPairs) {
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = i + 1; j < n; ++j) {
        pairs.emplace_back(order_[i], order_[j]);
      }
    }
    return pairs;
  }
  uint64_t state = options_.seed;
  while (pairs.size() < kRandomPairs) {
    const uint64_t a = NextRandom(&state) % n;
    const uint64_t b = NextRandom(&state) % n;
    if (a != b) pairs.emplace_back(order_[a], order_[b]);
  }
  return pairs;
}

Trainer::Pairs Trainer::PairsThatAgree(SessionKey key, double* all) const {
  // (mixed key, place in the order): blocks in an order of chance.
  std::vector<std::pair<uint32_t, uint32_t>> members;
  for (size_t i = 0; i < order_.size(); ++i) {
    const uint32_t one = SessionKeyOf(set_, key, order_[i]);
    if (one != 0) {
      members.emplace_back(one * 0x9E3779B1u, static_cast<uint32_t>(i));
    }
  }
  std::sort(members.begin(), members.end());
  *all = 0;
  for (size_t i = 0, begin = 0; i < members.size(); ++i) {
    if (members[i].first != members[begin].first) begin = i;
    *all += static_cast<double>(i - begin);
  }
  Pairs pairs;
  for (size_t i = 0; i < members.size() && pairs.size() < kSessionPairs; ++i) {
    const size_t end = std::min(members.size(), i + 1 + kSessionWindow);
    for (size_t j = i + 1; j < end; ++j) {
      if (members[j].first != members[i].first) break;
      pairs.emplace_back(order_[members[i].second], order_[members[j].second]);
    }
  }
  return pairs;
}

Status Trainer::AddSession(Teaches teaches, uint32_t agreed, uint32_t silent,
                           const Pairs& pairs) {
  absl::flat_hash_map<Comparison, double, ByBytes> counts;
  Comparison comparison;
  uint64_t done = 0;
  for (const auto& [a, b] : pairs) {
    comparer_.Compare(set_.features[a], set_.features[b], &comparison);
    FindStates(&comparison);
    counts[comparison] += 1;
    if (++done % kReportEvery == 0) {
      Status status = Report(pairs_ + done, 0);
      if (!status.ok()) return status;
    }
  }
  Session session;
  session.teaches = teaches;
  session.agreed = agreed;
  session.silent = agreed | silent;
  session.pairs = static_cast<double>(pairs.size());
  if (teaches == Teaches::kRandomU) {
    session.share = 1.0 / static_cast<double>(order_.size());
  }
  session.patterns.reserve(counts.size());
  for (const auto& [key, count] : counts) {
    session.patterns.push_back({key, count});
  }
  std::sort(session.patterns.begin(), session.patterns.end(),
            [](const Pattern& a, const Pattern& b) {
              return std::memcmp(&a.comparison, &b.comparison,
                                 sizeof(Comparison)) < 0;
            });
  sessions_.push_back(std::move(session));
  pairs_ += pairs.size();
  return Status();
}

Status Trainer::Collect() {
  const Pairs random = RandomPairs();
  const auto copies = static_cast<double>(
      std::count_if(random.begin(), random.end(), [&](const auto& pair) {
        const MatchFeatures& f = set_.features[pair.first];
        return f.names_one_person() && f == set_.features[pair.second];
      }));
  if (copies > kMostCopies * static_cast<double>(random.size())) {
    return Status(StatusCode::kFailedPrecondition,
                  "the records are copies of a few, and tell nothing of how "
                  "others differ");
  }
  Status status = AddSession(Teaches::kRandomU, 0, 0, random);
  for (const SessionKind& kind : SessionKinds()) {
    if (!status.ok()) return status;
    double all = 0;
    const Pairs pairs = PairsThatAgree(kind.key, &all);
    if (pairs.size() < kLeastSessionPairs) continue;
    uint32_t agreed = 0;
    for (const Comparator c : kind.agreed) agreed |= 1u << c;
    status = AddSession(kind.teaches, agreed,
                        kind.household ? HouseholdBits() : 0, pairs);
    const bool address = kind.key == SessionKey::kPostcodeHouse ||
                         kind.key == SessionKey::kStreetHouse;
    if (address) sessions_.back().address_pairs = all;
    const bool contact =
        kind.key == SessionKey::kPhone || kind.key == SessionKey::kEmail;
    if (contact && kind.teaches == Teaches::kBesideU) {
      sessions_.back().contact_pairs = all;
    }
  }
  return status;
}

void Trainer::Expect(Session* session, ModelTables* m, ModelTables* u) const {
  ModelTables bits;
  for (size_t c = 0; c < kComparators; ++c) {
    for (size_t s = 0; s < kStates; ++s) {
      for (size_t l = 1; l < InfoOf(c).levels; ++l) {
        bits[c][s][l] = std::log(model_.m[c][s][l] / model_.u[c][s][l]);
      }
    }
  }
  const double odds = std::log(session->share / (1 - session->share));
  double matches = 0;
  for (const Pattern& pattern : session->patterns) {
    const auto& [level, state] = pattern.comparison;
    double sum = odds;
    for (size_t c = 0; c < kComparators; ++c) {
      if (level[c] == kMissing || ((session->silent >> c) & 1) != 0) continue;
      sum += bits[c][state[c]][level[c]];
    }
    const double match = pattern.count / (1 + std::exp(-sum));
    matches += match;
    for (size_t c = 0; c < kComparators; ++c) {
      if (level[c] == kMissing || ((session->agreed >> c) & 1) != 0) continue;
      if (session->teaches == Teaches::kM) {
        (*m)[c][state[c]][level[c]] += match;
      } else if (session->teaches == Teaches::kRandomU || state[c] == kAgrees ||
                 (c == kEmail && state[c] != kAlone)) {
        (*u)[c][state[c]][level[c]] += pattern.count - match;
      }
    }
  }
  if (session->teaches != Teaches::kRandomU) {
    session->share = std::clamp(matches / session->pairs, 0.001, 0.999);
  }
}

// The counts with those of the default model, as shares.
void Normalise(size_t levels, const LevelTable& counts,
               const LevelTable& before, double weight, LevelTable* out) {
  double sum = weight;
  for (size_t l = 1; l < levels; ++l) sum += counts[l];
  for (size_t l = 1; l < levels; ++l) {
    (*out)[l] = (counts[l] + weight * before[l]) / sum;
  }
}

void Trainer::Iterate() {
  ModelTables m{};
  ModelTables u{};
  for (Session& session : sessions_) Expect(&session, &m, &u);
  const MatchModel::Impl& before = DefaultTables();
  for (size_t c = 0; c < kComparators; ++c) {
    const size_t levels = InfoOf(c).levels;
    for (size_t s = 0; s < kStates; ++s) {
      Normalise(levels, m[c][s], before.m[c][s], kPriorOfM, &model_.m[c][s]);
      const bool family = s == kAgrees && (c == kGiven || c == kBirth);
      Normalise(levels, u[c][s], before.u[c][s],
                family         ? kPriorOfFamilies
                : s == kAgrees ? kPriorOfM
                               : kPriorOfU,
                &model_.u[c][s]);
    }
  }
  KeepFamilies();
  learned_m_ = m;
}

// Namesakes and twins of a family look like one person in all else, so that
// nothing can be learned of how many there are: never fewer than usual, and,
// where names are all there is, never so many that nobody would be one person.
void Trainer::KeepFamilies() {
  const auto keep = [&](Comparator c, size_t exact, double least, double most) {
    LevelTable& u = model_.u[c][kAgrees];
    most = std::max(most, 2 * model_.u[c][kAlone][exact]);
    const double share = std::clamp(u[exact], least, most);
    const double others = (1 - share) / (1 - u[exact]);
    for (size_t l = 1; l < exact; ++l) u[l] *= others;
    u[exact] = share;
  };
  keep(kGiven, given_level::kExact, kLeastNamesakes, kMostNamesakes);
  keep(kBirth, birth_level::kExact, kLeastTwins, kMostTwins);
  // Nor do namesakes share an e-mail address: who does so is one person.
  LevelTable& emails = model_.u[kEmail][kDiffers];
  double& shared = emails[text_level::kExact];
  if (shared > kMostSharedEmails) {
    emails[kDifferent] += shared - kMostSharedEmails;
    shared = kMostSharedEmails;
  }
}

void Trainer::CountHouseholds() {
  double address = -1;
  double contact = -1;
  for (const Session& session : sessions_) {
    const double others =
        2 * (1 - session.share) / static_cast<double>(order_.size());
    if (session.address_pairs > 0) {
      address = std::max(address, others * session.address_pairs);
    }
    if (session.contact_pairs > 0) {
      contact = std::max(contact, others * session.contact_pairs);
    }
  }
  if (address >= 0) model_.household = std::max(address, kLeastHousehold);
  if (contact >= 0) model_.shared_contact = std::max(contact, kLeastHousehold);
}

// Undoes what was learned wrongly.
Status Trainer::Refuse(Training* training) {
  const MatchModel::Impl& before = DefaultTables();
  const auto& given = model_.m[kGiven][kAlone];
  const auto& birth = model_.m[kBirth][kAlone];
  const bool has_both = set_.present[kGiven] > 0 && set_.present[kBirth] > 0;
  if (has_both && given[kDifferent] > 0.5 && birth[kDifferent] > 0.5) {
    return Status(StatusCode::kFailedPrecondition,
                  "what was learned is a household, not a person: most pairs "
                  "have another given name and another birth date");
  }
  bool any = false;
  for (size_t c = 0; c < kComparators; ++c) {
    if (set_.present[c] == 0) continue;
    const size_t exact = InfoOf(c).levels - 1u;
    double learned = 0;
    for (const LevelTable& counts : learned_m_[c]) {
      for (const double count : counts) learned += count;
    }
    bool falls = false;
    for (size_t s = 0; s < kStates; ++s) {
      const auto ratio = [&](size_t level) {
        return model_.m[c][s][level] / model_.u[c][s][level];
      };
      // Beside what agrees, nothing much may be learned from either.
      if (s != kAgrees && ratio(exact) < ratio(kDifferent)) falls = true;
      // A household again.
      const bool lasting = c == kGiven || c == kBirth;
      if (lasting && model_.m[c][s][kDifferent] > 0.5) falls = true;
    }
    if (falls) {
      model_.m[c] = before.m[c];
      model_.u[c] = before.u[c];
    }
    if (falls || learned < kLeastMatches) {
      training->kept_default.emplace_back(InfoOf(c).name);
    } else {
      any = true;
    }
  }
  if (any) return Status();
  return Status(StatusCode::kFailedPrecondition,
                "no field could be learned: too few records agree on a birth "
                "date, a name, an e-mail address, a phone or an id");
}

Result<Training> Trainer::Run() {
  Order();
  Status status = Collect();
  if (!status.ok()) return status;
  Training training;
  for (const Session& session : sessions_) {
    training.sessions += session.teaches == Teaches::kM;
  }
  training.pairs = pairs_;
  if (training.sessions == 0) {
    return Status(StatusCode::kFailedPrecondition,
                  "no session has enough pairs: too few records agree on a "
                  "birth date, a name, an e-mail address, a phone or an id");
  }
  for (int i = 0; i < options_.iterations; ++i) {
    Iterate();
    status = Report(static_cast<uint64_t>(i + 1),
                    static_cast<uint64_t>(options_.iterations));
    if (!status.ok()) return status;
  }
  CountHouseholds();
  status = Refuse(&training);
  if (!status.ok()) return status;
  model_.trained_on = order_.size();
  // As it will be read again: a model is the same before and after.
  Result<MatchModel> model = MatchModel::FromJson(
      MatchModel(std::make_shared<const MatchModel::Impl>(model_)).ToJson());
  if (!model.ok()) {
    return Status(StatusCode::kInternal, "a model that cannot be read");
  }
  training.model = *std::move(model);
  return training;
}

}  // namespace

Result<Training> TrainModel(const MatchSet& set, const TrainOptions& options) {
  if (options.iterations < 1 || options.iterations > 1000) {
    return Status(StatusCode::kInvalidArgument,
                  "iterations: must be 1 to 1000");
  }
  if (set.size() < kMinTrainingRecords) {
    return Status(StatusCode::kFailedPrecondition,
                  "training needs at least 200 records, and there are " +
                      std::to_string(set.size()));
  }
  return Trainer(set.impl(), options).Run();
}

}  // namespace crm
