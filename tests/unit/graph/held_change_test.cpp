// The bytes of a table's update in a repartition topic.
#include <cryptostream/graph/held_change.h>

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace cs = cryptostream;

namespace {

using Change = cs::HeldChange<std::string>;
const cs::HeldChangeSerde<std::string> serde{cs::default_serde<std::string>()};

std::string bytes_of(const Change& change) {
  std::string bytes;
  serde.encode(change, bytes);
  return bytes;
}

std::string literal(const char* bytes, std::size_t size) { return std::string(bytes, size); }

}  // namespace

TEST_CASE("an update has Kafka Streams' bytes") {
  CHECK(bytes_of({"a1", std::nullopt}) == literal("a1\x01", 3));
  CHECK(bytes_of({std::nullopt, "a3"}) == literal("a3\x00", 3));
  CHECK(bytes_of({"a3", "a1"}) == literal("\x04"
                                          "a3a1\x02",
                                          6));
  CHECK(bytes_of({"", "old"}) == literal("\x00old\x02", 5));
  CHECK(bytes_of({std::string(64, 'x'), ""}) == literal("\x80\x01", 2) + std::string(64, 'x') + "\x02");
}

TEST_CASE("encoding appends, and what was encoded is decoded, whatever the slot held before") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  auto text = [&] {
    std::string value(random() % 4 == 0 ? random() % 40'000 : random() % 5, '\0');
    for (auto& c : value) c = static_cast<char>(random());
    return value;
  };
  Change slot;
  for (int i = 0; i < 300; ++i) {
    Change change;
    auto kind = random() % 3;
    if (kind != 0) change.now = text();
    if (kind != 1) change.before = text();
    std::string bytes = "before";
    serde.encode(change, bytes);
    REQUIRE(bytes.starts_with("before"));
    REQUIRE(serde.decode(std::string_view(bytes).substr(6), slot));
    REQUIRE(slot.now == change.now);
    REQUIRE(slot.before == change.before);
  }
}

TEST_CASE("damaged updates are refused as bad records") {
  for (const auto& bytes : {literal("", 0), literal("a\x03", 2), literal("\x02", 1), literal("\x80\x02", 2),
                            literal("\x80\x80\x80\x80\x80\x80\x02", 7), literal("\x06xy\x02", 4),
                            literal("\x03xyz\x02", 5), literal("\xfe\xff\xff\xff\xff\x02", 6)}) {
    Change slot;
    auto decoded = serde.decode(bytes, slot);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().kind() == cs::ErrorKind::bad_record);
  }
}
