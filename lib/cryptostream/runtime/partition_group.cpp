#include <cryptostream/core/java_heap.h>
#include <cryptostream/runtime/partition_group.h>

#include <algorithm>

namespace cryptostream {

LogRecord PartitionGroup::Waiting::view() const {
  LogRecord record;
  record.offset = offset;
  record.timestamp = timestamp;
  if (key) record.key = *key;
  if (value) record.value = *value;
  record.headers = HeadersView(headers);
  return record;
}

void PartitionGroup::Waiting::assign(const LogRecord& record) {
  auto take = [](OptionalBytes& into, OptionalBytesView bytes) {
    if (!bytes) {
      into.reset();
    } else if (into) {
      into->assign(*bytes);
    } else {
      into.emplace(*bytes);
    }
  };
  offset = record.offset;
  timestamp = record.timestamp;
  take(key, record.key);
  take(value, record.value);
  headers.assign(record.headers.packed());
}

void PartitionGroup::drop_front(Queue& queue) {
  spare_.push_back(std::move(queue.waiting.front()));
  queue.waiting.pop_front();
}

void PartitionGroup::reset(std::vector<std::unique_ptr<InputSlot>> slots) {
  queues_.clear();
  for (auto& slot : slots) {
    auto& queue = queues_.emplace_back();
    queue.slot = std::move(slot);
  }
  heap_.clear();
  taken_.reset();
  stream_time_ = {-1};
}

void PartitionGroup::begin_at(std::size_t input, Timestamp partition_time) {
  queues_[input].partition_time = partition_time;
  stream_time_ = std::max(stream_time_, partition_time);
}

Result<void> PartitionGroup::enqueue(std::size_t input, const LogRecord& record) {
  auto& queue = queues_[input];
  Waiting copy;
  if (!spare_.empty()) {
    copy = std::move(spare_.back());
    spare_.pop_back();
  }
  copy.assign(record);
  queue.waiting.push_back(std::move(copy));
  if (queue.waiting.size() > 1 || taken_ == input) return {};
  CRYPTOSTREAM_TRY_ASSIGN(bool has_head, decode_head(input));
  if (has_head) java_heap_offer(heap_, input, [this](auto a, auto b) { return earlier(a, b); });
  return {};
}

// Passes over what cannot be decoded until there is a head or nothing left.
Result<bool> PartitionGroup::decode_head(std::size_t input) {
  auto& queue = queues_[input];
  while (!queue.waiting.empty()) {
    auto record = queue.waiting.front().view();
    auto time = queue.slot->decode(record, queue.partition_time);
    if (time && time->ms >= 0) {
      queue.head_time = *time;
      return true;
    }
    CRYPTOSTREAM_TRY(on_refused_(input, record, time ? nullptr : &time.error()));
    drop_front(queue);
  }
  return false;
}

std::optional<PartitionGroup::Next> PartitionGroup::next() {
  if (heap_.empty()) return std::nullopt;
  taken_ = java_heap_poll(heap_, [this](auto a, auto b) { return earlier(a, b); });
  auto& queue = queues_[*taken_];
  queue.partition_time = std::max(queue.partition_time, queue.head_time);
  stream_time_ = std::max(stream_time_, queue.head_time);
  return Next{*taken_, queue.waiting.front().view(), queue.head_time, queue.slot.get()};
}

Result<void> PartitionGroup::done() {
  auto input = *taken_;
  taken_.reset();
  drop_front(queues_[input]);
  CRYPTOSTREAM_TRY_ASSIGN(bool has_head, decode_head(input));
  if (has_head) java_heap_offer(heap_, input, [this](auto a, auto b) { return earlier(a, b); });
  return {};
}

Result<std::optional<PartitionGroup::Next>> PartitionGroup::pass(std::size_t input, const LogRecord& record) {
  auto& queue = queues_[input];
  auto time = queue.slot->decode(record, queue.partition_time);
  if (!time || time->ms < 0) [[unlikely]] {
    CRYPTOSTREAM_TRY(on_refused_(input, record, time ? nullptr : &time.error()));
    return std::optional<Next>();
  }
  queue.partition_time = std::max(queue.partition_time, *time);
  stream_time_ = std::max(stream_time_, *time);
  return std::optional<Next>(Next{input, record, *time, queue.slot.get()});
}

bool PartitionGroup::earlier(std::size_t a, std::size_t b) const { return queues_[a].head_time < queues_[b].head_time; }

}  // namespace cryptostream
