// Processors: operators of the user's own, with stores and punctuations. (Kafka Streams: the Processor API.)
#pragma once

#include <cryptostream/graph/node.h>
#include <cryptostream/graph/processor_scope.h>
#include <cryptostream/graph/store_builder.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// What every processor can ask its task for. Valid as long as the processor.
class AnyProcessorContext {
 public:
  explicit AnyProcessorContext(ProcessorScope& scope) : scope_(scope) {}

  /// The store that was declared so, or made by a table under that name. Throws std::logic_error if
  /// the processor was not connected with it (Stores).
  template <class Store>
  Store store(const StoreBuilder<Store>& declared) {
    return declared.open(scope_);
  }

  /// Calls `punctuate` again and again, between records: by the task's stream time, or by the wall clock. What it
  /// forwards bears the time that it says; what it stores, the time of the call.
  Punctuation schedule(std::chrono::milliseconds interval, PunctuationType type,
                       std::function<void(Timestamp)> punctuate) {
    if (interval.count() < 1)
      throw std::invalid_argument("processor \"" + scope_.node() + "\": a punctuation's interval must be positive");
    return scope_.task().schedule(interval, type, [this, punctuate = std::move(punctuate)](Timestamp time) {
      return scope_.run(time, {}, [&] { punctuate(time); });
    });
  }

  /// Asks for a commit as soon as the record in hand is done with, instead of at the end of the commit interval.
  void commit() { scope_.task().request_commit(); }

  /// The largest timestamp of any input record of the task so far; -1 ms before the first.
  Timestamp stream_time() const { return scope_.task().stream_time(); }
  Timestamp wall_clock() const { return scope_.task().wall_clock(); }
  std::int32_t partition() const { return scope_.task().partition(); }
  /// Where the input record came from; its topic is empty within a punctuation.
  const RecordOrigin& origin() const { return scope_.task().origin(); }

 protected:
  ProcessorScope& scope_;
};

/// The context of a processor that forwards records of K and V.
template <class K, class V>
class ProcessorContext : public AnyProcessorContext {
 public:
  ProcessorContext(ProcessorScope& scope, const std::vector<Node*>& children)
      : AnyProcessorContext(scope), children_(children) {}

  /// Hands a record to all operators that follow; when it returns, they are done with it.
  void forward(const Record<K, V>& record) {
    for (auto* child : children_) scope_.expect(static_cast<Receiver<K, V>*>(child)->receive(record));
  }
  void forward(const K& key, const V& value, Timestamp timestamp, HeadersView headers = {}) {
    forward(Record<K, V>(key, value, timestamp, headers));
  }
  /// Hands a record to one of them, by its name. Throws std::logic_error if there is none.
  void forward_to(std::string_view child, const Record<K, V>& record) {
    for (auto* candidate : children_)
      if (candidate->name() == child) return scope_.expect(static_cast<Receiver<K, V>*>(candidate)->receive(record));
    throw std::logic_error("processor \"" + scope_.node() + "\" has no node \"" + std::string(child) + "\" behind it");
  }

 private:
  const std::vector<Node*>& children_;
};
/// The context of a processor that ends the line.
template <>
class ProcessorContext<void, void> : public AnyProcessorContext {
 public:
  ProcessorContext(ProcessorScope& scope, const std::vector<Node*>&) : AnyProcessorContext(scope) {}
};

/// The context of a processor that changes values alone.
template <class K, class V>
class FixedKeyProcessorContext : public AnyProcessorContext {
 public:
  FixedKeyProcessorContext(ProcessorScope& scope, const std::vector<Node*>& children)
      : AnyProcessorContext(scope), children_(children) {}

  /// Hands `value` on under the key of the record in hand, with its time and headers or others. Throws std::logic_error
  /// outside process(): there is no key then.
  void forward(const V& value) { forward(value, scope_.timestamp(), scope_.headers()); }
  void forward(const V& value, Timestamp timestamp) { forward(value, timestamp, scope_.headers()); }
  void forward(const V& value, Timestamp timestamp, HeadersView headers) {
    if (!key_)
      throw std::logic_error("processor \"" + scope_.node() +
                             "\": process_values forwards within process() alone, under the key of its record");
    Record<K, V> record(*key_, value, timestamp, headers);
    for (auto* child : children_) scope_.expect(static_cast<Receiver<K, V>*>(child)->receive(record));
  }

 private:
  template <class>
  friend class FixedKeyProcessorNode;
  const std::vector<Node*>& children_;
  const K* key_ = nullptr;
};

/// What all processors have. Derive from Processor or FixedKeyProcessor.
template <class KIn, class VIn, class KOut, class VOut, class C>
class ProcessorBase {
 public:
  using Key = KIn;
  using Value = VIn;
  using OutKey = KOut;
  using OutValue = VOut;
  using Context = C;

  virtual ~ProcessorBase() = default;
  /// Handles one record. An exception makes it a bad one (ErrorPolicies); what was stored and forwarded before stays.
  virtual void process(const Record<KIn, VIn>& record) = 0;

 protected:
  Context& context() const { return context_; }

 private:
  explicit ProcessorBase(Context& context) : context_(context) {}
  template <class, class, class, class>
  friend class Processor;
  template <class, class, class>
  friend class FixedKeyProcessor;
  Context& context_;
};

/// Takes records of KIn and VIn, and forwards any number of KOut and VOut (void: none), with keys of its choice. One
/// object a task, made with the task's context, used by one thread, gone with the task. The constructor is the place to
/// take stores and to schedule punctuations.
template <class KIn, class VIn, class KOut = void, class VOut = KOut>
class Processor : public ProcessorBase<KIn, VIn, KOut, VOut, ProcessorContext<KOut, VOut>> {
 public:
  explicit Processor(ProcessorContext<KOut, VOut>& context)
      : ProcessorBase<KIn, VIn, KOut, VOut, ProcessorContext<KOut, VOut>>(context) {}
};

/// Takes records of K and VIn, and forwards any number of values for each, under its key: no repartition follows. Else
/// as Processor.
template <class K, class VIn, class VOut>
class FixedKeyProcessor : public ProcessorBase<K, VIn, K, VOut, FixedKeyProcessorContext<K, VOut>> {
 public:
  explicit FixedKeyProcessor(FixedKeyProcessorContext<K, VOut>& context)
      : ProcessorBase<K, VIn, K, VOut, FixedKeyProcessorContext<K, VOut>>(context) {}
};

/// P: the user's processor.
template <class P>
class ProcessorNode : public Receiver<typename P::Key, typename P::Value> {
 public:
  using Context = typename P::Context;
  using Factory = std::function<std::unique_ptr<P>(Context&)>;

  ProcessorNode(Factory factory, std::vector<std::string> stores)
      : factory_(std::move(factory)), stores_(std::move(stores)) {}

  Result<void> start(TaskContext& task) override {
    CRYPTOSTREAM_TRY(Node::start(task));
    scope_.emplace(task, this->name(), stores_);
    context_.emplace(*scope_, this->children_);
    auto made = scope_->run({}, {}, [&] { processor_ = factory_(*context_); });
    if (!made && made.error().kind() == ErrorKind::bad_record)
      return fail(ErrorKind::configuration, made.error().message());
    return made;
  }
  Result<void> receive(const Record<typename P::Key, typename P::Value>& record) override {
    return scope_->run(record.timestamp, record.headers, [&] { processor_->process(record); });
  }

 protected:
  Factory factory_;
  std::vector<std::string> stores_;
  std::optional<ProcessorScope> scope_;
  std::optional<Context> context_;
  std::unique_ptr<P> processor_;
};

template <class P>
class FixedKeyProcessorNode final : public ProcessorNode<P> {
 public:
  using ProcessorNode<P>::ProcessorNode;
  Result<void> receive(const Record<typename P::Key, typename P::Value>& record) override {
    auto* outer = std::exchange(this->context_->key_, &record.key);
    auto handled = ProcessorNode<P>::receive(record);
    this->context_->key_ = outer;
    return handled;
  }
};

}  // namespace cryptostream
