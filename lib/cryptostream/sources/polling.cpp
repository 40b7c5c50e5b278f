#include <cryptostream/core/wait.h>
#include <cryptostream/sources/polling.h>

#include <fmt/format.h>

#include <algorithm>

namespace cryptostream {

PollSchedule::PollSchedule(const PollOptions& options)
    : options_(options), backoff_(options.retry), down_(options.source) {}

bool PollSchedule::wait_for_turn(std::stop_token stop) {
  if (next_ == Clock::time_point()) next_ = Clock::now();
  return !wait(stop, std::max(next_, retry_) - Clock::now());
}

void PollSchedule::succeeded() {
  backoff_.reset();
  retry_ = {};
  down_.end(options_.what + ": answers again");
  auto now = Clock::now();
  auto interval = std::max(options_.interval, std::chrono::milliseconds(1));
  if (next_ <= now) next_ += ((now - next_) / interval + 1) * interval;
}

void PollSchedule::failed(const Error& error) {
  ++options_.counts->failed_polls;
  down_.begin(error.message());
  retry_ = Clock::now() + std::max(backoff_.next(), error.retry_after().value_or(std::chrono::milliseconds(0)));
}

RowTroubles::RowTroubles(const PollOptions& options)
    : options_(options), bad_(options.source), missing_(options.source) {}

void RowTroubles::bad(const std::vector<Error>& rows) {
  options_.counts->bad_rows += static_cast<std::int64_t>(rows.size());
  if (rows.empty()) return bad_.end(options_.what + ": all rows are well again");
  bad_.begin(fmt::format("{}; this row is left out{}", rows[0].message(),
                         rows.size() > 1 ? fmt::format(", and {} more", rows.size() - 1) : ""));
}

void RowTroubles::missing(const std::vector<std::string>& names) {
  if (names.empty()) return missing_.end(options_.what + ": all that was asked for is there again");
  missing_.begin(fmt::format("{}: no row for {}; it may have been renamed or dropped there", options_.what,
                             fmt::join(names, ", ")));
}

}  // namespace cryptostream
