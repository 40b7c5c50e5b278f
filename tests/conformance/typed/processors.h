// The processors of scenarios over concrete types, and how they are put behind a stream.
#pragma once

#include "functions.h"

#include <chrono>
#include <string>
#include <utility>

namespace conformance::typed {

// In a store nothing is absent.
template <class V>
using Kept = cs::strip_optional_t<V>;
template <class K, class V>
using KeptStore = cs::StoreBuilder<cs::TypedKeyValueStore<Kept<K>, Kept<V>>>;

template <class T>
const Kept<T>* kept(const T& value) {
  if constexpr (cs::is_optional_v<T>) {
    return value ? &*value : nullptr;
  } else {
    return &value;
  }
}

template <class K, class V>
class Deduplicate : public cs::Processor<K, V, K, V> {
 public:
  using typename cs::Processor<K, V, K, V>::Context;
  Deduplicate(Context& context, const KeptStore<K, V>& store)
      : cs::Processor<K, V, K, V>(context), seen_(context.store(store)) {}
  void process(const cs::Record<K, V>& record) override {
    if (const auto* key = kept(record.key)) {
      const auto* value = kept(record.value);
      auto seen = seen_.get(*key);
      if (value ? seen == *value : !seen) return;
      value ? seen_.put(*key, *value) : seen_.erase(*key);
    }
    this->context().forward(record);
  }

 private:
  typename KeptStore<K, V>::Store seen_;
};

template <class K, class V>
class CountPunctuate : public cs::Processor<K, V, Kept<K>, std::int64_t> {
 public:
  using Base = cs::Processor<K, V, Kept<K>, std::int64_t>;
  using typename Base::Context;
  CountPunctuate(Context& context, const KeptStore<K, std::int64_t>& store)
      : Base(context), counts_(context.store(store)) {
    context.schedule(std::chrono::seconds(10), cs::PunctuationType::stream_time, [this](cs::Timestamp now) {
      for (auto& [key, count] : counts_.all()) this->context().forward(key, count, now);
    });
  }
  void process(const cs::Record<K, V>& record) override {
    if (const auto* key = kept(record.key)) counts_.put(*key, counts_.get(*key).value_or(0) + 1);
  }

 private:
  typename KeptStore<K, std::int64_t>::Store counts_;
};

template <class K, class V>
class EmitOnWallClock : public cs::Processor<K, V, Kept<K>, Kept<V>> {
 public:
  using Base = cs::Processor<K, V, Kept<K>, Kept<V>>;
  using typename Base::Context;
  EmitOnWallClock(Context& context, const KeptStore<K, V>& store) : Base(context), waiting_(context.store(store)) {
    context.schedule(std::chrono::seconds(10), cs::PunctuationType::wall_clock, [this](cs::Timestamp now) {
      for (auto& [key, value] : waiting_.all()) {
        this->context().forward(key, value, now);
        waiting_.erase(key);
      }
    });
  }
  void process(const cs::Record<K, V>& record) override {
    if (const auto* key = kept(record.key)) {
      const auto* value = kept(record.value);
      value ? waiting_.put(*key, *value) : waiting_.erase(*key);
    }
  }

 private:
  typename KeptStore<K, V>::Store waiting_;
};

template <class Context>
std::string times(const Context& context) {
  return "|" + std::to_string(context.stream_time().ms) + "|" + std::to_string(context.wall_clock().ms);
}

template <class K, class V>
struct WithTimes : cs::Processor<K, V, K, std::string> {
  using cs::Processor<K, V, K, std::string>::Processor;
  void process(const cs::Record<K, V>& record) override {
    this->context().forward(record.key, text(record.value) + times(this->context()), record.timestamp, record.headers);
  }
};

template <class K, class V>
struct ValuesWithTimes : cs::FixedKeyProcessor<K, V, std::string> {
  using cs::FixedKeyProcessor<K, V, std::string>::FixedKeyProcessor;
  void process(const cs::Record<K, V>& record) override {
    this->context().forward(text(record.value) + times(this->context()));
  }
};

template <class K, class V>
struct AddHeader : cs::Processor<K, V, K, V> {
  using cs::Processor<K, V, K, V>::Processor;
  void process(const cs::Record<K, V>& record) override {
    cs::Headers headers(record.headers);
    headers.add("seen", text(record.value));
    this->context().forward(record.key, record.value, record.timestamp, headers);
  }
};

// By the scenarios' names. `store`: the name of the processor's store.
namespace processor {

template <class P, class V, class K, class VIn>
auto with_store(const cs::Stream<K, VIn>& in, const std::string& store, const cs::Named& named) {
  auto declared = cs::key_value_store<Kept<K>, Kept<V>>(store);
  return in.template process<P>([declared](typename P::Context& context) { return P(context, declared); }, named,
                                cs::Stores(declared));
}

template <class K, class V>
auto dedup_by_value(const cs::Stream<K, V>& in, const std::string& store, const cs::Named& named = {}) {
  return with_store<Deduplicate<K, V>, V>(in, store, named);
}
template <class K, class V>
auto count_punctuate_stream_time_10s(const cs::Stream<K, V>& in, const std::string& store,
                                     const cs::Named& named = {}) {
  return with_store<CountPunctuate<K, V>, std::int64_t>(in, store, named);
}
template <class K, class V>
auto emit_on_wall_clock_10s(const cs::Stream<K, V>& in, const std::string& store, const cs::Named& named = {}) {
  return with_store<EmitOnWallClock<K, V>, V>(in, store, named);
}
template <class K, class V>
auto with_times(const cs::Stream<K, V>& in, const std::string&, const cs::Named& named = {}) {
  return in.template process<WithTimes<K, V>>(named);
}
template <class K, class V>
auto add_header(const cs::Stream<K, V>& in, const std::string&, const cs::Named& named = {}) {
  return in.template process<AddHeader<K, V>>(named);
}

}  // namespace processor

template <class K, class V>
auto values_with_times(const cs::Stream<K, V>& in, const cs::Named& named = {}) {
  return in.template process_values<ValuesWithTimes<K, V>>(named);
}

}  // namespace conformance::typed
