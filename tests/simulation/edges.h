// A source and a sink across the border: what comes in from outside, and a database with transactions.
#pragma once

#include "world.h"

#include <cryptostream/core/wait.h>
#include <cryptostream/graph/sink.h>
#include <cryptostream/graph/source.h>

namespace simulation {

/// Partition p gives records "p.0", "p.1", … up to `records`, of three keys, and then waits. Position: the next number.
struct CountingSource {
  using Key = std::string;
  using Value = std::string;

  Border* border;
  int count_of_partitions;
  std::int64_t records;

  static constexpr std::int64_t keys = 3;
  static std::string key(int partition, std::int64_t number) { return fmt::format("k{}.{}", partition, number % keys); }
  static std::string value(int partition, std::int64_t number) { return fmt::format("{}.{}", partition, number); }

  std::string name() const { return "counting"; }
  int partitions() const { return count_of_partitions; }

  class Reader;
  cs::Result<std::unique_ptr<cs::SourceReader<std::string, std::string>>> open(const cs::SourceTask& task,
                                                                               std::stop_token) const;
};

class CountingSource::Reader final : public cs::SourceReader<std::string, std::string> {
 public:
  Reader(CountingSource source, const cs::SourceTask& task)
      : source_(std::move(source)), partition_(task.partition), next_(task.position ? std::stoll(*task.position) : 0) {}
  cs::Result<cs::SourceBatch<std::string, std::string>> poll(std::stop_token stop) override {
    cs::SourceBatch<std::string, std::string> batch;
    if (next_ >= source_.records) {
      cs::wait(stop, std::chrono::seconds(1));
      return batch;
    }
    CRYPTOSTREAM_TRY(source_.border->before(steps::source_poll));
    for (auto left = source_.border->world().fibers.random().between(1, 4); left > 0 && next_ < source_.records;
         --left, ++next_)
      batch.records.push_back({key(partition_, next_), value(partition_, next_), {next_}});
    batch.position = std::to_string(next_);
    return batch;
  }

 private:
  CountingSource source_;
  int partition_;
  std::int64_t next_;
};

inline cs::Result<std::unique_ptr<cs::SourceReader<std::string, std::string>>> CountingSource::open(
    const cs::SourceTask& task, std::stop_token) const {
  CRYPTOSTREAM_TRY(border->before(steps::source_open));
  border->world().trace(border->life().name, "    source {} from {}", task.partition, task.position.value_or("-"));
  return std::make_unique<Reader>(*this, task);
}

struct TargetSink {
  using Key = std::string;
  using Value = std::string;

  Border* border;
  std::string sink_name;

  std::string name() const { return sink_name; }

  class Writer final : public cs::SinkWriter<std::string, std::string> {
   public:
    Writer(Border& border, Target::Task& task)
        : border_(border), task_(task), epoch_(++task.epoch), position_(task.position) {}
    std::optional<std::int64_t> position() const override { return position_; }
    cs::Result<void> write(const cs::SinkRecord<std::string, std::string>& record) override {
      CRYPTOSTREAM_TRY(border_.before(steps::sink_write));
      rows_.push_back({record.offset, *record.key, *record.value});
      return {};
    }
    cs::Result<void> commit(std::int64_t next, cs::Rejections&) override {
      CRYPTOSTREAM_TRY(border_.before(steps::sink_commit));
      border_.world().trace(border_.life().name, "    {} rows, next {}", rows_.size(), next);
      if (task_.epoch != epoch_) return cs::fail(cs::ErrorKind::fenced, "another writer has taken over the target");
      task_.rows.insert(task_.rows.end(), rows_.begin(), rows_.end());
      task_.position = next;
      rows_.clear();
      return border_.after(steps::sink_commit);
    }

   private:
    Border& border_;
    Target::Task& task_;
    int epoch_;
    std::optional<std::int64_t> position_;
    std::vector<Target::Row> rows_;
  };

  cs::Result<std::unique_ptr<cs::SinkWriter<std::string, std::string>>> open(const cs::SinkTask& task) const {
    CRYPTOSTREAM_TRY(border->before(steps::sink_open));
    auto& target = border->world().target.tasks[fmt::format("{}|{}|{}", task.sink, task.topic, task.partition)];
    auto writer = std::make_unique<Writer>(*border, target);
    CRYPTOSTREAM_TRY(border->after(steps::sink_open));
    border->world().trace(border->life().name, "    {} {}/{} from {}", task.sink, task.topic, task.partition,
                          target.position.value_or(-1));
    return writer;
  }
};

}  // namespace simulation
