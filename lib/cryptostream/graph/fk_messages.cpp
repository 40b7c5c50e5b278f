#include <cryptostream/core/big_endian.h>
#include <cryptostream/graph/fk_messages.h>

#include <fmt/format.h>

#include <utility>

namespace cryptostream {
namespace {

constexpr unsigned char no_hash_bit = 0x80;
constexpr std::size_t hash_size = 16;
constexpr std::size_t partition_size = 4;
constexpr unsigned char newest_subscription = 1;
constexpr unsigned char newest_response = 0;

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorKind::bad_record, "a message of a foreign-key join was expected: " + what);
}

void append_head(unsigned char version, const std::optional<Hash128>& hash, std::string& into) {
  into += static_cast<char>(hash ? version : version | no_hash_bit);
}

void append_hash(const std::optional<Hash128>& hash, std::string& into) {
  if (!hash) return;
  append_int64(static_cast<std::int64_t>(hash->high), into);
  append_int64(static_cast<std::int64_t>(hash->low), into);
}

// The version, and whether there is a hash; takes the byte away.
Result<std::pair<unsigned char, bool>> read_head(BytesView& bytes, unsigned char newest) {
  if (bytes.empty()) return damaged("there are no bytes");
  auto head = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  auto version = static_cast<unsigned char>(head & ~no_hash_bit);
  if (version > newest)
    return damaged(fmt::format("its version is {}, and the newest that is known here is {}", version, newest));
  return std::pair(version, (head & no_hash_bit) == 0);
}

Result<void> read_hash(BytesView& bytes, bool present, std::optional<Hash128>& into) {
  into.reset();
  if (!present) return {};
  if (bytes.size() < hash_size) return damaged("its hash is cut off");
  into = {static_cast<std::uint64_t>(read_int64(bytes.data())),
          static_cast<std::uint64_t>(read_int64(bytes.data() + sizeof(std::int64_t)))};
  bytes.remove_prefix(hash_size);
  return {};
}

}  // namespace

void append_subscription(const FkSubscription& subscription, std::string& into) {
  append_head(subscription.partition ? 1 : 0, subscription.hash, into);
  into += static_cast<char>(subscription.instruction);
  append_hash(subscription.hash, into);
  into += subscription.primary_key;
  if (subscription.partition) append_int32(*subscription.partition, into);
}

Result<void> read_subscription(BytesView bytes, FkSubscription& into) {
  CRYPTOSTREAM_TRY_ASSIGN(auto head, read_head(bytes, newest_subscription));
  if (bytes.empty()) return damaged("its instruction is cut off");
  auto instruction = static_cast<unsigned char>(bytes.front());
  if (instruction > static_cast<unsigned char>(FkInstruction::respond_present))
    return damaged(fmt::format("there is no instruction {}", instruction));
  into.instruction = static_cast<FkInstruction>(instruction);
  bytes.remove_prefix(1);
  CRYPTOSTREAM_TRY(read_hash(bytes, head.second, into.hash));
  into.partition.reset();
  if (head.first > 0) {
    if (bytes.size() < partition_size) return damaged("its partition is cut off");
    into.partition = read_int32(bytes.data() + bytes.size() - partition_size);
    bytes.remove_suffix(partition_size);
  }
  into.primary_key.assign(bytes);
  return {};
}

void append_subscription_key(BytesView foreign_key, BytesView primary_key, std::string& into) {
  append_int32(static_cast<std::int32_t>(foreign_key.size()), into);
  into += foreign_key;
  into += primary_key;
}

void append_response(const FkResponse& response, std::string& into) {
  append_head(newest_response, response.hash, into);
  append_hash(response.hash, into);
  if (response.value) into += *response.value;
}

Result<void> read_response(BytesView bytes, FkReceivedResponse& into) {
  CRYPTOSTREAM_TRY_ASSIGN(auto head, read_head(bytes, newest_response));
  CRYPTOSTREAM_TRY(read_hash(bytes, head.second, into.hash));
  if (bytes.empty()) {
    into.value.reset();
  } else if (into.value) {
    into.value->assign(bytes);
  } else {
    into.value.emplace(bytes);
  }
  return {};
}

// The right side hears of a change of foreign key at the old one, so that it no longer responds for it, and at the new
// one. Results that were there before have to go if the new key has no value; hence respond_always.
FkOrders fk_orders(bool left_join, bool has_before, OptionalBytesView before, bool has_now, OptionalBytesView now) {
  FkOrders orders;
  if (left_join) {
    if (!has_before && !has_now) return orders;
    if (before && before != now) orders.add(before, FkInstruction::remove);
    orders.add(now, FkInstruction::respond_always);
    return orders;
  }
  if (!now) {
    orders.lacks_key = has_now;
    if (before) orders.add(before, FkInstruction::remove_respond);
  } else if (before && before != now) {
    orders.add(before, FkInstruction::remove);
    orders.add(now, FkInstruction::respond_always);
  } else {
    orders.add(now, FkInstruction::respond_present);
  }
  return orders;
}

}  // namespace cryptostream
