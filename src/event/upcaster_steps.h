// Private to Upcaster: a payload that is taken apart as far as the steps
// reach, and the steps.

#ifndef CRM_EVENT_UPCASTER_STEPS_H_
#define CRM_EVENT_UPCASTER_STEPS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"

namespace crm {

using PointerTokens = std::vector<std::string>;

struct UpcasterStep {
  enum class Kind : uint8_t {
    kRename,
    kSplit,
    kCombine,
    kDefault,
    kConvert,
    kRemove,
  };

  Kind kind = Kind::kRemove;
  std::vector<PointerTokens> from;  // One; combine: all.
  std::vector<PointerTokens> to;    // rename, combine: one; split: all.
  std::string text;                 // by, with; or the value as JSON.
  bool to_string = false;           // convert
  std::string pointer;              // For messages: of from[0].
};

// A payload in pieces of text. Objects are opened when a step first looks
// into them; everything else stays the text it was.
class PayloadEditor final {
 public:
  // kMalformed: `payload` is no JSON object. It must outlive this.
  static Result<PayloadEditor> Open(std::string_view payload);

  // See upcaster.h. The messages say what is wrong, not where.
  Status Run(const UpcasterStep& step);
  std::string Text() const;

 private:
  struct Object;
  struct Member {
    std::string key;   // As JSON, with its quotes.
    std::string name;  // Unescaped.
    std::string json;  // The value's text, unless `object` is there.
    std::shared_ptr<Object> object;
  };
  struct Object {
    std::vector<Member> members;
    size_t Find(std::string_view name) const;
  };
  // A member, or where it would be.
  struct Place {
    Object* object = nullptr;  // Null: there is no such object.
    size_t at = 0;             // members.size(): absent.
    bool there() const {
      return object != nullptr && at < object->members.size();
    }
    Member& member() const { return object->members[at]; }
  };

  static Status Parse(std::string_view json, Object* object);
  static void Append(const Object& object, std::string* out);

  // `make`: missing objects on the way are made. kInvalidArgument when
  // something on the way is no object and one has to be made there.
  Result<Place> Find(const PointerTokens& pointer, bool make);
  // Puts a value where nothing is yet: behind the member before `at`, when
  // `at` is in the same object, else last.
  Status Put(const PointerTokens& pointer, Member value, const Object* beside,
             size_t* at);

  Status Rename(const UpcasterStep& step);
  Status Split(const UpcasterStep& step);
  Status Combine(const UpcasterStep& step);
  Status Default(const UpcasterStep& step);
  Status Convert(const UpcasterStep& step);
  Status Remove(const UpcasterStep& step);

  Object root_;
};

}  // namespace crm

#endif  // CRM_EVENT_UPCASTER_STEPS_H_
