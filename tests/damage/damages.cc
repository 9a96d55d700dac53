#include "damage/damages.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace crm::damage {
namespace {

namespace fs = std::filesystem;

std::string ReadBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
}

// "log/*.sst" for "store/log/000012.sst", "STORE" for "store/STORE".
std::string KindName(const fs::path& path) {
  const std::string name = path.filename();
  if (path.parent_path().filename() == "store") return name;
  if (name == "store.key") return name;
  std::string kind = path.parent_path().filename().string() + "/";
  if (path.has_extension()) return kind + "*" + path.extension().string();
  return kind + name.substr(0, name.find('-'));
}

// The place of the damage: in one of three cases near the end, where the
// newest bytes of a file are; space that is reserved and not written does not
// count.
size_t PlaceIn(const std::string& bytes, uint64_t random) {
  size_t size = bytes.find_last_not_of('\0') + 1;
  if (size == 0) size = bytes.size();
  const size_t near = std::min<size_t>(size, 2048);
  return random % 3 == 0 ? size - 1 - random / 3 % near : random / 3 % size;
}

bool Change(Damage damage, const std::string& path, uint64_t random) {
  std::string bytes = ReadBytes(path);
  if (bytes.empty()) return false;
  const std::string before = bytes;
  const size_t place = PlaceIn(bytes, random);
  const uint64_t other = random >> 40;
  switch (damage) {
    case Damage::kFlip:
      bytes[place] = static_cast<char>(bytes[place] ^ (1 << other % 8));
      break;
    case Damage::kZero: {
      const size_t first = place / 512 * 512;
      const size_t count = std::min<size_t>(512, bytes.size() - first);
      bytes.replace(first, count, count, '\0');
      break;
    }
    case Damage::kCutTail: {
      const size_t size = bytes.find_last_not_of('\0') + 1;
      bytes.resize(size - std::min<size_t>(size, 1 + other % 64));
      break;
    }
    default:
      bytes.resize(place);
  }
  if (bytes == before) return false;
  WriteBytes(path, bytes);
  return true;
}

}  // namespace

const char* DamageName(Damage damage) {
  constexpr const char* kNames[] = {"flip", "zero",   "cut tail",
                                    "cut",  "delete", "stale"};
  return kNames[static_cast<size_t>(damage)];
}

std::vector<Kind> KindsOf(const std::string& root) {
  std::map<std::string, std::vector<std::string>> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    files[KindName(entry.path())].push_back(
        fs::relative(entry.path(), root).string());
  }
  std::vector<Kind> kinds;
  for (auto& [name, paths] : files) {
    std::sort(paths.begin(), paths.end());
    kinds.push_back({name, paths, false});
  }
  for (const char* folder : {"log", "keys", "views"}) {
    kinds.push_back(
        {std::string(folder) + "/", {std::string("store/") + folder}, true});
  }
  return kinds;
}

bool Inflict(Damage damage, const Kind& kind, const std::string& file,
             const std::string& root, const std::string& stale,
             uint64_t random) {
  const std::string path = root + "/" + file;
  const std::string earlier = stale + "/" + file;
  if (damage == Damage::kDelete) return fs::remove_all(path) > 0;
  if (damage != Damage::kStale) {
    return !kind.folder && Change(damage, path, random);
  }
  if (!fs::exists(earlier)) return false;
  if (!kind.folder && ReadBytes(earlier) == ReadBytes(path)) return false;
  fs::remove_all(path);
  fs::copy(earlier, path, fs::copy_options::recursive);
  return true;
}

}  // namespace crm::damage
