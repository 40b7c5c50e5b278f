// A task: one sub-topology over one partition, or one partition of an external source. It makes its nodes, feeds them,
// applies the error policies, and knows what would have to be committed.
#pragma once

#include <cryptostream/core/backoff.h>
#include <cryptostream/core/clock.h>
#include <cryptostream/dsl/topology.h>
#include <cryptostream/graph/topic_nodes.h>
#include <cryptostream/runtime/config.h>
#include <cryptostream/runtime/dead_letters.h>
#include <cryptostream/runtime/flight_recorder.h>
#include <cryptostream/runtime/log_writer.h>
#include <cryptostream/runtime/metrics.h>
#include <cryptostream/runtime/partition_group.h>
#include <cryptostream/runtime/punctuations.h>
#include <cryptostream/state/open_store.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cryptostream {

class Task;

struct TaskId {
  std::size_t sub_topology = 0;
  std::int32_t partition = 0;
  auto operator<=>(const TaskId&) const = default;
  std::string to_string() const { return std::to_string(sub_topology) + "_" + std::to_string(partition); }
};

/// The application as its tasks see it. Outlives them.
struct TaskEnvironment {
  const Topology& topology;
  const ApplicationConfig& config;
  Broker& broker;
  const Clock& clock;
  Metrics& metrics;
  std::string log_id;
  std::map<std::string, std::int32_t> partitions{};  ///< of every input topic, by its name in the log

  /// The name in the log: internal topics carry the application's id in front.
  std::string real_topic(const std::string& topic) const;
  /// Of a store's changelog: its own topic, or the input topic that serves as one.
  std::string changelog_topic(const StoreSpec& store) const;
  /// What a task reads: its partition of each topic of its sub-topology that has so many.
  std::vector<TopicPartition> inputs(const TaskId& task) const;
};

/// What the tasks of one thread share. Outlives them.
struct TaskNeighbours {
  LogWriter& writer;
  DeadLetters& dead_letters;
  RecordCache* cache = nullptr;  ///< null: caching is off
  std::vector<Task*> globals{};  ///< the tasks that fill global tables' stores
};

class Task final : public TaskContext, private Rejections {
 public:
  /// `inputs`: the partitions it reads, topics in the order of its sub-topology's.
  Task(const TaskEnvironment& environment, TaskId id, std::vector<TopicPartition> inputs,
       const TaskNeighbours& neighbours);
  ~Task() override;

  /// Makes new stores and nodes. Everything not committed is forgotten. Then the stores are to be restored.
  Result<void> open();
  /// Starts the nodes, which may look into their stores; opens the sink, if the task ends in one. Errors: those of
  /// Sink::open.
  Result<void> start();
  /// Closes sink and nodes.
  void stop();

  const TaskId& id() const { return id_; }
  const std::string& name() const { return name_; }

  // Input from the log.
  const std::vector<TopicPartition>& inputs() const { return inputs_; }
  bool ends_in_sink() const { return part().sink != SubTopology::no_sink; }
  /// "<application.id>/<node>": the name under which the target keeps the position. Empty for other tasks.
  const std::string& sink_name() const { return sink_name_; }
  /// The offset the sink's target wants next; nothing if it holds none. Valid after start().
  std::optional<std::int64_t> sink_position() const { return sink_position_; }
  /// Tells where input `index` begins, and what was committed with that offset (runtime/offset_metadata.h).
  void begin_at(std::size_t index, std::int64_t offset, std::string_view metadata = {});
  /// Handles one record of the only input. An error is one that no policy took: bad records under `fail`, lost
  /// transactions, targets and logs in trouble.
  Result<void> process(std::size_t index, const LogRecord& record);
  /// With several inputs: copies the record to the end of its partition's queue; process_next() then handles the oldest
  /// first record of all queues. False if there is none.
  Result<void> enqueue(std::size_t index, const LogRecord& record);
  Result<bool> process_next();
  bool has_waiting() const { return !queues_.empty(); }

  // Input from outside.
  const ExternalSource* external_source() const { return external_.get(); }
  const std::string& source_name() const;
  Result<void> process(const ExternalBatch& batch, std::size_t index);

  // Time.
  /// Punctuates what the wall clock has made due. True if anything was.
  Result<bool> punctuate_wall_clock();

  // State.
  /// The changelog partition of each of its stores that has one, with the store that takes it.
  struct Restorable {
    TopicPartition changelog;
    StateStore* store;
  };
  const std::vector<Restorable>& restorables() const { return restorables_; }
  /// Takes a record of a store's changelog. Errors: configuration (damaged).
  Result<void> restore(const Restorable& restorable, const LogRecord& record);

  // Commit.
  bool dirty() const { return dirty_; }
  bool wants_commit() const { return commit_requested_; }
  /// Hands on what caches and buffers hold back. First of all at a commit.
  Result<void> flush();
  /// Rows and position into the target's own transaction. Only for tasks that end in a sink.
  Result<void> commit_sink();
  /// The next offset of each input that moved since the last commit, with its metadata; if a node has kept a time,
  /// of each that has moved at all.
  Offsets offsets() const;
  /// The log has committed: so do the stores.
  Result<void> committed();

  // What others may know of it.
  TaskMetrics& metrics() { return *metrics_; }
  void running() { metrics_->state = TaskMetrics::State::running; }
  /// Notes where reading stands.
  void note_position(std::size_t input, std::int64_t position, bool caught_up);

  // A sink in trouble: the task waits, then is started again at its target's position.
  void suspend(const Error& why);
  bool suspended() const { return suspended_; }
  bool due_again() const { return suspended_ && environment_.clock.monotonic() >= again_at_; }
  void resumed();

  Result<OutputTopic*> output(const std::string& topic) override;
  Result<void> send(OutputTopic& topic, OptionalBytesView key, OptionalBytesView value, Timestamp timestamp,
                    HeadersView headers) override;
  std::int32_t partition_for(const OutputTopic& topic, BytesView key) const override;
  Result<void> send_to(OutputTopic& topic, std::int32_t partition, OptionalBytesView key, OptionalBytesView value,
                       Timestamp timestamp, HeadersView headers) override;
  Result<StateStore*> store(const std::string& name) override;
  bool is_global(const std::string& store) const override;
  Timestamp stream_time() const override { return queues_.stream_time(); }
  Timestamp wall_clock() const override { return environment_.clock.now(); }
  std::int32_t partition() const override { return id_.partition; }
  Punctuation schedule(std::chrono::milliseconds interval, PunctuationType type,
                       std::function<Result<void>(Timestamp)> punctuate) override;
  std::optional<Timestamp> kept_time(const std::string& name) const override;
  void keep_time(const std::string& name, Timestamp time) override;
  void drop(std::string_view why) override;

 private:
  class TaskChangelog;
  struct CountedTopic : OutputTopic {
    TopicMetrics* written = nullptr;
  };
  struct Input {
    std::int64_t next = 0;
    std::int64_t committed = 0;
    std::int64_t begun = 0;
  };
  const SubTopology& part() const { return environment_.topology.sub_topologies()[id_.sub_topology]; }
  Result<void> open_stores();
  Result<void> handle(const PartitionGroup::Next& next);
  Result<void> refused(std::size_t input, const LogRecord& record, const Error* why);
  Result<void> refused(const Error& error, const RecordContext& held, OptionalBytesView key,
                       OptionalBytesView value) override;
  DeadLetter letter_of(std::size_t input, const LogRecord& record) const;
  Result<void> after_failure(const Error& error, const DeadLetter& origin);
  Result<void> apply_policy(const ErrorPolicy& policy, const Error& error, DeadLetter letter);
  Result<void> reject(std::int64_t offset, const Error& why) override;
  void describe();
  void count(std::size_t input, const LogRecord& record) {
    input_metrics_[input]->read.add(record.key ? record.key->size() : 0, record.value ? record.value->size() : 0);
  }

  const TaskEnvironment& environment_;
  TaskId id_;
  std::string name_;
  TaskNeighbours neighbours_;

  std::vector<TopicPartition> inputs_;
  std::vector<Input> states_;
  std::unique_ptr<TaskMetrics> own_metrics_;  // of a global task: each thread has one, and none is counted
  TaskMetrics* metrics_;
  std::vector<TaskMetrics::Input*> input_metrics_;
  SinkMetrics* sink_metrics_ = nullptr;
  // Nodes and slots look into stores and nodes, so those die last.
  std::vector<std::unique_ptr<TaskChangelog>> changelogs_;
  std::vector<std::unique_ptr<StateStore>> stores_;
  std::vector<Restorable> restorables_;
  std::vector<std::unique_ptr<Node>> nodes_;
  PartitionGroup queues_;
  std::unique_ptr<FlightRecorder> flight_;
  Punctuations stream_punctuations_;
  Punctuations clock_punctuations_;
  std::shared_ptr<const ExternalSource> external_;
  Node* entry_ = nullptr;  // of the external source
  std::string sink_name_;
  ExternalSinkNode* sink_ = nullptr;
  std::optional<std::int64_t> sink_position_;
  std::map<std::string, Timestamp> kept_times_;
  bool times_kept_ = false;  // since the last commit
  std::map<std::string, CountedTopic, std::less<>> outputs_;
  std::uint64_t uncommitted_inputs_ = 0;
  bool dirty_ = false;

  bool suspended_ = false;
  std::chrono::nanoseconds again_at_{0};
  Backoff backoff_;
};

}  // namespace cryptostream
