#include "store/differences.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <tuple>
#include <utility>

#include "identity/partition.h"

namespace crm {
namespace {

using Claim = Members::Claim;

constexpr size_t kListedChanges = 1000;

// Two records, the smaller one first, and what links them.
using Link = std::tuple<RecordId, RecordId, uint32_t, uint8_t>;

Link LinkOf(const Members::Member& member) {
  return {std::min(member.record, member.linked_to),
          std::max(member.record, member.linked_to), member.matched_by,
          member.confidence};
}
Link LinkOf(const Members::Merge& merge) {
  return {std::min(merge.a, merge.b), std::max(merge.a, merge.b),
          merge.name_space, merge.confidence};
}

// Whichever of them are merges: that hangs on who came first.
std::vector<Link> LinksFrom(const Members& members) {
  std::vector<Link> links;
  for (const Members::Member& member : members.records) {
    if (member.linked_to != 0) links.push_back(LinkOf(member));
  }
  for (const Members::Merge& merge : members.merges) {
    links.push_back(LinkOf(merge));
  }
  std::sort(links.begin(), links.end());
  return links;
}

// The links now may have some of nobody's making beside those that are wanted:
// they hold what nothing else holds together.
bool SameLinks(const Members& now, const Members& wanted) {
  const std::vector<Link> have = LinksFrom(now);
  const std::vector<Link> want = LinksFrom(wanted);
  std::vector<Link> extra;
  std::set_difference(have.begin(), have.end(), want.begin(), want.end(),
                      std::back_inserter(extra));
  return have.size() == want.size() + extra.size() &&
         std::all_of(extra.begin(), extra.end(), [](const Link& link) {
           return std::get<2>(link) == 0 && std::get<3>(link) == 100;
         });
}

std::pair<uint64_t, uint64_t> Pair(const Hash128& hash) {
  return {hash.hi, hash.lo};
}

// Without when.
std::vector<Claim> ClaimsFrom(const Members& members) {
  std::vector<Claim> claims = members.claims;
  for (Claim& claim : claims) claim.since = 0;
  std::sort(claims.begin(), claims.end(), [](const Claim& x, const Claim& y) {
    return std::tie(x.hash.hi, x.hash.lo, x.record, x.state) <
           std::tie(y.hash.hi, y.hash.lo, y.record, y.state);
  });
  return claims;
}

// A record beside those of `to` that a link of now ties it to; false: there is
// no such link.
bool TakeStray(const Members& now, RecordId record, Members* to) {
  Members::Member stray = *now.FindRecord(record);
  const auto is_there = [to](RecordId other) {
    return other != 0 && to->FindRecord(other) != nullptr;
  };
  if (is_there(stray.linked_to)) {
    to->records.push_back(stray);
    return true;
  }
  stray.linked_to = 0;
  for (const Members::Merge& merge : now.merges) {
    if ((merge.a != record || !is_there(merge.b)) &&
        (merge.b != record || !is_there(merge.a))) {
      continue;
    }
    to->merges.push_back(merge);
    to->records.push_back(stray);
    return true;
  }
  for (const Members::Member& other : now.records) {
    if (other.linked_to != record || !is_there(other.record)) continue;
    stray.linked_to = other.record;
    stray.matched_by = other.matched_by;
    stray.confidence = other.confidence;
    to->records.push_back(stray);
    return true;
  }
  return false;
}

void Append(const Members& from, Members* to) {
  const auto append = [](const auto& some, auto* all) {
    all->insert(all->end(), some.begin(), some.end());
  };
  append(from.records, &to->records);
  append(from.merges, &to->merges);
  append(from.claims, &to->claims);
}

}  // namespace

Status Differences::LoadCurrent() {
  const CustomerId last = choosing_.context().counts.customers;
  for (CustomerId id = 1; id <= last; ++id) {
    Result<Members> members =
        identity_.OwnMembers(tenant_, id, choosing_.context().rows);
    if (!members.ok()) return std::move(members).status();
    if (members->records.empty() || members->IsErased()) continue;
    for (const Members::Member& member : members->records) {
      customer_of_[member.record] = id;
      if (member.began != 0) began_[member.record] = member.began;
    }
    report_.records += members->records.size();
    current_.emplace(id, std::move(members).value());
  }
  report_.customers_before = current_.size();
  return Status::Ok();
}

std::vector<Members::Merge> Differences::matches() const {
  std::vector<Members::Merge> matches;
  for (const auto& [id, members] : current_) {
    for (const Members::Merge& merge : members.merges) {
      if (merge.by_match()) matches.push_back(merge);
    }
  }
  std::sort(matches.begin(), matches.end(),
            [](const Members::Merge& x, const Members::Merge& y) {
              return std::tie(x.position, x.a, x.b) <
                     std::tie(y.position, y.a, y.b);
            });
  return matches;
}

Status Differences::Write() {
  AddStrays();
  report_.customers_after = wanted_.size();
  for (const std::vector<size_t>& group : GroupBoth()) {
    if (IsSame(group)) continue;
    Status status = WriteGroup(group);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

// Records that say nothing any more (their key is gone, or their events are)
// stay as they are, beside those that they were with.
void Differences::AddStrays() {
  absl::flat_hash_set<RecordId> said;
  absl::flat_hash_map<CustomerId, size_t> place;
  Owners owned;
  for (size_t i = 0; i < wanted_.size(); ++i) {
    for (const Members::Member& member : wanted_[i].records) {
      said.insert(member.record);
      place.try_emplace(customer_of_[member.record], i);
    }
    for (const Claim& claim : wanted_[i].claims) {
      if (claim.state == Claim::State::kOwns) owned.insert(Pair(claim.hash));
    }
  }
  for (const auto& [id, members] : current_) {
    std::vector<RecordId> strays;
    for (const Members::Member& member : members.records) {
      if (!said.contains(member.record)) strays.push_back(member.record);
    }
    if (strays.empty()) continue;
    std::sort(strays.begin(), strays.end());
    const auto [found, alone] = place.try_emplace(id, wanted_.size());
    if (alone) wanted_.emplace_back();
    AddStraysOf(members, std::move(strays), owned, &wanted_[found->second]);
  }
}

// Each by a link that it has, as long as one leads to somebody who is there.
void Differences::AddStraysOf(const Members& now, std::vector<RecordId> strays,
                              const Owners& owned, Members* to) {
  for (const Claim& claim : now.claims) {
    const bool its =
        std::binary_search(strays.begin(), strays.end(), claim.record);
    const bool taken =
        claim.state == Claim::State::kOwns && owned.contains(Pair(claim.hash));
    if (its && !taken) to->claims.push_back(claim);
  }
  const auto first_linked = [&] {
    return std::find_if(strays.begin(), strays.end(), [&](RecordId record) {
      return TakeStray(now, record, to);
    });
  };
  while (!strays.empty()) {
    auto taken = first_linked();
    if (taken == strays.end()) {
      taken = strays.begin();
      Members::Member stray = *now.FindRecord(*taken);
      stray.linked_to = to->records.empty() ? 0 : to->records.front().record;
      to->records.push_back(stray);
    }
    strays.erase(taken);
  }
}

// Customers now and then that have records or identifiers in common; each group
// is a list of places in wanted_.
std::vector<std::vector<size_t>> Differences::GroupBoth() {
  std::vector<size_t> parent(wanted_.size());
  std::iota(parent.begin(), parent.end(), size_t{0});
  const auto find = [&](size_t at) {
    while (parent[at] != at) at = parent[at] = parent[parent[at]];
    return at;
  };
  absl::flat_hash_map<CustomerId, size_t> first_of;
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, CustomerId> owner_of;
  for (const auto& [id, members] : current_) {
    for (const Claim& claim : members.claims) {
      if (claim.state == Claim::State::kOwns) {
        owner_of[Pair(claim.hash)] = id;
      }
    }
  }
  const auto join = [&](size_t place, CustomerId customer) {
    const auto [found, is_new] = first_of.try_emplace(customer, place);
    if (!is_new) parent[find(place)] = find(found->second);
  };
  for (size_t i = 0; i < wanted_.size(); ++i) {
    for (const Members::Member& member : wanted_[i].records) {
      join(i, customer_of_[member.record]);
    }
    for (const Claim& claim : wanted_[i].claims) {
      const auto owner = owner_of.find(Pair(claim.hash));
      if (claim.state == Claim::State::kOwns && owner != owner_of.end()) {
        join(i, owner->second);
      }
    }
  }
  absl::flat_hash_map<size_t, size_t> place_of;
  std::vector<std::vector<size_t>> groups;
  for (size_t i = 0; i < wanted_.size(); ++i) {
    const auto [found, is_new] = place_of.try_emplace(find(i), groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(i);
  }
  return groups;
}

bool Differences::IsSame(const std::vector<size_t>& group) {
  if (group.size() != 1) return false;
  const Members& wanted = wanted_[group[0]];
  const CustomerId id = customer_of_[wanted.records.front().record];
  const Members& now = current_.at(id);
  if (now.records.size() != wanted.records.size()) return false;
  for (const Members::Member& member : wanted.records) {
    if (customer_of_[member.record] != id) return false;
  }
  return SameLinks(now, wanted) && ClaimsFrom(now) == ClaimsFrom(wanted);
}

Status Differences::WriteGroup(const std::vector<size_t>& group) {
  Members whole;
  for (const size_t place : group) Append(wanted_[place], &whole);
  CustomerId oldest = 0;
  for (Members::Member& member : whole.records) {
    const auto began = began_.find(member.record);
    member.began = began == began_.end() ? 0 : began->second;
    member.linked_at = 0;
    const CustomerId id = customer_of_[member.record];
    if (oldest == 0 || id < oldest) oldest = id;
  }
  Cut cut;
  cut.goes = [](const RecordLink&) { return false; };
  cut.keeps_strays = false;
  cut.first_new = choosing_.context().counts.customers + 1;
  cut.account = identity_.NumberOf("authUserId");
  cut.prefers = [this](CustomerId id) { return current_.contains(id); };
  Partition partition = TakeApart(oldest, whole, cut);
  for (IdentityChoice::Part& part : partition.parts) {
    KeepPositions(&part.members);
  }
  IdentityChoice choice;
  choice.kind = ChoiceKind::kPartition;
  choice.origin = ChoiceOrigin::kReResolve;
  choice.tenant = tenant_;
  choice.customer = oldest;
  choice.by = options_.by;
  choice.why = options_.why;
  choice.parts = std::move(partition.parts);
  Describe(&choice);
  Status status = choosing_.Emit(&choice);
  if (choice.position != 0) report_.position = choice.position;
  return status;
}

// A link that was there before is as old as it was, and a merge that was one
// can still be undone by its position, and tells who made it.
void Differences::KeepPositions(Members* members) {
  for (Members::Member& member : members->records) {
    const auto now = current_.find(customer_of_[member.record]);
    if (now == current_.end()) continue;
    const Members::Member* const was = now->second.FindRecord(member.record);
    if (was != nullptr && was->linked_to == member.linked_to &&
        LinkOf(*was) == LinkOf(member)) {
      member.linked_at = was->linked_at;
    }
  }
  for (Members::Merge& merge : members->merges) {
    merge.position = 0;
    const auto now = current_.find(customer_of_[merge.a]);
    if (now == current_.end()) continue;
    for (const Members::Merge& was : now->second.merges) {
      if (LinkOf(was) == LinkOf(merge)) merge.position = was.position;
    }
  }
}

// Whose records went to whom, and who is retired by it.
void Differences::Describe(IdentityChoice* choice) {
  for (IdentityChoice::Part& part : choice->parts) {
    part.moved.clear();
    std::map<CustomerId, std::vector<RecordId>> from;
    for (const Members::Member& member : part.members.records) {
      const CustomerId was = customer_of_[member.record];
      if (was == part.customer) continue;
      part.moved.push_back({member.record, was});
      from[was].push_back(member.record);
    }
    report_.records_moved += part.moved.size();
    part.retired_now =
        part.members.moved_to != 0 && current_.contains(part.customer);
    if (part.retired_now && report_.changes.size() < kListedChanges) {
      report_.changes.push_back({IdentityChange::Kind::kMerged,
                                 0,
                                 part.customer,
                                 part.members.moved_to,
                                 {}});
    }
    for (auto& [was, records] : from) {
      const bool leads = std::any_of(
          choice->parts.begin(), choice->parts.end(),
          [was = was](const IdentityChoice::Part& other) {
            return other.customer == was && other.members.moved_to != 0;
          });
      if (leads || report_.changes.size() >= kListedChanges) continue;
      std::sort(records.begin(), records.end());
      report_.changes.push_back({IdentityChange::Kind::kSplit, 0, was,
                                 part.customer, std::move(records)});
    }
  }
}

}  // namespace crm
