// window_statistics(): from a stream of prices to a stream of what the last hours' prices were like.
#pragma once

#include <cryptostream/dsl/process.h>
#include <cryptostream/market/sample_store.h>
#include <cryptostream/market/window_statistics.h>

#include <string>
#include <unordered_map>

namespace cryptostream {

/// Not for users: the processor of window_statistics(). The store has the samples; what is computed of them is in
/// memory, and made again from the store when a key is met for the first time.
template <class K, class V>
class StatisticsProcessor : public FixedKeyProcessor<K, V, Statistics> {
  using Base = FixedKeyProcessor<K, V, Statistics>;

 public:
  StatisticsProcessor(typename Base::Context& context, const WindowStatisticsOptions& options, const std::string& store)
      : Base(context), options_(options), store_(context.store(sample_store<K>(store))) {}

  void process(const Record<K, V>& record) override {
    StoredSamples<K> stored(store_, record.key);
    encoded_.clear();
    keys_.encode(record.key, encoded_);
    auto found = windows_.find(encoded_);
    if (found == windows_.end()) {
      WindowStatistics window(options_);
      stored.for_each([&](const Sample& sample) { window.add(sample); });
      found = windows_.emplace(encoded_, std::move(window)).first;
    }
    auto& window = found->second;
    auto sample = sample_of(record.value);
    if (!window.add(sample)) return;
    stored.put(sample);
    for (const auto& old : window.removed()) stored.erase(old);
    this->context().forward(*window.value());
  }

 private:
  WindowStatisticsOptions options_;
  typename StoredSamples<K>::Store store_;
  Serde<K> keys_ = required_serde<K>();
  std::unordered_map<std::string, WindowStatistics> windows_;
  std::string encoded_;
};

/// For each value that comes, the statistics of its key's window; one that comes too late for it gives none. V: any
/// type with a sample_of(). Streams by symbol may hold several sources and currencies: select a finer key before
/// (product_key). Throws std::invalid_argument as WindowStatistics does. Cost: a store named `name` with an entry for
/// each value of a window, and the same again in memory; a write a value, and an erasure for each that leaves.
template <class K, HasSample V>
Stream<K, Statistics> window_statistics(const Stream<K, V>& values, const WindowStatisticsOptions& options = {},
                                        const std::string& name = "statistics") {
  using P = StatisticsProcessor<K, V>;
  WindowStatistics checked(options);
  return values.template process_values<P>(
      [options, name](typename P::Context& context) { return P(context, options, name); }, Named(name),
      Stores(sample_store<K>(name)));
}

}  // namespace cryptostream
