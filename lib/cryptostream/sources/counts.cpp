#include <cryptostream/sources/counts.h>

#include <algorithm>
#include <string_view>

namespace cryptostream {

std::string report(const SourceCounts& counts, Timestamp now) {
  std::string text;
  auto add = [&](std::string part) { text += (text.empty() ? "" : ", ") + std::move(part); };
  if (auto time = counts.data_time.load(); time > 0)
    add(fmt::format("data {} s old", std::max<std::int64_t>(0, now.ms - time) / 1000));
  auto tell = [&](const std::atomic<std::int64_t>& count, std::int64_t silent, std::string_view what) {
    if (auto value = count.load(); value != silent) add(fmt::format("{} {}", value, what));
  };
  tell(counts.credits_used, 0, "credits used");
  tell(counts.credits_left, -1, "credits left today");
  tell(counts.requests_left, -1, "requests left");
  tell(counts.failed_polls, 0, "failed polls");
  tell(counts.bad_rows, 0, "bad rows");
  tell(counts.without_price, 0, "rows without price");
  tell(counts.duplicates, 0, "seen before");
  tell(counts.reconnects, 0, "reconnects");
  tell(counts.gaps, 0, "gaps");
  tell(counts.backfilled, 0, "trades backfilled");
  tell(counts.lost, 0, "trades lost");
  return text;
}

}  // namespace cryptostream
