// Any bytes as messages of foreign-key joins: refused, or read so that they can be written again to the same bytes.
#include <cryptostream/graph/fk_messages.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace cs = cryptostream;

std::vector<std::string> seeds() {
  std::string subscription, removed, old, response, none;
  cs::append_subscription({cs::Hash128{1, 2}, cs::FkInstruction::respond_always, "key", 7}, subscription);
  cs::append_subscription({std::nullopt, cs::FkInstruction::remove_respond, "key", 0}, removed);
  cs::append_subscription({cs::Hash128{1, 2}, cs::FkInstruction::remove, "key", std::nullopt}, old);
  cs::append_response({cs::Hash128{1, 2}, "value", 7}, response);
  cs::append_response({std::nullopt, std::nullopt, 7}, none);
  return {subscription, removed, old, response, none};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cs::BytesView bytes(reinterpret_cast<const char*>(data), size);
  std::string again;
  cs::FkSubscription subscription;
  if (cs::read_subscription(bytes, subscription)) {
    cs::append_subscription(subscription, again);
    if (again != bytes) std::abort();
  }
  again.clear();
  cs::FkReceivedResponse response;
  if (cs::read_response(bytes, response)) {
    cs::append_response({response.hash, response.value, {}}, again);
    if (again != bytes) std::abort();
  }
  return 0;
}
