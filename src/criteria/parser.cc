// Criteria from JSON: the nodes. What stands in them is read by reader.cc.

#include <algorithm>
#include <utility>

#include "criteria/reader.h"

namespace crm {
namespace {

using Kind = JsonTree::Kind;

constexpr size_t kMaxTypes = 50;
constexpr int64_t kMaxBuckets = 1'000'000;
// A node takes up to three levels of JSON, its value some more.
constexpr size_t kMaxJsonLevels = 3 * kMaxCriteriaDepth + 8;

}  // namespace

Criteria::Criteria(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Result<Criteria> Criteria::Parse(std::string_view json) {
  if (json.size() > kMaxCriteriaBytes) {
    return Status(StatusCode::kTooLarge, "criteria: over 64 KiB");
  }
  Result<JsonTree> tree = ParseJsonTree(json, kMaxJsonLevels, "criteria");
  if (!tree.ok()) return std::move(tree).status();
  auto impl = std::make_shared<Impl>();
  CriteriaReader reader;
  if (!reader.ReadNode(*tree, "", 1, false, &impl->root)) {
    return std::move(reader).status();
  }
  AppendJson(*tree, &impl->json);
  return Criteria(std::move(impl));
}

const std::string& Criteria::json() const { return impl_->json; }

std::string Criteria::Describe() const { return DescribeNode(*impl_->root); }

bool CriteriaReader::ReadNode(const JsonTree& tree, const std::string& place,
                              size_t depth, bool of_event,
                              std::unique_ptr<const CriteriaNode>* out) {
  if (depth > kMaxCriteriaDepth) {
    return Fail(place,
                "deeper than " + std::to_string(kMaxCriteriaDepth) + " levels",
                StatusCode::kTooLarge);
  }
  if (++nodes_ > kMaxCriteriaNodes) {
    return Fail(place, "over " + std::to_string(kMaxCriteriaNodes) + " nodes",
                StatusCode::kTooLarge);
  }
  if (!tree.Is(Kind::kObject)) return Fail(place, "must be an object");
  auto node = std::make_unique<CriteriaNode>();
  node->path = place;
  if (!ReadKind(tree, place, depth, of_event, node.get())) return false;
  *out = std::move(node);
  return true;
}

bool CriteriaReader::ReadKind(const JsonTree& tree, const std::string& place,
                              size_t depth, bool of_event, CriteriaNode* node) {
  using NodeKind = CriteriaNode::Kind;
  if (const JsonTree* list = tree.Find("and")) {
    node->kind = NodeKind::kAnd;
    return ReadGroup(tree, place, depth, of_event, *list, "and", node);
  }
  if (const JsonTree* list = tree.Find("or")) {
    node->kind = NodeKind::kOr;
    return ReadGroup(tree, place, depth, of_event, *list, "or", node);
  }
  if (const JsonTree* one = tree.Find("not")) {
    node->kind = NodeKind::kNot;
    return Only(tree, place, {"not"}) &&
           ReadNode(*one, CriteriaPlace(place, "not"), depth + 1, of_event,
                    &node->parts.emplace_back());
  }
  if (tree.Find("rules") != nullptr || tree.Find("combinator") != nullptr) {
    return ReadRules(tree, place, depth, of_event, node);
  }
  if (of_event) {
    if (tree.Find("property") != nullptr) {
      node->kind = NodeKind::kProperty;
      return ReadLeaf(tree, place, "property", node);
    }
    return Fail(place, "a filter has one of property, and, or, not, rules");
  }
  if (tree.Find("field") != nullptr) {
    node->kind = NodeKind::kField;
    return ReadLeaf(tree, place, "field", node);
  }
  if (tree.Find("event") != nullptr) {
    return ReadEvent(tree, place, depth, node);
  }
  if (tree.Find("sequence") != nullptr) {
    return ReadSequence(tree, place, depth, node);
  }
  if (tree.Find("consent") != nullptr) return ReadConsent(tree, place, node);
  if (tree.Find("bucket") != nullptr) return ReadBucket(tree, place, node);
  return Fail(place,
              "no kind of node: it has one of and, or, not, rules, field, "
              "event, sequence, consent, bucket");
}

bool CriteriaReader::ReadGroup(const JsonTree& tree, const std::string& place,
                               size_t depth, bool of_event,
                               const JsonTree& list, std::string_view member,
                               CriteriaNode* node) {
  const std::string here = CriteriaPlace(place, member);
  if (member != "rules" && !Only(tree, place, {member})) return false;
  if (!list.Is(Kind::kArray)) return Fail(here, "must be an array of nodes");
  if (list.elements.empty()) return Fail(here, "an empty group says nothing");
  for (size_t i = 0; i < list.elements.size(); ++i) {
    if (!ReadNode(list.elements[i], CriteriaPlace(here, std::to_string(i)),
                  depth + 1, of_event, &node->parts.emplace_back())) {
      return false;
    }
  }
  return true;
}

bool CriteriaReader::ReadRules(const JsonTree& tree, const std::string& place,
                               size_t depth, bool of_event,
                               CriteriaNode* node) {
  const JsonTree* rules = nullptr;
  if (!Only(tree, place, {"combinator", "rules"}) ||
      !Need(tree, place, "rules", &rules)) {
    return false;
  }
  size_t word = 0;
  const JsonTree* combinator = tree.Find("combinator");
  if (combinator != nullptr &&
      !ReadWord(*combinator, CriteriaPlace(place, "combinator"), {"AND", "OR"},
                &word)) {
    return false;
  }
  node->kind = word == 0 ? CriteriaNode::Kind::kAnd : CriteriaNode::Kind::kOr;
  return ReadGroup(tree, place, depth, of_event, *rules, "rules", node);
}

bool CriteriaReader::ReadLeaf(const JsonTree& tree, const std::string& place,
                              std::string_view member, CriteriaNode* node) {
  return Only(tree, place, {member, "operator", "value"}) &&
         ReadPath(*tree.Find(member), CriteriaPlace(place, member),
                  &node->field) &&
         ReadTest(tree, place, About::kValue, &node->test);
}

bool CriteriaReader::ReadSelector(const JsonTree& tree,
                                  const std::string& place, size_t depth,
                                  EventSelector* out) {
  const JsonTree* types = nullptr;
  if (!Need(tree, place, "event", &types)) return false;
  const std::string here = CriteriaPlace(place, "event");
  if (types->Is(Kind::kArray)) {
    if (types->elements.empty()) return Fail(here, "names no type");
    if (types->elements.size() > kMaxTypes) {
      return Fail(here, "over 50 types", StatusCode::kTooLarge);
    }
    for (size_t i = 0; i < types->elements.size(); ++i) {
      const std::string at = CriteriaPlace(here, std::to_string(i));
      if (!ReadText(types->elements[i], at, &out->types.emplace_back())) {
        return false;
      }
      if (out->types.back() == "*") {
        return Fail(at, "\"*\" stands alone, for all types");
      }
    }
  } else if (!ReadText(*types, here, &out->types.emplace_back())) {
    return false;
  } else if (out->types.back() == "*") {
    out->types.clear();
  }
  const JsonTree* where = tree.Find("where");
  return where == nullptr || ReadNode(*where, CriteriaPlace(place, "where"),
                                      depth + 1, true, &out->where);
}

bool CriteriaReader::ReadEvent(const JsonTree& tree, const std::string& place,
                               size_t depth, CriteriaNode* node) {
  const bool pick = tree.Find("pick") != nullptr || tree.Find("has") != nullptr;
  const bool known =
      pick ? Only(tree, place, {"event", "where", "window", "pick", "has"})
           : Only(tree, place,
                  {"event", "where", "window", "aggregate", "of", "operator",
                   "value"});
  if (!known || !ReadSelector(tree, place, depth, &node->event)) return false;
  const JsonTree* window = tree.Find("window");
  if (window != nullptr &&
      !ReadWindow(*window, CriteriaPlace(place, "window"), &node->window)) {
    return false;
  }
  return pick ? ReadPick(tree, place, depth, node)
              : ReadAggregate(tree, place, node);
}

bool CriteriaReader::ReadPick(const JsonTree& tree, const std::string& place,
                              size_t depth, CriteriaNode* node) {
  const JsonTree* pick = nullptr;
  const JsonTree* has = nullptr;
  size_t word = 0;
  node->kind = CriteriaNode::Kind::kPick;
  if (!Need(tree, place, "pick", &pick) ||
      !ReadWord(*pick, CriteriaPlace(place, "pick"), {"first", "last"},
                &word) ||
      !Need(tree, place, "has", &has)) {
    return false;
  }
  node->pick_last = word == 1;
  return ReadNode(*has, CriteriaPlace(place, "has"), depth + 1, true,
                  &node->has);
}

bool CriteriaReader::ReadAggregate(const JsonTree& tree,
                                   const std::string& place,
                                   CriteriaNode* node) {
  using Aggregate = CriteriaNode::Aggregate;
  node->kind = CriteriaNode::Kind::kAggregate;
  size_t word = 0;
  const JsonTree* aggregate = tree.Find("aggregate");
  if (aggregate != nullptr &&
      !ReadWord(
          *aggregate, CriteriaPlace(place, "aggregate"),
          {"count", "sum", "avg", "min", "max", "unique", "first", "last"},
          &word)) {
    return false;
  }
  node->aggregate = static_cast<Aggregate>(word);
  const bool needs_path = node->aggregate >= Aggregate::kSum &&
                          node->aggregate <= Aggregate::kUnique;
  const JsonTree* of = tree.Find("of");
  if (needs_path) {
    if (!Need(tree, place, "of", &of) ||
        !ReadPath(*of, CriteriaPlace(place, "of"), &node->field)) {
      return false;
    }
  } else if (of != nullptr) {
    return Fail(CriteriaPlace(place, "of"),
                "only sum, avg, min, max and unique are of something");
  }
  if (node->aggregate == Aggregate::kCount &&
      tree.Find("operator") == nullptr && tree.Find("value") == nullptr) {
    node->test.op = CriteriaOperator::kAtLeast;
    node->test.operands.push_back({CriteriaOperand::Kind::kNumber, "1"});
    return true;
  }
  const bool of_time = node->aggregate == Aggregate::kFirst ||
                       node->aggregate == Aggregate::kLast;
  return ReadTest(tree, place, of_time ? About::kInstant : About::kNumber,
                  &node->test);
}

bool CriteriaReader::ReadSequence(const JsonTree& tree,
                                  const std::string& place, size_t depth,
                                  CriteriaNode* node) {
  node->kind = CriteriaNode::Kind::kSequence;
  if (!Only(tree, place, {"sequence", "within", "join", "window"})) {
    return false;
  }
  const JsonTree& steps = *tree.Find("sequence");
  const std::string here = CriteriaPlace(place, "sequence");
  if (!steps.Is(Kind::kArray) || steps.elements.size() != 2) {
    return Fail(here, "must be an array of two events");
  }
  for (size_t i = 0; i < 2; ++i) {
    const std::string at = CriteriaPlace(here, std::to_string(i));
    const JsonTree& step = steps.elements[i];
    if (!step.Is(Kind::kObject)) return Fail(at, "must be an object");
    if (!Only(step, at, {"event", "where"}) ||
        !ReadSelector(step, at, depth, i == 0 ? &node->event : &node->next)) {
      return false;
    }
  }
  if (const JsonTree* within = tree.Find("within")) {
    if (!ReadDuration(*within, CriteriaPlace(place, "within"),
                      &node->within.emplace())) {
      return false;
    }
    if (node->within->months != 0) {
      return Fail(CriteriaPlace(place, "within"),
                  "must be of a fixed length: weeks, days, hours ...");
    }
  }
  const JsonTree* join = tree.Find("join");
  if (join != nullptr &&
      !ReadPath(*join, CriteriaPlace(place, "join"), &node->join)) {
    return false;
  }
  const JsonTree* window = tree.Find("window");
  return window == nullptr ||
         ReadWindow(*window, CriteriaPlace(place, "window"), &node->window);
}

bool CriteriaReader::ReadConsent(const JsonTree& tree, const std::string& place,
                                 CriteriaNode* node) {
  node->kind = CriteriaNode::Kind::kConsent;
  const JsonTree* channel = nullptr;
  size_t word = 0;
  if (!Only(tree, place, {"consent", "channel", "class", "is"}) ||
      !ReadText(*tree.Find("consent"), CriteriaPlace(place, "consent"),
                &node->name) ||
      !Need(tree, place, "channel", &channel) ||
      !ReadWord(*channel, CriteriaPlace(place, "channel"),
                {"email", "sms", "push", "voice", "whatsapp", "post", "web"},
                &word)) {
    return false;
  }
  node->channel = static_cast<ConsentChannel>(
      static_cast<size_t>(ConsentChannel::kEmail) + word);
  if (const JsonTree* one = tree.Find("class")) {
    if (!ReadWord(*one, CriteriaPlace(place, "class"),
                  {"marketing", "transactional", "legal"}, &word)) {
      return false;
    }
    node->message_class = static_cast<MessageClass>(word + 1);
  }
  if (const JsonTree* one = tree.Find("is")) {
    if (!ReadWord(*one, CriteriaPlace(place, "is"), {"allow", "deny", "defer"},
                  &word)) {
      return false;
    }
    node->verdict = static_cast<Verdict>(word + 1);
  }
  return true;
}

bool CriteriaReader::ReadBucket(const JsonTree& tree, const std::string& place,
                                CriteriaNode* node) {
  node->kind = CriteriaNode::Kind::kBucket;
  int64_t numbers[3] = {};
  if (!Only(tree, place, {"bucket", "of", "from", "until"}) ||
      !ReadText(*tree.Find("bucket"), CriteriaPlace(place, "bucket"),
                &node->name)) {
    return false;
  }
  size_t i = 0;
  for (const std::string_view name : {"of", "from", "until"}) {
    const JsonTree* number = nullptr;
    if (!Need(tree, place, name, &number) ||
        !ReadNumber(*number, CriteriaPlace(place, name), i == 0 ? 1 : 0,
                    i == 0 ? kMaxBuckets : numbers[0], &numbers[i])) {
      return false;
    }
    ++i;
  }
  if (numbers[1] >= numbers[2]) {
    return Fail(CriteriaPlace(place, "until"), "must be greater than from");
  }
  node->buckets = static_cast<uint64_t>(numbers[0]);
  node->first_bucket = static_cast<uint64_t>(numbers[1]);
  node->end_bucket = static_cast<uint64_t>(numbers[2]);
  return true;
}

}  // namespace crm
