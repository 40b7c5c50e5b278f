// Any bytes as windowed keys and headers: refused, or read so that they can be written again to the same bytes.
#include <cryptostream/data/headers.h>
#include <cryptostream/data/windowed_serde.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace cs = cryptostream;

std::vector<std::string> seeds() {
  std::string time, session;
  cs::TimeWindowedSerde<std::string>(cs::default_serde<std::string>(), std::chrono::milliseconds(10))
      .encode({"key", {{20}, {30}}}, time);
  cs::SessionWindowedSerde<std::string>(cs::default_serde<std::string>()).encode({"key", {{20}, {25}}}, session);
  return {time, session, std::string(cs::Headers().add("a", "b").add("c", std::nullopt).view().packed())};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cs::BytesView bytes(reinterpret_cast<const char*>(data), size);
  cs::Windowed<std::string> key;
  std::string again;
  cs::TimeWindowedSerde<std::string> time(cs::default_serde<std::string>(), std::chrono::milliseconds(10));
  if (time.decode(bytes, key)) {
    time.encode(key, again);
    if (again != bytes) std::abort();
  }
  again.clear();
  cs::SessionWindowedSerde<std::string> session(cs::default_serde<std::string>());
  if (session.decode(bytes, key)) {
    session.encode(key, again);
    if (again != bytes) std::abort();
  }
  if (cs::HeadersView::valid(bytes)) {
    cs::Headers copy;
    for (auto header : cs::HeadersView(bytes)) copy.add(header.name, header.value);
    if (copy.view().packed() != bytes) std::abort();
  }
  return 0;
}
