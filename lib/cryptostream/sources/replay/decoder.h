// From the lines of a recording to quotes.
#pragma once

#include <cryptostream/market/quote.h>
#include <cryptostream/sources/replay/frame.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream::replay {

/// A quote and the moment that stands for it when a recording is played at its own speed.
struct Recorded {
  Quote quote;
  Timestamp at;
};

/// Decodes the lines of one file, in order.
class Decoder {
 public:
  /// Appends what `line` holds to `out`. Errors: bad_record (this line cannot be read), configuration (nothing in this
  /// file can).
  Result<void> decode(std::string_view line, std::vector<Recorded>& out);

 private:
  Result<void> decode_frame(const Frame& frame, std::vector<Recorded>& out);

  bool connected_ = false;
  std::map<std::string, std::int64_t, std::less<>> last_trades_;  ///< the id of each product's last trade
};

}  // namespace cryptostream::replay
