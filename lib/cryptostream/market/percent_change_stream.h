// percent_changes(): from a stream of prices to a stream of their changes.
#pragma once

#include <cryptostream/dsl/process.h>
#include <cryptostream/market/percent_change.h>
#include <cryptostream/market/sample_store.h>

#include <string>

namespace cryptostream {

/// Not for users: the processor of percent_changes().
template <class K, class V>
class PercentChangeProcessor : public FixedKeyProcessor<K, V, PercentChanges> {
  using Base = FixedKeyProcessor<K, V, PercentChanges>;

 public:
  PercentChangeProcessor(typename Base::Context& context, const PercentChangeOptions& options, const std::string& store)
      : Base(context), options_(options), store_(context.store(sample_store<K>(store))) {}

  void process(const Record<K, V>& record) override {
    ChangeHistory<StoredSamples<K>> history(options_, StoredSamples<K>(store_, record.key));
    if (history.add(sample_of(record.value))) this->context().forward(*history.changes());
  }

 private:
  PercentChangeOptions options_;
  typename StoredSamples<K>::Store store_;
};

/// For each value that comes, the changes of its key's latest value; a late one may thus correct the last answer, and
/// one that changes nothing gives none (ChangeHistory::add). V: any type with a sample_of(). Streams by symbol may hold
/// several sources and currencies: select a finer key before (product_key). Throws std::invalid_argument as
/// PercentChangeOptions::check. Cost: a store named `name` with an entry for each remembered value; seven look-ups and
/// one write a value, no memory beside the store.
template <class K, HasSample V>
Stream<K, PercentChanges> percent_changes(const Stream<K, V>& values, const PercentChangeOptions& options = {},
                                          const std::string& name = "percent-changes") {
  using P = PercentChangeProcessor<K, V>;
  options.check();
  return values.template process_values<P>(
      [options, name](typename P::Context& context) { return P(context, options, name); }, Named(name),
      Stores(sample_store<K>(name)));
}

}  // namespace cryptostream
