// process and process_values: how processors of the user's own enter a topology.
#pragma once

#include <cryptostream/dsl/stream.h>
#include <cryptostream/graph/processor.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cryptostream {

/// The stores that a processor uses. A declaration (key_value_store<K, V>("seen"), …) makes the store; given to several
/// processors, they share it. A name stands for a store that another operator makes, such as a table's
/// (Materialized("counts")); global tables' stores can be read alone.
class Stores {
 public:
  template <class... Each>
  requires(sizeof...(Each) > 0) explicit Stores(const Each&... each) { (add(each), ...); }

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<StoreSpec>& declared() const { return declared_; }

 private:
  void add(std::string name) { names_.push_back(std::move(name)); }
  template <class Store>
  void add(const StoreBuilder<Store>& builder) {
    names_.push_back(builder.name());
    declared_.push_back(builder.spec());
  }
  std::vector<std::string> names_;
  std::vector<StoreSpec> declared_;
};

/// The stores that an operator was given among its options, if any.
template <class... Options>
std::pair<std::vector<std::string>, std::vector<StoreSpec>> given_stores(const Options&... options) {
  std::pair<std::vector<std::string>, std::vector<StoreSpec>> stores;
  [[maybe_unused]] auto take = [&](const auto& option) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(option)>, Stores>)
      stores = {option.names(), option.declared()};
  };
  (take(options), ...);
  return stores;
}

/// True if P is derived from Processor or FixedKeyProcessor, which have these.
template <class P>
concept IsProcessor = requires {
  typename P::Context;
  typename P::OutKey;
  typename P::OutValue;
};

/// Makes a P of its context alone.
template <class P>
auto default_maker() {
  static_assert(std::is_constructible_v<P, typename P::Context&>,
                "cryptostream: this processor cannot be made of its context alone: add a constructor "
                "P(Context& context), or pass a function (P::Context& context) that returns one");
  return [](typename P::Context& context) -> std::unique_ptr<P> {
    if constexpr (std::is_constructible_v<P, typename P::Context&>) return std::make_unique<P>(context);
  };
}

/// Adds the node that runs processors P, and names it in `next`, the stream behind it.
template <class P, class Node, class K, class V, class KO, class VO, class F, class... Options>
void add_processor_node(const StreamInner<K, V>& from, StreamInner<KO, VO>& next, const char* prefix, F make,
                        const Options&... options) {
  only_options<Named, Stores>::template check<Options...>();
  auto& state = *from.state;
  state.expect_open();
  auto named = option<Named>(options...);
  next.name = named.name.empty() ? state.next_name(prefix) : named.name;  // which takes no number here
  auto [names, declared] = given_stores(options...);
  Step step = [factory = typename Node::Factory(std::move(make)), names = names] {
    return std::make_unique<Node>(factory, names);
  };
  LogicalNode node;
  node.name = next.name;
  node.write = [name = node.name, step = std::move(step), names = names, declared = declared](
                   TopologyWriter& to, const std::vector<std::string>& parents) {
    to.add_processor(name, step, parents);
    for (const auto& store : declared) to.add_store(store, {});
    for (const auto& store : names) to.connect_store(name, store);
  };
  next.node = state.add(from.node, std::move(node));
}

/// Stream::process and process_values. `make`: gives a std::unique_ptr<P> for a P::Context&.
template <bool keeps_key, class P, class K, class V, class F, class... Options>
auto process_stream(const Stream<K, V>& stream, F make, const Options&... options) {
  using KO = typename P::OutKey;
  using VO = typename P::OutValue;
  constexpr bool fixed_key = std::is_base_of_v<FixedKeyProcessor<typename P::Key, typename P::Value, VO>, P>;
  constexpr bool types_fit = std::is_same_v<typename P::Key, K> && std::is_same_v<typename P::Value, V>;
  static_assert(fixed_key == keeps_key,
                "cryptostream: process takes classes derived from Processor, process_values those from "
                "FixedKeyProcessor");
  if constexpr (fixed_key != keeps_key) {
    return Broken{};
  } else if constexpr (Widens<K, V, typename P::Key, typename P::Value>) {
    return process_stream<keeps_key, P>(Stream<typename P::Key, typename P::Value>(stream), std::move(make),
                                        options...);
  } else if constexpr (!types_fit) {
    static_assert(types_fit,
                  "cryptostream: this processor's keys or values are of other types than the stream's (they may only "
                  "be wider, by std::optional)");
    return Broken{};
  } else if constexpr (std::is_void_v<KO>) {
    auto end = stream.inner();
    add_processor_node<P, ProcessorNode<P>>(stream.inner(), end, "KSTREAM-PROCESSOR-", std::move(make), options...);
  } else if constexpr (keeps_key) {
    auto next = stream.inner().template with<K, VO>();
    next.values.reset();
    add_processor_node<P, FixedKeyProcessorNode<P>>(stream.inner(), next, "KSTREAM-PROCESSVALUES-", std::move(make),
                                                    options...);
    return Stream<K, VO>(std::move(next));
  } else {
    auto next = stream.inner().template with<KO, VO>();
    next.repartition = true;
    next.keys.reset();
    next.values.reset();
    next.key_untouched = false;
    add_processor_node<P, ProcessorNode<P>>(stream.inner(), next, "KSTREAM-PROCESSOR-", std::move(make), options...);
    return Stream<KO, VO>(std::move(next));
  }
}

/// The same with options alone, or with a maker of P's before them: a function (P::Context&) -> P.
template <bool keeps_key, class P, class K, class V>
auto process_stream_with(const Stream<K, V>& stream) {
  static_assert(IsProcessor<P>,
                "cryptostream: process<P> and process_values<P> need a class P derived from Processor "
                "or FixedKeyProcessor");
  if constexpr (IsProcessor<P>) {
    return process_stream<keeps_key, P>(stream, default_maker<P>());
  } else {
    return Broken{};
  }
}
template <bool keeps_key, class P, class K, class V, class First, class... Rest>
auto process_stream_with(const Stream<K, V>& stream, const First& first, const Rest&... rest) {
  if constexpr (!IsProcessor<P>) {
    return process_stream_with<keeps_key, P>(stream);
  } else if constexpr (std::is_invocable_v<const First&, typename P::Context&>) {
    auto make = [first](typename P::Context& context) { return std::unique_ptr<P>(new P(first(context))); };
    return process_stream<keeps_key, P>(stream, make, rest...);
  } else {
    return process_stream<keeps_key, P>(stream, default_maker<P>(), first, rest...);
  }
}

}  // namespace cryptostream
