// From the lines of a recording to quotes.
#pragma once

#include <cryptostream/market/quote.h>

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
  /// Appends what `line` holds to `out`. Errors: bad_record (this line cannot be read), configuration (nothing in this file can).
  Result<void> decode(std::string_view line, std::vector<Recorded>& out);
};

}  // namespace cryptostream::replay
