// The bytes of foreign-key joins, and what is told when a foreign key changes. Bytes are recorded from Kafka Streams
// 4.3.1.
#include <cryptostream/graph/fk_messages.h>

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace cs = cryptostream;

namespace {

using Told = std::vector<std::string>;

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

std::string bytes_of(const cs::FkSubscription& subscription) {
  std::string bytes;
  cs::append_subscription(subscription, bytes);
  return bytes;
}

std::string bytes_of(const cs::FkResponse& response) {
  std::string bytes;
  cs::append_response(response, bytes);
  return bytes;
}

/// "key: instruction" for each order; "drop" if the new value lacks a key. An argument "-": a value without a key.
Told told(bool left_join, const char* before, const char* now) {
  auto key = [](const char* text) { return text && *text != '-' ? cs::OptionalBytesView(text) : std::nullopt; };
  Told lines;
  auto orders = cs::fk_orders(left_join, before, key(before), now, key(now));
  for (const auto& order : orders) {
    const char* instructions[] = {"remove", "remove, respond", "respond", "respond if present"};
    lines.push_back(std::string(order.foreign_key.value_or("none")) + ": " +
                    instructions[static_cast<int>(order.instruction)]);
  }
  if (orders.lacks_key) lines.push_back("drop");
  return lines;
}

}  // namespace

TEST_CASE("a subscription has Kafka Streams' bytes") {
  cs::FkSubscription subscription{cs::murmur3_128("a2"), cs::FkInstruction::respond_present, "k2", 0};
  CHECK(bytes_of(subscription) == from_hex("0103c4ce566ae818ef8edaa00e1dbc8d46626b3200000000"));
  CHECK(bytes_of({std::nullopt, cs::FkInstruction::remove_respond, "k2", 258}) == from_hex("81016b3200000102"));
  std::string key;
  cs::append_subscription_key("a", "k2", key);
  CHECK(key == from_hex("00000001616b32"));
}

TEST_CASE("a response has Kafka Streams' bytes, in which an empty value is none") {
  CHECK(bytes_of(cs::FkResponse{cs::murmur3_128("a2"), "A", 0}) == from_hex("00c4ce566ae818ef8edaa00e1dbc8d466241"));
  CHECK(bytes_of(cs::FkResponse{std::nullopt, std::nullopt, 0}) == from_hex("80"));
  cs::FkReceivedResponse response{std::nullopt, "what was there before"};
  REQUIRE(cs::read_response(bytes_of(cs::FkResponse{cs::Hash128{1, 2}, "", 0}), response));
  CHECK(response.hash == cs::Hash128{1, 2});
  CHECK_FALSE(response.value);
}

TEST_CASE("a subscription written before Kafka Streams 3.3 has no partition, and is written again as it was") {
  auto bytes = from_hex("0002c4ce566ae818ef8edaa00e1dbc8d46626b32");
  cs::FkSubscription subscription;
  REQUIRE(cs::read_subscription(bytes, subscription));
  CHECK_FALSE(subscription.partition);
  CHECK(subscription.primary_key == "k2");
  CHECK(bytes_of(subscription) == bytes);
}

TEST_CASE("what was written is read, whatever the slot held before") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  auto text = [&] {
    std::string bytes(random() % 40, '\0');
    for (auto& c : bytes) c = static_cast<char>(random());
    return bytes;
  };
  auto hash = [&]() -> std::optional<cs::Hash128> {
    if (random() % 3 == 0) return std::nullopt;
    return cs::Hash128{std::uint64_t{random()} << 32 | random(), random()};
  };
  cs::FkSubscription read;
  cs::FkReceivedResponse answered;
  for (int i = 0; i < 500; ++i) {
    cs::FkSubscription subscription{hash(), static_cast<cs::FkInstruction>(random() % 4), text(), std::nullopt};
    if (random() % 4 != 0) subscription.partition = static_cast<std::int32_t>(random() % 1000);
    REQUIRE(cs::read_subscription(bytes_of(subscription), read));
    REQUIRE(bytes_of(read) == bytes_of(subscription));
    REQUIRE(read.primary_key == subscription.primary_key);
    auto value = text();
    auto sent = hash();
    REQUIRE(cs::read_response(bytes_of(cs::FkResponse{sent, value, 0}), answered));
    REQUIRE(answered.hash == sent);
    REQUIRE(answered.value.value_or("") == value);
  }
}

TEST_CASE("damaged messages are refused as bad records") {
  for (const char* hex : {"", "01", "0104", "0203", "0103c4ce566ae818ef8edaa00e1dbc8d46", "8103000000",
                          "0103c4ce566ae818ef8edaa00e1dbc8d4662000000", "fe03"}) {
    CAPTURE(hex);
    cs::FkSubscription slot;
    auto read = cs::read_subscription(from_hex(hex), slot);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind() == cs::ErrorKind::bad_record);
  }
  for (const char* hex : {"", "0103", "00c4ce566ae818ef8edaa00e1dbc8d46", "81"}) {
    CAPTURE(hex);
    cs::FkReceivedResponse slot;
    auto read = cs::read_response(from_hex(hex), slot);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind() == cs::ErrorKind::bad_record);
  }
}

TEST_CASE("an inner join subscribes where there is a foreign key, and takes results back where there is none left") {
  constexpr bool left_join = false;
  CHECK(told(left_join, nullptr, "a") == Told{"a: respond if present"});
  CHECK(told(left_join, "a", "a") == Told{"a: respond if present"});
  CHECK(told(left_join, "a", "b") == Told{"a: remove", "b: respond"});
  CHECK(told(left_join, "a", nullptr) == Told{"a: remove, respond"});
  CHECK(told(left_join, "a", "-") == Told{"a: remove, respond", "drop"});
  CHECK(told(left_join, nullptr, "-") == Told{"drop"});
  CHECK(told(left_join, "-", "a") == Told{"a: respond if present"});
  CHECK(told(left_join, "-", "-") == Told{"drop"});
  CHECK(told(left_join, "-", nullptr).empty());
  CHECK(told(left_join, nullptr, nullptr).empty());
}

TEST_CASE("a left join has everything responded to, also what has no foreign key") {
  constexpr bool left_join = true;
  CHECK(told(left_join, nullptr, "a") == Told{"a: respond"});
  CHECK(told(left_join, "a", "a") == Told{"a: respond"});
  CHECK(told(left_join, "a", "b") == Told{"a: remove", "b: respond"});
  CHECK(told(left_join, "a", nullptr) == Told{"a: remove", "none: respond"});
  CHECK(told(left_join, "a", "-") == Told{"a: remove", "none: respond"});
  CHECK(told(left_join, nullptr, "-") == Told{"none: respond"});
  CHECK(told(left_join, "-", "a") == Told{"a: respond"});
  CHECK(told(left_join, "-", nullptr) == Told{"none: respond"});
  CHECK(told(left_join, nullptr, nullptr).empty());
}
