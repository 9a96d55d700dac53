#include "ingest/row_scanner.h"

#include <cstring>

#include "crm/event.h"
#include "ingest/ascii.h"

namespace crm::ingest {
namespace {

bool AllBlank(std::string_view text) {
  for (char c : text) {
    if (!IsBlank(c)) return false;
  }
  return true;
}

class LineScanner final : public RowScanner {
 public:
  Step Next(std::string_view data, bool at_end, Row* row) override {
    for (;;) {
      const void* found =
          pos_ == data.size()
              ? nullptr
              : std::memchr(data.data() + pos_, '\n', data.size() - pos_);
      if (found == nullptr && !at_end) {
        pos_ = data.size();
        return Step::kMore;
      }
      size_t end = data.size();
      pos_ = data.size();
      if (found != nullptr) {
        end =
            static_cast<size_t>(static_cast<const char*>(found) - data.data());
        pos_ = end + 1;
        ++line_;
      } else if (begin_ == end && !too_large_) {
        return Step::kEnd;
      }
      if (end > begin_ && data[end - 1] == '\r') --end;
      // Most rows begin with a brace: AllBlank looks at one byte of them.
      if (!too_large_ && AllBlank(data.substr(begin_, end - begin_))) {
        begin_ = pos_;
        row_line_ = line_;
        continue;
      }
      Emit(end, RowProblem::kNone, row);
      return Step::kRow;
    }
  }
};

class TextScanner final : public RowScanner {
 public:
  explicit TextScanner(const TextFraming& framing) : framing_(framing) {}

  Step Next(std::string_view data, bool at_end, Row* row) override {
    for (;;) {
      SkipLineFeed(data);
      bool ended = false;
      while (pos_ < data.size() && !ended) ended = Advance(data);
      if (!ended && !at_end) return Step::kMore;
      if (!ended && begin_ == pos_ && !too_large_) return Step::kEnd;
      const bool open = place_ == Place::kQuoted;
      size_t end = ended ? pos_ - 1 : pos_;
      if (open || place_ == Place::kBroken) {
        if (open && Recover()) continue;
        broken_ = true;
      }
      place_ = Place::kFieldStart;
      if (framing_.skip_lines > 0) {
        --framing_.skip_lines;
        too_large_ = false;
      } else if (too_large_ || !AllBlank(data.substr(begin_, end - begin_))) {
        const bool bad = broken_ || (damaged_ && loose_quote_);
        damaged_ = bad;
        Emit(end, bad ? RowProblem::kBadQuotes : RowProblem::kNone, row);
        StartRow();
        return Step::kRow;
      }
      begin_ = pos_;
      row_line_ = line_;
      StartRow();
    }
  }

  // Goes back to the end of the row's first line.
  bool Recover() override {
    if (first_end_ == kNone || too_large_) return false;
    pos_ = begin_ + first_end_;
    line_ = row_line_;
    place_ = Place::kBroken;
    first_end_ = kNone;
    return true;
  }

 private:
  enum class Place : uint8_t {
    kFieldStart,
    kUnquoted,
    kQuoted,
    kAfterQuote,
    kBehind,  // Behind a closing quote and blanks.
    kBroken,  // Nothing but the line's end counts any more.
  };
  static constexpr size_t kNone = SIZE_MAX;

  void StartRow() {
    first_end_ = kNone;
    broken_ = false;
    loose_quote_ = false;
  }

  // CR LF is one line end, also when a buffer ends between the two.
  void SkipLineFeed(std::string_view data) {
    if (!after_cr_ || pos_ == data.size()) return;
    after_cr_ = false;
    if (data[pos_] != '\n') return;
    ++pos_;
    begin_ = pos_;
  }

  // Takes one byte (inside quotes: all up to the next quote or line end).
  // True when it ended the row; then it is the one before pos_.
  bool Advance(std::string_view data) {
    const char c = data[pos_++];
    if (place_ == Place::kQuoted) {
      if (c == framing_.quote) {
        place_ = Place::kAfterQuote;
      } else if (c == '\n' ? !quoted_cr_ : c == '\r') {
        ++line_;
        // What is too large anyway ends here: its quote may have no end.
        if (too_large_) {
          after_cr_ = c == '\r';
          return true;
        }
        if (first_end_ == kNone) first_end_ = pos_ - 1 - begin_;
      }
      quoted_cr_ = c == '\r';
      return false;
    }
    if (c == '\n' || c == '\r') {
      ++line_;
      after_cr_ = c == '\r';
      return true;
    }
    if (framing_.quote == '\0' || framing_.skip_lines > 0) return false;
    TakeInLine(c);
    return false;
  }

  // A byte outside quotes that is no line end.
  void TakeInLine(char c) {
    if (place_ == Place::kBroken) return;
    const bool closed =
        place_ == Place::kAfterQuote || place_ == Place::kBehind;
    if (c == framing_.delimiter) {
      place_ = Place::kFieldStart;
    } else if (c == framing_.quote &&
               (place_ == Place::kFieldStart || place_ == Place::kAfterQuote)) {
      // A quote opens a field at its start only. One inside quotes that is
      // doubled opens it again.
      place_ = Place::kQuoted;
      quoted_cr_ = false;
    } else if (framing_.trim && c == ' ' && closed) {
      place_ = Place::kBehind;
    } else if (closed) {
      if (!Recover()) place_ = Place::kBroken;
    } else if (!(framing_.trim && c == ' ' && place_ == Place::kFieldStart)) {
      loose_quote_ = loose_quote_ || c == framing_.quote;
      place_ = Place::kUnquoted;
    }
  }

  TextFraming framing_;
  Place place_ = Place::kFieldStart;
  bool after_cr_ = false;
  bool quoted_cr_ = false;
  // Of the row: where its first line ends, behind begin_; whether it is known
  // to be bad; whether a quote stands inside one of its fields.
  size_t first_end_ = kNone;
  bool broken_ = false;
  bool loose_quote_ = false;
  bool damaged_ = false;  // The row before was bad.
};

// Finds the end of one JSON value.
class ValueScanner : public RowScanner {
 protected:
  // `c` begins it, at pos_.
  void StartValue(char c) {
    begin_ = pos_;
    row_line_ = line_;
    depth_ = 0;
    in_string_ = false;
    escaped_ = false;
    scalar_ = c != '{' && c != '[' && c != '"';
  }

  // True when the value ends right before pos_.
  bool ScanValue(std::string_view data) {
    while (pos_ < data.size()) {
      const char c = data[pos_];
      if (in_string_) {
        ++pos_;
        if (escaped_) {
          escaped_ = false;
        } else if (c == '\\') {
          escaped_ = true;
        } else if (c == '"') {
          in_string_ = false;
          if (depth_ == 0) return true;
        }
        continue;
      }
      if (scalar_ && (c == ',' || c == ']' || IsBlank(c))) return true;
      ++pos_;
      if (c == '"') {
        in_string_ = !scalar_;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if (c == '}' || c == ']') {
        if (--depth_ == 0) return true;
      } else if (c == '\n') {
        ++line_;
      }
    }
    return false;
  }

 private:
  bool scalar_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  int64_t depth_ = 0;
};

class ArrayScanner final : public ValueScanner {
 public:
  Step Next(std::string_view data, bool at_end, Row* row) override {
    if (place_ == Place::kElement) {
      if (ScanValue(data)) return FinishElement(row);
    } else {
      Step step = Step::kMore;
      if (ScanBetween(data, row, &step)) return step;
    }
    if (!at_end) return Step::kMore;
    if (place_ == Place::kDone) return Step::kEnd;
    place_ = Place::kDone;
    begin_ = pos_;
    Emit(pos_, RowProblem::kArrayCut, row);
    return Step::kRow;
  }

 private:
  enum class Place : uint8_t {
    kStart,      // Before the bracket.
    kFirst,      // After the bracket: an element or the end.
    kNeedValue,  // After a comma.
    kNeedComma,  // After an element.
    kElement,
    kDone,  // After the array.
  };

  // Between elements. True: `*step` is the answer.
  bool ScanBetween(std::string_view data, Row* row, Step* step) {
    while (pos_ < data.size()) {
      const char c = data[pos_];
      if (IsBlank(c)) {
        if (c == '\n') ++line_;
        ++pos_;
        continue;
      }
      RowProblem problem = RowProblem::kNone;
      if (place_ == Place::kDone) {
        problem = RowProblem::kAfterArray;
        pos_ = data.size();  // What follows is not looked at any more.
        if (reported_) continue;
        reported_ = true;
      } else if (place_ == Place::kStart) {
        place_ = Place::kFirst;  // The caller saw the bracket.
        ++pos_;
        continue;
      } else if (c == ']' || c == ',') {
        problem = Punctuation(c);
        ++pos_;
        if (problem == RowProblem::kNone) continue;
      } else {
        StartElement(c);
        *step = Step::kMore;
        if (!ScanValue(data)) return false;
        *step = FinishElement(row);
        return true;
      }
      begin_ = pos_;
      row_line_ = line_;
      Emit(pos_, problem, row);
      *step = Step::kRow;
      return true;
    }
    begin_ = pos_;
    row_line_ = line_;
    return false;
  }

  RowProblem Punctuation(char c) {
    const Place before = place_;
    place_ = c == ']' ? Place::kDone : Place::kNeedValue;
    const bool element_before = before == Place::kNeedComma;
    const bool empty = c == ']' && before == Place::kFirst;
    return element_before || empty ? RowProblem::kNone
                                   : RowProblem::kMissingElement;
  }

  void StartElement(char c) {
    missing_comma_ = place_ == Place::kNeedComma;
    place_ = Place::kElement;
    StartValue(c);
  }

  Step FinishElement(Row* row) {
    place_ = Place::kNeedComma;
    Emit(pos_, missing_comma_ ? RowProblem::kMissingComma : RowProblem::kNone,
         row);
    return Step::kRow;
  }

  Place place_ = Place::kStart;
  bool missing_comma_ = false;
  bool reported_ = false;
};

class ObjectScanner final : public ValueScanner {
 public:
  Step Next(std::string_view data, bool at_end, Row* row) override {
    while (pos_ < data.size()) {
      const char c = data[pos_];
      if (place_ == Place::kBetween) {
        if (IsBlank(c)) {
          if (c == '\n') ++line_;
          begin_ = ++pos_;
          row_line_ = line_;
          continue;
        }
        place_ = c == '{' ? Place::kObject : Place::kOther;
        StartValue(c);
      }
      const bool ended =
          place_ == Place::kObject ? ScanValue(data) : ScanLine(data);
      if (ended) return Finish(pos_, row);
    }
    if (!at_end) return Step::kMore;
    if (place_ == Place::kBetween) return Step::kEnd;
    return Finish(pos_, row);
  }

 private:
  enum class Place : uint8_t { kBetween, kObject, kOther };

  // What is no object ends with its line. True at the line's end.
  bool ScanLine(std::string_view data) {
    const size_t end = data.find('\n', pos_);
    pos_ = end == std::string_view::npos ? data.size() : end;
    return end != std::string_view::npos;
  }

  Step Finish(size_t end, Row* row) {
    place_ = Place::kBetween;
    Emit(end, RowProblem::kNone, row);
    return Step::kRow;
  }

  Place place_ = Place::kBetween;
};

}  // namespace

void RowScanner::Emit(size_t end, RowProblem problem, Row* row) {
  *row = Row();
  row->begin = begin_;
  row->size = end > begin_ ? end - begin_ : 0;
  row->line = row_line_;
  row->problem = problem;
  if (too_large_ || row->size > kMaxEventBytes) {
    row->problem = RowProblem::kTooLarge;
    row->size = 0;
  }
  too_large_ = false;
  begin_ = pos_;
  row_line_ = line_;
}

std::unique_ptr<RowScanner> NewLineScanner() {
  return std::make_unique<LineScanner>();
}

std::unique_ptr<RowScanner> NewObjectScanner() {
  return std::make_unique<ObjectScanner>();
}

std::unique_ptr<RowScanner> NewArrayScanner() {
  return std::make_unique<ArrayScanner>();
}

std::unique_ptr<RowScanner> NewTextScanner(const TextFraming& framing) {
  return std::make_unique<TextScanner>(framing);
}

}  // namespace crm::ingest
