// Processors, each of which the format describes.
#include "compiler.h"

#include <cryptostream/dsl/process.h>

#include <chrono>

namespace conformance {
namespace {

using namespace cryptostream;
using Declared = StoreBuilder<TypedKeyValueStore<Data, Data>>;
using Base = Processor<Value, Value, Value, Value>;
using Input = Record<Value, Value>;
constexpr std::chrono::seconds interval{10};

class Deduplicate : public Base {
 public:
  Deduplicate(Context& context, const Declared& store) : Base(context), seen_(context.store(store)) {}
  void process(const Input& record) override {
    if (record.key) {
      if (seen_.get(*record.key) == record.value) return;
      record.value ? seen_.put(*record.key, *record.value) : seen_.erase(*record.key);
    }
    context().forward(record);
  }

 private:
  Declared::Store seen_;
};

class CountPunctuate : public Base {
 public:
  CountPunctuate(Context& context, const Declared& store) : Base(context), counts_(context.store(store)) {
    context.schedule(interval, PunctuationType::stream_time, [this, &context](Timestamp now) {
      for (auto& [key, count] : counts_.all()) context.forward(key, count, now);
    });
  }
  void process(const Input& record) override {
    if (!record.key) return;
    auto before = counts_.get(*record.key);
    counts_.put(*record.key, data(before ? std::get<std::int64_t>(before->content) + 1 : std::int64_t{1}));
  }

 private:
  Declared::Store counts_;
};

class EmitOnWallClock : public Base {
 public:
  EmitOnWallClock(Context& context, const Declared& store) : Base(context), waiting_(context.store(store)) {
    context.schedule(interval, PunctuationType::wall_clock, [this, &context](Timestamp now) {
      for (auto& [key, value] : waiting_.all()) {
        context.forward(key, value, now);
        waiting_.erase(key);
      }
    });
  }
  void process(const Input& record) override {
    if (!record.key) return;
    record.value ? waiting_.put(*record.key, *record.value) : waiting_.erase(*record.key);
  }

 private:
  Declared::Store waiting_;
};

template <class Context>
Value with_times(const Context& context, const Input& record) {
  return data(text(record.value) + "|" + std::to_string(context.stream_time().ms) + "|" +
              std::to_string(context.wall_clock().ms));
}

class WithTimes : public Base {
 public:
  using Base::Base;
  void process(const Input& record) override {
    context().forward(record.key, with_times(context(), record), record.timestamp, record.headers);
  }
};

class ValuesWithTimes : public FixedKeyProcessor<Value, Value, Value> {
 public:
  using FixedKeyProcessor::FixedKeyProcessor;
  void process(const Input& record) override { context().forward(with_times(context(), record)); }
};

class AddHeader : public Base {
 public:
  using Base::Base;
  void process(const Input& record) override {
    Headers headers(record.headers);
    headers.add("seen", text(record.value));
    context().forward(record.key, record.value, record.timestamp, headers);
  }
};

}  // namespace

std::optional<Node> Compiler::process(const Op& op) {
  const auto& in = node(op, "in");
  auto processor = op.text("processor");
  if (op.text("op") == "process_values") {
    if (processor != "with_times") throw ScenarioError("unknown processor of values: " + processor);
    return Node{in.stream().process_values<ValuesWithTimes>(op.named()), in.key, DataType::text()};
  }
  if (processor == "with_times") return Node{in.stream().process<WithTimes>(op.named()), in.key, DataType::text()};
  if (processor == "add_header") return Node{in.stream().process<AddHeader>(op.named()), in.key, in.value};
  auto stateful = [&]<class P>(const Type& value, P*) {
    auto store = op.text_or("store", op.text("id") + "-store");
    stores_[store] = {in.key, value};
    auto declared = key_value_store<Data, Data>(store, in.key->serde(), value->serde());
    auto make = [declared](typename P::Context& context) { return P(context, declared); };
    return Node{in.stream().template process<P>(make, op.named(), Stores(declared)), in.key, value};
  };
  if (processor == "dedup_by_value") return stateful(in.value, static_cast<Deduplicate*>(nullptr));
  if (processor == "emit_on_wall_clock_10s") return stateful(in.value, static_cast<EmitOnWallClock*>(nullptr));
  if (processor == "count_punctuate_stream_time_10s")
    return stateful(DataType::number(), static_cast<CountPunctuate*>(nullptr));
  throw ScenarioError("unknown processor: " + processor);
}

}  // namespace conformance
