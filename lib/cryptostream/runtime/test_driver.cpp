#include <cryptostream/broker/memory.h>
#include <cryptostream/runtime/flight_recorder.h>
#include <cryptostream/runtime/internal_topics.h>
#include <cryptostream/runtime/partitioner.h>
#include <cryptostream/runtime/source_positions.h>
#include <cryptostream/runtime/stream_thread.h>
#include <cryptostream/runtime/test_driver.h>

#include <algorithm>

namespace cryptostream {
namespace {

constexpr std::chrono::hours never{1'000'000};

void expect(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message());
}
template <class T>
T expect(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

bool finds(SessionStore& sessions, const TestDriver::Row& row) {
  auto cursor = expect(sessions.find(row.key, row.end, row.start));
  while (const auto* entry = expect(cursor->next()))
    if (entry->start == row.start && entry->end == row.end) return true;
  return false;
}

}  // namespace

struct TestDriver::Impl {
  Topology topology;
  Options options;
  ManualClock clock;
  std::shared_ptr<Broker> broker;
  Metrics metrics;
  TaskEnvironment tasks;
  std::unique_ptr<Group> group;
  SinkProgress progress;
  std::optional<ThreadEnvironment> environment;
  std::vector<TaskId> ids;
  std::unique_ptr<StreamThread> thread;
  std::unique_ptr<Producer> producer;
  std::map<TopicPartition, std::int64_t> read_to;
  std::map<std::string, TopicSpec> internal_topics;

  Impl(Topology t, Options o)
      : topology(o.fused ? t.fused() : std::move(t)),
        options(std::move(o)),
        clock(options.start),
        broker(memory_broker({.clock = &clock, .log_id = "test", .keep_everything = true, .polls_in_order = true})),
        tasks{topology, options.config, *broker, clock, metrics, "test"} {
    if (options.commits == Options::Commits::when_told) {
      options.config.commit_interval = never;
      options.config.max_uncommitted_records = SIZE_MAX;
    }
  }

  void make_topic(const std::string& name, bool compacted = false) {
    TopicSpec spec;
    spec.name = name;
    spec.compacted = compacted;
    if (auto found = options.partitions.find(name); found != options.partitions.end()) spec.partitions = found->second;
    expect(broker->create_topic(spec));
  }

  void make_pattern_topics() {
    for (const auto& node : topology.nodes())
      if (node.pattern)
        for (const auto& [name, count] : options.partitions)
          if (node.pattern->matches(name)) make_topic(name);
  }

  // Makes topics and tasks; again when there is a topic more that a pattern matches.
  void build() {
    thread.reset();
    environment.reset();
    if (group) expect(group->leave());
    group.reset();
    ids.clear();
    if (topology.has_patterns()) topology = topology.resolved(expect(topics_for_patterns(tasks)));
    std::set<std::string> processed, own;
    for (const auto& node : topology.nodes())
      for (const auto& topic : node.topics) {
        if (!node.internal) make_topic(topic);
        if (node.kind == NodeSpec::Kind::sink_topic) own.insert(tasks.real_topic(topic));
      }
    auto plan = expect(plan_internal_topics(tasks));
    expect(make_internal_topics(tasks, plan));
    tasks.partitions = plan.inputs;
    internal_topics = plan.repartitions;
    internal_topics.insert(plan.changelogs.begin(), plan.changelogs.end());
    make_topic(SourcePositions::topic(options.config.application_id), true);
    for (std::size_t part = 0; part < topology.sub_topologies().size(); ++part) {
      const auto& sub = topology.sub_topologies()[part];
      if (sub.global) continue;
      auto partitions = plan.tasks[part];
      for (const auto& topic : sub.topics)
        if (sub.sink == SubTopology::no_sink) processed.insert(tasks.real_topic(topic));
      for (auto node : sub.nodes)
        if (const auto& source = topology.nodes()[node].source) partitions = source->partitions();
      for (std::int32_t partition = 0; partition < partitions; ++partition) ids.push_back({part, partition});
    }
    GroupOptions joined;
    joined.group = options.config.application_id;
    joined.units = static_cast<std::int32_t>(ids.size());
    group = expect(broker->join(joined));
    environment.emplace(tasks, *group, progress, std::move(processed), std::move(own), 1);
    environment->in_turns = true;
    environment->step_by_step = options.commits == Options::Commits::always;
    producer = expect(broker->producer({}));
    start();
  }

  // A new topic, if some source waits for its like.
  bool discover(const std::string& topic) {
    const auto& nodes = topology.nodes();
    if (std::none_of(nodes.begin(), nodes.end(),
                     [&](const auto& node) { return node.pattern && node.pattern->matches(topic); }))
      return false;
    expect(thread->commit());
    make_topic(topic);
    build();
    settle();
    return true;
  }

  void start() {
    thread = std::make_unique<StreamThread>(*environment, 0, ids);
    expect(thread->start({}));
  }

  void settle() {
    if (options.commits == Options::Commits::when_told) {
      do expect(thread->write_out());
      while (expect(thread->run_once(std::chrono::milliseconds(0))));
      return;
    }
    while (expect(thread->run_once(std::chrono::milliseconds(0)))) {
    }
    expect(thread->commit());
    // What was committed may be input of another sub-topology.
    while (expect(thread->run_once(std::chrono::milliseconds(0)))) expect(thread->commit());
  }
};

TestDriver::TestDriver(Topology topology) : TestDriver(std::move(topology), Options{}) {}

TestDriver::TestDriver(Topology topology, Options options)
    : impl_(std::make_unique<Impl>(std::move(topology), std::move(options))) {
  impl_->make_pattern_topics();
  impl_->build();
}

TestDriver::~TestDriver() = default;

void TestDriver::pipe_bytes(const std::string& topic, OptionalBytesView key, OptionalBytesView value,
                            Timestamp timestamp, HeadersView headers, std::int32_t partition) {
  auto info = expect(impl_->broker->topic(topic));
  if (!info && impl_->discover(topic)) info = expect(impl_->broker->topic(topic));
  if (!info) throw std::runtime_error("TestDriver: the topology has no topic \"" + topic + "\"");
  TopicPartition to{topic, partition >= 0 ? partition : key ? partition_for_key(*key, info->partitions) : 0};
  OutgoingRecord record;
  record.partition = &to;
  record.timestamp = timestamp;
  record.key = key;
  record.value = value;
  record.headers = headers;
  expect(impl_->producer->send(record));
  expect(impl_->producer->flush(std::chrono::milliseconds(0)));
  impl_->settle();
}

std::vector<TestDriver::RawRecord> TestDriver::read_bytes(const std::string& topic) {
  std::vector<RawRecord> records;
  auto info = expect(impl_->broker->topic(topic));
  if (!info) return records;
  for (std::int32_t partition = 0; partition < info->partitions; ++partition) {
    TopicPartition from{topic, partition};
    auto& position = impl_->read_to[from];
    auto consumer = expect(impl_->broker->consumer(Isolation::read_committed));
    Assignment assignment{from, position};
    expect(consumer->assign({&assignment, 1}));
    for (;;) {
      auto batch = expect(consumer->poll(1'000, std::chrono::milliseconds(0)));
      if (batch.empty()) break;
      for (const auto& record : batch)
        records.push_back({partition, record.offset, OptionalBytes(record.key), OptionalBytes(record.value),
                           record.timestamp, Headers(record.headers)});
    }
    position = consumer->position(0);
  }
  return records;
}

void TestDriver::await_source(std::uint64_t records, std::chrono::milliseconds patience) {
  auto& consumed = impl_->metrics.records_consumed;
  auto wanted = consumed + records;
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (consumed < wanted) {
    expect(impl_->thread->run_once(std::chrono::milliseconds(10)));
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("TestDriver: the source did not give that many records in time");
  }
  impl_->settle();
}

void TestDriver::advance(std::chrono::milliseconds by) {
  impl_->clock.advance(by);
  impl_->settle();
}

std::uint64_t TestDriver::replay(const std::string& file, const std::function<void(std::uint64_t)>& before) {
  auto reader = expect(FlightReader::open(file));
  FlightFrame frame;
  std::uint64_t records = 0;
  bool restored = false;
  auto send = [&] {
    OutgoingRecord record;
    record.partition = &frame.from;
    record.timestamp = frame.timestamp;
    if (frame.key) record.key = *frame.key;
    if (frame.value) record.value = *frame.value;
    record.headers = frame.headers;
    expect(impl_->producer->send(record));
    expect(impl_->producer->flush(std::chrono::milliseconds(0)));
  };
  while (expect(reader.next(frame))) {
    if (frame.type == FlightFrame::Type::restored) {
      send();
      restored = true;
      continue;
    }
    if (std::exchange(restored, false)) restart();
    if (auto ahead = frame.wall_clock - impl_->clock.now(); ahead.count() > 0) impl_->clock.advance(ahead);
    if (frame.type == FlightFrame::Type::record) {
      if (before) before(records);
      ++records;
      send();
    }
    impl_->settle();
  }
  return records;
}

const std::map<std::string, TopicSpec>& TestDriver::internal_topics() const { return impl_->internal_topics; }

StateStore& TestDriver::store(const std::string& name, std::int32_t partition) {
  auto* found = impl_->thread->find_store(name, partition);
  if (!found)
    throw std::runtime_error("TestDriver: the topology has no store \"" + name + "\" for partition " +
                             std::to_string(partition));
  return *found;
}

std::vector<TestDriver::Row> TestDriver::rows(const std::string& name) {
  constexpr Timestamp first{0}, last{INT64_MAX};
  std::vector<Row> rows;
  std::set<StateStore*> seen;
  (void)store(name);  // throws if there is none
  for (const auto& id : impl_->ids) {
    auto* store = impl_->thread->find_store(name, id.partition);
    if (!store || !seen.insert(store).second) continue;
    Cursor cursor;
    if (auto* table = dynamic_cast<KeyValueStore*>(store)) cursor = expect(table->range({}, {}));
    if (auto* windows = dynamic_cast<WindowStore*>(store)) cursor = expect(windows->fetch_all(first, last));
    auto* sessions = dynamic_cast<SessionStore*>(store);
    if (sessions) cursor = expect(sessions->find_all(first, last));
    if (auto* versions = dynamic_cast<VersionedStore*>(store)) cursor = expect(versions->all());
    if (!cursor) throw std::runtime_error("TestDriver: \"" + name + "\" is a join's or suppression's own store");
    while (const auto* entry = expect(cursor->next()))
      rows.push_back({std::string(entry->key), std::string(entry->value), entry->timestamp, entry->start, entry->end});
    // On disk all sessions of a segment can be met, also those that a lookup by key no longer finds.
    if (sessions) std::erase_if(rows, [&](const Row& row) { return !finds(*sessions, row); });
  }
  return rows;
}

void TestDriver::commit() {
  expect(impl_->thread->commit());
  impl_->settle();
}

void TestDriver::restart() {
  impl_->thread.reset();
  impl_->start();
  impl_->settle();
}

void TestDriver::stop_and_start() {
  expect(impl_->thread->commit());
  restart();
}

Broker& TestDriver::broker() { return *impl_->broker; }
const Metrics& TestDriver::metrics() const { return impl_->metrics; }

}  // namespace cryptostream
