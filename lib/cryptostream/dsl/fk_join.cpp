#include <cryptostream/dsl/fk_join.h>

namespace cryptostream {
namespace {

constexpr const char* topic_suffix = "-topic";

LogicalNode node_of(const std::string& name,
                    std::function<void(TopologyWriter& to, const std::vector<std::string>& parents)> write) {
  LogicalNode node;
  node.name = name;
  node.write = std::move(write);
  return node;
}

// A sink to a topic of the join's own.
LogicalNode sink_of(const std::string& name, const std::string& topic, InternalTopic::Use use, Step step) {
  return node_of(name, [=](TopologyWriter& to, const std::vector<std::string>& parents) {
    to.add_internal_topic({topic, use, std::nullopt});
    to.add_sink(name, topic, step, parents);
  });
}

// The source behind that sink, which is above it in the graph of operators and not in that of nodes.
LogicalNode source_of(const std::string& name, const std::string& topic, Step step) {
  return node_of(name,
                 [=](TopologyWriter& to, const std::vector<std::string>&) { to.add_source(name, {topic}, step); });
}

StoreSpec subscriptions(const std::string& name) {
  StoreSpec store;
  store.name = name;
  store.type = StoreSpec::Type::timestamped_key_value;
  store.logs_headers = true;  // as Kafka Streams does in this store alone
  return store;
}

}  // namespace

FkJoinNames::FkJoinNames(BuilderState& state, const std::string& name) {
  constexpr const char* registration = "KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-";
  constexpr const char* processor = "KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-";
  subscription_topic = state.name_or_next(name, registration, "-subscription-registration") + topic_suffix;
  send = state.name_or_next(name, registration, "-subscription-registration-processor");
  subscription_sink = state.name_or_next(name, "KTABLE-SINK-", "-subscription-registration-sink");
  subscription_source = state.name_or_next(name, "KTABLE-SOURCE-", "-subscription-registration-source");
  store = state.name_or_next(name, "KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-", "-subscription-store");
  receive = state.name_or_next(name, processor, "-subscription-receive");
  respond = state.name_or_next(name, processor, "-subscription-join-foreign");
  update = state.name_or_next(name, processor, "-foreign-join-subscription");
  response_topic =
      state.name_or_next(name, "KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-", "-subscription-response") + topic_suffix;
  response_sink = state.name_or_next(name, "KTABLE-SINK-", "-subscription-response-sink");
  response_source = state.name_or_next(name, "KTABLE-SOURCE-", "-subscription-response-source");
  resolve = state.name_or_next(name, "KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-",
                               "-subscription-response-resolver");
  result = state.name_or_next(name, "KTABLE-FK-JOIN-OUTPUT-", "-result");
}

std::size_t add_fk_join(BuilderState& state, FkJoinWiring& wiring) {
  const auto& names = wiring.names;
  auto send = processor_node(names.send, wiring.send);
  send.on_versioned_parent = [versioned = wiring.left_versioned](const std::string&) { *versioned = true; };
  auto above = state.add(wiring.left, std::move(send));
  above =
      state.add(above, sink_of(names.subscription_sink, names.subscription_topic, InternalTopic::Use::fk_subscriptions,
                               [topic = names.subscription_topic, choose = wiring.subscription_partitioner,
                                decisive = wiring.decisive_part] {
                                 return std::make_unique<FkSubscriptionSinkNode>(topic, choose, decisive);
                               }));
  above = state.add(above, source_of(names.subscription_source, names.subscription_topic,
                                     [] { return make_fk_subscription_source(); }));
  wiring.right_sources.insert(names.subscription_source);
  state.copartition(wiring.right_sources);

  above = state.add(above, processor_node(
                               names.receive, [store = names.store] { return std::make_unique<FkReceiveNode>(store); },
                               subscriptions(names.store)));
  above = state.add(above,
                    node_of(names.respond, [name = names.respond, step = wiring.respond, stores = wiring.right_stores](
                                               TopologyWriter& to, const std::vector<std::string>& parents) {
                      to.add_processor(name, step, parents);
                      for (const auto& store : stores()) to.connect_store(name, store);
                    }));
  auto update = processor_node(names.update, wiring.update, subscriptions(names.store));
  update.on_versioned_parent = [versioned = wiring.right_versioned](const std::string&) { *versioned = true; };
  auto updates = state.add(wiring.right, std::move(update));

  above =
      state.add({above, updates}, sink_of(names.response_sink, names.response_topic, InternalTopic::Use::fk_responses,
                                          [topic = names.response_topic, choose = wiring.response_partitioner] {
                                            return std::make_unique<FkResponseSinkNode>(topic, choose);
                                          }));
  above = state.add(above,
                    source_of(names.response_source, names.response_topic, [] { return make_fk_response_source(); }));
  wiring.left_sources.insert(names.response_source);
  state.copartition(wiring.left_sources);
  return state.add(above,
                   node_of(names.resolve, [name = names.resolve, step = wiring.resolve, stores = wiring.left_stores](
                                              TopologyWriter& to, const std::vector<std::string>& parents) {
                     to.add_processor(name, step, parents);
                     for (const auto& store : stores()) to.connect_store(name, store);
                   }));
}

}  // namespace cryptostream
