// Any bytes as a decimal: refused, or read so that its text gives it back.
#include <cryptostream/core/decimal.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

std::vector<std::string> seeds() {
  return {"0", "-0.00", "123456789012345678901234567890.12345", "1e-30", "9E+99", ".5", "1_0", "--1"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto parsed = cryptostream::Decimal::parse({reinterpret_cast<const char*>(data), size});
  if (!parsed) return 0;
  auto again = cryptostream::Decimal::parse(parsed->to_string());
  if (!again || again->to_string() != parsed->to_string() || *again != *parsed) std::abort();
  return 0;
}
