// Turns a message of another system into the JSON of an event.
//
// examples/formats.md says where each member goes; what has no place of its
// own goes to the metadata as it is. Nothing is parsed that does not have to
// be: numbers, key order and unknown members stay as they came.

#ifndef CRM_INGEST_MESSAGE_MAPPER_H_
#define CRM_INGEST_MESSAGE_MAPPER_H_

#include <memory>
#include <string>
#include <string_view>

#include "crm/ingest.h"
#include "crm/status.h"
#include "ingest/json_members.h"
#include "ingest/row_scanner.h"

namespace crm::ingest {

// The parts of an event, as JSON texts; of objects, the members that the text
// ends in. Empty: absent.
struct MessageParts {
  std::string id;
  std::string type;
  std::string source;
  std::string timestamp;
  std::string identity;
  std::string payload;
  std::string metadata;

  void Clear();
  void Write(std::string* out) const;
};

// Base of the mappers: one for each format. Used again for each row; one
// thread.
class MessageMapper {
 public:
  virtual ~MessageMapper() = default;
  MessageMapper(const MessageMapper&) = delete;
  MessageMapper& operator=(const MessageMapper&) = delete;

  // Writes the event to `out`. `shared`: the members that a batch object gives
  // to all of its messages, as an object, or empty. An error names a member
  // and what is wrong, never what it holds.
  Status Map(std::string_view text, const Row& row, std::string_view shared,
             std::string* out);

  // What the format calls a field of the event.
  virtual std::string_view NameOf(std::string_view field) const = 0;

 protected:
  MessageMapper(std::string_view source, std::string_view batch)
      : source_(source), batch_(batch) {}

  // Fills `parts`, which are clear; what is left of `message` is added to the
  // metadata afterwards. Errors stay in `message`.
  virtual void Fill(JsonMembers* message, JsonMembers* shared, const Row& row,
                    MessageParts* parts) = 0;

  std::string SourceToken() const;
  // The id of a message that has none.
  std::string RowIdToken(const Row& row) const;

 private:
  const std::string_view source_;
  const std::string_view batch_;
  JsonMembers message_;
  JsonMembers shared_;
  MessageParts parts_;
};

// Null for kNative. `source` and `batch` must outlive it.
std::unique_ptr<MessageMapper> NewMessageMapper(ImportFormat format,
                                                std::string_view source,
                                                std::string_view batch);
std::unique_ptr<MessageMapper> NewSegmentMapper(std::string_view source,
                                                std::string_view batch);
std::unique_ptr<MessageMapper> NewCloudEventsMapper(std::string_view source,
                                                    std::string_view batch);
std::unique_ptr<MessageMapper> NewPostHogMapper(std::string_view source,
                                                std::string_view batch);

// `context.library` of the messages that libcrm exports, where they carry
// identifiers as traits.
inline constexpr std::string_view kOwnLibrary = R"({"name":"libcrm"})";

// The name that libcrm's own events have for a semantic event of Segment's
// specification; empty: none.
std::string_view OwnNameOf(std::string_view semantic_event);
// The way back; empty: none, or more than one.
std::string_view SemanticNameOf(std::string_view own_name);

// A time token (a string, or a number of milliseconds), as events have it.
Result<Timestamp> ReadTimeToken(std::string_view token);
// A string token with microseconds, in UTC.
std::string TimeToken(Timestamp time);

}  // namespace crm::ingest

#endif  // CRM_INGEST_MESSAGE_MAPPER_H_
