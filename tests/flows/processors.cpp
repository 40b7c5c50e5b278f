// Processors of the user's own: stores, punctuations, forwarding, and what goes wrong in them. (tests/conformance
// compares process and process_values with the JVM.)
#include "table_lines.h"

#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

using namespace cryptostream;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

using Topic = KafkaTopic<std::string, std::string>;
const Topic in{"in"}, other{"other"};
const TextTopic out{"out"}, more{"more"};
using Text = Record<std::string, std::string>;
using TextProcessor = Processor<std::string, std::string, std::string, std::string>;

/// Calls a function for each record: most tests need no more.
class Calls : public TextProcessor {
 public:
  using Body = std::function<void(Context&, const Text&)>;
  Calls(Context& context, Body body) : TextProcessor(context), body_(std::move(body)) {}
  void process(const Text& record) override { body_(context(), record); }

 private:
  Body body_;
};
auto calls(Calls::Body body) {
  return [body](Calls::Context& context) { return Calls(context, body); };
}

const auto last = key_value_store<std::string, std::string>("last");

/// Hands on what differs from the value before.
class OnlyChanges : public TextProcessor {
 public:
  explicit OnlyChanges(Context& context) : TextProcessor(context), last_(context.store(last)) {}
  void process(const Text& record) override {
    if (last_.get(record.key) == record.value) return;
    last_.put(record.key, record.value);
    context().forward(record);
  }

 private:
  decltype(last)::Store last_;
};

TestDriver::Options skipping() {
  TestDriver::Options options;
  options.config.errors.function = ErrorPolicy::skip();
  return options;
}

}  // namespace

TEST_CASE("a processor keeps state in a store, which has a changelog and outlives a crash") {
  StreamsBuilder b;
  b.stream(in).process<OnlyChanges>(Named("only-changes"), Stores(last)).to(out);
  TestDriver driver(b.build());
  driver.pipe(in, "a", "1", {1});
  driver.pipe(in, "a", "1", {2});
  driver.restart();
  driver.pipe(in, "a", "1", {3});
  driver.pipe(in, "a", "2", {4});
  CHECK(lines_of(driver, out) == Lines{"a=1@1", "a=2@4"});
  CHECK(lines_of(driver, TextTopic{"test-last-changelog"}) == Lines{"a=1@1", "a=2@4"});
  CHECK(driver.key_value_store<std::string, std::string>("last") == std::map<std::string, std::string>{{"a", "2"}});
}

TEST_CASE("two processors share a store that both declare") {
  StreamsBuilder b;
  b.stream(in).process<OnlyChanges>(Stores(last)).to(out);
  b.stream(other)
      .process<Calls>(
          [](Calls::Context& context) {
            auto store = context.store(last);
            return Calls(context, [store](Calls::Context& at, const Text& record) {
              at.forward(record.key, store.get(record.key).value_or("nothing"), record.timestamp);
            });
          },
          Stores(last))
      .to(out);
  auto topology = b.build();
  CHECK(topology.sub_topologies().size() == 1);
  TestDriver driver(std::move(topology));
  driver.pipe(other, "a", "?", {1});
  driver.pipe(in, "a", "1", {2});
  driver.pipe(other, "a", "?", {3});
  CHECK(lines_of(driver, out) == Lines{"a=nothing@1", "a=1@2", "a=1@3"});
}

TEST_CASE("a processor reads and changes a table's store by its name") {
  auto counts = timestamped_key_value_store<std::string, std::int64_t>("counts");
  StreamsBuilder c;
  c.stream(in).group_by_key().count(Materialized("counts"));
  struct Ask : TextProcessor {
    decltype(counts)::Store store;
    Ask(Context& context, const decltype(counts)& declared) : TextProcessor(context), store(context.store(declared)) {}
    void process(const Text& record) override {
      auto count = store.get(record.key);
      context().forward(record.key,
                        count ? std::to_string(count->value) + " at " + std::to_string(count->timestamp.ms) : "none",
                        record.timestamp);
      store.put(record.key, {100, {77}});
    }
  };
  c.stream(other)
      .process<Ask>([counts](Ask::Context& context) { return Ask(context, counts); }, Stores("counts"))
      .to(out);
  TestDriver driver(c.build());
  driver.pipe(in, "a", "x", {5});
  driver.pipe(other, "a", "?", {6});
  driver.pipe(other, "a", "?", {7});
  CHECK(lines_of(driver, out) == Lines{"a=1 at 5@6", "a=100 at 77@7"});
}

TEST_CASE("a global table's store is read by every task, and cannot be written to") {
  auto names = timestamped_key_value_store<std::string, std::string>("names");
  struct Ask : TextProcessor {
    decltype(names)::Store store;
    Ask(Context& context, const decltype(names)& declared) : TextProcessor(context), store(context.store(declared)) {}
    void process(const Text& record) override {
      if (record.value == "write") store.erase(record.key);
      auto name = store.get(record.key);
      context().forward(record.key, name ? name->value : "none", record.timestamp);
    }
  };
  StreamsBuilder b;
  b.global_table(other, Materialized("names"));
  b.stream(in).process<Ask>([names](Ask::Context& context) { return Ask(context, names); }, Stores("names")).to(out);
  TestDriver driver(b.build());
  driver.pipe(other, "BTC", "Bitcoin");
  driver.pipe(in, "BTC", "", {1});
  CHECK(lines_of(driver, out) == Lines{"BTC=Bitcoin@1"});
  CHECK_THROWS_WITH(driver.pipe(in, "BTC", "write"), doctest::Contains("\"names\" is a global table's"));
}

namespace {

/// Counts records, and tells at each punctuation.
class Tell : public TextProcessor {
 public:
  Tell(Context& context, PunctuationType type) : TextProcessor(context) {
    punctuation_.emplace(context.schedule(seconds(10), type, [this](Timestamp now) {
      this->context().forward("count", std::to_string(count_), now);
      if (count_ == 3) punctuation_->cancel();
    }));
  }
  void process(const Text&) override { ++count_; }

 private:
  int count_ = 0;
  std::optional<Punctuation> punctuation_;
};
auto tells(PunctuationType type) {
  return [type](Tell::Context& context) { return Tell(context, type); };
}

}  // namespace

TEST_CASE("a punctuation by stream time comes with the first record and whenever a multiple of the interval passed") {
  StreamsBuilder b;
  b.stream(in).process<Tell>(tells(PunctuationType::stream_time)).to(out);
  TestDriver driver(b.build());
  driver.pipe(in, "a", "", {5'000});
  driver.pipe(in, "a", "", {9'000});
  driver.pipe(in, "a", "", {35'000});
  driver.pipe(in, "a", "", {50'000});  // cancelled by now
  CHECK(lines_of(driver, out) == Lines{"count=1@5000", "count=3@35000"});
}

TEST_CASE("a punctuation by the wall clock needs no records") {
  StreamsBuilder b;
  b.stream(in).process<Tell>(tells(PunctuationType::wall_clock)).to(out);
  TestDriver driver(b.build());
  driver.advance(seconds(9));
  CHECK(lines_of(driver, out).empty());
  driver.advance(seconds(1));
  driver.pipe(in, "a", "");
  driver.advance(seconds(25));
  CHECK(lines_of(driver, out) == Lines{"count=0@10000", "count=1@35000"});
}

TEST_CASE("forward_to hands a record to one of the operators behind") {
  StreamsBuilder b;
  auto stream = b.stream(in).process<Calls>(
      calls([](Calls::Context& context, const Text& record) { context.forward_to(record.value, record); }));
  auto pass = [](const std::string&) { return true; };
  stream.filter(pass, Named("left")).to(out);
  stream.filter(pass, Named("right")).to(more);
  TestDriver driver(b.build());
  driver.pipe(in, "a", "left", {1});
  driver.pipe(in, "a", "right", {2});
  CHECK(lines_of(driver, out) == Lines{"a=left@1"});
  CHECK(lines_of(driver, more) == Lines{"a=right@2"});
  CHECK_THROWS_WITH(driver.pipe(in, "a", "up"), doctest::Contains("has no node \"up\" behind it"));
}

TEST_CASE("an exception makes the record a bad one") {
  StreamsBuilder b;
  b.stream(in)
      .process<Calls>(calls([](Calls::Context& context, const Text& record) {
                        if (record.value == "bad") throw std::runtime_error("no good");
                        context.forward(record);
                      }),
                      Named("picky"))
      .to(out);
  auto topology = b.build();
  TestDriver driver(topology, skipping());
  driver.pipe(in, "a", "bad");
  driver.pipe(in, "a", "good");
  CHECK(lines_of(driver, out) == Lines{"a=good@0"});
  TestDriver strict(topology);
  CHECK_THROWS_WITH(strict.pipe(in, "a", "bad"), doctest::Contains("picky: no good"));
}

TEST_CASE("an error of an operator behind is not lost in a processor that catches everything") {
  StreamsBuilder b;
  b.stream(in)
      .process<Calls>(calls([](Calls::Context& context, const Text& record) {
        try {
          context.forward(record);
        } catch (...) {
        }
      }))
      .map_values(
          [](const std::string& value) {
            if (value == "bad") throw std::runtime_error("no good");
            return value;
          },
          Named("behind"))
      .to(out);
  TestDriver driver(b.build());
  CHECK_THROWS_WITH(driver.pipe(in, "a", "bad"), doctest::Contains("behind: no good"));
}

TEST_CASE("a store that the processor was not connected with is refused when the task starts") {
  StreamsBuilder b;
  b.stream(in).process<OnlyChanges>(Named("lonely")).to(out);
  CHECK_THROWS_WITH(TestDriver(b.build()), doctest::Contains("processor \"lonely\" has no access to store \"last\""));
  StreamsBuilder c;
  c.stream(in).process<OnlyChanges>(Named("lonely"), Stores("last")).to(out);
  CHECK_THROWS_WITH(c.build(), doctest::Contains("node \"lonely\" asks for store \"last\", which there is not"));
}

TEST_CASE("one name cannot stand for two kinds of stores") {
  StreamsBuilder b;
  b.stream(in).process<OnlyChanges>(Stores(last));
  b.stream(other).process<OnlyChanges>(Named("second"), Stores(last.caching(true)));
  CHECK_THROWS_WITH(b.build(), doctest::Contains("store \"last\" is declared twice, and differently"));
}

namespace {

struct Shout : FixedKeyProcessor<std::string, std::string, std::string> {
  using FixedKeyProcessor::FixedKeyProcessor;
  void process(const Text& record) override {
    context().forward(record.value + "!");
    context().forward(record.value + "!!", {99});
  }
};
struct ShoutLater : FixedKeyProcessor<std::string, std::string, std::string> {
  explicit ShoutLater(Context& context) : FixedKeyProcessor(context) {
    context.schedule(seconds(1), PunctuationType::wall_clock, [this](Timestamp) { this->context().forward("late"); });
  }
  void process(const Text&) override {}
};
struct Look : Processor<std::string, std::optional<std::string>> {
  Look(Context& context, int& counter) : Processor(context), seen(counter) {}
  void process(const Record<std::string, std::optional<std::string>>&) override { ++seen; }
  int& seen;
};

}  // namespace

TEST_CASE("process_values keeps the key: no repartition follows, and it cannot forward without a record") {
  StreamsBuilder b;
  b.stream(in).process_values<Shout>().group_by_key().count().to_stream();
  b.stream(other).process_values<Shout>().to(out);
  auto topology = b.build();
  CHECK(topology.internal_topics().empty());
  TestDriver driver(std::move(topology));
  driver.pipe(other, "a", "hi", {1});
  CHECK(lines_of(driver, out) == Lines{"a=hi!@1", "a=hi!!@99"});

  StreamsBuilder c;
  c.stream(in).process_values<ShoutLater>().to(out);
  TestDriver late(c.build());
  CHECK_THROWS_WITH(late.advance(seconds(1)), doctest::Contains("forwards within process() alone"));
}

TEST_CASE("a processor may end the line, and may take wider types than the stream's") {
  int seen = 0;
  StreamsBuilder b;
  b.stream(in).process<Look>([&seen](Look::Context& context) { return Look(context, seen); });
  TestDriver driver(b.build());
  driver.pipe(in, "a", "1");
  CHECK(seen == 1);
}

TEST_CASE("window, session and versioned stores are kept by processors too") {
  auto windows = window_store<std::string, std::string>("windows", seconds(100), seconds(10));
  auto sessions = session_store<std::string, std::string>("sessions", seconds(100));
  auto versions = versioned_store<std::string, std::string>("versions", seconds(100));
  struct Keep : TextProcessor {
    decltype(windows)::Store windows_;
    decltype(sessions)::Store sessions_;
    decltype(versions)::Store versions_;
    Keep(Context& context, const decltype(windows)& w, const decltype(sessions)& s, const decltype(versions)& v)
        : TextProcessor(context),
          windows_(context.store(w)),
          sessions_(context.store(s)),
          versions_(context.store(v)) {}
    void process(const Text& record) override {
      auto tell = [&](const std::string& what) { context().forward(record.key, what, record.timestamp); };
      auto start = Timestamp{record.timestamp.ms / 10'000 * 10'000};
      windows_.put(record.key, record.value, start);
      sessions_.put({record.key, {start, record.timestamp}}, record.value);
      versions_.put(record.key, record.value, record.timestamp);
      for (auto& [key, value] : windows_.fetch(record.key, {0}, {50'000}))
        tell("window " + std::to_string(key.window.start.ms) + "-" + std::to_string(key.window.end.ms) + " " + value);
      for (auto& [key, value] : sessions_.find(record.key, {0}, {50'000}))
        tell("session " + std::to_string(key.window.start.ms) + "-" + std::to_string(key.window.end.ms) + " " + value);
      tell("as of 6 s: " + versions_.get(record.key, {6'000}).value_or(ValueAndTimestamp<std::string>{"none"}).value);
    }
  };
  StreamsBuilder b;
  b.stream(in)
      .process<Keep>([=](Keep::Context& context) { return Keep(context, windows, sessions, versions); },
                     Stores(windows, sessions, versions))
      .to(out);
  TestDriver driver(b.build());
  driver.pipe(in, "a", "1", {5'000});
  CHECK(lines_of(driver, out) == Lines{"a=window 0-10000 1@5000", "a=session 0-5000 1@5000", "a=as of 6 s: 1@5000"});
  driver.pipe(in, "a", "2", {12'000});
  CHECK(lines_of(driver, out) == Lines{"a=window 0-10000 1@12000", "a=window 10000-20000 2@12000",
                                       "a=session 0-5000 1@12000", "a=session 10000-12000 2@12000",
                                       "a=as of 6 s: 1@12000"});
}
