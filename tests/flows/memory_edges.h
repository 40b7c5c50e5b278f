// A source and a sink in memory, whose every step a test can make fail.
#pragma once

#include <cryptostream/core/fail_point.h>
#include <cryptostream/graph/sink.h>
#include <cryptostream/graph/source.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace cryptostream::test {

/// A target with transactions, as a database would keep it: rows and positions change together.
struct Target {
  std::mutex mutex;
  std::vector<std::string> rows;
  std::map<std::string, std::int64_t> positions;
  std::map<std::string, int> epochs;
  std::function<Result<void>(const char* step)> fault = [](const char*) { return Result<void>(); };
  std::set<std::string> refused;  // values that the target refuses at commit
  int commits = 0;

  Result<void> at(const char* step) { return fault(step); }
};

struct MemorySink {
  using Key = std::string;
  using Value = std::string;

  std::shared_ptr<Target> target;
  std::string sink_name = "memory";

  std::string name() const { return sink_name; }

  class Writer final : public SinkWriter<std::string, std::string> {
   public:
    Writer(std::shared_ptr<Target> target, std::string id) : target_(std::move(target)), id_(std::move(id)) {
      std::lock_guard lock(target_->mutex);
      epoch_ = ++target_->epochs[id_];
      if (auto found = target_->positions.find(id_); found != target_->positions.end()) position_ = found->second;
    }
    std::optional<std::int64_t> position() const override { return position_; }
    Result<void> write(const SinkRecord<std::string, std::string>& record) override {
      if (record.value && *record.value == "unwritable") return fail(ErrorKind::bad_record, "cannot be written");
      rows_.push_back({(record.key ? *record.key : "-") + "=" + (record.value ? *record.value : "-"), record.offset});
      return target_->at("write");
    }
    Result<void> commit(std::int64_t next, Rejections& rejections) override {
      CRYPTOSTREAM_TRY(target_->at("begin"));
      std::vector<std::string> good;
      for (auto& [row, offset] : rows_) {
        auto value = row.substr(row.find('=') + 1);
        if (target_->refused.contains(value)) {
          CRYPTOSTREAM_TRY(rejections.reject(offset, Error(ErrorKind::bad_record, "refused " + value)));
        } else {
          good.push_back(row);
        }
      }
      CRYPTOSTREAM_TRY(target_->at("commit.before"));
      {
        std::lock_guard lock(target_->mutex);
        if (target_->epochs[id_] != epoch_) return fail(ErrorKind::fenced, "another writer took over");
        target_->rows.insert(target_->rows.end(), good.begin(), good.end());
        target_->positions[id_] = next;
        ++target_->commits;
      }
      rows_.clear();
      return target_->at("commit.after");
    }

   private:
    std::shared_ptr<Target> target_;
    std::string id_;
    int epoch_ = 0;
    std::optional<std::int64_t> position_;
    std::vector<std::pair<std::string, std::int64_t>> rows_;
  };

  Result<std::unique_ptr<SinkWriter<std::string, std::string>>> open(const SinkTask& task) const {
    CRYPTOSTREAM_TRY(target->at("open"));
    return std::make_unique<Writer>(target, task.sink + "|" + task.topic + "|" + std::to_string(task.partition));
  }
};

/// Gives "0", "1", … up to `count`, `batch` at a time, then waits. Position: the next number.
struct CountingSource {
  using Key = std::string;
  using Value = std::string;

  std::int64_t count = 100;
  std::int64_t batch = 7;
  std::shared_ptr<std::function<Result<void>()>> fault =
      std::make_shared<std::function<Result<void>()>>([] { return Result<void>(); });

  std::string name() const { return "counting"; }
  int partitions() const { return 1; }

  class Reader;
  Result<std::unique_ptr<SourceReader<std::string, std::string>>> open(const SourceTask& task, std::stop_token) const;
};

class CountingSource::Reader final : public SourceReader<std::string, std::string> {
 public:
  Reader(CountingSource options, std::int64_t from) : options_(std::move(options)), next_(from) {}
  Result<SourceBatch<std::string, std::string>> poll(std::stop_token stop) override {
    CRYPTOSTREAM_TRY((*options_.fault)());
    SourceBatch<std::string, std::string> batch;
    if (next_ == options_.count) {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any().wait_for(lock, stop, std::chrono::milliseconds(50), [] { return false; });
      return batch;
    }
    for (std::int64_t i = 0; i < options_.batch && next_ < options_.count; ++i, ++next_)
      batch.records.push_back({"k" + std::to_string(next_ % 5), std::to_string(next_), {next_}});
    batch.position = std::to_string(next_);
    return batch;
  }

 private:
  CountingSource options_;
  std::int64_t next_;
};

inline Result<std::unique_ptr<SourceReader<std::string, std::string>>> CountingSource::open(const SourceTask& task,
                                                                                            std::stop_token) const {
  return std::make_unique<Reader>(*this, task.position ? std::stoll(*task.position) : 0);
}

}  // namespace cryptostream::test
