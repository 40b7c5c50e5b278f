// What the two sides of a foreign-key join say to each other through topics: subscriptions and responses, as bytes.
//
// The left table's side subscribes each of its keys (primary keys) to the foreign key that its value names. The right
// table's side keeps the subscriptions and responds with its value, now and whenever it changes. With a subscription
// goes the hash of the value that it was made from; the response brings it back, and is out of date if the left value
// has another hash by then.
#pragma once

#include <cryptostream/core/bytes.h>
#include <cryptostream/core/murmur3.h>
#include <cryptostream/core/result.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace cryptostream {

/// What the right side is to do with a subscription. The numbers are those on the wire.
enum class FkInstruction : std::uint8_t {
  remove = 0,           ///< forget it, and say nothing
  remove_respond = 1,   ///< forget it, and respond that there is no value
  respond_always = 2,   ///< keep it, and respond even if there is no value
  respond_present = 3,  ///< keep it, and respond if there is a value
};

/// The value of a record of the subscription topic, whose key is the foreign key; and of an entry of its store.
struct FkSubscription {
  std::optional<Hash128> hash{};  ///< of the left value; nothing: it was deleted
  FkInstruction instruction = FkInstruction::remove;
  std::string primary_key{};
  /// Where the response shall go. Nothing in what Kafka Streams before 3.3 wrote: then it follows from the primary key.
  std::optional<std::int32_t> partition = 0;
};

/// As Kafka Streams' SubscriptionWrapper: `version, with 0x80 if there is no hash`, `instruction`, `hash`, `primary
/// key`, `partition` (version 1, not version 0).
void append_subscription(const FkSubscription& subscription, std::string& into);
/// Overwrites `into`. Errors: bad_record.
Result<void> read_subscription(BytesView bytes, FkSubscription& into);

/// The key of a subscription in its store: `length of the foreign key` (int32), `foreign key`, `primary key`. Without a
/// primary key: the prefix that all subscriptions to a foreign key have.
void append_subscription_key(BytesView foreign_key, BytesView primary_key, std::string& into);

/// A response on its way to its topic, whose key is the primary key.
struct FkResponse {
  std::optional<Hash128> hash{};  ///< of the subscription
  OptionalBytesView value{};      ///< the right table's
  std::optional<std::int32_t> partition{};
};

/// A response as it comes from the topic.
struct FkReceivedResponse {
  std::optional<Hash128> hash{};
  OptionalBytes value{};
};

/// As Kafka Streams' SubscriptionResponseWrapper: `version 0, with 0x80 if there is no hash`, `hash`, `value`. A value
/// of no bytes (an empty text) cannot be told from none, and counts as none.
void append_response(const FkResponse& response, std::string& into);
/// Overwrites `into`. Errors: bad_record.
Result<void> read_response(BytesView bytes, FkReceivedResponse& into);

/// What one update of the left table has to tell the right side, in this order.
struct FkOrders {
  struct Order {
    OptionalBytesView foreign_key{};  ///< nothing: of left joins only
    FkInstruction instruction = FkInstruction::remove;
  };
  std::array<Order, 2> list{};
  std::size_t count = 0;
  bool lacks_key = false;  ///< the new value has no foreign key, and the join needs one

  const Order* begin() const { return list.data(); }
  const Order* end() const { return list.data() + count; }
  void add(OptionalBytesView foreign_key, FkInstruction instruction) { list[count++] = {foreign_key, instruction}; }
};

/// `before`, `now`: the encoded foreign keys of the old and the new value, nothing where there is no value or it has no
/// foreign key. `has_before`, `has_now`: whether there is such a value.
FkOrders fk_orders(bool left_join, bool has_before, OptionalBytesView before, bool has_now, OptionalBytesView now);

}  // namespace cryptostream
