// Any bytes as changelog records of every kind of store: taken or refused, and the store still works after them.
#include <cryptostream/state/open_store.h>
#include <cryptostream/state/store_buffers.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

namespace cs = cryptostream;

namespace {

// First byte: type of store; second: length of the key; then key and value.
std::string seed(cs::StoreSpec::Type type, const std::string& key, const std::string& value) {
  return std::string{static_cast<char>(type), static_cast<char>(key.size())} + key + value;
}
std::string zeros(std::size_t count) { return std::string(count, '\0'); }

void use(cs::StateStore& store) {
  cs::RecordContext context{cs::Timestamp{1000}, {}, "topic", 0, 7};
  auto drain = [](cs::Result<cs::Cursor> cursor) {
    if (!cursor) return;
    for (;;) {
      auto entry = (*cursor)->next();
      if (!entry || !*entry) break;
    }
  };
  if (auto* plain = dynamic_cast<cs::KeyValueStore*>(&store)) {
    drain(plain->range(std::nullopt, std::nullopt));
    (void)plain->put("k", "v", {1}, context);
  } else if (auto* windows = dynamic_cast<cs::WindowStore*>(&store)) {
    drain(windows->fetch_all({0}, {std::numeric_limits<std::int64_t>::max()}));
    (void)windows->put("k", "v", {1}, {1}, context);
  } else if (auto* sessions = dynamic_cast<cs::SessionStore*>(&store)) {
    drain(sessions->find("k", {0}, {std::numeric_limits<std::int64_t>::max()}));
    (void)sessions->put("k", {1}, {2}, "v", context);
  } else if (auto* versions = dynamic_cast<cs::VersionedStore*>(&store)) {
    drain(versions->all());
    (void)versions->get("k", {1});
    (void)versions->put("k", "v", {1}, context);
  } else if (auto* suppressed = dynamic_cast<cs::SuppressionBuffer*>(&store)) {
    (void)suppressed->evict_while([&] { return suppressed->records() > 0; },
                                  [](const auto&) { return cs::Result<void>(); });
  } else if (auto* waiting = dynamic_cast<cs::GraceBuffer*>(&store)) {
    (void)waiting->put({1'000'000}, "k", "v", context);
    (void)waiting->evict([](const auto&) { return cs::Result<void>(); });
  } else if (auto* unmatched = dynamic_cast<cs::UnmatchedStore*>(&store)) {
    (void)unmatched->visit([](const auto&) { return cs::Result<bool>(true); });
    (void)unmatched->add({1}, cs::UnmatchedStore::Side::left, "k", "v", context);
  }
  (void)store.flush();
}

}  // namespace

std::vector<std::string> seeds() {
  using Type = cs::StoreSpec::Type;
  std::string context = zeros(8) + zeros(8) + std::string("\0\0\0\1t", 5) + zeros(4) + zeros(4);
  std::string change =
      context + std::string("\xff\xff\xff\xff", 4) + std::string("\xff\xff\xff\xfe", 4) + std::string("\0\0\0\1v", 5);
  return {seed(Type::key_value, "k", "v"),
          seed(Type::timestamped_window, "k" + zeros(12), "v"),
          seed(Type::session, "k" + zeros(16), "v"),
          seed(Type::versioned, "k", "v"),
          seed(Type::suppression, "k", change + zeros(8)),
          seed(Type::join_grace, zeros(9) + "k" + zeros(4), change + zeros(1)),
          seed(Type::unmatched, zeros(9) + "k", std::string("\1\0\0\0\1\0\0\0\1\1v", 11))};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  cs::StoreSpec spec;
  spec.name = "s";
  spec.type = static_cast<cs::StoreSpec::Type>(data[0] % (static_cast<int>(cs::StoreSpec::Type::unmatched) + 1));
  spec.retention = std::chrono::milliseconds(1000);
  spec.window_size = std::chrono::milliseconds(10);
  spec.retain_duplicates = spec.type == cs::StoreSpec::Type::window;
  auto store = cs::open_store(spec, {});
  if (!store) std::abort();
  cs::BytesView rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  auto key = rest.substr(0, data[1]);
  auto value = rest.substr(key.size());
  cs::Headers version;
  version.add("v", std::string("\x03", 1));
  cs::OptionalBytesView bytes;
  if (!value.empty()) bytes = value;
  (void)(*store)->restore(key, bytes, {500},
                          spec.type == cs::StoreSpec::Type::suppression ? version.view() : cs::HeadersView());
  use(**store);
  return 0;
}
