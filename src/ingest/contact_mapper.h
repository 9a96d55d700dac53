// Turns a row of contacts into events: one with what is known about the
// person, and one for each consent that the row tells of.

#ifndef CRM_INGEST_CONTACT_MAPPER_H_
#define CRM_INGEST_CONTACT_MAPPER_H_

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm/event.h"
#include "crm/status.h"
#include "ingest/map.h"
#include "ingest/row_values.h"

namespace crm::ingest {

// Events that keep their memory when they are used again.
class EventList final {
 public:
  Event* Add();
  void Truncate(size_t size) { size_ = size; }
  size_t size() const { return size_; }
  std::span<const Event> events() const {
    return std::span<const Event>(events_).first(size_);
  }

 private:
  std::vector<Event> events_;
  size_t size_ = 0;
};

// Whether an identifier is one; not ok: why not.
using IdentifierCheck = std::function<Status(const Identifier&)>;

// Used again for each row; one thread. What it is given must outlive it.
class ContactMapper final {
 public:
  // `export_name`: instead of `batch` for rows that have no time of their own.
  ContactMapper(const ImportMap::Impl& map, TextEncoding encoding,
                const ColumnPlan& plan, std::string_view source,
                std::string_view batch, std::string_view export_name,
                IdentifierCheck check);

  // Adds the events of a row; when it is bad, none. See issue().
  Status Map(std::string_view text, const Row& row, EventList* out);

  const RowIssue& issue() const { return issue_; }
  // As RowMapper's.
  std::string ColumnOf(std::string_view field) const;

 private:
  Status MapRow(const Row& row, EventList* out);
  Status SetIdentity(Event* event);
  Status SetPayload(Event* event);
  // Appends the traits of one policy to the object that `*out` begins.
  Status AppendTraits(Policy policy, std::string* out);
  Status AppendTrait(const TraitRule& rule, std::string* out);
  Status AppendList(const TraitRule& rule, std::string_view value,
                    std::string* out);
  Status AddConsent(const ConsentRule& rule, const std::string& contact_id,
                    const std::vector<Identifier>& identifiers,
                    const std::optional<Timestamp>& contact_time,
                    EventList* out);
  // A blank cell, or one that is to be cleared.
  bool IsBlank(std::string_view value) const;
  Status Fail(ColumnRef column, RejectReason reason, const std::string& what);

  const ContactRule& rule_;
  const ColumnPlan& plan_;
  const std::string_view source_;
  const std::string_view batch_;
  const std::string_view export_name_;
  const IdentifierCheck check_;
  RowValues values_;
  RowIssue issue_;
  std::set<std::string> elements_;  // Of the list that is being appended.
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_CONTACT_MAPPER_H_
