// Any function of crm.h with anything that its types allow: the calls are
// written from the header by calls_of_header.py, the bytes of the input choose
// which of them are made and what they get. A record's array has as many
// elements as its count says and a slice ends where it says, in memory that
// ends there; all else may be nonsense: numbers, flags, handles that are dead.
//
// Whatever is called: no crash, no status that is none, an error that agrees
// with it, no handle from a call that failed, and a view that can be read. What
// needs a fork is in capi_calls_fuzzer.cc.

#include <crm.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include "fuzz/require.h"

namespace crm {
namespace {

constexpr size_t kMaxCalls = 64;

// Memory that a call may read, of its exact size, until the call is over.
class Arena final {
 public:
  template <typename T>
  T* Make(size_t count) {
    std::shared_ptr<T[]> made(new T[count]());
    T* const first = made.get();
    kept_.push_back(std::move(made));
    return first;
  }
  void Clear() { kept_.clear(); }

 private:
  std::vector<std::shared_ptr<void>> kept_;
};

// What a slice may say, by the name of what takes it.
struct Words {
  std::string_view name;
  std::string_view words[4];
};
constexpr Words kWords[] = {
    {"events",
     {R"({"id":"1","type":"t","source":"s","payload":{"firstName":"A"},)"
      R"("identity":{"email":"a@example.com"}})",
      R"({"id":"2","type":"t","source":"s","payload":{},)"
      R"("identity":{"email":"a@example.com","authUserId":"7"}})",
      R"({"id":"3","type":"ConsentGranted","source":"s",)"
      R"("identity":{"authUserId":"7"},"payload":{"purpose":"marketing"}})",
      R"({"id":"4","type":"u","source":"s","payload":{}})"}},
    {"name", {"club", "club", "topic", "shopify-customers"}},
    {"tenant", {"club", "club", "other", ""}},
    {"type", {"t", "u", "ConsentGranted", "*"}},
    {"types", {"t", "u", "*", ""}},
    {"source", {"s", "web", "", "s"}},
    {"id", {"1", "2", "3", "x"}},
    {"name_space", {"email", "authUserId", "phone", "sclMemberId"}},
    {"value", {"a@example.com", "7", "\"x\"", "+27821234567"}},
    {"email", {"b@example.com", "a@example.com", "no address", ""}},
    {"purpose", {"marketing", "newsletter", "analytics", ""}},
    {"version", {"1.0", "", "2.0", "0.9"}},
    {"token_sha256",
     {"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "no",
      "", "0"}},
    {"json",
     {"{}", R"({"rules":{"attach_bar":90}})", R"({"pendingDays":3})",
      R"({"required":["a"]})"}},
    {"map_json",
     {R"({"id":"id","fields":{"full_name":"name"}})", "{}", "", "[]"}},
    {"payload", {"{}", R"({"a":1})", "[]", ""}},
    {"metadata", {"", "{}", "1", ""}},
    {"default_region", {"", "ZA", "DE", "XX"}},
    {"field", {"lastName", "firstName", "phone", ""}},
    {"categories", {"health", "", "a", "b"}},
    {"columns", {"customer", "id", "type", ""}},
};

// The bytes of the input, one after the other; zeros behind its end.
class Bytes final {
 public:
  Bytes(const uint8_t* data, size_t size, Arena* arena)
      : data_(data), left_(size), arena_(arena) {}
  bool empty() const { return left_ == 0; }
  uint8_t Next() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }

  // Small as a rule, at the edges of its type now and then.
  template <typename T>
  T Number(std::string_view name) {
    const uint8_t byte = Next();
    if constexpr (std::is_floating_point_v<T>) {
      constexpr T kSpecial[] = {0,
                                1,
                                -1,
                                2.5,
                                1e300,
                                std::numeric_limits<T>::infinity(),
                                std::numeric_limits<T>::quiet_NaN()};
      return kSpecial[byte % std::size(kSpecial)];
    } else {
      if (byte < 192 && name.size() > 3 &&
          name.substr(name.size() - 3) == "_us") {
        return static_cast<T>(1'767'225'600'000'000 + byte * 1'000'000'000);
      }
      if (byte < 192) return static_cast<T>(byte % 7);
      if (byte < 240) return static_cast<T>(byte - 192);
      if (byte < 246) return std::numeric_limits<T>::max();
      if (byte < 251) return std::numeric_limits<T>::min();
      return static_cast<T>(T{1} << (Next() % (8 * sizeof(T) - 1)));
    }
  }

  // Of a record that knows its size: mostly the right one, or a shorter one of
  // an older header.
  size_t Size(size_t size) {
    const uint8_t byte = Next();
    return byte < 240 ? size : byte % (size + 1);
  }

  // A piece of text, in memory that ends with it.
  crm_slice Slice(std::string_view name) {
    const uint8_t byte = Next();
    if (byte < 64) return {nullptr, 0};
    if (byte < 208) {
      for (const Words& words : kWords) {
        if (words.name == name) return Copy(words.words[byte % 4]);
      }
    }
    if (byte == 255) return {nullptr, 7};
    const size_t wanted = byte % 48;
    const size_t size = wanted < left_ ? wanted : left_;
    const crm_slice slice = Copy({reinterpret_cast<const char*>(data_), size});
    data_ += size;
    left_ -= size;
    return slice;
  }

  // A file or a folder, all of them in one place.
  crm_slice Path() {
    constexpr std::string_view kPaths[] = {"one", "two",  "one/three",
                                           "",    "four", "five"};
    return Copy(kPaths[Next() % std::size(kPaths)]);
  }
  const char* Text() { return Next() % 4 == 0 ? nullptr : "text"; }

 private:
  crm_slice Copy(std::string_view text) {
    char* const copy = arena_->Make<char>(text.size());
    if (!text.empty()) std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  const uint8_t* data_;
  size_t left_;
  Arena* arena_;
};

template <typename H>
using Slots = std::array<H*, 3>;

#define CRM_FUZZ_HANDLES
#include "calls_of_header.inc"
#undef CRM_FUZZ_HANDLES

// What no call may leave in an out parameter when it failed.
template <typename H>
H* Poison() {
  static char somewhere;
  return reinterpret_cast<H*>(&somewhere);
}

class World;
struct Function {
  const char* name;
  void (*call)(World&);
};

class World final {
 public:
  World(const uint8_t* data, size_t size) : bytes(data, size, &arena) {}
  ~World();

  void Run();

  // A handle of one kind: live, freed, or NULL.
  template <typename H>
  H* Pick(const Slots<H>& slots) {
    const uint8_t byte = bytes.Next();
    if (byte == 255) return nullptr;
    return slots[byte < 160 ? 0 : byte % slots.size()];
  }
  template <typename H>
  H* Dead(const Slots<H>&) {
    return bytes.Next() < 250 ? nullptr : Poison<H>();
  }

  crm_error** ErrorOut() { return bytes.Next() % 16 == 15 ? nullptr : &error_; }
  void Took(crm_status status, crm_error** error) {
    const std::string_view name = crm_status_name(status);
    if (name == "UNKNOWN" || name == "INTERNAL" || name == "OUT_OF_MEMORY") {
      Wrong(crm_error_message(error_), status);
    }
    if (error == nullptr) return;
    Require((status < 0) == (error_ != nullptr));
    Require(crm_error_code(error_) == (status < 0 ? status : CRM_OK));
    Require(status >= 0 || crm_error_message(error_)[0] != '\0');
    // An error is no handle that is known once it was freed.
    crm_error_free(error_);
    error_ = nullptr;
  }

  // Puts what a call gave into a slot. What lay there is freed, and in another
  // one it is left.
  template <typename H>
  void Keep(crm_status status, H** made, Slots<H>& slots, void (*free)(H*)) {
    if (made == nullptr) return;
    if (*made == Poison<H>()) Wrong("`out` is as it was", status);
    if (status < 0 && *made != nullptr) Wrong("failed, and gives", status);
    if (*made == nullptr) return;
    const uint8_t byte = bytes.Next();
    H*& slot = slots[byte < 160 ? 0 : byte % slots.size()];
    free(slot);
    slot = *made;
  }

  ArrowArrayStream* EmptyStream() {
    if (stream.release != nullptr) stream.release(&stream);
    stream = {};
    return &stream;
  }
  ArrowArrayStream* Stream() { return bytes.Next() == 255 ? nullptr : &stream; }

  Arena arena;
  Bytes bytes;
  Handles handles = {};
  ArrowArrayStream stream = {};

  void Call(const Function& function) {
    name_ = function.name;
    function.call(*this);
    arena.Clear();
  }

 private:
  void Wrong(const char* what, crm_status status) const {
    std::fprintf(stderr, "%s: %s (%d)\n", name_, what, status);
    std::abort();
  }

  crm_error* error_ = nullptr;
  const char* name_ = "";
};

// Memory for what a call gives.
template <typename T>
T* Out(World& world) {
  return world.bytes.Next() == 255 ? nullptr : world.arena.Make<T>(1);
}
template <typename T>
T* Room(World& world, size_t* count) {
  *count = world.bytes.Next() % 8;
  return world.arena.Make<T>(*count);
}

volatile uint8_t seen = 0;
template <typename T>
void Touch(const T& value) {
  if constexpr (std::is_same_v<T, crm_slice>) {
    if (value.size == 0) return;
    seen = static_cast<uint8_t>(value.data[0] ^ value.data[value.size - 1]);
  } else if constexpr (std::is_same_v<T, const char*>) {
    seen = static_cast<uint8_t>(std::strlen(value));
  } else {
    seen = static_cast<uint8_t>(value);
  }
}

template <typename T>
T* One(World& world);
template <typename T>
T* Array(World& world, size_t* count);

// What the callbacks of all calls do.
void Destroyed(void*) {}
int32_t Answer(void* user_data) {
  constexpr int32_t kAnswers[] = {CRM_CANCELLED, 0, CRM_NO_SPACE};
  const uint8_t byte = static_cast<Bytes*>(user_data)->Next();
  return byte < 250 ? 0 : kAnswers[byte % 3];
}
int32_t On_crm_key_callback(void*, crm_slice, crm_slice key, char* out,
                            size_t* out_size) {
  if (key.size > *out_size) return CRM_CORRUPTION;
  std::memcpy(out, key.data, key.size);
  *out_size = key.size;
  return 0;
}
int32_t On_crm_key_rotation_callback(void*) { return 0; }
int32_t On_crm_log_callback(void*, int32_t, crm_slice text) {
  Touch(text);
  return 0;
}
int32_t On_crm_clock_callback(void*, int64_t* now_us) {
  *now_us = 1'767'225'600'000'000;
  return 0;
}
int32_t On_crm_progress_callback(void* user_data, uint64_t, uint64_t) {
  return Answer(user_data);
}
int32_t On_crm_import_progress_callback(void* user_data,
                                        const crm_import_progress*) {
  return Answer(user_data);
}
int32_t On_crm_rejected_row_callback(void* user_data,
                                     const crm_rejected_row* row) {
  Touch(row->message);
  return Answer(user_data);
}
int32_t On_crm_write_callback(void* user_data, crm_slice text) {
  Touch(text);
  return Answer(user_data);
}

// Closes a store, and what keeps it from being closed stays for the end.
void CloseStore(crm_store* store) {
  const crm_status status = crm_store_close(store, nullptr);
  Require(status == CRM_OK || status == CRM_FAILED_PRECONDITION ||
          status == CRM_INVALID_ARGUMENT);
}

#include "calls_of_header.inc"

template <typename T>
T* One(World& world) {
  if (world.bytes.Next() % 2 == 0) return nullptr;
  T* const made = world.arena.Make<T>(1);
  if constexpr (std::is_class_v<T> && !std::is_same_v<T, crm_slice>) {
    Fill(world, *made);
  }
  return made;
}

template <typename T>
T* Array(World& world, size_t* count) {
  const uint8_t byte = world.bytes.Next();
  // Elements that are nowhere.
  if (byte == 255) *count = 2;
  if (byte == 255 || byte % 4 == 0) return nullptr;
  *count = byte % 4;
  T* const made = world.arena.Make<T>(*count);
  for (size_t i = 0; i < *count; ++i) {
    if constexpr (std::is_same_v<T, crm_slice>) {
      made[i] = world.bytes.Slice("events");
    } else if constexpr (std::is_class_v<T>) {
      Fill(world, made[i]);
    } else {
      made[i] = world.bytes.Number<T>("customer");
    }
  }
  return made;
}

// Something to work on: a store in memory, a tenant, and two of its events.
void Begin(World& world) {
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  options.flags = CRM_STORE_NO_BACKGROUND_THREAD;
  crm_store*& store = world.handles.crm_store_[0];
  Require(crm_store_open_in_memory(&options, &store, nullptr) == CRM_OK);
  crm_tenant*& tenant = world.handles.crm_tenant_[0];
  Require(crm_tenant_open(store, {"club", 4}, nullptr, &tenant, nullptr) ==
          CRM_OK);
  crm_slice events[2];
  for (size_t i = 0; i < 2; ++i) {
    events[i] = {kWords[0].words[i].data(), kWords[0].words[i].size()};
  }
  Require(crm_tenant_append_json(tenant, events, 2, nullptr, nullptr,
                                 nullptr) == CRM_OK);
}

void World::Run() {
  // Nothing at all: every function, with NULL and zeros.
  if (bytes.empty()) {
    for (const Function& function : kCalls) Call(function);
  }
  if (bytes.Next() % 8 != 0) Begin(*this);
  for (size_t i = 0; i < kMaxCalls && !bytes.empty(); ++i) {
    const size_t high = bytes.Next();
    const size_t verb = (high << 8 | bytes.Next()) % std::size(kCalls);
    Call(kCalls[verb]);
  }
}

World::~World() {
  EmptyStream();
  FreeAll(handles);
}

// A folder of this process's own, empty before each run, and gone after it.
class Folder final {
 public:
  Folder() {
    Require(mkdtemp(path_) != nullptr);
    Require(chdir(path_) == 0);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  void Empty() {
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      std::filesystem::remove_all(entry.path());
    }
  }

 private:
  char path_[21] = "/tmp/crm-fuzz-XXXXXX";
};

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static crm::Folder folder;
  folder.Empty();
  crm::World world(data, size);
  world.Run();
  return 0;
}
