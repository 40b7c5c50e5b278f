// The text of the metrics, line by line as its format's description has it, and the verdicts on health.
#include <cryptostream/monitor/report.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

using namespace cryptostream;
using namespace std::chrono_literals;

namespace {

using Labels = std::map<std::string, std::string>;

struct Sample {
  Labels labels;
  double value;
};
/// What a strict reader makes of a text; it fails the test at anything the format does not allow.
struct Parsed {
  std::map<std::string, std::string> types, helps;
  std::map<std::string, std::vector<Sample>> samples;

  double value(const std::string& name, const Labels& labels = {}) const {
    REQUIRE_MESSAGE(samples.contains(name), name);
    for (const auto& sample : samples.at(name))
      if (sample.labels == labels) return sample.value;
    FAIL("no such sample of " << name);
    return 0;
  }
};

std::string base_of(const std::string& name, const Parsed& parsed) {
  for (std::string suffix : {"_bucket", "_sum", "_count"})
    if (name.ends_with(suffix)) {
      auto base = name.substr(0, name.size() - suffix.size());
      if (parsed.types.contains(base) && parsed.types.at(base) == "histogram") return base;
    }
  return name;
}

Parsed parse(const std::string& text) {
  static const std::regex help("# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\\\\\n]|\\\\\\\\|\\\\n)*)");
  static const std::regex type("# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)");
  static const std::regex sample("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{.*\\})? ([-+0-9.eE]+|NaN|[+-]Inf)");
  static const std::regex label("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\\\\\|\\\\\"|\\\\n)*)\"(,|$)");
  REQUIRE((text.empty() || text.back() == '\n'));
  Parsed parsed;
  std::set<std::string> series, closed;
  std::string family;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      CHECK(parsed.helps.emplace(match[1], match[2]).second);  // once for each family
      closed.insert(family);
      family = match[1];
    } else if (std::regex_match(line, match, type)) {
      CHECK(match[1] == family);
      CHECK(parsed.types.emplace(match[1], match[2]).second);
    } else {
      REQUIRE(std::regex_match(line, match, sample));
      Sample found{{}, std::stod(match[3])};
      std::string name = match[1], braces = match[2];
      CHECK(base_of(name, parsed) == family);  // all samples of a family in one group, behind its TYPE
      CHECK_FALSE(closed.contains(family));
      if (!braces.empty()) {
        braces = braces.substr(1, braces.size() - 2);
        std::string rest = braces;
        std::smatch one;
        while (std::regex_search(rest, one, label, std::regex_constants::match_continuous)) {
          CHECK(found.labels.emplace(one[1], one[2]).second);
          rest = one.suffix();
        }
        CHECK_MESSAGE(rest.empty(), rest);
      }
      CHECK(series.insert(name + braces).second);
      parsed.samples[name].push_back(std::move(found));
    }
  }
  return parsed;
}

/// One of everything, with names that need care.
struct Everything {
  Metrics metrics;
  std::shared_ptr<SourceCounts> counts = std::make_shared<SourceCounts>();

  Everything() {
    metrics.phase = Metrics::Phase::running;
    metrics.started = 1'500;
    metrics.tasks_assigned = 1;
    auto& task = metrics.tasks.of("0_3");
    task.sink = "rows";
    task.described = true;
    task.state = TaskMetrics::State::running;
    auto& input = task.inputs.of("in/3");
    input.read.add(2, 5);
    input.position = 40;
    task.written.of("out").add(1, 1);
    task.dropped.of("its \"key\" is\nnull \\").add(2);
    task.stream_time = 2'500;
    task.restored_records.add(7);
    auto& thread = metrics.threads.of("0");
    thread.state = ThreadMetrics::State::running;
    thread.process_time.add(1500ms);
    for (auto took : std::initializer_list<std::chrono::nanoseconds>{500us, 501us, 3000ms, 100s})
      thread.commits.observe(took);
    auto& sink = metrics.sinks.of("rows");
    sink.records = 9;
    sink.last_success = 123'456;
    metrics.sources.of("coincap/0").open = true;
    metrics.dead_letters_at[1] = 4;
    counts->data_time = 9'000;
    counts->credits_left = 10;
    counts->requests_left = 0;
  }
  ProcessReport report() const {
    return {.version = "1.2.3",
            .applications = {{"app", &metrics, {{{"in", 3}, 50}}}, {"other", &metrics, {}}},
            .sources = {{"coincap", counts}}};
  }
};

}  // namespace

TEST_CASE(
    "every metric of the table can be written, each line as the format has it, and none that is not in the table") {
  Everything everything;
  auto parsed = parse(prometheus_text(everything.report()));
  std::set<std::string> names;
  for (const auto& family : metric_families()) {
    std::string name(family.name);
    CAPTURE(name);
    CHECK(names.insert(name).second);
    CHECK(parsed.types.contains(name));
    CHECK_FALSE(family.help.empty());
    CHECK((family.type == MetricType::counter) == name.ends_with("_total"));
    // Labels are those the table says, in its order.
    std::set<std::string> labels;
    std::string word;
    for (std::istringstream words{std::string(family.labels)}; words >> word;) {
      labels.insert(word.ends_with(',') ? word.substr(0, word.size() - 1) : word);
    }
    auto written = parsed.samples.find(family.type == MetricType::histogram ? name + "_count" : name);
    REQUIRE(written != parsed.samples.end());
    for (const auto& sample : written->second) {
      std::set<std::string> own;
      for (const auto& [label, value] : sample.labels) own.insert(label);
      CHECK(own == labels);
    }
  }
  for (const auto& written : parsed.types) CHECK_MESSAGE(names.contains(written.first), written.first);
}

TEST_CASE("values arrive with their labels, escaped, in base units") {
  Everything everything;
  auto parsed = parse(prometheus_text(everything.report()));
  CHECK(parsed.value("cryptostream_records_consumed_total", {{"application", "app"}, {"topic", "in"}}) == 1);
  CHECK(parsed.value("cryptostream_bytes_consumed_total", {{"application", "other"}, {"topic", "in"}}) == 7);
  CHECK(parsed.value("cryptostream_records_dropped_total",
                     {{"application", "app"}, {"task", "0_3"}, {"reason", R"(its \"key\" is\nnull \\)"}}) == 2);
  CHECK(parsed.value("cryptostream_dead_letters_total", {{"application", "app"}, {"place", "function"}}) == 4);
  CHECK(parsed.value("cryptostream_thread_process_seconds_total", {{"application", "app"}, {"thread", "0"}}) == 1.5);
  CHECK(parsed.value("cryptostream_task_stream_time_seconds", {{"application", "app"}, {"task", "0_3"}}) == 2.5);
  CHECK(parsed.value("cryptostream_application_state", {{"application", "app"}, {"state", "running"}}) == 1);
  CHECK(parsed.value("cryptostream_application_state", {{"application", "app"}, {"state", "error"}}) == 0);
  CHECK(parsed.value("cryptostream_source_data_timestamp_seconds", {{"source", "coincap"}}) == 9);
  CHECK(parsed.value("cryptostream_source_rate_limit_remaining", {{"source", "coincap"}}) == 0);
  CHECK(parsed.value("cryptostream_source_credits_left", {{"source", "coincap"}}) == 10);
}

TEST_CASE("a histogram's buckets add up, their bounds included") {
  Everything everything;
  auto parsed = parse(prometheus_text(everything.report()));
  auto bucket = [&](const char* bound) {
    return parsed.value("cryptostream_commit_seconds_bucket", {{"application", "app"}, {"thread", "0"}, {"le", bound}});
  };
  CHECK(bucket("0.0005") == 1);
  CHECK(bucket("0.001") == 2);
  CHECK(bucket("2.5") == 2);
  CHECK(bucket("5") == 3);
  CHECK(bucket("60") == 3);
  CHECK(bucket("+Inf") == 4);
  CHECK(parsed.value("cryptostream_commit_seconds_count", {{"application", "app"}, {"thread", "0"}}) == 4);
  CHECK(parsed.value("cryptostream_commit_seconds_sum", {{"application", "app"}, {"thread", "0"}}) ==
        doctest::Approx(103.001001));
}

TEST_CASE("lag is what lies between the position and the end, none where all was read, and unknown without either") {
  Everything everything;
  Labels of{{"application", "app"}, {"task", "0_3"}, {"topic", "in"}, {"partition", "3"}};
  auto& input = everything.metrics.tasks.of("0_3").inputs.of("in/3");
  CHECK(parse(prometheus_text(everything.report())).value("cryptostream_consumer_lag_records", of) == 10);
  input.caught_up = true;  // what is left is a marker
  CHECK(parse(prometheus_text(everything.report())).value("cryptostream_consumer_lag_records", of) == 0);
  input.caught_up = false;
  input.position = 60;  // the end is older than the position
  CHECK(parse(prometheus_text(everything.report())).value("cryptostream_consumer_lag_records", of) == 0);
  input.position = -1;
  CHECK_FALSE(parse(prometheus_text(everything.report())).samples.contains("cryptostream_consumer_lag_records"));
}

TEST_CASE("what is not known is left out, and a process without applications still says what it is") {
  auto parsed = parse(prometheus_text({.version = "1"}));
  CHECK_FALSE(parsed.types.contains("cryptostream_commits_total"));
  CHECK(parsed.samples.contains("process_start_time_seconds"));
  auto counts = std::make_shared<SourceCounts>();
  parsed = parse(prometheus_text({.version = "1", .sources = {{"coinbase", counts}}}));
  CHECK_FALSE(parsed.types.contains("cryptostream_source_credits_left"));
  CHECK_FALSE(parsed.types.contains("cryptostream_source_data_timestamp_seconds"));
}

TEST_CASE("a thousand reasons make no thousand series") {
  Metrics metrics;
  auto& task = metrics.tasks.of("0_0");
  for (int i = 0; i < 1000; ++i) task.dropped.of(std::to_string(i), 32).add();
  CHECK(task.dropped.all().size() == 33);
  CHECK(task.dropped.of("other").load() == 968);
}

TEST_CASE("ready is only who has all tasks running and every source open, and the rest say why not") {
  Everything everything;
  auto& metrics = everything.metrics;
  auto& task = metrics.tasks.of("0_3");
  auto why = [&] {
    auto health = readiness({.applications = {{"app", &metrics, {}}}});
    return health.good() ? "ready" : health.troubles.front();
  };
  CHECK(readiness({}).troubles == std::vector<std::string>{"nothing runs yet"});
  CHECK(why() == "ready");
  task.state = TaskMetrics::State::restoring;
  task.restore_remaining = 12;
  CHECK(why() == "app: task 0_3 restores its state, 12 to go");
  task.state = TaskMetrics::State::paused;
  CHECK(why() == "app: task 0_3 is paused until the target of rows can be reached");
  task.state = TaskMetrics::State::closed;
  CHECK(why() == "app: 0 of 1 tasks run");
  task.state = TaskMetrics::State::running;
  metrics.sources.of("coincap/0").open = false;
  CHECK(why() == "app: source coincap/0 is not open yet");
  metrics.phase = Metrics::Phase::rebalancing;
  CHECK(why() == "app: waits for its tasks");
  metrics.phase = Metrics::Phase::stopping;
  CHECK(why() == "app: is finishing");
}

TEST_CASE("alive is who turns: a thread that runs and has been silent for too long is named") {
  Everything everything;
  auto& thread = everything.metrics.threads.of("0");
  thread.last_turn = std::chrono::nanoseconds(100s).count();
  ProcessReport report{.now = 219s, .applications = {{"app", &everything.metrics, {}}}};
  CHECK(liveness(report).good());
  report.now = 221s;
  CHECK(liveness(report).troubles == std::vector<std::string>{"app: thread 0 has been in one turn for 121 s"});
  thread.state = ThreadMetrics::State::starting;  // restoring may take long
  CHECK(liveness(report).good());
}
