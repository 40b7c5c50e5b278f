#include "schedule.h"

#include "edges.h"
#include "simulated_broker.h"

#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/runtime/application.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace simulation {
namespace {

using Text = cs::KafkaTopic<std::string, std::string>;
using Row = Target::Row;

constexpr auto settle = 600s;  // after the last fault everything must be done by then

/// What chance decides before a schedule begins.
struct Setup {
  int processes;
  int threads;
  bool exactly_once;
  std::int32_t partitions;
  int source_partitions;
  std::int64_t records;
  std::chrono::milliseconds commit_interval;
  std::size_t max_uncommitted;
  std::int64_t one_in;
  std::int64_t faults;

  explicit Setup(Random& random)
      : processes(static_cast<int>(random.between(1, 3))),
        threads(static_cast<int>(random.between(1, 2))),
        exactly_once(!random.one_in(4)),
        partitions(static_cast<std::int32_t>(random.between(1, 3))),
        source_partitions(static_cast<int>(random.between(1, 2))),
        records(random.between(4, 24)),
        commit_interval(random.one_in(3) ? 2 : random.between(10, 100)),
        max_uncommitted(static_cast<std::size_t>(random.between(1, 30))),
        one_in(std::array<std::int64_t, 4>{1500, 600, 250, 100}[static_cast<std::size_t>(random.below(4))]),
        faults(random.between(0, 12)) {}

  std::string describe() const {
    return fmt::format(
        "{} processes of {} threads, {}, {} partitions, {} source partitions of {} records, commit after {} ms or {} "
        "records, up to {} faults, one in {} steps",
        processes, threads, exactly_once ? "exactly once" : "at least once", partitions, source_partitions, records,
        commit_interval.count(), max_uncommitted, faults, one_in);
  }
};

class Schedule {
 public:
  Schedule(std::uint64_t seed, bool trace) : world_(seed, trace), setup_(world_.fibers.random()) {}

  Outcome run();

 private:
  cs::Topology topology(Border& border) const;
  cs::ApplicationConfig config(int process) const;
  void live(int process);
  void watch();
  void start(int process);
  bool wait_until_complete(std::chrono::nanoseconds quiet_at);
  void stop_all();
  bool complete() const;
  std::string check_contents() const;
  std::string check_values(const std::string& topic, bool passed_on) const;
  std::string check_target(const std::string& sink, const std::string& topic) const;
  std::string check_offsets() const;
  std::vector<Row> read(const std::string& topic, std::int32_t partition) const;

  struct Incarnation {
    std::unique_ptr<Life> life = std::make_unique<Life>();
    std::stop_source stop{};
  };

  World world_;
  Setup setup_;
  std::vector<std::unique_ptr<Incarnation>> incarnations_;
  int living_ = 0;  // supervisors
  bool stopping_ = false;
  std::string complaint_;
  std::int64_t started_ = 0;
};

bool passes(std::int64_t number) { return number % 5 != 0; }

cs::Topology Schedule::topology(Border& border) const {
  cs::StreamsBuilder b;
  Text raw{"raw"}, out{"out"};
  b.stream(CountingSource{&border, setup_.source_partitions, setup_.records}).to(raw);
  auto chain = b.stream(raw)
                   .filter([](const std::string& v) { return passes(std::stoll(v.substr(v.find('.') + 1))); })
                   .map_values([](const std::string& v) { return v + "!"; });
  chain.to(out);
  b.stream(raw).to(TargetSink{&border, "copy"});
  b.stream(out).to(TargetSink{&border, "table"});
  return b.build();
}

cs::ApplicationConfig Schedule::config(int process) const {
  cs::ApplicationConfig config{.application_id = "app"};
  config.process_id = fmt::format("p{}", process);
  config.guarantee = setup_.exactly_once ? cs::Guarantee::exactly_once : cs::Guarantee::at_least_once;
  config.threads = setup_.threads;
  config.commit_interval = setup_.commit_interval;
  config.max_uncommitted_records = setup_.max_uncommitted;
  config.topic_partitions = setup_.partitions;
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
      cs::Application application(topology(border), simulated_broker(border), config(process));
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

// Nothing can be complete with fewer rows than this; the rest is said by check_contents().
bool Schedule::complete() const {
  std::int64_t want = 0, got = 0;
  for (std::int64_t i = 0; i < setup_.records; ++i) want += (passes(i) ? 2 : 1) * setup_.source_partitions;
  for (const auto& [name, task] : world_.target.tasks) got += static_cast<std::int64_t>(task.rows.size());
  return got >= want && check_contents().empty();
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
  if (!complaint_.empty() || (!faults_at_the_end && !zombies && setup_.exactly_once)) return;
  // Who died at the end, woke up after the others had gone, or wrote something again, may have left something to do.
  world_.faults_left = 0;
  stopping_ = false;
  start(0);
  if (!wait_until_complete(world_.fibers.time())) complaint_ = "long after the end: " + check_contents();
  stop_all();
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

// Each key's values: exactly once all of them in order; at least once all of them, the first of each in order.
std::string Schedule::check_values(const std::string& topic, bool passed_on) const {
  std::map<std::string, std::vector<std::string>> want, got;
  for (int p = 0; p < setup_.source_partitions; ++p)
    for (std::int64_t i = 0; i < setup_.records; ++i)
      if (!passed_on || passes(i))
        want[CountingSource::key(p, i)].push_back(CountingSource::value(p, i) + (passed_on ? "!" : ""));
  for (std::int32_t partition = 0; partition < setup_.partitions; ++partition)
    for (auto& row : read(topic, partition)) got[row.key].push_back(row.value);
  if (!setup_.exactly_once)
    for (auto& [key, values] : got) {
      std::set<std::string> seen;
      std::erase_if(values, [&](const auto& value) { return !seen.insert(value).second; });
    }
  for (auto& [key, values] : want)
    if (got[key] != values)
      return fmt::format("topic {}, key {}: {} and not {}", topic, key, fmt::join(got[key], " "),
                         fmt::join(values, " "));
  return got.size() == want.size() ? ""
                                   : fmt::format("topic {} has {} keys and not {}", topic, got.size(), want.size());
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
  for (std::int32_t partition = 0; partition < setup_.partitions; ++partition) {
    auto rows = read("raw", partition);
    if (rows.empty()) continue;
    auto found = offsets.find({"raw", partition});
    if (found == offsets.end() || found->second.offset <= rows.back().offset)
      return fmt::format("the group's offset of raw/{} is {}, and the last record's {}", partition,
                         found == offsets.end() ? -1 : found->second.offset, rows.back().offset);
  }
  return "";
}

std::string Schedule::check_contents() const {
  if (auto wrong = check_values("raw", false); !wrong.empty()) return wrong;
  if (auto wrong = check_values("out", true); !wrong.empty()) return wrong;
  if (auto wrong = check_target("copy", "raw"); !wrong.empty()) return wrong;
  if (auto wrong = check_target("table", "out"); !wrong.empty()) return wrong;
  return check_offsets();
}

Outcome Schedule::run() {
  world_.trace("", "{}", setup_.describe());
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
  outcome.setup = setup_.describe();
  outcome.faults = world_.counts;
  outcome.steps = world_.steps;
  outcome.records = setup_.records * setup_.source_partitions;
  outcome.processes = started_;
  outcome.fenced = world_.fenced;
  outcome.digest = world_.digest ^ static_cast<std::uint64_t>(world_.fibers.time().count());
  return outcome;
}

}  // namespace

Outcome run_schedule(std::uint64_t seed, bool trace) { return Schedule(seed, trace).run(); }

}  // namespace simulation
