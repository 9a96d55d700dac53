#include "event/upcaster_steps.h"

#include <optional>

#include "base/number_token.h"
#include "format/json.h"
#include "format/json_writer.h"

namespace crm {
namespace {

Status Wrong(StatusCode code, std::string_view why) {
  return Status(code, std::string(why));
}

bool IsText(std::string_view json) { return json.front() == '"'; }

bool IsNumberJson(std::string_view json) {
  return json.front() == '-' || (json.front() >= '0' && json.front() <= '9');
}

}  // namespace

size_t PayloadEditor::Object::Find(std::string_view name) const {
  size_t i = 0;
  while (i < members.size() && members[i].name != name) ++i;
  return i;
}

Result<PayloadEditor> PayloadEditor::Open(std::string_view payload) {
  PayloadEditor editor;
  const Status status = Parse(payload, &editor.root_);
  if (!status.ok()) return status;
  return editor;
}

Status PayloadEditor::Parse(std::string_view json, Object* object) {
  return ForEachMember(json, [&](std::string_view key, std::string_view value) {
    object->members.push_back(
        {QuotedJson(key), std::string(key), std::string(value), nullptr});
    return true;
  });
}

void PayloadEditor::Append(const Object& object, std::string* out) {
  out->push_back('{');
  for (size_t i = 0; i < object.members.size(); ++i) {
    const Member& member = object.members[i];
    if (i > 0) out->push_back(',');
    out->append(member.key).push_back(':');
    if (member.object != nullptr) {
      Append(*member.object, out);
    } else {
      out->append(member.json);
    }
  }
  out->push_back('}');
}

std::string PayloadEditor::Text() const {
  std::string text;
  Append(root_, &text);
  return text;
}

Result<PayloadEditor::Place> PayloadEditor::Find(const PointerTokens& pointer,
                                                 bool make) {
  Object* object = &root_;
  for (size_t i = 0; i + 1 < pointer.size(); ++i) {
    size_t at = object->Find(pointer[i]);
    if (at == object->members.size()) {
      if (!make) return Place();
      object->members.push_back(
          {QuotedJson(pointer[i]), pointer[i], "", std::make_shared<Object>()});
    }
    Member& member = object->members[at];
    if (member.object == nullptr) {
      if (member.json.front() != '{') {
        if (!make) return Place();
        return Wrong(StatusCode::kInvalidArgument,
                     "what is around it is no object");
      }
      member.object = std::make_shared<Object>();
      const Status status = Parse(member.json, member.object.get());
      if (!status.ok()) return status;
    }
    object = member.object.get();
  }
  return Place{object, object->Find(pointer.back())};
}

Status PayloadEditor::Put(const PointerTokens& pointer, Member value,
                          const Object* beside, size_t* at) {
  Result<Place> place = Find(pointer, true);
  if (!place.ok()) return place.status();
  if (place->there()) {
    return Wrong(StatusCode::kConflict, "the target is there already");
  }
  value.name = pointer.back();
  value.key = QuotedJson(value.name);
  std::vector<Member>& members = place->object->members;
  if (place->object != beside) {
    members.push_back(std::move(value));
    return Status();
  }
  members.insert(members.begin() + static_cast<ptrdiff_t>(*at),
                 std::move(value));
  ++*at;
  return Status();
}

Status PayloadEditor::Run(const UpcasterStep& step) {
  switch (step.kind) {
    case UpcasterStep::Kind::kRename:
      return Rename(step);
    case UpcasterStep::Kind::kSplit:
      return Split(step);
    case UpcasterStep::Kind::kCombine:
      return Combine(step);
    case UpcasterStep::Kind::kDefault:
      return Default(step);
    case UpcasterStep::Kind::kConvert:
      return Convert(step);
    case UpcasterStep::Kind::kRemove:
      return Remove(step);
  }
  return Status();
}

Status PayloadEditor::Rename(const UpcasterStep& step) {
  Result<Place> from = Find(step.from[0], false);
  if (!from.ok()) return from.status();
  if (!from->there()) return Status();
  Member value = std::move(from->member());
  std::vector<Member>& members = from->object->members;
  members.erase(members.begin() + static_cast<ptrdiff_t>(from->at));
  size_t at = from->at;
  return Put(step.to[0], std::move(value), from->object, &at);
}

Status PayloadEditor::Split(const UpcasterStep& step) {
  Result<Place> from = Find(step.from[0], false);
  if (!from.ok()) return from.status();
  if (!from->there()) return Status();
  if (from->member().object != nullptr || !IsText(from->member().json)) {
    return Wrong(StatusCode::kInvalidArgument, "only a text can be split");
  }
  const std::string text = JsonScalarText(from->member().json);
  std::vector<Member>& members = from->object->members;
  members.erase(members.begin() + static_cast<ptrdiff_t>(from->at));
  size_t at = from->at;
  size_t begin = 0;
  for (size_t i = 0; i < step.to.size() && begin <= text.size(); ++i) {
    const size_t found = i + 1 == step.to.size() ? std::string::npos
                                                 : text.find(step.text, begin);
    const size_t end = found == std::string::npos ? text.size() : found;
    const Status status = Put(
        step.to[i],
        {"", "", QuotedJson(std::string_view(text).substr(begin, end - begin)),
         nullptr},
        from->object, &at);
    if (!status.ok()) return status;
    begin =
        found == std::string::npos ? text.size() + 1 : end + step.text.size();
  }
  return Status();
}

Status PayloadEditor::Combine(const UpcasterStep& step) {
  std::string text;
  const Object* beside = nullptr;
  size_t at = 0;
  bool any = false;
  for (const PointerTokens& pointer : step.from) {
    Result<Place> from = Find(pointer, false);
    if (!from.ok()) return from.status();
    if (!from->there()) continue;
    const Member& member = from->member();
    if (member.object != nullptr ||
        (!IsText(member.json) && !IsNumberJson(member.json))) {
      return Wrong(StatusCode::kInvalidArgument,
                   "only texts and numbers can be combined");
    }
    if (any) text.append(step.text);
    text.append(JsonScalarText(member.json));
    if (!any) {
      beside = from->object;
      at = from->at;
    } else if (from->object == beside && from->at < at) {
      --at;
    }
    any = true;
    std::vector<Member>& members = from->object->members;
    members.erase(members.begin() + static_cast<ptrdiff_t>(from->at));
  }
  if (!any) return Status();
  return Put(step.to[0], {"", "", QuotedJson(text), nullptr}, beside, &at);
}

Status PayloadEditor::Default(const UpcasterStep& step) {
  Result<Place> place = Find(step.from[0], true);
  if (!place.ok()) return place.status();
  if (place->there()) return Status();
  const std::string& name = step.from[0].back();
  place->object->members.push_back(
      {QuotedJson(name), name, step.text, nullptr});
  return Status();
}

Status PayloadEditor::Convert(const UpcasterStep& step) {
  Result<Place> place = Find(step.from[0], false);
  if (!place.ok()) return place.status();
  if (!place->there()) return Status();
  Member& member = place->member();
  const bool text = member.object == nullptr && IsText(member.json);
  const bool number = member.object == nullptr && IsNumberJson(member.json);
  if (step.to_string ? text : number) return Status();
  if (!text && !number) {
    return Wrong(StatusCode::kInvalidArgument, "neither a text nor a number");
  }
  if (number) {
    member.json = QuotedJson(member.json);
    return Status();
  }
  std::string token = JsonScalarText(member.json);
  if (!IsNumberToken(token)) {
    return Wrong(StatusCode::kInvalidArgument, "the text is no number");
  }
  member.json = std::move(token);
  return Status();
}

Status PayloadEditor::Remove(const UpcasterStep& step) {
  Result<Place> place = Find(step.from[0], false);
  if (!place.ok()) return place.status();
  if (!place->there()) return Status();
  std::vector<Member>& members = place->object->members;
  members.erase(members.begin() + static_cast<ptrdiff_t>(place->at));
  return Status();
}

}  // namespace crm
