// Versioned store and join buffers on disk against the same ones in memory: through crashes that lose what was not
// committed, after which a task does it again.
#include <cryptostream/state/open_store.h>
#include <cryptostream/state/rocksdb.h>
#include <cryptostream/state/store_buffers.h>
#include <cryptostream/state/unmatched_values.h>

#include <doctest/doctest.h>
#include <temporary_folder.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "recorded_changelog.h"

namespace cs = cryptostream;

namespace {

struct Step {
  unsigned what = 0;  // below 100
  std::string key;
  std::int64_t time = 0;
  std::string value;
};

// What the store does, as a text.
std::string run(cs::VersionedStore& store, const Step& step) {
  if (step.what < 60) {
    auto value = step.what < 20 ? cs::OptionalBytesView() : cs::OptionalBytesView(step.value);
    auto put = store.put(step.key, value, {step.time}, {}).value();
    return std::to_string(static_cast<int>(put.outcome)) + " " + std::to_string(put.valid_to.ms);
  }
  if (step.what < 90) {
    auto version = store.get(step.key, cs::Timestamp{step.time}).value();
    return version ? std::string(version->value) + " " + std::to_string(version->timestamp.ms) : "-";
  }
  std::string text;
  auto cursor = step.what < 95 ? store.versions(step.key).value() : store.all().value();
  while (const auto* entry = cursor->next().value())
    text += std::string(entry->key) + " " + std::string(entry->value) + " " + std::to_string(entry->timestamp.ms) +
            " " + std::to_string(entry->end.ms) + "\n";
  return text;
}

std::string run(cs::GraceBuffer& buffer, const Step& step) {
  if (step.what < 70)
    return std::to_string(buffer.put({step.time}, step.key, step.value, {{step.time}, {}, "s", 0, 7}).value());
  std::string text;
  must(buffer.evict([&](const cs::GraceBuffer::Buffered& entry) -> cs::Result<void> {
    text += std::string(entry.key) + " " + std::string(entry.value) + " " + std::to_string(entry.time.ms) + "\n";
    return {};
  }));
  return text;
}

std::string run(cs::UnmatchedStore& store, const Step& step) {
  auto side = step.what % 2 ? cs::UnmatchedStore::Side::left : cs::UnmatchedStore::Side::right;
  // Few places, so that they are met again.
  cs::Timestamp time{step.time / 20};
  if (step.what < 60) {
    must(store.add(time, side, step.key, step.value, {time}));
    return "";
  }
  if (step.what < 90) {
    must(store.remove(time, side, step.key, {time}));
    return "";
  }
  std::string text;
  must(store.visit([&](const cs::UnmatchedStore::Unmatched& entry) -> cs::Result<bool> {
    text += to_hex(entry.key) + " " + to_hex(entry.values) + " " + std::to_string(entry.time.ms) + "\n";
    if (step.what < 95) must(store.remove(entry.time, entry.side, entry.key, {time}));
    return text.size() < 300;
  }));
  return text;
}

template <class Store>
void compare(cs::StoreSpec::Type type) {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  for (int round = 0; round < 4; ++round) {
    cs::StoreSpec spec{.name = "store", .type = type, .retention = std::chrono::milliseconds(number(300))};
    spec.segment_interval = std::chrono::milliseconds(number(2) ? 50 : 0);
    TemporaryFolder folder;
    std::unique_ptr<cs::StateDirectory> directory;
    std::unique_ptr<cs::StateStore> on_disk;
    RecordedChangelog log_of_disk;
    RecordedChangelog log_of_memory;
    auto open = [&] {
      on_disk.reset();
      directory.reset();
      directory = cs::StateDirectory::open(folder.path(), cs::StateMemory::of(1 << 24)).value();
      on_disk =
          cs::open_store(
              spec, {.changelog = &log_of_disk, .directory = directory.get(), .backend = cs::StoreBackend::rocksdb})
              .value();
    };
    open();
    auto in_memory = cs::open_store(spec, {.changelog = &log_of_memory}).value();
    struct Done {
      Step step;
      std::string result;
    };
    std::vector<Done> uncommitted;
    std::size_t logged = 0;  // at the last commit
    std::int64_t now = 0;
    for (int count = 0; count < 1500; ++count) {
      now += number(3) ? 0 : number(20);
      Step step{number(100), std::string(number(4), 'k'),
                std::max<std::int64_t>(0, now - (number(2) ? 0 : number(400))), std::to_string(count)};
      auto result = run(static_cast<Store&>(*in_memory), step);
      REQUIRE(run(static_cast<Store&>(*on_disk), step) == result);
      uncommitted.push_back({step, result});
      if (number(40) == 0) {
        must(on_disk->commit(count));
        uncommitted.clear();
        logged = log_of_disk.records.size();
      }
      if (number(60) == 0) {
        open();
        log_of_disk.records.resize(logged);  // the transaction was aborted
        for (const auto& done : uncommitted) REQUIRE(run(static_cast<Store&>(*on_disk), done.step) == done.result);
      }
    }
    REQUIRE(log_of_disk.news() == log_of_memory.news());
  }
}

}  // namespace

TEST_CASE("A versioned store on disk does what one in memory does, and after a crash the same again") {
  compare<cs::VersionedStore>(cs::StoreSpec::Type::versioned);
}

TEST_CASE("A grace buffer on disk does what one in memory does, and after a crash the same again") {
  compare<cs::GraceBuffer>(cs::StoreSpec::Type::join_grace);
}

TEST_CASE("A store of unmatched records on disk does what one in memory does, and after a crash the same again") {
  compare<cs::UnmatchedStore>(cs::StoreSpec::Type::unmatched);
}
