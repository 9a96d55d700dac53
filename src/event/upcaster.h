// Upcasters: how a payload of an older version becomes one of a newer version,
// told as data, so that reading an event is the same on every machine. Pure
// text to text: numbers keep their token, members their order, and what no
// step speaks of stays as it is.
//
//   {"type": "ConsentGranted", "from": "1", "to": "2", "steps": [
//     {"rename": "/purposeCode", "to": "/purpose"},
//     {"split": "/name", "by": " ", "to": ["/firstName", "/lastName"]},
//     {"combine": ["/street", "/city"], "with": ", ", "to": "/address"},
//     {"default": "/gdprContext/legalBasis", "value": "unknown"},
//     {"convert": "/memberId", "to": "string"},
//     {"remove": "/debug"}]}
//
// Paths are JSON pointers through objects; elements of arrays have none. Steps
// run in order, each on what the one before left:
//
// - rename: moves a member. Within one object it keeps its place, elsewhere it
//   comes last, and objects on the way are made. Absent: nothing happens.
// - split: a text, at each `by`, into as many members as `to` has; the last
//   takes the rest, and members without a part are not made. The parts stand
//   where the text stood, if they are in the same object.
// - combine: texts and numbers, joined by `with`; those that are absent are
//   left out. It stands where the first of them stood. All absent: nothing.
// - default: a member that is absent gets `value`; null is a value. Objects on
//   the way are made.
// - convert: a number becomes the text of its token, or a text that is a
//   number becomes that number ("string", "number"). Absent or already of the
//   type: nothing.
// - remove: the member goes. Absent: nothing.
//
// A step never overwrites: where a target is there already, or a value is not
// of the kind that a step needs, Apply refuses and changes nothing.

#ifndef CRM_EVENT_UPCASTER_H_
#define CRM_EVENT_UPCASTER_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"

namespace crm {

inline constexpr size_t kMaxUpcasterBytes = 64 * 1024;
inline constexpr size_t kMaxUpcasterSteps = 256;

struct UpcasterStep;

// One upcaster. Immutable, cheap to copy, thread-safe.
class Upcaster final {
 public:
  // kMalformed: not JSON. kInvalidArgument: a member that is missing, unknown
  // or wrong (named by pointer: "upcaster /steps/2/to: ..."), from and to that
  // are equal. kTooLarge: a limit.
  static Result<Upcaster> FromJson(std::string_view json);

  const std::string& type() const;
  const std::string& from() const;
  const std::string& to() const;
  // The definition, minified, keys in order of their bytes.
  const std::string& Canonical() const;

  // Turns `*payload`, a JSON object of version from(), into one of version
  // to(). On an error it is unchanged: kMalformed when it is no object,
  // kConflict when a step would overwrite a member, kInvalidArgument when a
  // value is not of the kind that the step needs, kTooLarge when the result is
  // over kMaxPayloadBytes. Messages name the step and its pointer, no value.
  Status Apply(std::string* payload) const;

 private:
  struct Rep;
  explicit Upcaster(std::shared_ptr<const Rep> rep) : rep_(std::move(rep)) {}

  std::shared_ptr<const Rep> rep_;
};

// The upcasters of one type: from every version one way to the latest.
// Copyable; concurrent reads are safe, Add needs the caller alone.
class UpcasterChain final {
 public:
  // Refuses, naming the versions, and is then unchanged:
  // - kInvalidArgument: of another type than the chain has;
  // - kAlreadyExists: the version has an upcaster already (also the same: ask
  //   Find first where that is fine);
  // - kConflict: a cycle, or a gap: it neither begins at the latest version
  //   nor leads to a version of the chain.
  Status Add(Upcaster upcaster);

  bool empty() const { return by_from_.empty(); }
  // The version where all ways end; empty when the chain is.
  const std::string& latest() const { return latest_; }
  // The upcaster that begins at `from`, or null. Valid until the next Add.
  const Upcaster* Find(std::string_view from) const;
  // The upcasters from `from` to the latest version, in order; empty when
  // `from` is the latest or not in the chain. Valid until the next Add.
  std::vector<const Upcaster*> Path(std::string_view from) const;
  // Applies Path(*version) to `*payload`, and sets `*version` to where it
  // ends. On an error (see Upcaster::Apply) neither is changed.
  Status Apply(std::string* version, std::string* payload) const;

 private:
  std::string type_;
  std::string latest_;
  std::map<std::string, Upcaster, std::less<>> by_from_;
};

}  // namespace crm

#endif  // CRM_EVENT_UPCASTER_H_
