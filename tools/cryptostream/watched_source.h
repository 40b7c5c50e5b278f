// A source under the tool's eyes: it can be told to end, and counts what it gave.
#pragma once

#include <cryptostream/cli/settings.h>
#include <cryptostream/core/wait.h>
#include <cryptostream/graph/source.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/sources/counts.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream::tool {

/// What is known of a source at work. Shared with its reader.
struct SourceWatch {
  std::optional<bool>
      simulated{};         ///< what the topic holds already: invented prices or real ones; nothing: it is empty
  std::uint64_t most = 0;  ///< give no more records than this; 0: no bound
  bool once = false;       ///< give one batch
  bool patient = false;    ///< a source that cannot be reached at the start is waited for, and holds up no other
  std::shared_ptr<SourceCounts> counts = std::make_shared<SourceCounts>();
  std::atomic<std::uint64_t> given{0};
  std::atomic<bool> ended{false};  ///< nothing more will come
};

/// Keeps invented prices and real ones apart. Errors: configuration.
Result<void> expect_one_sort(SourceWatch& watch, HeadersView headers);

/// Any source of V's as one; copyable, as every Source.
template <class V>
class WatchedSource {
 public:
  using Key = std::string;
  using Value = V;
  using Reader = SourceReader<Key, Value>;
  /// Called for each record, on the reader's thread.
  using Seen = std::function<void(const OwnedRecord<Key, Value>&)>;

  template <Source S>
  WatchedSource(S source, std::shared_ptr<SourceWatch> watch, Seen seen = {})
      : name_(source.name()),
        partitions_(source.partitions()),
        open_([source = std::move(source)](const SourceTask& task, std::stop_token stop) {
          return source.open(task, stop);
        }),
        watch_(std::move(watch)),
        seen_(std::move(seen)) {}

  std::string name() const { return name_; }
  int partitions() const { return partitions_; }
  Result<std::unique_ptr<Reader>> open(const SourceTask& task, std::stop_token stop) const {
    auto reader = open_(task, stop);
    if (!reader && !(watch_->patient && !watch_->once && reader.error().retriable())) return fail(reader.error());
    auto again = [open = open_, task](std::stop_token ending) { return open(task, ending); };
    return std::make_unique<WatchedReader>(reader ? std::move(*reader) : nullptr, again, watch_, seen_);
  }

 private:
  class WatchedReader final : public Reader {
   public:
    using Open = std::function<Result<std::unique_ptr<Reader>>(std::stop_token)>;
    /// `reader` null: `open` gives it when the source can be reached.
    WatchedReader(std::unique_ptr<Reader> reader, Open open, std::shared_ptr<SourceWatch> watch, Seen seen)
        : reader_(std::move(reader)), open_(std::move(open)), watch_(std::move(watch)), seen_(std::move(seen)) {}

    Result<SourceBatch<Key, Value>> poll(std::stop_token stop) override {
      if (watch_->ended) {
        wait(stop, std::chrono::seconds(1));
        return SourceBatch<Key, Value>{};
      }
      if (!reader_) {
        CRYPTOSTREAM_TRY_ASSIGN(reader_, open_(stop));
      }
      CRYPTOSTREAM_TRY_ASSIGN(auto batch, reader_->poll(stop));
      for (const auto& record : batch.records) {
        CRYPTOSTREAM_TRY(expect_one_sort(*watch_, record.headers.view()));
        if (seen_) seen_(record);
      }
      watch_->given += batch.records.size();
      if ((watch_->once && !batch.records.empty()) || (watch_->most > 0 && watch_->given >= watch_->most))
        watch_->ended = true;
      return batch;
    }

   private:
    std::unique_ptr<Reader> reader_;
    Open open_;
    std::shared_ptr<SourceWatch> watch_;
    Seen seen_;
  };

  std::string name_;
  int partitions_;
  std::function<Result<std::unique_ptr<Reader>>(const SourceTask&, std::stop_token)> open_;
  std::shared_ptr<SourceWatch> watch_;
  Seen seen_;
};

/// What most vendors have in common: address, key, time between two questions, where to count. Options without one of
/// these members go without it. The interval is the vendor's own unless one is given.
template <class Options>
Result<void> read_vendor(const std::string& vendor, const cli::Settings& settings, const SourceWatch& watch,
                         Options& options) {
  options.counts = watch.counts;
  if constexpr (requires { options.key; }) {
    CRYPTOSTREAM_TRY_ASSIGN(auto key, settings.api_key(vendor));
    if (key) options.key = *key;
  }
  if (auto url = settings.text(vendor + "-url"); !url.empty()) options.url = url;
  if (settings.given("interval")) options.interval = *settings.duration("interval");
  return {};
}

/// The same and the coins and their currency.
template <class Options>
Result<void> read_coin_vendor(const std::string& vendor, const cli::Settings& settings, const SourceWatch& watch,
                              Options& options) {
  options.coins = settings.list("coins");
  options.quote = settings.text("quote");
  return read_vendor(vendor, settings, watch, options);
}

}  // namespace cryptostream::tool
