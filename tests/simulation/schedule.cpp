#include "schedule.h"

#include "simulated_broker.h"

#include <cryptostream/runtime/application.h>

#include <fmt/ranges.h>

#include <algorithm>

namespace simulation {
namespace {

using Row = Target::Row;

constexpr auto settle = 600s;  // after the last fault everything must be done by then

/// What chance decides before a schedule begins.
struct Setup {
  int processes;
  int threads;
  std::int32_t partitions;
  std::chrono::milliseconds commit_interval;
  std::size_t max_uncommitted;
  std::int64_t one_in;
  std::int64_t faults;

  explicit Setup(Random& random)
      : processes(static_cast<int>(random.between(1, 3))),
        threads(static_cast<int>(random.between(1, 2))),
        partitions(static_cast<std::int32_t>(random.between(1, 3))),
        commit_interval(random.one_in(3) ? 2 : random.between(10, 100)),
        max_uncommitted(static_cast<std::size_t>(random.between(1, 30))),
        one_in(std::array<std::int64_t, 4>{1500, 600, 250, 100}[static_cast<std::size_t>(random.below(4))]),
        faults(random.between(0, 12)) {}

  std::string describe() const {
    return fmt::format(
        "{} processes of {} threads, {} partitions, commit after {} ms or {} records, up to {} faults, one in {} steps",
        processes, threads, partitions, commit_interval.count(), max_uncommitted, faults, one_in);
  }
};

Job choose(const Works& works, Random& random) {
  Job job;
  job.work = works[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(works.size())))];
  // At least once, a zombie's older states may come after newer ones: there arithmetic asks for nothing.
  job.exactly_once = job.work != Work::chain || !random.one_in(4);
  job.source_partitions = static_cast<int>(random.between(1, 2));
  job.records = random.between(4, 24);
  job.cached = random.one_in(2);
  return job;
}

std::string describe(const Job& job) {
  return fmt::format("{}, {}, {} source partitions of {} records{}", work_names[static_cast<std::size_t>(job.work)],
                     job.exactly_once ? "exactly once" : "at least once", job.source_partitions, job.records,
                     job.cached ? ", cached" : "");
}

class Schedule {
 public:
  Schedule(std::uint64_t seed, const Works& works, bool trace)
      : world_(seed, trace), setup_(world_.fibers.random()), job_(choose(works, world_.fibers.random())) {}

  Outcome run();

 private:
  cs::ApplicationConfig config(int process) const;
  void live(int process);
  void watch();
  void start(int process);
  bool wait_until_complete(std::chrono::nanoseconds quiet_at);
  void stop_all();
  bool complete() const;
  std::string check_contents() const;
  Job::Values values(const std::string& topic) const;
  std::string check_target(const std::string& sink, const std::string& topic) const;
  std::string check_offsets() const;
  std::int64_t last_offset(const cs::TopicPartition& partition) const;  // of a committed record; -1: there is none
  std::vector<Row> read(const std::string& topic, std::int32_t partition) const;

  struct Incarnation {
    std::unique_ptr<Life> life = std::make_unique<Life>();
    std::stop_source stop{};
  };

  World world_;
  Setup setup_;
  Job job_;
  std::vector<std::unique_ptr<Incarnation>> incarnations_;
  int living_ = 0;  // supervisors
  bool stopping_ = false;
  std::string complaint_;
  std::int64_t started_ = 0;
};

cs::ApplicationConfig Schedule::config(int process) const {
  cs::ApplicationConfig config{.application_id = "app"};
  config.process_id = fmt::format("p{}", process);
  config.guarantee = job_.exactly_once ? cs::Guarantee::exactly_once : cs::Guarantee::at_least_once;
  config.threads = setup_.threads;
  config.commit_interval = setup_.commit_interval;
  config.max_uncommitted_records = setup_.max_uncommitted;
  config.topic_partitions = setup_.partitions;
  config.cache_bytes = job_.cached ? 10u << 20 : 0;
  return config;
}

void Schedule::start(int process) {
  ++living_;
  world_.fibers.start(nullptr, [this, process] {
    live(process);
    --living_;
  });
}

// One process, again and again, as a supervisor would run it.
void Schedule::live(int process) {
  auto& random = world_.fibers.random();
  world_.fibers.sleep(std::chrono::milliseconds(random.below(500)));
  while (!stopping_) {
    auto& incarnation = *incarnations_.emplace_back(std::make_unique<Incarnation>());
    auto& life = *incarnation.life;
    life.name = fmt::format("{}.{}", process, ++started_);
    cs::Result<void> result;
    auto fiber = world_.fibers.start(&life, [&] {
      Border border(world_, life, process, incarnation.stop);
      cs::Application application(job_.topology(border), simulated_broker(border), config(process));
      result = application.run(incarnation.stop.get_token());
    });
    world_.fibers.join(fiber);
    bool fenced = !result && result.error().kind() == cs::ErrorKind::fenced;
    world_.trace(life.name, "=== {}", life.dead ? "dead" : result ? "stopped" : result.error().message());
    world_.fenced += fenced;
    bool known = result || life.dead || fenced || result.error().retriable();
    if (!known) complaint_ = fmt::format("{} ended: {}", life.name, result.error().message());
    if (!stopping_) world_.fibers.sleep(std::chrono::milliseconds(random.between(1, 2'000)));
  }
}

// Nothing can be complete with fewer rows; the rest is said by check_contents().
bool Schedule::complete() const {
  std::int64_t copied = 0;
  for (const auto& [name, task] : world_.target.tasks)
    if (name.starts_with("app/copy")) copied += static_cast<std::int64_t>(task.rows.size());
  return copied >= job_.least_rows() && check_contents().empty();
}

Job::Values Schedule::values(const std::string& topic) const {
  Job::Values values;
  for (std::int32_t partition = 0; partition < setup_.partitions; ++partition)
    for (auto& row : read(topic, partition)) values[row.key].push_back(row.value);
  return values;
}

// False if it takes too long.
bool Schedule::wait_until_complete(std::chrono::nanoseconds quiet_at) {
  while (!complete() && complaint_.empty()) {
    if (world_.fibers.time() > quiet_at) world_.faults_left = 0;
    if (world_.fibers.time() > quiet_at + settle) return false;
    world_.fibers.sleep(100ms);
  }
  return true;
}

void Schedule::stop_all() {
  stopping_ = true;
  world_.trace("", "=== everybody stops");
  for (auto& incarnation : incarnations_) {
    if (complaint_.empty()) {
      incarnation->stop.request_stop();
    } else {
      incarnation->life->dead = true;
    }
  }
  while (living_ > 0) world_.fibers.sleep(50ms);
}

void Schedule::watch() {
  auto& random = world_.fibers.random();
  if (!wait_until_complete(world_.fibers.time() + std::chrono::milliseconds(random.between(1'000, 15'000))))
    complaint_ = "long after the last fault: " + check_contents();
  bool faults_at_the_end = random.one_in(2);
  if (!faults_at_the_end) world_.faults_left = 0;
  bool zombies = std::any_of(incarnations_.begin(), incarnations_.end(), [&](const auto& incarnation) {
    return incarnation->life->frozen_until > world_.fibers.time();
  });
  stop_all();
  if (!complaint_.empty() || (!faults_at_the_end && !zombies && job_.exactly_once)) return;
  // Who died at the end, woke up after the others had gone, or wrote something again, may have left something to do.
  world_.faults_left = 0;
  stopping_ = false;
  start(0);
  if (!wait_until_complete(world_.fibers.time())) complaint_ = "long after the end: " + check_contents();
  stop_all();
}

std::int64_t Schedule::last_offset(const cs::TopicPartition& partition) const {
  auto consumer = world_.log->consumer(cs::Isolation::read_committed).value();
  cs::Assignment from{partition, 0};
  std::int64_t last = -1;
  if (!consumer->assign({&from, 1})) return last;
  for (;;) {
    auto records = consumer->poll(1'000, 0ms);
    if (!records || records->empty()) return last;
    last = records->back().offset;
  }
}

std::vector<Row> Schedule::read(const std::string& topic, std::int32_t partition) const {
  std::vector<Row> rows;
  auto consumer = world_.log->consumer(cs::Isolation::read_committed).value();
  cs::Assignment from{{topic, partition}, 0};
  if (!consumer->assign({&from, 1})) return rows;
  for (;;) {
    auto records = consumer->poll(1'000, 0ms);
    if (!records || records->empty()) return rows;
    for (const auto& record : *records)
      rows.push_back({record.offset, std::string(*record.key), std::string(*record.value)});
  }
}

// The target holds what the log holds, each record once.
std::string Schedule::check_target(const std::string& sink, const std::string& topic) const {
  for (std::int32_t partition = 0; partition < setup_.partitions; ++partition) {
    auto want = read(topic, partition);
    auto found = world_.target.tasks.find(fmt::format("app/{}|{}|{}", sink, topic, partition));
    auto got = found == world_.target.tasks.end() ? std::vector<Row>() : found->second.rows;
    if (got == want) continue;
    std::string text;
    for (const auto* rows : {&got, &want}) {
      for (const auto& row : *rows) text += fmt::format(" {}@{}", row.value, row.offset);
      if (rows == &got) text += "; and not";
    }
    return fmt::format("{} of {}/{} holds{}", sink, topic, partition, text);
  }
  return "";
}

// Nothing is left to read for the group.
std::string Schedule::check_offsets() const {
  auto offsets = world_.log->group_offsets("app").value();
  auto topics = world_.log->topics().value();
  for (const auto& topic : topics) {
    if (topic.name != "raw" && !topic.name.ends_with("-repartition")) continue;
    for (std::int32_t partition = 0; partition < topic.partitions; ++partition) {
      auto last = last_offset({topic.name, partition});
      auto found = offsets.find({topic.name, partition});
      auto next = found == offsets.end() ? 0 : found->second.offset;
      if (next <= last)
        return fmt::format("the group's offset of {}/{} is {}, and the last record's {}", topic.name, partition, next,
                           last);
    }
  }
  return "";
}

std::string Schedule::check_contents() const {
  if (auto wrong = job_.check_raw(values("raw")); !wrong.empty()) return wrong;
  if (auto wrong = job_.check_out(values("out")); !wrong.empty()) return wrong;
  if (auto wrong = check_target("copy", "raw"); !wrong.empty()) return wrong;
  if (auto wrong = check_target("table", "out"); !wrong.empty()) return wrong;
  return check_offsets();
}

Outcome Schedule::run() {
  world_.trace("", "{}; {}", describe(job_), setup_.describe());
  world_.one_in = setup_.one_in;
  world_.faults_left = setup_.faults;
  world_.start_another = [this](int process) { start(process); };
  for (int i = 0; i < setup_.processes; ++i) start(i);
  world_.fibers.start(nullptr, [this] { watch(); });
  if (!world_.fibers.run(std::chrono::hours(1))) {
    complaint_ += "; some thread never ends";
    for (auto& incarnation : incarnations_) incarnation->life->dead = true;
    stopping_ = true;
    world_.fibers.run(std::chrono::hours(2));
  }
  Outcome outcome;
  if (complaint_.empty()) complaint_ = check_contents();
  outcome.complaint = complaint_;
  outcome.setup = fmt::format("{}; {}", describe(job_), setup_.describe());
  outcome.faults = world_.counts;
  outcome.steps = world_.steps;
  outcome.records = job_.records * job_.source_partitions;
  outcome.processes = started_;
  outcome.fenced = world_.fenced;
  outcome.digest = world_.digest ^ static_cast<std::uint64_t>(world_.fibers.time().count());
  return outcome;
}

}  // namespace

Outcome run_schedule(std::uint64_t seed, const Works& works, bool trace) { return Schedule(seed, works, trace).run(); }

}  // namespace simulation
