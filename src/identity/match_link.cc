// LinkRecords and ExplainPair.

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "identity/match_block.h"
#include "identity/match_cluster.h"
#include "identity/match_compare.h"
#include "identity/match_model.h"

namespace crm {
namespace {

constexpr int kMaxThreads = 64;
// At least so many records for a thread to be worth its while.
constexpr size_t kRecordsOfThread = 2'000;
// No set has more matches than this for each record.
constexpr double kMostMatches = 20;
constexpr int kPriorRounds = 40;

// Weights in bins of a quarter of a bit.
constexpr double kBinsPerBit = 4;
constexpr double kLowestBin = -128;
constexpr size_t kBins = 1536;
using Histogram = std::vector<uint64_t>;

// What one thread found.
struct Found {
  std::vector<MatchEdge> edges;
  Histogram histogram = Histogram(kBins);
  uint64_t pairs = 0;
  uint64_t cut_blocks = 0;
  uint64_t cut_pairs = 0;
  Status status;
};

struct Block {
  const BlockKeys::Member* begin;
  const BlockKeys::Member* end;
  size_t size() const { return static_cast<size_t>(end - begin); }
};

class Linker final {
 public:
  Linker(const MatchSet::Impl& set, const MatchModel::Impl& model,
         const LinkOptions& options)
      : set_(set), weigher_(set, model), options_(options), keys_(set) {}

  Result<LinkResult> Run();

 private:
  Status Score();
  Status ScoreSpace(size_t space);
  void ScoreBlock(size_t space, const Block& block, RecordComparer* comparer,
                  Found* found) const;
  void ScorePair(uint32_t a, uint32_t b, RecordComparer* comparer,
                 Found* found) const;
  double EstimatePrior() const;
  void SortEdges();
  Status Cluster(LinkResult* result);
  void List(Clusterer* clusterer,
            const std::vector<std::pair<MatchEdge, ReviewReason>>& refused,
            LinkResult* result) const;
  void Number(Clusterer* clusterer, LinkResult* result) const;
  Status Report(std::string_view step, uint64_t done, uint64_t total) const;

  const MatchSet::Impl& set_;
  const PairWeigher weigher_;
  const LinkOptions& options_;
  BlockKeys keys_;
  std::vector<Found> found_;
  std::vector<std::unique_ptr<RecordComparer>> comparers_;
  std::vector<MatchEdge> edges_;
  std::vector<uint32_t> rank_;
  double floor_ = 0;  // Lighter pairs are not kept; without the prior.
  double prior_ = 0;
};

Status Linker::Report(std::string_view step, uint64_t done,
                      uint64_t total) const {
  if (options_.progress && !options_.progress({step, done, total})) {
    return Status(StatusCode::kCancelled, "cancelled");
  }
  return Status();
}

void Linker::ScorePair(uint32_t a, uint32_t b, RecordComparer* comparer,
                       Found* found) const {
  const MatchFeatures& x = set_.features[a];
  const MatchFeatures& y = set_.features[b];
  Comparison comparison;
  comparer->Compare(x, y, &comparison);
  FindStates(&comparison);
  const double weight = weigher_.Weigh(x, y, comparison);
  ++found->pairs;
  const double bin = (weight - kLowestBin) * kBinsPerBit;
  ++found->histogram[static_cast<size_t>(
      std::clamp(bin, 0.0, static_cast<double>(kBins - 1)))];
  if (weight < floor_) return;
  found->edges.push_back({weight, std::min(a, b), std::max(a, b)});
}

void Linker::ScoreBlock(size_t space, const Block& block,
                        RecordComparer* comparer, Found* found) const {
  const uint32_t key = block.begin->key;
  if (block.size() <= keys_.max_block()) {
    for (const auto* a = block.begin; a != block.end; ++a) {
      for (const auto* b = a + 1; b != block.end; ++b) {
        if (a->record == b->record ||
            keys_.SeenBefore(space, key, a->record, b->record)) {
          continue;
        }
        ScorePair(a->record, b->record, comparer, found);
      }
    }
    return;
  }
  const uint64_t before = found->pairs;
  for (const auto& [a, b] : NeighboursOf(set_, block.begin, block.end)) {
    if (a == b || keys_.SeenBefore(space, key, a, b)) continue;
    ScorePair(a, b, comparer, found);
  }
  const uint64_t all = block.size() * (block.size() - 1) / 2;
  const uint64_t scored = found->pairs - before;
  ++found->cut_blocks;
  found->cut_pairs += all > scored ? all - scored : 0;
}

Status Linker::ScoreSpace(size_t space) {
  const std::vector<BlockKeys::Member> members = keys_.Sorted(space);
  std::vector<Block> blocks;
  const BlockKeys::Member* const end = members.data() + members.size();
  for (const BlockKeys::Member* at = members.data(); at != end;) {
    const BlockKeys::Member* next = at + 1;
    while (next != end && next->key == at->key) ++next;
    if (next - at > 1) blocks.push_back({at, next});
    at = next;
  }
  std::atomic<size_t> next_block{0};
  const auto work = [&](size_t which) {
    // In steps, so that threads seldom meet.
    constexpr size_t kStep = 64;
    for (;;) {
      const size_t first = next_block.fetch_add(kStep);
      if (first >= blocks.size()) return;
      const size_t last = std::min(blocks.size(), first + kStep);
      for (size_t i = first; i < last; ++i) {
        ScoreBlock(space, blocks[i], comparers_[which].get(), &found_[which]);
      }
    }
  };
  const auto guarded = [&](size_t which) {
    try {
      work(which);
    } catch (const std::exception&) {
      found_[which].status = Status(StatusCode::kOutOfMemory, "out of memory");
    }
  };
  std::vector<std::jthread> threads;  // Joined also when no more can be made.
  for (size_t i = 1; i < found_.size(); ++i) threads.emplace_back(guarded, i);
  guarded(0);
  for (std::jthread& thread : threads) thread.join();
  for (const Found& found : found_) {
    if (!found.status.ok()) return found.status;
  }
  const size_t max_block = keys_.max_block();
  for (const Block& block : blocks) {
    if (block.size() > max_block) keys_.Forget(space, block.begin, block.end);
  }
  return Status();
}

Status Linker::Score() {
  const size_t wanted = static_cast<size_t>(options_.threads);
  const size_t useful = set_.features.size() / kRecordsOfThread + 1;
  found_.resize(std::min(wanted, useful));
  for (size_t i = 0; i < found_.size(); ++i) {
    comparers_.push_back(std::make_unique<RecordComparer>(set_));
  }
  for (size_t space = 0; space < kKeySpaces; ++space) {
    Status status = ScoreSpace(space);
    if (status.ok()) status = Report("score", space + 1, kKeySpaces);
    if (!status.ok()) return status;
  }
  return Status();
}

double Linker::EstimatePrior() const {
  Histogram sum(kBins);
  for (const Found& found : found_) {
    for (size_t i = 0; i < kBins; ++i) sum[i] += found.histogram[i];
  }
  const double n = static_cast<double>(set_.features.size());
  const double pairs = n * (n - 1) / 2;
  double matches = n / 4;
  for (int round = 0; round < kPriorRounds; ++round) {
    const double prior = std::log2(matches / pairs);
    double expected = 0;
    for (size_t i = 0; i < kBins; ++i) {
      if (sum[i] == 0) continue;
      const double weight =
          kLowestBin + (static_cast<double>(i) + 0.5) / kBinsPerBit;
      expected +=
          static_cast<double>(sum[i]) / (1 + std::exp2(-(weight + prior)));
    }
    matches = std::clamp(expected, std::max(1.0, n / 100), n * kMostMatches);
    matches = std::min(matches, pairs / 2);
  }
  return std::log2(matches / (pairs - matches));
}

void Linker::SortEdges() {
  for (Found& found : found_) {
    edges_.insert(edges_.end(), found.edges.begin(), found.edges.end());
    found.edges = std::vector<MatchEdge>();
  }
  const auto place = [&](const MatchEdge& edge) {
    return std::minmax(rank_[edge.a], rank_[edge.b]);
  };
  std::sort(edges_.begin(), edges_.end(),
            [&](const MatchEdge& x, const MatchEdge& y) {
              return x.weight != y.weight ? x.weight > y.weight
                                          : place(x) < place(y);
            });
  edges_.erase(std::unique(edges_.begin(), edges_.end(),
                           [](const MatchEdge& x, const MatchEdge& y) {
                             return x.a == y.a && x.b == y.b;
                           }),
               edges_.end());
}

Status Linker::Cluster(LinkResult* result) {
  constexpr size_t kReportEvery = 100'000;
  Clusterer clusterer(set_, weigher_, options_, prior_, rank_);
  Status status = clusterer.Assert();
  if (!status.ok()) return status;
  std::vector<std::pair<MatchEdge, ReviewReason>> refused;
  size_t done = 0;
  for (const MatchEdge& edge : edges_) {
    if (edge.weight + prior_ < options_.link_weight) break;
    if (++done % kReportEvery == 0) {
      status = Report("cluster", done, edges_.size());
      if (!status.ok()) return status;
    }
    if (clusterer.Together(edge.a, edge.b)) continue;
    const std::optional<ReviewReason> reason = clusterer.TryLink(edge);
    if (reason.has_value()) {
      refused.emplace_back(edge, *reason);
    } else {
      result->links.push_back({edge.a, edge.b, edge.weight + prior_});
    }
  }
  // A cluster may fit once it has grown; until nothing changes any more, so
  // that the same again, with these links as must-links, finds none.
  for (bool grew = true; grew;) {
    grew = false;
    for (auto& [edge, reason] : refused) {
      if (reason != ReviewReason::kCohesion ||
          clusterer.Together(edge.a, edge.b)) {
        continue;
      }
      const std::optional<ReviewReason> again = clusterer.TryLink(edge);
      if (again.has_value()) {
        reason = *again;
      } else {
        result->links.push_back({edge.a, edge.b, edge.weight + prior_});
        grew = true;
      }
    }
  }
  List(&clusterer, refused, result);
  Number(&clusterer, result);
  return Report("cluster", edges_.size(), edges_.size());
}

void Linker::List(
    Clusterer* clusterer,
    const std::vector<std::pair<MatchEdge, ReviewReason>>& refused,
    LinkResult* result) const {
  const auto add = [&](const MatchEdge& edge, ReviewReason reason) {
    if (clusterer->Together(edge.a, edge.b)) return;
    ++result->review_total;
    if (result->review.size() >= options_.max_review) return;
    result->review.push_back({{edge.a, edge.b, edge.weight + prior_}, reason});
  };
  for (const auto& [edge, reason] : refused) add(edge, reason);
  for (const MatchEdge& edge : edges_) {
    const double weight = edge.weight + prior_;
    if (weight < options_.review_weight) break;
    if (weight < options_.link_weight) add(edge, ReviewReason::kWeight);
  }
}

void Linker::Number(Clusterer* clusterer, LinkResult* result) const {
  constexpr uint32_t kNone = UINT32_MAX;
  const size_t n = set_.features.size();
  std::vector<uint32_t> number(n, kNone);
  uint32_t next = 0;
  result->clusters.reserve(n);
  for (uint32_t i = 0; i < n; ++i) {
    uint32_t& mine = number[clusterer->Find(i)];
    if (mine == kNone) mine = next++;
    result->clusters.push_back(mine);
  }
  result->cluster_count = next;
}

Result<LinkResult> Linker::Run() {
  const size_t n = set_.features.size();
  const std::vector<uint32_t> ordered = set_.Ordered();
  rank_.resize(n);
  for (uint32_t i = 0; i < n; ++i) rank_[ordered[i]] = i;
  const double records = std::max(2.0, static_cast<double>(n));
  const double highest = std::min(0.0, std::log2(4 * kMostMatches / records));
  floor_ = std::min(options_.link_weight, options_.review_weight) - highest;
  LinkResult result;
  if (n > 1) {
    Status status = Score();
    if (!status.ok()) return status;
    prior_ = EstimatePrior();
  }
  for (const Found& found : found_) {
    result.pairs += found.pairs;
    result.cut_blocks += found.cut_blocks;
    result.cut_pairs += found.cut_pairs;
  }
  result.prior = prior_;
  SortEdges();
  Status status = Cluster(&result);
  if (!status.ok()) return status;
  return result;
}

Status CheckPairs(std::string_view name, size_t records,
                  const std::vector<std::pair<uint32_t, uint32_t>>& pairs) {
  for (const auto& [a, b] : pairs) {
    if (a >= records || b >= records || a == b) {
      return Status(StatusCode::kInvalidArgument,
                    std::string(name) +
                        ": must be the numbers of two records of the set");
    }
  }
  return Status();
}

Status Check(const MatchSet& set, const LinkOptions& options) {
  const auto bad = [](const char* what) {
    return Status(StatusCode::kInvalidArgument, what);
  };
  if (!std::isfinite(options.link_weight) ||
      !std::isfinite(options.review_weight)) {
    return bad("link_weight, review_weight: must be numbers");
  }
  if (options.max_cluster < 1) return bad("max_cluster: must be at least 1");
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return bad("threads: must be 1 to 64");
  }
  Status status = CheckPairs("must_link", set.size(), options.must_link);
  if (!status.ok()) return status;
  return CheckPairs("cannot_link", set.size(), options.cannot_link);
}

}  // namespace

Result<LinkResult> LinkRecords(const MatchSet& set, const MatchModel& model,
                               const LinkOptions& options) {
  Status status = Check(set, options);
  if (!status.ok()) return status;
  return Linker(set.impl(), model.impl(), options).Run();
}

std::string_view ReviewReasonName(ReviewReason reason) {
  switch (reason) {
    case ReviewReason::kWeight:
      return "WEIGHT";
    case ReviewReason::kCohesion:
      return "COHESION";
    case ReviewReason::kExclusive:
      return "EXCLUSIVE";
    case ReviewReason::kCannotLink:
      return "CANNOT_LINK";
    case ReviewReason::kTooLarge:
      return "TOO_LARGE";
  }
  return {};
}

Result<MatchExplanation> ExplainPair(const MatchSet& set,
                                     const MatchModel& model, uint32_t a,
                                     uint32_t b, double prior) {
  if (a >= set.size() || b >= set.size()) {
    return Status(StatusCode::kInvalidArgument,
                  "a number that no record of the set has");
  }
  constexpr std::string_view kBeside[kStates] = {"", "agrees", "differs"};
  const MatchSet::Impl& impl = set.impl();
  const MatchFeatures& x = impl.features[a];
  const MatchFeatures& y = impl.features[b];
  RecordComparer comparer(impl);
  const PairWeigher weigher(impl, model.impl());
  Comparison comparison;
  comparer.Compare(x, y, &comparison);
  FindStates(&comparison);
  PairWeigher::Bits bits;
  PairWeigher::Bits rareness;
  weigher.WeighAll(x, y, comparison, &bits, &rareness);
  MatchExplanation explanation;
  explanation.prior = prior;
  explanation.weight = prior;
  for (size_t c = 0; c < kComparators; ++c) {
    if (impl.present[c] == 0) continue;
    const ComparatorInfo& info = InfoOf(c);
    const uint8_t level = comparison.level[c];
    MatchEvidence one;
    one.field = info.field;
    one.slot = info.slot;
    one.level = info.level_names[level];
    one.weight = bits[c];
    one.rareness = rareness[c];
    if (level != kMissing) one.beside = kBeside[comparison.state[c]];
    explanation.weight += one.weight;
    explanation.evidence.push_back(one);
  }
  return explanation;
}

}  // namespace crm
