#include "identity/partition.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>

#include "identity/part_links.h"

namespace crm {
namespace {

using Part = IdentityChoice::Part;

// Sets of records that grow together.
class Groups {
 public:
  explicit Groups(const Members& members) {
    for (const Members::Member& member : members.records) {
      parent_[member.record] = member.record;
    }
  }
  RecordId Find(RecordId record) {
    RecordId& parent = parent_[record];
    if (parent == 0) parent = record;
    if (parent != record) {
      const RecordId root = Find(parent);
      parent_[record] = root;
    }
    return parent_[record];
  }
  // The smaller number stands for a group, so that the answer does not depend
  // on the order of links.
  void Join(RecordId a, RecordId b) {
    a = Find(a);
    b = Find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  absl::flat_hash_map<RecordId, RecordId> parent_;
};

// Which record each began id goes with.
struct Origin {
  CustomerId customer = 0;
  RecordId record = 0;
};

// Makes the rows of one part out of those of the whole.
class PartMaker {
 public:
  PartMaker(CustomerId customer, const Members& whole, const Cut& cut)
      : customer_(customer), whole_(whole), cut_(cut) {}

  // `records` ascending. Appends those who lead to her to `*leading`.
  Part Make(const std::vector<RecordId>& records, CustomerId* next_new,
            std::vector<Part>* leading) {
    records_ = &records;
    Part part;
    TakeMembers(&part.members);
    TakeClaims(&part.members);
    TakeMerges(&part.members);
    part.customer = Choose(part.members);
    if (part.customer == 0) {
      part.customer = (*next_new)++;
      part.members.records.front().began = part.customer;
    }
    SettleLinks(part.customer, &part.members, next_new);
    for (const Origin& origin : OriginsOf(part.members)) {
      if (origin.customer == part.customer) continue;
      Part lead;
      lead.customer = origin.customer;
      lead.members.moved_to = part.customer;
      leading->push_back(std::move(lead));
    }
    if (part.customer != customer_) {
      for (const RecordId record : records) {
        part.moved.push_back({record, customer_});
      }
    }
    return part;
  }

 private:
  bool Has(RecordId record) const {
    return std::binary_search(records_->begin(), records_->end(), record);
  }

  void TakeMembers(Members* out) const {
    for (const Members::Member& member : whole_.records) {
      if (!Has(member.record)) continue;
      out->records.push_back(member);
      Members::Member& taken = out->records.back();
      if (taken.linked_to != 0 && !Has(taken.linked_to)) taken.linked_to = 0;
    }
  }
  void TakeClaims(Members* out) const {
    for (const Members::Claim& claim : whole_.claims) {
      if (Has(claim.record)) out->claims.push_back(claim);
    }
  }
  static std::vector<Origin> OriginsOf(const Members& members) {
    std::vector<Origin> origins;
    for (const Members::Member& member : members.records) {
      if (member.began != 0) origins.push_back({member.began, member.record});
    }
    return origins;
  }

  // Who was split keeps her id where its first record is; of others the one
  // with an account, then the oldest.
  CustomerId Choose(const Members& members) const {
    const std::vector<Origin> origins = OriginsOf(members);
    CustomerId chosen = 0;
    bool chosen_has = false;
    const bool rather = std::any_of(
        origins.begin(), origins.end(),
        [this](const Origin& origin) { return IsPreferred(origin.customer); });
    for (const Origin& origin : origins) {
      if (origin.customer == customer_) return customer_;
      if (rather && !IsPreferred(origin.customer)) continue;
      const bool has =
          std::any_of(members.claims.begin(), members.claims.end(),
                      [&](const Members::Claim& claim) {
                        return claim.record == origin.record &&
                               claim.state == Members::Claim::State::kOwns &&
                               claim.name_space == cut_.account;
                      });
      const bool better = chosen == 0 || (has && !chosen_has) ||
                          (has == chosen_has && origin.customer < chosen);
      if (!better) continue;
      chosen = origin.customer;
      chosen_has = has;
    }
    return chosen;
  }

  bool IsPreferred(CustomerId customer) const {
    return cut_.prefers && cut_.prefers(customer);
  }

  void TakeMerges(Members* out) const {
    for (const Members::Merge& merge : whole_.merges) {
      if (Has(merge.a) && Has(merge.b) &&
          !cut_.goes({merge.a, merge.b, merge.position})) {
        out->merges.push_back(merge);
      }
    }
  }

  const CustomerId customer_;
  const Members& whole_;
  const Cut& cut_;
  const std::vector<RecordId>* records_ = nullptr;
};

bool IsIn(const std::vector<RecordId>& records, RecordId record) {
  return std::find(records.begin(), records.end(), record) != records.end();
}

// Records that had no way to each other before either stay together.
Groups GroupRecords(const Members& members, const Cut& cut) {
  Groups before(members);
  Groups after(members);
  for (const RecordLink& link : LinksOf(members)) {
    before.Join(link.a, link.b);
    if (!cut.goes(link)) after.Join(link.a, link.b);
  }
  RecordId rest = 0;
  for (const Members::Member& member : members.records) {
    if (!cut.together.empty()) {
      // Two sides, whatever links they have within.
      const bool chosen = IsIn(cut.together, member.record);
      if (!chosen && rest == 0) rest = member.record;
      after.Join(member.record, chosen ? cut.together.front() : rest);
      continue;
    }
    if (!cut.keeps_strays) continue;
    const RecordId first = members.records.front().record;
    if (before.Find(member.record) == before.Find(first)) continue;
    before.Join(member.record, first);
    after.Join(member.record, first);
  }
  return after;
}

}  // namespace

std::vector<RecordLink> LinksOf(const Members& members) {
  std::vector<RecordLink> links;
  for (const Members::Member& member : members.records) {
    if (member.linked_to != 0) {
      links.push_back({member.record, member.linked_to, 0});
    }
  }
  for (const Members::Merge& merge : members.merges) {
    links.push_back({merge.a, merge.b, merge.position});
  }
  return links;
}

Partition TakeApart(CustomerId customer, const Members& members,
                    const Cut& cut) {
  Groups groups = GroupRecords(members, cut);
  absl::flat_hash_map<RecordId, std::vector<RecordId>> by_group;
  std::vector<RecordId> order;
  for (const Members::Member& member : members.records) {
    const RecordId root = groups.Find(member.record);
    if (by_group[root].empty()) order.push_back(root);
    by_group[root].push_back(member.record);
  }
  Partition out;
  PartMaker maker(customer, members, cut);
  CustomerId next_new = cut.first_new;
  std::vector<Part> leading;
  for (const RecordId root : order) {
    std::vector<RecordId>& records = by_group[root];
    std::sort(records.begin(), records.end());
    out.parts.push_back(maker.Make(records, &next_new, &leading));
  }
  out.alive = out.parts.size();
  std::sort(out.parts.begin(), out.parts.end(),
            [customer](const Part& a, const Part& b) {
              if (a.customer == customer || b.customer == customer) {
                return a.customer == customer && b.customer != customer;
              }
              return a.customer < b.customer;
            });
  std::move(leading.begin(), leading.end(), std::back_inserter(out.parts));
  for (const RecordLink& link : LinksOf(members)) {
    if (groups.Find(link.a) != groups.Find(link.b)) {
      out.apart.emplace_back(std::min(link.a, link.b),
                             std::max(link.a, link.b));
    }
  }
  return out;
}

}  // namespace crm
