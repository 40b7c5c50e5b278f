// Where quotes come from: one of the sources, chosen by the settings, and watched on its way.
#pragma once

#include <cryptostream/cli/settings.h>
#include <cryptostream/graph/source.h>
#include <cryptostream/market/quote.h>
#include <cryptostream/sources/counts.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cryptostream::tool {

/// What is known of a source at work. Shared with its reader.
struct SourceWatch {
  std::function<void(const OwnedRecord<std::string, Quote>&)>
      seen{};  ///< called for each record, on the reader's thread
  std::optional<bool>
      simulated{};         ///< what the topic holds already: invented prices or real ones; nothing: it is empty
  std::uint64_t most = 0;  ///< give no more records than this; 0: no bound
  bool once = false;       ///< give one batch
  std::shared_ptr<SourceCounts> counts = std::make_shared<SourceCounts>();
  std::atomic<std::uint64_t> given{0};
  std::atomic<bool> ended{false};  ///< nothing more will come
};

/// Any source of quotes as one; copyable, as every Source.
class QuoteSource {
 public:
  using Key = std::string;
  using Value = Quote;
  using Reader = SourceReader<Key, Value>;

  template <Source S>
  QuoteSource(S source, std::shared_ptr<SourceWatch> watch)
      : name_(source.name()),
        partitions_(source.partitions()),
        open_([source = std::move(source)](const SourceTask& task, std::stop_token stop) {
          return source.open(task, stop);
        }),
        watch_(std::move(watch)) {}

  std::string name() const { return name_; }
  int partitions() const { return partitions_; }
  Result<std::unique_ptr<Reader>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  std::string name_;
  int partitions_;
  std::function<Result<std::unique_ptr<Reader>>(const SourceTask&, std::stop_token)> open_;
  std::shared_ptr<SourceWatch> watch_;
};

/// The source's name: --source, else coincap where a key is configured, else coinbase. Says which and why, in the log.
Result<std::string> choose_source(const cli::Settings& settings);

/// The source of that name, with what the settings say of it.
Result<QuoteSource> make_source(const std::string& name, const cli::Settings& settings,
                                std::shared_ptr<SourceWatch> watch);

}  // namespace cryptostream::tool
