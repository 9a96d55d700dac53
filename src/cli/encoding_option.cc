#include "cli/encoding_option.h"

namespace crm::cli {

TextEncoding EncodingOf(const std::string& name) {
  if (name == "utf-8") return TextEncoding::kUtf8;
  if (name == "utf-16") return TextEncoding::kUtf16;
  if (name == "utf-16le") return TextEncoding::kUtf16Le;
  if (name == "utf-16be") return TextEncoding::kUtf16Be;
  if (name == "windows-1252") return TextEncoding::kWindows1252;
  if (name == "mac-roman") return TextEncoding::kMacRoman;
  return TextEncoding::kDefault;
}

}  // namespace crm::cli
