#include <cryptostream/data/serde.h>

#include <bit>

namespace cryptostream {

void DoubleSerde::encode(double value, std::string& out) const {
  IntegerSerde<std::int64_t>().encode(std::bit_cast<std::int64_t>(value), out);
}

Result<void> DoubleSerde::decode(BytesView bytes, double& into) const {
  if (bytes.size() != sizeof(double))
    return fail(ErrorKind::bad_record, fmt::format("a double of 8 bytes expected, {} bytes found", bytes.size()));
  std::int64_t bits = 0;
  CRYPTOSTREAM_TRY(IntegerSerde<std::int64_t>().decode(bytes, bits));
  into = std::bit_cast<double>(bits);
  return {};
}

Result<void> DecimalSerde::decode(BytesView bytes, Decimal& into) const {
  CRYPTOSTREAM_TRY_ASSIGN(into, Decimal::parse(bytes));
  return {};
}

}  // namespace cryptostream
