// How a poll divides what it may take among the slots of a consumer.
#pragma once

#include <cryptostream/core/result.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cryptostream {

/// Calls `read(slot, number, share)` for each slot that is not paused, beginning with slot `first`; what one leaves of
/// its share goes to those after it. `taken()` tells how many records were taken so far.
template <class Slot, class Taken, class Read>
Result<void> read_shares(std::vector<Slot>& slots, std::size_t first, std::size_t most, Taken taken, Read read) {
  std::size_t readable = 0;
  for (auto& slot : slots) readable += slot.paused ? 0 : 1;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    auto number = (first + i) % slots.size();
    if (slots[number].paused) continue;
    auto left = most - taken();
    CRYPTOSTREAM_TRY(read(slots[number], static_cast<std::uint32_t>(number), (left + readable - 1) / readable));
    --readable;
  }
  return {};
}

}  // namespace cryptostream
