// Hopping, sliding and session windows, and results on close; the expected records are Kafka Streams' own, but where it
// loses some.
#include <cryptostream/dsl/cogrouped.h>
#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/dsl/windowed_stream.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;
using MaybeText = std::optional<std::string>;

const cs::KafkaTopic<std::string, std::string> in{"in"};

const auto empty = [] { return std::string(); };
const auto append = [](std::string& all, const std::string& value) { all += "+" + value; };
const auto concat = [](const std::string& a, const std::string& b) { return "[" + a + "|" + b + "]"; };

/// Pipes records in and shows what "out" got for each, as "key@start/end=value time".
class Run {
 public:
  /// `windowed`: a table of texts in windows.
  template <class T>
  explicit Run(cs::StreamsBuilder& builder, const T& windowed)
      : out_("out", *windowed.inner().keys, cs::default_serde<std::string>()) {
    cs::Stream<cs::Windowed<std::string>, MaybeText>(windowed.to_stream()).to(out_);
    cs::TestDriver::Options options;
    options.fused = true;
    options.config.cache_bytes = 0;
    driver_.emplace(builder.build(), options);
  }
  Lines operator()(const std::string& key, const std::string& value, std::int64_t time) {
    driver_->pipe(in, key, value, {time});
    Lines lines;
    for (const auto& record : driver_->read(out_)) {
      const auto& window = record.key.window;
      lines.push_back(record.key.key + "@" + std::to_string(window.start.ms) + "/" + std::to_string(window.end.ms) +
                      "=" + record.value.value_or("null") + " " + std::to_string(record.timestamp.ms));
    }
    return lines;
  }
  std::uint64_t dropped() const { return driver_->metrics().records_dropped.load(); }

 private:
  cs::KafkaTopic<cs::Windowed<std::string>, MaybeText> out_;
  std::optional<cs::TestDriver> driver_;
};

}  // namespace

TEST_CASE("a late record reaches those of its hopping windows that are open, and each other one counts as dropped") {
  cs::StreamsBuilder b;
  auto windows = cs::TimeWindows::of(10ms).advance_by(2ms).grace(1ms);
  Run run(b, b.stream(in).group_by_key().windowed_by(windows).aggregate(empty, append));
  CHECK(run("b", "1", 20).size() == 5);
  CHECK(run("a", "1", 13) == Lines{"a@10/20=+1 13", "a@12/22=+1 13"});
  CHECK(run.dropped() == 3);
  CHECK(run("a", "2", 10) == Lines{"a@10/20=+1+2 13"});
  CHECK(run.dropped() == 7);
  CHECK(run("a", "3", 9).empty());
  CHECK(run.dropped() == 12);
}

TEST_CASE("sliding windows are made from both sides when records come out of order") {
  cs::StreamsBuilder b;
  auto windows = cs::SlidingWindows::of(10ms).grace(100ms);
  Run run(b, b.stream(in).group_by_key().windowed_by(windows).aggregate(empty, append));
  CHECK(run("a", "1", 30) == Lines{"a@20/30=+1 30"});
  CHECK(run("a", "2", 40) == Lines{"a@31/41=+2 40", "a@30/40=+1+2 40"});
  CHECK(run("a", "3", 35) == Lines{"a@31/41=+2+3 40", "a@30/40=+1+2+3 40", "a@25/35=+1+3 35", "a@36/46=+2 40"});
  CHECK(run("a", "4", 25) == Lines{"a@25/35=+1+3+4 35", "a@20/30=+1+4 30", "a@15/25=+4 25", "a@26/36=+1+3 35"});
  CHECK(run("a", "5", 45) == Lines{"a@36/46=+2+5 45", "a@41/51=+5 45", "a@35/45=+2+3+5 45"});
  CHECK(run("a", "6", 35) == Lines{"a@35/45=+2+3+5+6 45", "a@31/41=+2+3+6 40", "a@30/40=+1+2+3+6 40",
                                   "a@26/36=+1+3+6 35", "a@25/35=+1+3+4+6 35"});
}

TEST_CASE("a record between two sessions merges them, and deletes what they were") {
  cs::StreamsBuilder b;
  auto windows = cs::SessionWindows::with_gap(5ms).grace(100ms);
  Run run(b, b.stream(in).group_by_key().windowed_by(windows).aggregate(empty, append, concat));
  CHECK(run("a", "1", 0) == Lines{"a@0/0=+1 0"});
  CHECK(run("a", "2", 10) == Lines{"a@10/10=+2 10"});
  CHECK(run("a", "3", 20) == Lines{"a@20/20=+3 20"});
  CHECK(run("a", "4", 15) == Lines{"a@10/10=null 10", "a@20/20=null 20", "a@10/20=[[|+2]|+3]+4 20"});
  CHECK(run("a", "5", 5) == Lines{"a@0/0=null 0", "a@10/20=null 20", "a@0/20=[[|+1]|[[|+2]|+3]+4]+5 20"});
  CHECK(run("a", "6", 3) == Lines{"a@0/20=null 20", "a@0/20=[|[[|+1]|[[|+2]|+3]+4]+5]+6 20"});
}

TEST_CASE("sliding windows on close come once, in the order of their start") {
  cs::StreamsBuilder b;
  Run run(b, b.stream(in)
                 .group_by_key()
                 .windowed_by(cs::SlidingWindows::of(10ms))
                 .emit(cs::EmitStrategy::on_window_close)
                 .aggregate(empty, append, cs::Materialized().retention(1000ms)));
  CHECK(run("a", "1", 3).empty());
  CHECK(run("a", "2", 8).empty());
  CHECK(run("b", "3", 15) == Lines{"a@0/10=+1+2 8", "a@4/14=+2 8"});
  CHECK(run("a", "4", 20) == Lines{"b@5/15=+3 15"});
  CHECK(run("a", "5", 26) == Lines{"a@10/20=+4 20"});
  CHECK(run("b", "6", 60) == Lines{"a@16/26=+4+5 26", "a@21/31=+5 26"});
  CHECK(run("a", "7", 61) == Lines{"b@50/60=+6 60"});
}

TEST_CASE("tumbling windows on close lose nothing at the default retention") {
  cs::StreamsBuilder b;
  Run run(b, b.stream(in)
                 .group_by_key()
                 .windowed_by(cs::TimeWindows::of(10ms))
                 .emit(cs::EmitStrategy::on_window_close)
                 .aggregate(empty, append));
  CHECK(run("b", "1", 3).empty());
  CHECK(run("a", "2", 4).empty());
  CHECK(run("b", "3", 12) == Lines{"a@0/10=+2 4", "b@0/10=+1 3"});
  CHECK(run("a", "4", 25) == Lines{"b@10/20=+3 12"});
  CHECK(run("c", "5", 100) == Lines{"a@20/30=+4 25"});
}

TEST_CASE("sessions on close lose nothing at the default retention, also where one ends just as another begins") {
  cs::StreamsBuilder b;
  Run run(b, b.stream(in)
                 .group_by_key()
                 .windowed_by(cs::SessionWindows::with_gap(5ms))
                 .emit(cs::EmitStrategy::on_window_close)
                 .aggregate(empty, append, concat));
  CHECK(run("a", "1", 10).empty());
  CHECK(run("a", "2", 12).empty());
  CHECK(run("c", "3", 17).empty());  // a's session may still grow
  CHECK(run("b", "4", 18) == Lines{"a@10/12=[|+1]+2 12"});
  CHECK(run("z", "5", 90) == Lines{"c@17/17=+3 17", "b@18/18=+4 18"});
}

TEST_CASE("windows that close later than their store keeps them are refused") {
  cs::StreamsBuilder b;
  auto windows = b.stream(in).group_by_key().windowed_by(cs::TimeWindows::of(10ms).grace(5ms));
  CHECK_THROWS_AS(windows.count(cs::Materialized("c").retention(14ms)), std::invalid_argument);
  CHECK_NOTHROW(windows.count(cs::Materialized("d").retention(15ms)));
}
