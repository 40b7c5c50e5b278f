#include <cryptostream/data/serde.h>
#include <cryptostream/sources/replay/decoder.h>

namespace cryptostream::replay {

Result<void> Decoder::decode(std::string_view line, std::vector<Recorded>& out) {
  auto& recorded = out.emplace_back();
  CRYPTOSTREAM_TRY(default_serde<Quote>().decode(line, recorded.quote));
  recorded.at = recorded.quote.time;
  return {};
}

}  // namespace cryptostream::replay
