#include "identity/part_links.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace crm {
namespace {

constexpr size_t kNone = ~size_t{0};

// A link of two places in the list of records; attached, or merged.
struct Edge {
  size_t a = 0;
  size_t b = 0;
  uint32_t name_space = 0;
  uint8_t confidence = 0;
  Position position = 0;
  // Of a merge.
  bool merge = false;
  CustomerId retired = 0;

  size_t Other(size_t end) const { return end == a ? b : a; }
  // An identifier made it, so that it may as well be the other kind.
  bool by_event() const { return name_space != 0; }
};

class Settler {
 public:
  Settler(CustomerId customer, Members* members, CustomerId* next_new)
      : customer_(customer), members_(*members), next_new_(*next_new) {}

  void Run() {
    ReadEdges();
    Walk();
    JoinNameless();
    NameMerges();
    WriteMerges();
    WriteAttached();
  }

 private:
  // Records that hang together by links that are no merges. The top one is
  // where a walk from `customer` comes in.
  struct Clump {
    size_t top = 0;
    std::vector<size_t> began;  // In the order of the walk.
  };

  CustomerId& BeganAt(size_t place) { return members_.records[place].began; }

  void ReadEdges() {
    absl::flat_hash_map<RecordId, size_t> place_of;
    const std::vector<Members::Member>& records = members_.records;
    for (size_t i = 0; i < records.size(); ++i) place_of[records[i].record] = i;
    const auto add = [&](RecordId a, RecordId b, Edge edge) {
      const auto found_a = place_of.find(a);
      const auto found_b = place_of.find(b);
      if (found_a == place_of.end() || found_b == place_of.end()) return;
      edge.a = found_a->second;
      edge.b = found_b->second;
      edges_.push_back(edge);
    };
    for (const Members::Member& member : records) {
      if (member.linked_to == 0) continue;
      add(member.record, member.linked_to,
          {0, 0, member.matched_by, member.confidence, member.linked_at});
    }
    for (const Members::Merge& merge : members_.merges) {
      add(merge.a, merge.b,
          {0, 0, merge.name_space, merge.confidence, merge.position, true,
           merge.retired});
    }
    edges_of_.resize(records.size());
    for (size_t i = 0; i < edges_.size(); ++i) {
      edges_of_[edges_[i].a].push_back(i);
      edges_of_[edges_[i].b].push_back(i);
    }
  }

  // From who she is through all links, each record once: the link by which it
  // is reached is its way up. Then from the next that nothing ties to her.
  void Walk() {
    const std::vector<Members::Member>& records = members_.records;
    up_.assign(records.size(), kNone);
    reached_.assign(records.size(), false);
    const auto own = std::find_if(records.begin(), records.end(),
                                  [this](const Members::Member& member) {
                                    return member.began == customer_;
                                  });
    WalkFrom(static_cast<size_t>(own - records.begin()));
    for (const bool began : {true, false}) {
      for (size_t i = 0; i < records.size(); ++i) {
        if (!reached_[i] && (records[i].began != 0) == began) WalkFrom(i);
      }
    }
  }

  void WalkFrom(size_t from) {
    reached_[from] = true;
    size_t at = walk_.size();
    for (walk_.push_back(from); at < walk_.size(); ++at) {
      for (const size_t edge : edges_of_[walk_[at]]) {
        const size_t other = edges_[edge].Other(walk_[at]);
        if (reached_[other]) continue;
        reached_[other] = true;
        up_[other] = edge;
        walk_.push_back(other);
      }
    }
  }

  std::vector<Clump> Clumps() {
    std::vector<Clump> clumps;
    std::vector<size_t> clump_of(members_.records.size());
    for (const size_t place : walk_) {
      const size_t up = up_[place];
      const bool top = up == kNone || edges_[up].merge;
      clump_of[place] = top ? clumps.size() : clump_of[edges_[up].Other(place)];
      if (top) clumps.push_back({place, {}});
      if (BeganAt(place) == 0) continue;
      clumps[clump_of[place]].began.push_back(place);
    }
    return clumps;
  }

  // Nobody came by such a merge: an attached record is what it is. But what
  // somebody said, or a match, can be undone by its position.
  void JoinNameless() {
    for (const Clump& clump : Clumps()) {
      if (!clump.began.empty() || up_[clump.top] == kNone) continue;
      if (edges_[up_[clump.top]].by_event()) {
        edges_[up_[clump.top]].merge = false;
      } else {
        BeganAt(clump.top) = next_new_++;
      }
    }
  }

  // The first id of a clump, on the way down, came by the merge above it; for
  // the others the links above them become merges.
  void NameMerges() {
    for (const Clump& clump : Clumps()) {
      bool first = true;
      for (const size_t place : clump.began) {
        const size_t cut = up_[first ? clump.top : place];
        if (cut != kNone) NameMerge(cut, first ? clump.top : place, place);
        if (cut == kNone && BeganAt(place) != customer_)
          strays_.push_back(place);
        first = false;
      }
    }
  }

  void NameMerge(size_t cut, size_t below, size_t began) {
    Edge& edge = edges_[cut];
    if (edge.merge && edge.retired == BeganAt(began)) return;
    // An attached record has no choice in the log.
    if (!edge.merge) edge.position = 0;
    edge.merge = true;
    edge.retired = BeganAt(began);
    edge.a = edge.Other(below);
    edge.b = below;
  }

  void WriteMerges() {
    const std::vector<Members::Member>& records = members_.records;
    std::vector<bool> used(edges_.size(), false);
    for (const size_t up : up_) {
      if (up != kNone) used[up] = true;
    }
    std::vector<Members::Merge> merges;
    for (size_t i = 0; i < edges_.size(); ++i) {
      const Edge& edge = edges_[i];
      if (!used[i] || !edge.merge) continue;
      merges.push_back({edge.position, edge.retired, records[edge.a].record,
                        records[edge.b].record, edge.name_space,
                        edge.confidence});
    }
    const RecordId first = members_.FirstRecord(customer_);
    for (const size_t place : strays_) {
      merges.push_back(
          {0, BeganAt(place), first, records[place].record, 0, 100});
    }
    members_.merges = std::move(merges);
  }

  // Who began an id is linked to nobody but by its merge; all others towards
  // such a one.
  void WriteAttached() {
    std::vector<bool> done(members_.records.size(), false);
    const auto spread = [&](size_t from) {
      if (done[from]) return;
      done[from] = true;
      Members::Member& root = members_.records[from];
      if (root.linked_to != 0) root.linked_at = 0;
      if (root.began != 0) {
        root.matched_by = 0;
        root.confidence = 100;
      }
      root.linked_to = 0;
      std::vector<size_t> reached = {from};
      for (size_t i = 0; i < reached.size(); ++i)
        Attach(reached[i], &done, &reached);
    };
    for (const size_t place : walk_) {
      if (BeganAt(place) != 0) spread(place);
    }
    for (const size_t place : walk_) spread(place);
  }

  void Attach(size_t to, std::vector<bool>* done,
              std::vector<size_t>* reached) {
    for (const size_t i : edges_of_[to]) {
      const Edge& edge = edges_[i];
      const size_t other = edge.Other(to);
      if (edge.merge || (*done)[other]) continue;
      if (up_[other] != i && up_[to] != i) continue;
      (*done)[other] = true;
      Members::Member& member = members_.records[other];
      member.linked_to = members_.records[to].record;
      member.linked_at = edge.position;
      member.matched_by = edge.name_space;
      member.confidence = edge.confidence;
      reached->push_back(other);
    }
  }

  const CustomerId customer_;
  Members& members_;
  CustomerId& next_new_;
  std::vector<Edge> edges_;
  std::vector<std::vector<size_t>> edges_of_;  // By place.
  std::vector<size_t> up_;                     // The edge; kNone: a root.
  std::vector<bool> reached_;
  std::vector<size_t> walk_;
  std::vector<size_t> strays_;
};

}  // namespace

void SettleLinks(CustomerId customer, Members* members, CustomerId* next_new) {
  Settler(customer, members, next_new).Run();
}

}  // namespace crm
