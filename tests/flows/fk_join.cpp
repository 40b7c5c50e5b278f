// Joins of tables by foreign key: orders name the customer they are from. Expected results are Kafka Streams'.
#include "table_lines.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

using std::string;
const cs::TextTopic orders{"orders"}, customers{"customers"}, out{"out"};

/// Of "book for ann": "ann". Of "book": nothing.
std::optional<string> customer_of(const string& order) {
  auto at = order.find(" for ");
  return at == string::npos ? std::nullopt : std::optional(order.substr(at + 5));
}

struct Both {
  string operator()(const string& order, const cs::MaybeText& customer) const {
    return order + " from " + cs::shown(customer);
  }
};

cs::TestDriver driver_of(cs::Topology topology, std::map<string, std::int32_t> partitions) {
  cs::TestDriver::Options options;
  options.config.cache_bytes = 0;
  options.partitions = std::move(partitions);
  return cs::TestDriver(std::move(topology), options);
}

/// What one update brings forth.
cs::Lines after(cs::TestDriver& driver, const cs::TextTopic& topic, const string& key, const cs::MaybeText& value,
                std::int64_t time) {
  driver.pipe(topic, key, value, {time});
  return cs::lines_of(driver, out);
}

/// Updates of both tables, the same for the same seed.
void play(cs::TestDriver& driver, unsigned seed) {
  std::mt19937 random(seed);
  const char* names[] = {"ann", "bob", "cy", "di", "ed"};
  for (int i = 0; i < 300; ++i) {
    string name = names[random() % 5];
    auto number = std::to_string(random() % 12);
    cs::Timestamp time{i + static_cast<int>(random() % 5)};
    if (random() % 3 == 0) {
      driver.pipe(customers, name, random() % 4 == 0 ? std::nullopt : cs::MaybeText(name + " no. " + std::to_string(i)),
                  time);
    } else {
      auto value = random() % 5 == 0 ? std::nullopt : cs::MaybeText("book " + std::to_string(i) + " for " + name);
      if (random() % 8 == 0) value = "book";
      driver.pipe(orders, number, value, time);
    }
  }
}

std::map<string, cs::Lines> by_key(const cs::Lines& lines) {
  std::map<string, cs::Lines> keys;
  for (const auto& line : lines) keys[line.substr(0, line.find('='))].push_back(line);
  return keys;
}

}  // namespace

TEST_CASE("an inner join has a result as long as there is an order and its customer") {
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  b.table(orders).join(from, customer_of, Both()).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  auto order = [&](const string& key, const cs::MaybeText& value, std::int64_t time) {
    return after(driver, orders, key, value, time);
  };
  auto customer = [&](const string& key, const cs::MaybeText& value, std::int64_t time) {
    return after(driver, customers, key, value, time);
  };
  CHECK(order("1", "book for ann", 10).empty());
  CHECK(customer("ann", "Ann", 5) == cs::Lines{"1=book for ann from Ann@5"});  // the update's time, though it is older
  CHECK(order("2", "pen for ann", 3) == cs::Lines{"2=pen for ann from Ann@5"});  // the later time of both
  CHECK(customer("ann", "Anne", 20) == cs::Lines{"1=book for ann from Anne@20", "2=pen for ann from Anne@20"});

  // An update of the order that names the same customer again, another one, one who is not there, and nobody.
  CHECK(order("1", "map for ann", 21) == cs::Lines{"1=map for ann from Anne@21"});
  CHECK(customer("bob", "Bob", 22).empty());
  CHECK(order("1", "map for bob", 23) == cs::Lines{"1=map for bob from Bob@23"});
  CHECK(order("1", "map for cy", 24) == cs::Lines{"1=null@24"});
  CHECK(customer("bob", "Bobby", 25).empty());
  CHECK(customer("cy", "Cy", 26) == cs::Lines{"1=map for cy from Cy@26"});
  CHECK(driver.metrics().records_dropped == 0);
  CHECK(order("1", "map", 27) == cs::Lines{"1=null@27"});
  CHECK(driver.metrics().records_dropped == 1);

  CHECK(customer("ann", std::nullopt, 30) == cs::Lines{"2=null@30"});
  CHECK(order("2", std::nullopt, 31) == cs::Lines{"2=null@31"});
  CHECK(customer("ann", "Ann", 32).empty());
}

TEST_CASE("a left join has a result for every order, whoever it is for") {
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  b.table(orders).left_join(from, customer_of, Both()).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  CHECK(after(driver, orders, "1", "book for ann", 1) == cs::Lines{"1=book for ann from null@1"});
  CHECK(after(driver, customers, "ann", "Ann", 2) == cs::Lines{"1=book for ann from Ann@2"});
  CHECK(after(driver, customers, "ann", std::nullopt, 3) == cs::Lines{"1=book for ann from null@3"});
  CHECK(after(driver, orders, "1", "book", 4) == cs::Lines{"1=book from null@4"});
  CHECK(after(driver, customers, "ann", "Ann", 5).empty());
  CHECK(after(driver, orders, "1", std::nullopt, 6) == cs::Lines{"1=null@6"});
  CHECK(after(driver, orders, "1", std::nullopt, 7).empty());
  CHECK(driver.metrics().records_dropped == 0);
}

TEST_CASE("selector and joiner may take the order's key, and a joiner may leave a result out") {
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  b.table(orders)
      .join(
          from, [](const string& number, const string&) { return number.substr(0, 1); },
          [](const string& number, const string& order, const string& customer) {
            return order == "-" ? std::nullopt : std::optional(number + customer + order);
          })
      .to_stream()
      .to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(customers, "a", "A", {1});
  CHECK(after(driver, orders, "a1", "x", 2) == cs::Lines{"a1=a1Ax@2"});
  CHECK(after(driver, orders, "a1", "-", 3) == cs::Lines{"a1=null@3"});
}

TEST_CASE("a response to what an order no longer says is left out, and counts as dropped") {
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  b.table(orders).join(from, customer_of, Both(), cs::TableJoined("fk")).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(customers, "ann", "Ann", {1});
  driver.pipe(orders, "1", "book for ann", {2});
  driver.pipe(orders, "1", "pen for ann", {3});
  auto responses = driver.read_bytes("test-fk-subscription-response-topic");
  REQUIRE(responses.size() == 2);
  cs::lines_of(driver, out);
  // The first response, as if it had been on its way for long.
  driver.pipe_bytes("test-fk-subscription-response-topic", responses[0].key, responses[0].value, {9});
  CHECK(cs::lines_of(driver, out).empty());
  CHECK(driver.metrics().records_dropped == 1);
  driver.pipe_bytes("test-fk-subscription-response-topic", responses[1].key, responses[1].value, {9});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"1=pen for ann from Ann@9"});
  // And after the order has gone.
  driver.pipe(orders, "1", std::nullopt, {10});
  cs::lines_of(driver, out);
  driver.pipe_bytes("test-fk-subscription-response-topic", responses[1].key, responses[1].value, {11});
  CHECK(cs::lines_of(driver, out).empty());
  CHECK(driver.metrics().records_dropped == 2);
}

TEST_CASE("an empty text of the right table counts as absent, as its bytes cannot be told from none") {
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  b.table(orders).join(from, customer_of, Both()).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(customers, "ann", "", {1});
  CHECK(after(driver, orders, "1", "book for ann", 2) == cs::Lines{"1=null@2"});
}

TEST_CASE("a name names nodes, topics and stores; the table may be kept under one of its own") {
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  b.table(orders)
      .join(from, customer_of, Both(), cs::TableJoined("fk"), cs::Materialized("joined"))
      .to_stream()
      .to(out);
  auto topology = b.build();
  auto text = topology.describe();
  for (const char* part : {"Source: fk-subscription-registration-source (topics: [fk-subscription-registration-topic])",
                           "Processor: fk-subscription-receive (stores: [fk-subscription-store])",
                           "Processor: fk-subscription-join-foreign (stores: [customers-STATE-STORE-0000000000])",
                           "Processor: fk-foreign-join-subscription (stores: [fk-subscription-store])",
                           "Sink: fk-subscription-response-sink (topic: fk-subscription-response-topic)",
                           "Processor: fk-subscription-response-resolver (stores: [orders-STATE-STORE-0000000003])",
                           "Processor: fk-result (stores: [joined])"}) {
    CAPTURE(part);
    CHECK(text.find(part) != string::npos);
  }
  CHECK(topology.sub_topologies().size() == 2);
  auto driver = driver_of(std::move(topology), {});
  driver.pipe(customers, "ann", "Ann", {1});
  driver.pipe(orders, "1", "book for ann", {2});
  CHECK(driver.key_value_store<string, string>("joined") == std::map<string, string>{{"1", "book for ann from Ann"}});
  CHECK(driver.internal_topics().contains("test-fk-subscription-store-changelog"));
}

TEST_CASE("explain says what its topics and its store are for") {
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  b.table(orders).join(from, customer_of, Both(), cs::TableJoined("fk"));
  auto text = cs::explain(b.build(), "app");
  for (const char* part :
       {"topic app-fk-subscription-registration-topic: where a foreign-key join has its foreign keys looked up, asked "
        "by fk-subscription-registration-processor\n",
        "topic app-fk-subscription-response-topic: values for those who refer to them, from "
        "fk-subscription-join-foreign, fk-foreign-join-subscription\n",
        "store fk-subscription-store: subscriptions of a foreign-key join: which keys refer to each foreign key;"}) {
    CAPTURE(text);
    CHECK(text.find(part) != string::npos);
  }
}

TEST_CASE("headers of either side's update go with what it brings forth, and into the subscriptions' changelog") {
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  b.table(orders).join(from, customer_of, Both(), cs::TableJoined("fk")).to_stream().to(out);
  auto driver = driver_of(b.build(), {});
  cs::Headers hers, its;
  hers.add("h", "customer");
  its.add("h", "order");
  driver.pipe(customers, "ann", "Ann", {1}, hers);
  driver.pipe(orders, "1", "book for ann", {2}, its);
  driver.pipe(customers, "ann", "Anne", {3}, hers);
  auto records = driver.read(out);
  REQUIRE(records.size() == 2);
  CHECK(records[0].headers.view().last("h") == "order");
  CHECK(records[1].headers.view().last("h") == "customer");
  CHECK(driver.read_bytes("test-fk-subscription-store-changelog").at(0).headers.view().last("h") == "order");
}

TEST_CASE("updates older than the latest version of either table bring forth nothing, and count as dropped") {
  cs::StreamsBuilder b;
  auto from = b.table(customers, cs::Materialized("cv").versioned(1s));
  b.table(orders, cs::Materialized("ov").versioned(1s)).join(from, customer_of, Both()).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(customers, "ann", "Ann", {10});
  CHECK(after(driver, orders, "1", "book for ann", 20) == cs::Lines{"1=book for ann from Ann@20"});
  CHECK(after(driver, orders, "1", "pen for ann", 15).empty());
  CHECK(after(driver, customers, "ann", "Anne", 5).empty());
  CHECK(driver.metrics().records_dropped == 2);
}

TEST_CASE("any numbers of partitions give each key the same results") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  for (bool left : {false, true}) {
    auto topology = [&] {
      cs::StreamsBuilder b;
      auto from = b.table(customers);
      auto table = b.table(orders);
      (left ? table.left_join(from, customer_of, Both()) : table.join(from, customer_of, Both())).to_stream().to(out);
      return b.build();
    };
    auto one = driver_of(topology(), {});
    play(one, seed);
    auto want = by_key(cs::lines_of(one, out));
    CHECK(want.size() == 12);
    for (auto [of_orders, of_customers] : {std::pair(3, 4), {5, 1}, {1, 2}}) {
      auto driver = driver_of(topology(), {{"orders", of_orders}, {"customers", of_customers}});
      play(driver, seed);
      CHECK(by_key(cs::lines_of(driver, out)) == want);
      CHECK(driver.metrics().records_dropped == one.metrics().records_dropped);
    }
  }
}

TEST_CASE("chains of joins and counts behind them come to the same end with any numbers of partitions") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  auto end_of = [&](std::map<string, std::int32_t> partitions) {
    cs::StreamsBuilder b;
    auto from = b.table(customers);
    auto second = [](const string& both) { return string(both.size() % 2 == 0 ? "ann" : "bob"); };
    auto all = b.table(orders)
                   .join(from, customer_of, Both())
                   .left_join(from, second, Both(), cs::Materialized("all").caching(false));
    all.group_by([](const string& number, const string& text) {
         return cs::KeyValue{text.substr(text.size() - 2), number};
       })
        .count(cs::Materialized("counts").caching(false));
    auto driver = driver_of(b.build(), std::move(partitions));
    play(driver, seed);
    return std::pair(driver.key_value_store<string, string>("all"),
                     driver.key_value_store<string, std::int64_t>("counts"));
  };
  auto want = end_of({});
  CHECK(want.first.size() > 0);
  CHECK(end_of({{"orders", 3}, {"customers", 4}}) == want);
  CHECK(end_of({{"orders", 4}, {"customers", 2}}) == want);
}

TEST_CASE("after a crash subscriptions are there again, from their changelog") {
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  b.table(orders).join(from, customer_of, Both()).to_stream().to(out);
  auto driver = driver_of(b.build(), {{"orders", 2}, {"customers", 3}});
  driver.pipe(orders, "1", "book for ann", {1});
  driver.pipe(orders, "2", "pen for ann", {2});
  driver.pipe(orders, "2", std::nullopt, {3});
  cs::lines_of(driver, out);
  driver.restart();
  CHECK(after(driver, customers, "ann", "Ann", 4) == cs::Lines{"1=book for ann from Ann@4"});
}

TEST_CASE("a table of windows is found in the partition of its key") {
  const cs::KafkaTopic<string, string> visits{"visits"};
  cs::StreamsBuilder b;
  auto counts = b.stream(visits).group_by_key().windowed_by(cs::TimeWindows::of(10ms)).count();
  b.table(orders)
      .join(
          counts,
          [](const string& name) {
            return cs::Windowed<string>{name, {{0}, {10}}};
          },
          [](const string& name, std::int64_t count) { return name + " " + std::to_string(count); })
      .to_stream()
      .to(out);
  auto driver = driver_of(b.build(), {{"visits", 4}, {"orders", 3}});
  cs::Lines want;
  for (const char* name : {"ann", "bob", "cy", "di", "ed"}) {
    driver.pipe(visits, name, "", {1});
    driver.pipe(orders, name, name, {2});
    want.push_back(string(name) + "=" + name + " 1@2");
  }
  auto lines = cs::lines_of(driver, out);
  std::sort(lines.begin(), lines.end());
  CHECK(lines == want);
}

TEST_CASE("tables whose topics are not partitioned by Kafka's rule are joined with their partitioners") {
  auto by_first = [](const string& key, std::int32_t partitions) {
    return static_cast<std::int32_t>((key.at(0) - 'a') % partitions);
  };
  auto run = [&](bool told) {
    cs::StreamsBuilder b;
    auto from = b.table(customers);
    auto joined = told ? cs::TableJoined().other_partitioner(by_first) : cs::TableJoined();
    b.table(orders).join(from, customer_of, Both(), joined).to_stream().to(out);
    auto driver = driver_of(b.build(), {{"orders", 3}, {"customers", 5}});
    for (string name : {"ann", "bob", "cy", "di", "ed"}) {
      driver.pipe_bytes("customers", name, name, {1}, {}, by_first(name, 5));
      driver.pipe_bytes("orders", name, "book for " + name, {2}, {}, by_first(name, 3));
    }
    return cs::lines_of(driver, out).size();
  };
  CHECK(run(true) == 5);  // responses find the orders' partitions by themselves
  CHECK(run(false) < 5);
}

TEST_CASE("a partitioner decides where responses go; a partition that there is not is a bad record") {
  std::int32_t wanted = 1;
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  auto joined = cs::TableJoined("fk").partitioner([&wanted](const string&, std::int32_t) { return wanted; });
  b.table(orders).join(from, customer_of, Both(), joined).to_stream().to(out);
  auto driver = driver_of(b.build(), {{"orders", 2}});
  driver.pipe(customers, "ann", "Ann", {1});
  driver.pipe_bytes("orders", "1", "book for ann", {2}, {}, 1);
  CHECK(cs::lines_of(driver, out) == cs::Lines{"1=book for ann from Ann@2"});
  wanted = 2;
  CHECK_THROWS_WITH_AS(driver.pipe_bytes("orders", "1", "pen for ann", {3}, {}, 1),
                       doctest::Contains("partition 2 of topic \"fk-subscription-response-topic\" is asked for, which "
                                         "has 2"),
                       std::runtime_error);
}

TEST_CASE("chains of joins by foreign key, and what is grouped behind them, see each change") {
  const cs::TextTopic cities{"cities"};
  cs::StreamsBuilder b;
  auto where = b.table(cities);
  auto from = b.table(customers);
  auto last_word = [](const string& text) { return text.substr(text.rfind(' ') + 1); };
  auto pair = [](const string& one, const string& other) { return one + " " + other; };
  b.table(orders)
      .join(from, customer_of, pair)
      .join(where, last_word, pair)
      .group_by([&](const string& number, const string& all) {
        return cs::KeyValue{last_word(all), number};
      })
      .aggregate([] { return string(); }, [](const string& all, const string& one) { return all + "+" + one; },
                 [](const string& all, const string& one) { return all + "-" + one; })
      .to_stream()
      .to(out);
  auto driver = driver_of(b.build(), {{"orders", 2}, {"customers", 3}, {"cities", 2}});
  driver.pipe(cities, "Rome", "Italy", {1});
  driver.pipe(cities, "Oslo", "Norway", {1});
  driver.pipe(customers, "ann", "Rome", {2});
  CHECK(after(driver, orders, "1", "book for ann", 3) == cs::Lines{"Italy=+1@3"});
  CHECK(after(driver, customers, "ann", "Oslo", 4) == cs::Lines{"Italy=+1-1@4", "Norway=+1@4"});
}

TEST_CASE("a result of a type without serde is passed on; who needs it kept is told to give one") {
  cs::StreamsBuilder b;
  auto from = b.table(customers);
  auto pairs = b.table(orders).join(
      from, customer_of, [](const string& order, const string& customer) { return std::pair(order, customer); });
  pairs.to_stream()
      .map_values([](const std::optional<std::pair<string, string>>& pair) -> cs::MaybeText {
        return pair ? cs::MaybeText(pair->second) : std::nullopt;
      })
      .to(out);
  CHECK_THROWS_WITH_AS(pairs.group_by([](const std::pair<string, string>& pair) {
    return cs::KeyValue{pair.first, pair.second};
  }),
                       "\"KTABLE-FK-JOIN-OUTPUT-0000000018\" has to be kept for an operator below it, and its values' "
                       "type has no default serde; pass one with Materialized().value_serde(...)",
                       std::logic_error);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(customers, "ann", "Ann", {1});
  CHECK(after(driver, orders, "1", "book for ann", 2) == cs::Lines{"1=Ann@2"});
}

TEST_CASE("wiring mistakes name their nodes") {
  SUBCASE("two builders") {
    cs::StreamsBuilder b, c;
    auto from = c.table(customers);
    CHECK_THROWS_WITH_AS(b.table(orders).join(from, customer_of, Both()),
                         "join of \"KTABLE-SOURCE-0000000002\" and \"KTABLE-SOURCE-0000000002\": the two tables come "
                         "from different StreamsBuilders",
                         std::logic_error);
  }
  SUBCASE("a partitioner of other keys") {
    cs::StreamsBuilder b;
    auto from = b.table(customers);
    auto joined = cs::TableJoined("fk").other_partitioner([](std::int64_t, std::int32_t) { return 0; });
    CHECK_THROWS_WITH_AS(b.table(orders).join(from, customer_of, Both(), joined),
                         "the partitioner given at \"fk-result\" is for another type than the keys there",
                         std::logic_error);
  }
  SUBCASE("no serde for the values of a table that is to be hashed") {
    cs::StreamsBuilder b;
    auto from = b.table(customers);
    auto pairs = b.table(orders).map_values([](const string& v) { return std::pair(v, v); });
    CHECK_THROWS_WITH_AS(pairs.join(
                             from, [](const std::pair<string, string>& v) { return v.first; },
                             [](const std::pair<string, string>& v, const string&) { return v.second; }),
                         "\"KTABLE-MAPVALUES-0000000006\": the type of its value has no default serde; pass one with "
                         "its option (.value_serde(...))",
                         std::logic_error);
  }
  SUBCASE("topics of one table with different numbers of partitions") {
    cs::StreamsBuilder b;
    auto from = b.table(customers);
    auto both = b.table(orders).join(b.table(cs::TextTopic{"notes"}), Both());
    both.join(from, customer_of, Both()).to_stream().to(out);
    CHECK_THROWS_WITH_AS(driver_of(b.build(), {{"orders", 3}, {"notes", 2}}),
                         doctest::Contains("topics that are joined have different numbers of partitions"), std::runtime_error);
  }
}
