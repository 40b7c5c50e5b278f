// What is committed beside an offset, byte for byte as Kafka Streams has it.
#include <cryptostream/runtime/offset_metadata.h>

#include <doctest/doctest.h>

#include <string>

namespace cs = cryptostream;

TEST_CASE("a partition's time is written as Kafka Streams 4.3.1 writes it") {
  CHECK(cs::OffsetMetadata{{10}, {}}.encode() == "AgAAAAAAAAAK");
  CHECK(cs::OffsetMetadata{{-1}, {}}.encode() == "Av//////////");
  CHECK(cs::OffsetMetadata::decode("AgAAAAAAAAAK").partition_time == cs::Timestamp{10});
  CHECK(cs::OffsetMetadata::decode("AgAAAAAAAAAK").times.empty());
}

TEST_CASE("times of nodes stand behind it, in the order of a Java hash map") {
  cs::OffsetMetadata metadata{{7}, {{"store1", {100}}, {"store2", {3}}, {"a", {5}}}};
  auto text = metadata.encode();
  auto back = cs::OffsetMetadata::decode(text);
  CHECK(back.partition_time == cs::Timestamp{7});
  CHECK(back.times == metadata.times);
  // int32 3, then "a", whose hash lies before those of the stores.
  CHECK(text.starts_with("AgAAAAAAAAAHAAAAAwAAAAFh"));
}

TEST_CASE("the older version has no times, and what another program committed is nothing") {
  CHECK(cs::OffsetMetadata::decode("AQAAAAAAAAAK").partition_time == cs::Timestamp{10});
  for (const char* other : {"", "A", "?", "hello world", "BwAAAAAAAAAK",
                            "AgAAAAAAAA==", "AgAAAAAAAAAKAAAAAg==", "AgAAAAAAAAAKAAAAAf////8="})
    CHECK(cs::OffsetMetadata::decode(other).times.empty());
  CHECK(cs::OffsetMetadata::decode("BwAAAAAAAAAK").partition_time == cs::Timestamp{-1});
}
