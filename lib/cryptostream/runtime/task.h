// A task: one sub-topology over one partition, or one partition of an external source. It makes its nodes, feeds them,
// applies the error policies, and knows what would have to be committed.
#pragma once

#include <cryptostream/core/backoff.h>
#include <cryptostream/core/clock.h>
#include <cryptostream/dsl/topology.h>
#include <cryptostream/graph/topic_nodes.h>
#include <cryptostream/runtime/config.h>
#include <cryptostream/runtime/dead_letters.h>
#include <cryptostream/runtime/log_writer.h>
#include <cryptostream/runtime/metrics.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cryptostream {

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

  /// The name in the log: internal topics carry the application's id in front.
  std::string real_topic(const std::string& topic) const;
};

class Task final : public TaskContext, private Rejections {
 public:
  Task(const TaskEnvironment& environment, TaskId id, LogWriter& writer, DeadLetters& dead_letters);

  /// Makes new nodes; opens the sink, if the task ends in one. Everything not committed is forgotten. Errors: those of
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
  /// Tells where input `index` begins.
  void begin_at(std::size_t index, std::int64_t offset);
  /// Handles one record. An error is one that no policy took: bad records under `fail`, lost transactions, targets and
  /// logs in trouble.
  Result<void> process(std::size_t index, const LogRecord& record);

  // Input from outside.
  const ExternalSource* external_source() const { return external_.get(); }
  const std::string& source_name() const;
  Result<void> process(const ExternalBatch& batch, std::size_t index);

  // Commit.
  bool dirty() const { return dirty_; }
  /// Rows and position into the target's own transaction. Only for tasks that end in a sink.
  Result<void> commit_sink();
  /// The next offset of each input that moved since the last commit.
  Offsets offsets() const;
  void committed();

  // A sink in trouble: the task waits, then is started again at its target's position.
  void suspend(const Error& why);
  bool suspended() const { return suspended_; }
  bool due_again() const { return suspended_ && environment_.clock.monotonic() >= again_at_; }
  void resumed();

  Result<OutputTopic*> output(const std::string& topic) override;
  Result<void> send(OutputTopic& topic, OptionalBytesView key, OptionalBytesView value, Timestamp timestamp,
                    HeadersView headers) override;

 private:
  struct Input {
    SourceNode* node = nullptr;
    std::int64_t next = 0;
    std::int64_t committed = 0;
  };
  const SubTopology& part() const { return environment_.topology.sub_topologies()[id_.sub_topology]; }
  Result<void> after_failure(const Error& error, const DeadLetter& origin);
  Result<void> apply_policy(const ErrorPolicy& policy, const Error& error, DeadLetter letter);
  Result<void> reject(std::int64_t offset, const Error& why) override;

  const TaskEnvironment& environment_;
  TaskId id_;
  std::string name_;
  LogWriter& writer_;
  DeadLetters& dead_letters_;

  std::vector<TopicPartition> inputs_;
  std::vector<Input> states_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::shared_ptr<const ExternalSource> external_;
  Node* entry_ = nullptr;  // of the external source
  std::string sink_name_;
  ExternalSinkNode* sink_ = nullptr;
  std::optional<std::int64_t> sink_position_;
  std::map<std::string, OutputTopic, std::less<>> outputs_;
  std::uint64_t uncommitted_inputs_ = 0;
  bool dirty_ = false;

  bool suspended_ = false;
  std::chrono::nanoseconds again_at_{0};
  Backoff backoff_;
};

}  // namespace cryptostream
