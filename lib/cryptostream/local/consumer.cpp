// Reads the log by ranges of row ids, each poll from one state of the file.
#include <cryptostream/broker/batch_buffer.h>
#include <cryptostream/broker/shares.h>
#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/local/log_file.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace cryptostream::local {
namespace {

/// How often a waiting poll looks whether another process wrote, and how many looks later whether the file is still in
/// its place.
constexpr std::chrono::milliseconds look_every{10};
constexpr int looks_a_check = 100;

class LocalConsumer final : public Consumer {
 public:
  explicit LocalConsumer(LogFilePtr file) : file_(std::move(file)) {}

  Result<void> open() {
    CRYPTOSTREAM_TRY_ASSIGN(connection_, file_->open());
    CRYPTOSTREAM_TRY_ASSIGN(range_,
                            connection_->prepare("SELECT first_offset, next_offset FROM partitions WHERE id = ?"));
    CRYPTOSTREAM_TRY_ASSIGN(records_, connection_->prepare("SELECT id, time, key, value, headers FROM records "
                                                           "WHERE id >= ? AND id < ? LIMIT ?"));
    CRYPTOSTREAM_TRY_ASSIGN(data_version_, connection_->prepare("PRAGMA data_version"));
    return {};
  }

  Result<void> assign(std::span<const Assignment> assignment) override {
    std::vector<Slot> slots;
    for (auto& [partition, offset] : assignment) {
      CRYPTOSTREAM_TRY_ASSIGN(auto row, find_partition(*connection_, partition));
      slots.push_back({partition, row.id, offset});
    }
    slots_ = std::move(slots);
    first_ = 0;
    return {};
  }

  Result<std::span<const LogRecord>> poll(std::size_t most, std::chrono::milliseconds timeout) override {
    auto deadline = std::chrono::steady_clock::now() + timeout;
    batch_.clear();
    bytes_.clear();
    most = std::min(most, most_rows_a_read);
    for (;;) {
      auto seen = file_->version();
      CRYPTOSTREAM_TRY_ASSIGN(auto data, data_version(timeout.count() > 0));
      auto read = read_shares(
          slots_, first_, most, [&] { return batch_.size(); },
          [&](Slot& slot, auto number, auto share) { return read_slot(slot, number, share); });
      first_ = slots_.empty() ? 0 : (first_ + 1) % slots_.size();
      // What was read before an error is handed out first; the error comes again with the next poll.
      if (!read && batch_.empty()) return fail(std::move(read).error());
      if (!batch_.empty()) break;
      CRYPTOSTREAM_TRY_ASSIGN(bool news, wait(seen, data, deadline));
      if (!news) break;
    }
    return std::span<const LogRecord>(batch_);
  }

  Result<void> seek(std::uint32_t slot, std::int64_t offset) override {
    slots_.at(slot).position = offset;
    slots_[slot].caught_up = false;
    return {};
  }
  std::int64_t position(std::uint32_t slot) const override { return slots_.at(slot).position; }
  bool caught_up(std::uint32_t slot) const override { return slots_.at(slot).caught_up; }
  void pause(std::uint32_t slot) override { slots_.at(slot).paused = true; }
  void resume(std::uint32_t slot) override { slots_.at(slot).paused = false; }

  void wake_up() override {
    woken_ = true;
    file_->changed();
  }

 private:
  struct Slot {
    TopicPartition partition;
    std::int64_t id = 0;
    std::int64_t position = 0;
    bool paused = false;
    bool caught_up = false;
  };

  Result<void> read_slot(Slot& slot, std::uint32_t number, std::size_t share) {
    // Until both are reset they share one read transaction, so that end and records are of one moment.
    Reset reset_range(range_);
    Reset reset_records(records_);
    range_.bind(1, slot.id);
    CRYPTOSTREAM_TRY_ASSIGN(bool found, range_.step());
    if (!found) return fail(topic_replaced(slot.partition.topic));
    OffsetRange range{range_.integer(0), range_.integer(1)};
    if (slot.position < range.begin || slot.position > range.end)
      return fail(offset_out_of_range(slot.partition, slot.position, range));
    if (share == 0 || slot.position == range.end) {
      slot.caught_up = slot.position == range.end;
      return {};
    }
    records_.bind(1, row_id(slot.id, slot.position));
    records_.bind(2, row_id(slot.id, range.end));
    records_.bind(3, static_cast<std::int64_t>(share));
    for (std::size_t count = 0; count < share; ++count) {
      auto row = records_.step();
      if (!row) {
        slot.caught_up = false;
        if (count == 0) return fail(std::move(row).error());
        return {};  // what was read is good; the error comes again with the next poll
      }
      if (!*row) {
        slot.position = range.end;  // holes at the end are read over
        break;
      }
      auto offset = offset_of(records_.integer(0));
      auto key = records_.bytes(2);
      auto value = records_.bytes(3);
      auto headers = records_.bytes(4);
      auto* at = bytes_.take(key.size() + value.size() + headers.size());
      auto copy = [&](std::string_view bytes) {
        if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
        return std::string_view(std::exchange(at, at + bytes.size()), bytes.size());
      };
      // Only an empty column needs to be asked whether it is null.
      auto& record = batch_.emplace_back();
      record.slot = number;
      record.offset = offset;
      record.timestamp = {records_.integer(1)};
      if (!key.empty() || !records_.null(2)) record.key = copy(key);
      if (!value.empty() || !records_.null(3)) record.value = copy(value);
      record.headers = HeadersView(copy(headers));
      slot.position = offset + 1;
    }
    slot.caught_up = slot.position == range.end;
    return {};
  }

  /// Changes when another connection commits. Asked before the read, so that nothing committed after the read is
  /// missed.
  Result<std::int64_t> data_version(bool needed) {
    if (!needed) return 0;
    Reset reset(data_version_);
    CRYPTOSTREAM_TRY(data_version_.step());
    return data_version_.integer(0);
  }

  /// True: something may have been written. False: woken, or the time is up.
  Result<bool> wait(std::uint64_t seen, std::int64_t data, std::chrono::steady_clock::time_point deadline) {
    for (;;) {
      if (woken_.exchange(false)) return false;
      auto now = std::chrono::steady_clock::now();
      if (now >= deadline) return false;
      file_->wait(seen, std::min(deadline, now + look_every), [&] { return woken_.load(); });
      if (woken_) continue;
      if (file_->version() != seen) return true;
      if (++looks_ % looks_a_check == 0) CRYPTOSTREAM_TRY(connection_->check_in_place());
      CRYPTOSTREAM_TRY_ASSIGN(auto current, data_version(true));
      if (current != data) return true;
    }
  }

  LogFilePtr file_;
  std::unique_ptr<Connection> connection_;
  Statement range_;
  Statement records_;
  Statement data_version_;
  std::vector<Slot> slots_;
  std::size_t first_ = 0;
  std::vector<LogRecord> batch_;
  BatchBuffer bytes_;
  int looks_ = 0;
  std::atomic<bool> woken_{false};
};

}  // namespace

Result<std::unique_ptr<Consumer>> make_consumer(LogFilePtr file) {
  auto consumer = std::make_unique<LocalConsumer>(std::move(file));
  CRYPTOSTREAM_TRY(consumer->open());
  return consumer;
}

}  // namespace cryptostream::local
