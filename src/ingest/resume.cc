#include "ingest/resume.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace crm::ingest {
namespace {

constexpr char kDoneOffset[] = "done";
constexpr char kState[] = "state";

// A value is numbers with blanks between them: version; batch and 1, or 0 and
// 0 for the state alone; head; counted_below_; the seven counters; how many
// others are counted and their distances from counted_below_; then ranges of
// positions, each as the distance of its first from the last of the one
// before, and its length.
constexpr uint64_t kVersion = 1;
constexpr size_t kMaxValueBytes = 1024;

class Numbers final {
 public:
  explicit Numbers(const std::string& text)
      : next_(text.data()), end_(next_ + text.size()) {}

  bool done() const { return next_ == end_; }
  bool ok() const { return ok_; }
  uint64_t Take() {
    uint64_t number = 0;
    if (next_ != end_ && *next_ == ' ') ++next_;
    const auto [next, error] = std::from_chars(next_, end_, number);
    ok_ = ok_ && error == std::errc();
    next_ = next;
    return number;
  }

 private:
  const char* next_;
  const char* const end_;
  bool ok_ = true;
};

void Put(uint64_t number, std::string* text) {
  if (!text->empty()) text->push_back(' ');
  text->append(std::to_string(number));
}

}  // namespace

ImportProgressLog::ImportProgressLog(const crm::Tenant& tenant,
                                     std::optional<ContentHash> fingerprint)
    : tenant_(tenant) {
  if (fingerprint.has_value()) name_ = "import/" + ToHex(*fingerprint);
}

Status ImportProgressLog::Load() {
  if (name_.empty()) return Status::Ok();
  {
    const Result<Snapshot> snapshot = tenant_.GetSnapshot();
    if (!snapshot.ok()) return snapshot.status();
    head_ = snapshot->position();
  }
  std::vector<std::string> names = {name_, name_ + "/" + kState};
  for (size_t slot = 0; slot < kSlots; ++slot) {
    names.push_back(name_ + "/" + std::to_string(slot));
  }
  for (const std::string& name : names) {
    const Result<std::string> value = tenant_.GetOffset(name);
    if (value.status().code() == StatusCode::kNotFound) continue;
    if (!value.ok()) return value.status();
    if (name == name_) {
      // It was imported as a whole: look at everything again, note nothing.
      name_.clear();
      return Status::Ok();
    }
    // A value that is not ours is as good as none: rows are read again.
    Parse(*value);
  }
  for (auto it = uncounted_.begin(); it != uncounted_.end();) {
    it = IsCounted(it->first) ? uncounted_.erase(it) : std::next(it);
  }
  return Status::Ok();
}

bool ImportProgressLog::Parse(const std::string& value) {
  Numbers in(value);
  if (in.Take() != kVersion) return false;
  const uint64_t batch = in.Take();
  const bool with_batch = in.Take() != 0;
  const Position head = in.Take();
  const uint64_t below = in.Take();
  Counters counters;
  for (uint64_t* counter :
       {&counters.read, &counters.appended, &counters.duplicates,
        &counters.rejected, &counters.customers_created, &counters.unattributed,
        &counters.contested}) {
    *counter = in.Take();
  }
  std::set<uint64_t> counted;
  for (uint64_t left = in.Take(); left > 0 && in.ok(); --left) {
    counted.insert(below + in.Take());
  }
  std::deque<PositionRange> ranges;
  Position before = 0;
  while (in.ok() && !in.done()) {
    const Position first = before + in.Take();
    before = first + in.Take();
    ranges.push_back({first, before});
  }
  if (!in.ok()) return false;
  if (with_batch) uncounted_[batch] = head;
  // The newest state is the one that counts the most batches.
  if (below + counted.size() < counted_below_ + counted_.size()) return true;
  counted_below_ = below;
  counted_ = std::move(counted);
  counters_ = counters;
  ranges_ = std::move(ranges);
  return true;
}

void ImportProgressLog::Count(uint64_t batch, const BatchResult& result) {
  counters_.Add(result.counters);
  head_ = std::max(head_, result.head);
  counted_.insert(batch);
  while (counted_.erase(counted_below_) > 0) ++counted_below_;
  if (result.range.first == 0) return;
  ranges_.push_back(result.range);
  if (ranges_.size() > kSlots) ranges_.pop_front();
}

std::optional<HostOffset> ImportProgressLog::OffsetOf(uint64_t batch,
                                                      bool last) const {
  if (name_.empty()) return std::nullopt;
  if (last) return HostOffset{name_, kDoneOffset};
  std::string text;
  Put(kVersion, &text);
  Put(batch, &text);
  Put(1, &text);
  return HostOffset{name_ + "/" + std::to_string(batch % kSlots),
                    text + State()};
}

std::optional<HostOffset> ImportProgressLog::StateOffset() const {
  if (name_.empty()) return std::nullopt;
  std::string text;
  Put(kVersion, &text);
  Put(0, &text);
  Put(0, &text);
  return HostOffset{name_ + "/" + kState, text + State()};
}

std::string ImportProgressLog::State() const {
  std::string text = " ";
  text += std::to_string(head_);
  for (uint64_t number :
       {counted_below_, counters_.read, counters_.appended,
        counters_.duplicates, counters_.rejected, counters_.customers_created,
        counters_.unattributed, counters_.contested,
        static_cast<uint64_t>(counted_.size())}) {
    Put(number, &text);
  }
  for (uint64_t batch : counted_) Put(batch - counted_below_, &text);
  std::vector<PositionRange> ranges = CountedRanges();
  std::sort(ranges.begin(), ranges.end(),
            [](const PositionRange& a, const PositionRange& b) {
              return a.first < b.first;
            });
  Position end = 0;
  for (const PositionRange& range : ranges) {
    const size_t size = text.size();
    Put(range.first - end, &text);
    Put(range.last - range.first, &text);
    end = range.last;
    // Even 32 ranges of the largest positions that are likely fit in; should
    // they not, a few rows may count as appended that were duplicates.
    if (text.size() + 64 <= kMaxValueBytes) continue;
    text.resize(size);
    break;
  }
  return text;
}

}  // namespace crm::ingest
