// Any bytes as JSON: decoded or refused; what was decoded survives encoding.
#include <cryptostream/data/serde.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {
enum class Side { buy, sell };
struct Inner {
  std::string text;
  std::optional<cryptostream::Decimal> price;
};
struct Outer {
  std::int64_t number = 0;
  std::int32_t small = 0;
  double real = 0;
  bool flag = false;
  cryptostream::Decimal exact;
  cryptostream::Timestamp time;
  std::vector<Inner> list;
  std::map<std::string, std::string> labels;
};
CRYPTOSTREAM_SCHEMA(Inner, text, price)
CRYPTOSTREAM_SCHEMA(Outer, number, small, real, flag, exact, time, list, labels)
}  // namespace

std::vector<std::string> seeds() {
  return {
      R"({"number":1,"small":-2,"real":1e3,"flag":true,"exact":"1.50","time":1700000000000,"list":[{"text":"\u00e9\n","price":null}],"labels":{"a":"b"}})",
      R"({"number":"9223372036854775807","exact":1e-30,"list":[],"labels":{}})", "[[[[[[[[", R"({"a":"\ud800"})"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto& serde = cryptostream::default_serde<Outer>();
  Outer value;
  if (!serde.decode({reinterpret_cast<const char*>(data), size}, value)) return 0;
  std::string bytes, again;
  serde.encode(value, bytes);
  Outer copy;
  if (!serde.decode(bytes, copy)) std::abort();
  serde.encode(copy, again);
  if (bytes != again) std::abort();
  return 0;
}
