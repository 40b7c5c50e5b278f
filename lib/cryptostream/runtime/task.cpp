#include <cryptostream/core/log.h>
#include <cryptostream/runtime/partitioner.h>
#include <cryptostream/runtime/task.h>

#include <fmt/format.h>

#include <algorithm>

namespace cryptostream {
namespace {

constexpr std::chrono::milliseconds reread_timeout{10'000};

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

Task::Task(const TaskEnvironment& environment, TaskId id, LogWriter& writer, DeadLetters& dead_letters)
    : environment_(environment),
      id_(id),
      name_("task " + id.to_string()),
      writer_(writer),
      dead_letters_(dead_letters) {
  for (const auto& topic : part().topics) inputs_.push_back({environment.real_topic(topic), id.partition});
  const auto& specs = environment.topology.nodes();
  for (auto node : part().nodes)
    if (specs[node].source) external_ = specs[node].source;
  if (ends_in_sink()) sink_name_ = environment.config.application_id + "/" + specs[part().sink].name;
}

const std::string& Task::source_name() const {
  for (auto node : part().nodes)
    if (const auto& spec = environment_.topology.nodes()[node]; spec.source) return spec.name;
  return name_;
}

Result<void> Task::start() {
  stop();
  const auto& specs = environment_.topology.nodes();
  std::map<std::size_t, Node*> made;
  states_.assign(inputs_.size(), {});
  for (auto id : part().nodes) {
    const auto& spec = specs[id];
    auto& node = *nodes_.emplace_back(spec.step());
    node.set_name(spec.name);
    made[id] = &node;
    if (spec.kind == NodeSpec::Kind::source_external) entry_ = &node;
    if (spec.kind == NodeSpec::Kind::sink_external) sink_ = dynamic_cast<ExternalSinkNode*>(&node);
    if (spec.kind == NodeSpec::Kind::source_topic)
      for (std::size_t i = 0; i < inputs_.size(); ++i)
        if (std::find(spec.topics.begin(), spec.topics.end(), part().topics[i]) != spec.topics.end())
          states_[i].node = static_cast<SourceNode*>(&node);
  }
  for (auto id : part().nodes)
    for (auto child : specs[id].children) made[id]->add_child(*made[child]);
  for (auto id = part().nodes.rbegin(); id != part().nodes.rend(); ++id) CRYPTOSTREAM_TRY(made[*id]->start(*this));
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

void Task::stop() {
  if (sink_) sink_->close();
  sink_ = nullptr;
  entry_ = nullptr;
  nodes_.clear();
  outputs_.clear();
  uncommitted_inputs_ = 0;
  dirty_ = false;
}

void Task::begin_at(std::size_t index, std::int64_t offset) { states_[index].next = states_[index].committed = offset; }

Result<void> Task::process(std::size_t index, const LogRecord& record) {
  auto& input = states_[index];
  input_ = &record;
  auto handled = input.node->receive_bytes(record);
  input_ = nullptr;
  if (!handled) [[unlikely]] {
    DeadLetter origin;
    origin.key = record.key;
    origin.value = record.value;
    origin.headers = record.headers;
    origin.timestamp = record.timestamp;
    origin.origin = inputs_[index].topic;
    origin.partition = inputs_[index].partition;
    origin.offset = record.offset;
    CRYPTOSTREAM_TRY(after_failure(handled.error(), origin));
  }
  input.next = record.offset + 1;
  ++uncommitted_inputs_;
  dirty_ = true;
  return {};
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
  switch (policy.action) {
    case ErrorPolicy::Action::fail:
      return cryptostream::fail(Error(error).with_context(where));
    case ErrorPolicy::Action::skip:
      // The first ones are told; a flood of bad records must not become a flood of lines.
      if (auto before = environment_.metrics.records_skipped.fetch_add(1); before < 10 || (before & (before - 1)) == 0)
        log(LogLevel::warning, name_, "skipped a bad record ({}): {}", where, error.message());
      return {};
    case ErrorPolicy::Action::dead_letter:
      letter.topic = policy.topic.empty() ? environment_.config.application_id + "-dead-letters" : policy.topic;
      if (auto before = environment_.metrics.dead_letters.fetch_add(1); before < 10 || (before & (before - 1)) == 0)
        log(LogLevel::warning, name_, "bad record to {} ({}): {}", letter.topic, where, error.message());
      return dead_letters_.send(letter);
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
  return dead_letters_.flush();
}

Result<void> Task::commit_sink() {
  auto next = states_.front().next;
  CRYPTOSTREAM_TRY(sink_->commit(next, *this));
  sink_position_ = next;
  environment_.metrics.sink_records += uncommitted_inputs_;
  return {};
}

Offsets Task::offsets() const {
  Offsets moved;
  for (std::size_t i = 0; i < states_.size(); ++i)
    if (states_[i].next != states_[i].committed) moved[inputs_[i]] = CommittedOffset{states_[i].next, {}};
  return moved;
}

void Task::committed() {
  for (auto& state : states_) state.committed = state.next;
  uncommitted_inputs_ = 0;
  dirty_ = false;
}

void Task::suspend(const Error& why) {
  ++environment_.metrics.sink_failures;
  stop();
  auto wait = why.retry_after().value_or(backoff_.next());
  if (!suspended_) log(LogLevel::warning, name_, "paused, will go on when it can: {}", why.message());
  suspended_ = true;
  again_at_ = environment_.clock.monotonic() + wait;
}

void Task::resumed() {
  if (suspended_) log(LogLevel::info, name_, "goes on");
  suspended_ = false;
  backoff_.reset();
}

Result<OutputTopic*> Task::output(const std::string& topic) {
  auto found = outputs_.find(topic);
  if (found != outputs_.end()) return &found->second;
  auto name = environment_.real_topic(topic);
  CRYPTOSTREAM_TRY_ASSIGN(auto info, environment_.broker.topic(name));
  if (!info) return fail(ErrorKind::configuration, fmt::format("topic \"{}\" does not exist: create it first", name));
  OutputTopic output;
  for (std::int32_t partition = 0; partition < info->partitions; ++partition)
    output.partitions.push_back({name, partition});
  return &outputs_.emplace(topic, std::move(output)).first->second;
}

Result<void> Task::send(OutputTopic& topic, OptionalBytesView key, OptionalBytesView value, Timestamp timestamp,
                        HeadersView headers) {
  auto count = static_cast<std::int32_t>(topic.partitions.size());
  auto partition = count == 1 ? 0
                   : key      ? partition_for_key(*key, count)
                              : static_cast<std::int32_t>(topic.next++ % topic.partitions.size());
  OutgoingRecord record;
  record.partition = &topic.partitions[static_cast<std::size_t>(partition)];
  record.timestamp = timestamp;
  record.key = key;
  record.value = value;
  record.headers = headers;
  CRYPTOSTREAM_TRY(writer_.send(record));
  environment_.metrics.records_produced.fetch_add(1, std::memory_order_relaxed);
  return {};
}

}  // namespace cryptostream
