// DirectFeed: from a source straight into a sink, with no log between.
#pragma once

#include <cryptostream/core/backoff.h>
#include <cryptostream/core/log.h>
#include <cryptostream/core/wait.h>
#include <cryptostream/graph/sink.h>
#include <cryptostream/graph/source.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// Carries what a source gives at a time, made into rows, into a sink that takes it as a whole: one commit for each
/// batch. For tables that are replaced each time, where the latest batch is all that matters: a batch that was not
/// written when the process died is not written any more, and none is waited for. Nothing else should go without a log.
class DirectFeed {
 public:
  /// `rows` makes rows of the records of one batch. `application_id`: whose progress in the target it is.
  template <Source S, class F, Sink T>
  static DirectFeed of(S source, F rows, T sink, const std::string& application_id) {
    DirectFeed feed;
    feed.name_ = sink.name();
    feed.run_ = [source = std::move(source), rows = std::move(rows), sink = std::move(sink),
                 name = application_id + "/" + feed.name_, written = feed.written_](std::stop_token stop) {
      return carry(source, rows, sink, name, *written, stop);
    };
    return feed;
  }

  /// Works until `stop`. The target or the source being away is said once and waited for, with the batch in hand; the
  /// source is not asked meanwhile. A row that the target cannot take is left out, and said. Errors: what does not go
  /// away by waiting.
  Result<void> run(std::stop_token stop) const { return run_(std::move(stop)); }

  const std::string& name() const { return name_; }
  /// How many rows have been committed. Thread-safe.
  std::uint64_t rows_written() const { return *written_; }

 private:
  /// A row that the target refuses is left out, and said.
  class Refused final : public Rejections {
   public:
    explicit Refused(const std::string& name) : name_(name) {}
    Result<void> reject(std::int64_t, const Error& why) override {
      log(LogLevel::warning, name_, "a row is left out: {}", why.message());
      return {};
    }

   private:
    const std::string& name_;
  };

  /// Calls `attempt` until it succeeds, its error is not one to wait for, or `stop`.
  template <class Attempt>
  static Result<void> persist(const std::string& name, std::stop_token stop, const Attempt& attempt) {
    Backoff backoff;
    for (bool said = false; !stop.stop_requested(); said = true) {
      auto done = attempt();
      if (done || !done.error().retriable()) return done;
      if (!said) log(LogLevel::warning, name, "{}; trying again", done.error().message());
      wait(stop, done.error().retry_after().value_or(backoff.next()));
    }
    return {};
  }

  template <class S, class F, class T>
  static Result<void> carry(const S& source, const F& rows, const T& sink, const std::string& name,
                            std::atomic<std::uint64_t>& written, std::stop_token stop) {
    std::unique_ptr<SourceReader<typename S::Key, typename S::Value>> reader;
    CRYPTOSTREAM_TRY(persist(name, stop, [&]() -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(reader, source.open({}, stop));
      return {};
    }));
    std::unique_ptr<SinkWriter<typename T::Key, typename T::Value>> writer;
    while (!stop.stop_requested()) {
      SourceBatch<typename S::Key, typename S::Value> batch;
      CRYPTOSTREAM_TRY(persist(name, stop, [&]() -> Result<void> {
        CRYPTOSTREAM_TRY_ASSIGN(batch, reader->poll(stop));
        return {};
      }));
      if (batch.records.empty()) continue;
      auto table = rows(batch.records);
      CRYPTOSTREAM_TRY(persist(name, stop, [&]() -> Result<void> {
        auto done = write(sink, name, table, writer);
        if (done) {
          written += table.size();
        } else {
          writer.reset();
        }
        return done;
      }));
    }
    return {};
  }

  template <class T, class Rows>
  static Result<void> write(const T& sink, const std::string& name, const Rows& table,
                            std::unique_ptr<SinkWriter<typename T::Key, typename T::Value>>& writer) {
    if (!writer) {
      CRYPTOSTREAM_TRY_ASSIGN(writer, sink.open({.sink = name, .topic = "(none)", .log_id = "direct"}));
    }
    Refused refused(name);
    std::int64_t offset = 0;  // counts for nothing: what is there is replaced
    for (const auto& row : table) {
      auto taken = writer->write({nullptr, &row, Timestamp{}, offset, {}});
      if (!taken && taken.error().kind() != ErrorKind::bad_record) return taken;
      if (!taken) CRYPTOSTREAM_TRY(refused.reject(offset, taken.error()));
      ++offset;
    }
    return writer->commit(offset, refused);
  }

  std::string name_;
  std::shared_ptr<std::atomic<std::uint64_t>> written_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::function<Result<void>(std::stop_token)> run_;
};

}  // namespace cryptostream
