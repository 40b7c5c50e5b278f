// Any text as what was committed beside an offset: understood or nothing, and what is understood can be written and
// read again.
#include <cryptostream/runtime/offset_metadata.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace cs = cryptostream;

std::vector<std::string> seeds() {
  return {cs::OffsetMetadata{{10}, {}}.encode(), cs::OffsetMetadata{{7}, {{"store1", {100}}, {"a", {5}}}}.encode(),
          "AQAAAAAAAAAK"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto known = cs::OffsetMetadata::decode({reinterpret_cast<const char*>(data), size});
  auto again = cs::OffsetMetadata::decode(known.encode());
  if (again.partition_time != known.partition_time || again.times != known.times) std::abort();
  return 0;
}
