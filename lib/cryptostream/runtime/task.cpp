#include <cryptostream/core/log.h>
#include <cryptostream/runtime/offset_metadata.h>
#include <cryptostream/runtime/partitioner.h>
#include <cryptostream/runtime/task.h>

#include <fmt/format.h>

#include <algorithm>

namespace cryptostream {
namespace {

constexpr std::chrono::milliseconds reread_timeout{10'000};
constexpr std::size_t most_reasons = 32;  // why records are dropped: the library has fewer, user code may make up more

const ErrorPolicy& policy_of(const ErrorPolicies& policies, Place place) {
  switch (place) {
    case Place::decode:
      return policies.decode;
    case Place::function:
      return policies.function;
    case Place::encode:
      return policies.encode;
    case Place::sink:
      return policies.sink;
  }
  return policies.function;
}

}  // namespace

std::string TaskEnvironment::real_topic(const std::string& topic) const {
  return topology.internal(topic) ? config.application_id + "-" + topic : topic;
}

std::string TaskEnvironment::changelog_topic(const StoreSpec& store) const {
  return store.source_topic.empty() ? config.application_id + "-" + store.name + "-changelog"
                                    : real_topic(store.source_topic);
}

std::vector<TopicPartition> TaskEnvironment::inputs(const TaskId& task) const {
  std::vector<TopicPartition> inputs;
  for (const auto& topic : topology.sub_topologies()[task.sub_topology].topics)
    if (auto name = real_topic(topic); task.partition < partitions.at(name))
      inputs.push_back({std::move(name), task.partition});
  return inputs;
}

// The partition of a changelog topic that one store writes.
class Task::TaskChangelog final : public Changelog {
 public:
  TaskChangelog(Task& task, TopicPartition partition) : task_(task), partition_(std::move(partition)) {}
  Result<void> append(BytesView key, OptionalBytesView value, std::optional<Timestamp> timestamp,
                      HeadersView headers) override {
    OutgoingRecord record;
    record.partition = &partition_;
    record.timestamp = timestamp.value_or(task_.wall_clock());
    record.key = key;
    record.value = value;
    record.headers = headers;
    task_.metrics_->changelog_records.add();
    return task_.neighbours_.writer.send(record);
  }

 private:
  Task& task_;
  TopicPartition partition_;
};

Task::Task(const TaskEnvironment& environment, TaskId id, std::vector<TopicPartition> inputs,
           const TaskNeighbours& neighbours)
    : environment_(environment),
      id_(id),
      name_("task " + id.to_string()),
      neighbours_(neighbours),
      inputs_(std::move(inputs)),
      queues_([this](std::size_t input, const LogRecord& record, const Error* why) {
        return refused(input, record, why);
      }) {
  const auto& specs = environment.topology.nodes();
  for (auto node : part().nodes)
    if (specs[node].source) external_ = specs[node].source;
  if (ends_in_sink()) sink_name_ = environment.config.application_id + "/" + specs[part().sink].name;
  if (part().global) own_metrics_ = std::make_unique<TaskMetrics>();
  metrics_ = own_metrics_ ? own_metrics_.get() : &environment.metrics.tasks.of(id.to_string());
  describe();
}

Task::~Task() {
  stop();
  metrics_->state = TaskMetrics::State::closed;
}

void Task::describe() {
  if (ends_in_sink()) {
    const auto& node = environment_.topology.nodes()[part().sink].name;
    sink_metrics_ = &environment_.metrics.sinks.of(node);
    if (!metrics_->described) metrics_->sink = node;
  }
  for (const auto& input : inputs_)
    input_metrics_.push_back(&metrics_->inputs.of(fmt::format("{}/{}", input.topic, input.partition)));
  metrics_->described = true;
  metrics_->restore_remaining = 0;
  metrics_->state = TaskMetrics::State::restoring;
}

void Task::note_position(std::size_t input, std::int64_t position, bool caught_up) {
  auto& about = *input_metrics_[input];
  about.caught_up = false;  // before the position it does not belong to
  about.position = position;
  about.caught_up = caught_up;
  if (stream_time().ms >= 0) metrics_->stream_time = stream_time().ms;
}

const std::string& Task::source_name() const {
  for (auto node : part().nodes)
    if (const auto& spec = environment_.topology.nodes()[node]; spec.source) return spec.name;
  return name_;
}

Result<void> Task::open() {
  stop();
  const auto& config = environment_.config;
  if (!config.flight_recorder.empty()) {
    auto path = fmt::format("{}/{}-{}.flight", config.flight_recorder, config.application_id, id_.to_string());
    CRYPTOSTREAM_TRY_ASSIGN(flight_, FlightRecorder::open(path, config.flight_recorder_bytes));
  }
  CRYPTOSTREAM_TRY(open_stores());
  const auto& specs = environment_.topology.nodes();
  std::map<std::size_t, Node*> made;
  states_.assign(inputs_.size(), {});
  std::vector<std::unique_ptr<InputSlot>> slots(inputs_.size());
  for (auto id : part().nodes) {
    const auto& spec = specs[id];
    auto& node = *nodes_.emplace_back(spec.step());
    node.set_name(spec.name);
    made[id] = &node;
    if (spec.kind == NodeSpec::Kind::source_external) entry_ = &node;
    if (spec.kind == NodeSpec::Kind::sink_external) sink_ = dynamic_cast<ExternalSinkNode*>(&node);
    if (spec.kind == NodeSpec::Kind::source_topic)
      for (const auto& topic : spec.topics)
        for (std::size_t i = 0; i < inputs_.size(); ++i)
          if (inputs_[i].topic == environment_.real_topic(topic)) slots[i] = static_cast<SourceNode&>(node).slot();
  }
  queues_.reset(std::move(slots));
  for (auto id : part().nodes)
    for (auto child : specs[id].children) made[id]->add_child(*made[child]);
  return {};
}

Result<void> Task::start() {
  // In this order Kafka Streams starts them, which shows in punctuations that are due at the same time.
  for (auto& node : nodes_) CRYPTOSTREAM_TRY(node->start(*this));
  if (sink_) {
    SinkTask task;
    task.sink = sink_name_;
    task.topic = inputs_.front().topic;
    task.partition = id_.partition;
    task.log_id = environment_.log_id;
    CRYPTOSTREAM_TRY_ASSIGN(sink_position_, sink_->open(task));
  }
  return {};
}

Result<void> Task::open_stores() {
  const auto& config = environment_.config;
  for (const auto& name : part().stores) {
    const auto& spec = environment_.topology.stores().at(name);
    StoreEnvironment environment;
    environment.cache = neighbours_.cache;
    environment.backend = config.store;
    environment.dropped = [this] { drop("its window has expired"); };
    TopicPartition changelog{environment_.changelog_topic(spec), id_.partition};
    bool logged = spec.logging && !part().global;
    if (logged && spec.source_topic.empty())
      environment.changelog = changelogs_.emplace_back(std::make_unique<TaskChangelog>(*this, changelog)).get();
    CRYPTOSTREAM_TRY_ASSIGN(auto store, open_store(spec, environment));
    if (logged) restorables_.push_back({std::move(changelog), store.get()});
    stores_.push_back(std::move(store));
  }
  return {};
}

void Task::stop() {
  if (sink_) sink_->close();
  sink_ = nullptr;
  entry_ = nullptr;
  stream_punctuations_.clear();
  clock_punctuations_.clear();
  queues_.reset({});
  nodes_.clear();
  restorables_.clear();
  stores_.clear();
  changelogs_.clear();
  outputs_.clear();
  kept_times_.clear();
  times_kept_ = false;
  uncommitted_inputs_ = 0;
  dirty_ = false;
  commit_requested_ = false;
}

void Task::begin_at(std::size_t index, std::int64_t offset, std::string_view metadata) {
  states_[index] = {offset, offset, offset};
  auto known = OffsetMetadata::decode(metadata);
  queues_.begin_at(index, known.partition_time);
  // Each input has what its last commit knew.
  for (const auto& [name, time] : known.times) {
    auto& kept = kept_times_.try_emplace(name, time).first->second;
    kept = std::max(kept, time);
  }
}

std::optional<Timestamp> Task::kept_time(const std::string& name) const {
  auto found = kept_times_.find(name);
  return found == kept_times_.end() ? std::nullopt : std::optional(found->second);
}

void Task::keep_time(const std::string& name, Timestamp time) {
  kept_times_[name] = time;
  times_kept_ = true;
}

Result<void> Task::process(std::size_t index, const LogRecord& record) {
  dirty_ = true;
  CRYPTOSTREAM_TRY_ASSIGN(auto next, queues_.pass(index, record));
  if (next) CRYPTOSTREAM_TRY(handle(*next));
  return {};
}

Result<void> Task::enqueue(std::size_t index, const LogRecord& record) { return queues_.enqueue(index, record); }

Result<bool> Task::process_next() {
  auto next = queues_.next();
  if (!next) return false;
  dirty_ = true;
  CRYPTOSTREAM_TRY(handle(*next));
  CRYPTOSTREAM_TRY(queues_.done());
  return true;
}

Result<void> Task::handle(const PartitionGroup::Next& next) {
  auto& input = states_[next.input];
  input_ = &next.record;
  origin_ = {inputs_[next.input].topic, inputs_[next.input].partition, next.record.offset};
  if (flight_) [[unlikely]]
    flight_->note(FlightFrame::Type::record, wall_clock(), inputs_[next.input], next.record);
  auto handled = next.slot->forward(next.record.headers);
  input_ = nullptr;
  origin_ = {};
  if (!handled) [[unlikely]]
    CRYPTOSTREAM_TRY(after_failure(handled.error(), letter_of(next.input, next.record)));
  count(next.input, next.record);
  input.next = next.record.offset + 1;
  ++uncommitted_inputs_;
  if (!stream_punctuations_.empty()) CRYPTOSTREAM_TRY(stream_punctuations_.run(stream_time()));
  return {};
}

// What cannot be decoded, or has no valid time (`why` null: dropped, as its extractor wants).
Result<void> Task::refused(std::size_t input, const LogRecord& record, const Error* why) {
  dirty_ = true;
  if (why) {
    CRYPTOSTREAM_TRY(after_failure(*why, letter_of(input, record)));
  } else {
    drop("its timestamp is negative");
  }
  count(input, record);
  states_[input].next = record.offset + 1;
  ++uncommitted_inputs_;
  return {};
}

Result<void> Task::refused(const Error& error, const RecordContext& held, OptionalBytesView key,
                           OptionalBytesView value) {
  DeadLetter letter;
  letter.key = key;
  letter.value = value;
  letter.headers = held.headers;
  letter.timestamp = held.timestamp;
  letter.origin = held.topic.empty() ? name_ : std::string(held.topic);
  letter.partition = held.partition;
  letter.offset = held.offset;
  return after_failure(error, letter);
}

DeadLetter Task::letter_of(std::size_t input, const LogRecord& record) const {
  DeadLetter letter;
  letter.key = record.key;
  letter.value = record.value;
  letter.headers = record.headers;
  letter.timestamp = record.timestamp;
  letter.origin = inputs_[input].topic;
  letter.partition = inputs_[input].partition;
  letter.offset = record.offset;
  return letter;
}

Result<bool> Task::punctuate_wall_clock() {
  auto now = wall_clock();
  if (!clock_punctuations_.due(now)) return false;
  if (flight_) [[unlikely]]
    flight_->note(FlightFrame::Type::clock, now);
  CRYPTOSTREAM_TRY_ASSIGN(bool any, clock_punctuations_.run(now));
  dirty_ |= any;
  return any;
}

Punctuation Task::schedule(std::chrono::milliseconds interval, PunctuationType type,
                           std::function<Result<void>(Timestamp)> punctuate) {
  // Within a punctuation nothing came from anywhere.
  auto call = [this, punctuate = std::move(punctuate)](Timestamp time) {
    RecordContext nowhere;
    nowhere.timestamp = time;
    return under_origin(nowhere, std::nullopt, std::nullopt, [&] { return punctuate(time); });
  };
  if (type == PunctuationType::stream_time) return stream_punctuations_.add(Timestamp{0}, interval, std::move(call));
  return clock_punctuations_.add(wall_clock() + interval, interval, std::move(call));
}

Result<void> Task::flush() {
  // Caches first: what they hand on may change the buffers behind them.
  for (auto& store : stores_)
    if (store->caches()) CRYPTOSTREAM_TRY(store->flush());
  for (auto& store : stores_)
    if (!store->caches()) CRYPTOSTREAM_TRY(store->flush());
  return {};
}

Result<StateStore*> Task::store(const std::string& name) {
  for (auto& store : stores_)
    if (store->name() == name) return store.get();
  for (auto* global : neighbours_.globals)
    if (auto found = global->store(name)) return found;
  return fail(ErrorKind::internal, fmt::format("{} has no store \"{}\"", name_, name));
}

bool Task::is_global(const std::string& store) const {
  return std::none_of(stores_.begin(), stores_.end(), [&](const auto& own) { return own->name() == store; });
}

void Task::drop(std::string_view why) {
  // The first ones are told; a flood must not become a flood of lines.
  metrics_->dropped.of(why, most_reasons).add();
  if (auto before = environment_.metrics.records_dropped.fetch_add(1); before < 10 || (before & (before - 1)) == 0)
    log(LogLevel::debug, name_, "left a record out: {}", why);
}

Result<void> Task::process(const ExternalBatch& batch, std::size_t index) {
  dirty_ = true;
  auto handled = batch.deliver(index, *entry_);
  if (handled) [[likely]]
    return {};
  OptionalBytes key, value;
  batch.encode(index, key, value);
  DeadLetter origin;
  if (key) origin.key = *key;
  if (value) origin.value = *value;
  origin.origin = source_name();
  origin.partition = id_.partition;
  origin.timestamp = environment_.clock.now();
  return after_failure(handled.error(), origin);
}

Result<void> Task::after_failure(const Error& error, const DeadLetter& origin) {
  if (error.kind() != ErrorKind::bad_record) return fail(error);
  DeadLetter letter = origin;
  letter.place = failed_place_;
  letter.reason = error.message();
  return apply_policy(policy_of(environment_.config.errors, failed_place_), error, std::move(letter));
}

Result<void> Task::apply_policy(const ErrorPolicy& policy, const Error& error, DeadLetter letter) {
  auto where = letter.offset < 0 ? fmt::format("{}, source {}", name_, letter.origin)
                                 : fmt::format("{}, topic {} partition {} offset {}", name_, letter.origin,
                                               letter.partition, letter.offset);
  auto place = static_cast<std::size_t>(letter.place);
  switch (policy.action) {
    case ErrorPolicy::Action::fail:
      return cryptostream::fail(Error(error).with_context(where));
    case ErrorPolicy::Action::skip:
      // The first ones are told; a flood of bad records must not become a flood of lines.
      ++environment_.metrics.skipped_at[place];
      if (auto before = environment_.metrics.records_skipped.fetch_add(1); before < 10 || (before & (before - 1)) == 0)
        log(LogLevel::warning, name_, "skipped a bad record ({}): {}", where, error.message());
      return {};
    case ErrorPolicy::Action::dead_letter:
      letter.topic = policy.topic.empty() ? environment_.config.application_id + "-dead-letters" : policy.topic;
      ++environment_.metrics.dead_letters_at[place];
      if (auto before = environment_.metrics.dead_letters.fetch_add(1); before < 10 || (before & (before - 1)) == 0)
        log(LogLevel::warning, name_, "bad record to {} ({}): {}", letter.topic, where, error.message());
      return neighbours_.dead_letters.send(letter);
  }
  return {};
}

// A row that the target refused at commit: the record is still in the log, so it is read again rather than kept for
// this rare case.
Result<void> Task::reject(std::int64_t offset, const Error& why) {
  const auto& input = inputs_.front();
  DeadLetter letter;
  letter.place = Place::sink;
  letter.reason = why.message();
  letter.origin = input.topic;
  letter.partition = input.partition;
  letter.offset = offset;
  const auto& policy = environment_.config.errors.sink;
  if (policy.action != ErrorPolicy::Action::dead_letter) return apply_policy(policy, why, std::move(letter));

  CRYPTOSTREAM_TRY_ASSIGN(auto consumer, environment_.broker.consumer(Isolation::read_committed));
  Assignment at{input, offset};
  CRYPTOSTREAM_TRY(consumer->assign({&at, 1}));
  CRYPTOSTREAM_TRY_ASSIGN(auto records, consumer->poll(1, reread_timeout));
  if (records.empty() || records.front().offset != offset)
    return fail(ErrorKind::unavailable,
                fmt::format("{}: cannot read topic {} partition {} offset {} again for its dead letter", name_,
                            input.topic, input.partition, offset));
  letter.key = records.front().key;
  letter.value = records.front().value;
  letter.headers = records.front().headers;
  letter.timestamp = records.front().timestamp;
  CRYPTOSTREAM_TRY(apply_policy(policy, why, letter));
  return neighbours_.dead_letters.flush();
}

Result<void> Task::commit_sink() {
  auto next = states_.front().next;
  auto begin = environment_.clock.monotonic();
  CRYPTOSTREAM_TRY(sink_->commit(next, *this));
  sink_position_ = next;
  environment_.metrics.sink_records += uncommitted_inputs_;
  auto now = wall_clock();
  sink_metrics_->flushes.observe(environment_.clock.monotonic() - begin);
  sink_metrics_->records += uncommitted_inputs_;
  sink_metrics_->last_success = now.ms;
  if (stream_time().ms >= 0)
    sink_metrics_->latency.observe(std::max(now - stream_time(), std::chrono::milliseconds(0)));
  return {};
}

Offsets Task::offsets() const {
  Offsets moved;
  for (std::size_t i = 0; i < states_.size(); ++i)
    if (states_[i].next != states_[i].committed || (times_kept_ && states_[i].next != states_[i].begun))
      moved[inputs_[i]] = {states_[i].next, OffsetMetadata{queues_.partition_time(i), kept_times_}.encode()};
  return moved;
}

Result<void> Task::restore(const Restorable& restorable, const LogRecord& record) {
  if (flight_) [[unlikely]]
    flight_->note(FlightFrame::Type::restored, wall_clock(), restorable.changelog, record);
  metrics_->restored_records.add();
  if (!record.key) return {};
  auto restored = restorable.store->restore(*record.key, record.value, record.timestamp, record.headers);
  if (restored) return {};
  return fail(Error(restored.error())
                  .with_context(fmt::format("changelog {} partition {} offset {}", restorable.changelog.topic,
                                            restorable.changelog.partition, record.offset)));
}

Result<void> Task::committed() {
  if (flight_) [[unlikely]]
    flight_->note(FlightFrame::Type::commit, wall_clock());
  for (auto& state : states_) state.committed = state.next;
  uncommitted_inputs_ = 0;
  dirty_ = false;
  commit_requested_ = false;
  for (auto& store : stores_) CRYPTOSTREAM_TRY(store->commit(0));
  return {};
}

void Task::suspend(const Error& why) {
  ++environment_.metrics.sink_failures;
  ++sink_metrics_->failures;
  metrics_->state = TaskMetrics::State::paused;
  stop();
  auto wait = why.retry_after().value_or(backoff_.next());
  if (!suspended_) log(LogLevel::warning, name_, "paused, will go on when it can: {}", why.message());
  suspended_ = true;
  again_at_ = environment_.clock.monotonic() + wait;
}

void Task::resumed() {
  if (suspended_) log(LogLevel::info, name_, "goes on");
  suspended_ = false;
  running();
  backoff_.reset();
}

Result<OutputTopic*> Task::output(const std::string& topic) {
  auto found = outputs_.find(topic);
  if (found != outputs_.end()) return &found->second;
  auto name = environment_.real_topic(topic);
  CRYPTOSTREAM_TRY_ASSIGN(auto info, environment_.broker.topic(name));
  if (!info) return fail(ErrorKind::configuration, fmt::format("topic \"{}\" does not exist: create it first", name));
  CountedTopic output;
  output.written = &metrics_->written.of(name);
  for (std::int32_t partition = 0; partition < info->partitions; ++partition)
    output.partitions.push_back({name, partition});
  return &outputs_.emplace(topic, std::move(output)).first->second;
}

std::int32_t Task::partition_for(const OutputTopic& topic, BytesView key) const {
  return partition_for_key(key, static_cast<std::int32_t>(topic.partitions.size()));
}

Result<void> Task::send(OutputTopic& topic, OptionalBytesView key, OptionalBytesView value, Timestamp timestamp,
                        HeadersView headers) {
  auto count = static_cast<std::int32_t>(topic.partitions.size());
  auto partition = count == 1 ? 0
                   : key      ? partition_for_key(*key, count)
                              : static_cast<std::int32_t>(topic.next++ % topic.partitions.size());
  return send_to(topic, partition, key, value, timestamp, headers);
}

Result<void> Task::send_to(OutputTopic& topic, std::int32_t partition, OptionalBytesView key, OptionalBytesView value,
                           Timestamp timestamp, HeadersView headers) {
  OutgoingRecord record;
  record.partition = &topic.partitions[static_cast<std::size_t>(partition)];
  record.timestamp = timestamp;
  record.key = key;
  record.value = value;
  record.headers = headers;
  CRYPTOSTREAM_TRY(neighbours_.writer.send(record));
  environment_.metrics.records_produced.fetch_add(1, std::memory_order_relaxed);
  static_cast<CountedTopic&>(topic).written->add(key ? key->size() : 0, value ? value->size() : 0);  // output() gave it
  return {};
}

}  // namespace cryptostream
