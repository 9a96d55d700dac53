#include "ingest/person_lines.h"

#include "ingest/export_lines.h"

namespace crm::ingest {

std::string_view PersonModeText(PersonExportMode mode) {
  switch (mode) {
    case PersonExportMode::kAccess:
      return "access";
    case PersonExportMode::kPortability:
      return "portability";
  }
  return {};
}

std::string_view PersonSums::part() const {
  return report_->parts.empty() ? std::string_view()
                                : std::string_view(report_->parts.back().name);
}

void PersonSums::ClosePart() {
  if (report_->parts.empty()) return;
  report_->parts.back().sha256 = of_part_.Finish();
}

void PersonSums::Add(std::string_view part, std::string_view line) {
  if (report_->parts.empty() || report_->parts.back().name != part) {
    ClosePart();
    report_->parts.emplace_back().name = part;
  }
  PersonExportPart& now = report_->parts.back();
  ++now.lines;
  now.bytes += line.size();
  of_part_.Add(line);
  ++report_->lines;
  report_->bytes += line.size();
  of_all_.Add(line);
}

void PersonSums::Finish() {
  ClosePart();
  report_->sha256 = of_all_.Finish();
}

std::string ManifestEntry(const PersonExportPart& part) {
  std::string out = "{";
  AppendTextMember("name", part.name, &out);
  AppendNumberMember("lines", part.lines, &out);
  AppendNumberMember("bytes", part.bytes, &out);
  AppendTextMember("sha256", part.sha256, &out);
  return out + "}";
}

std::string ManifestLine(const PersonExportReport& report) {
  std::string out = "{";
  AppendTextMember("part", kManifest, &out);
  AppendNumberMember("events", report.events, &out);
  AppendNumberMember("left_out", report.left_out, &out);
  AppendNumberMember("redacted", report.redacted, &out);
  out += ",\"parts\":[";
  for (const PersonExportPart& part : report.parts) {
    if (&part != &report.parts.front()) out.push_back(',');
    out += ManifestEntry(part);
  }
  out.push_back(']');
  AppendNumberMember("lines", report.lines, &out);
  AppendNumberMember("bytes", report.bytes, &out);
  AppendTextMember("sha256", report.sha256, &out);
  return out + "}\n";
}

}  // namespace crm::ingest
