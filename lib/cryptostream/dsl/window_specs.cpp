#include <cryptostream/dsl/window_specs.h>

#include <cryptostream/state/open_store.h>

#include <fmt/format.h>

#include <limits>
#include <stdexcept>

namespace cryptostream {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds for_ever{std::numeric_limits<std::int64_t>::max()};

StoreSpec windowed(const Materialized& materialized, std::string name, StoreSpec::Type type, Milliseconds least,
                   Emission emission) {
  if (materialized.history)
    throw std::logic_error(fmt::format("store \"{}\": windows have no versions (Materialized::versioned)", name));
  auto retention = materialized.kept_for.value_or(least);
  if (retention < least)
    throw std::invalid_argument(
        fmt::format("store \"{}\": its windows can change for {} ms, so a retention of {} ms is too short", name,
                    least.count(), retention.count()));
  auto spec = materialized.spec(std::move(name));
  spec.type = type;
  spec.retention = retention;
  spec.time_first = emission == Emission::on_close;
  return spec;
}

// A window that has not closed yet must not expire, and may be as old as the retention. The changelog topic keeps what
// Kafka Streams has it keep.
void keep_until_closed(StoreSpec& spec) {
  spec.topic_settings = changelog_settings(spec);
  spec.retention += Milliseconds(1);
}

}  // namespace

Milliseconds window_size(const TimeWindows& windows) { return windows.size(); }
Milliseconds window_size(const UnlimitedWindows&) { return for_ever; }
Milliseconds window_size(const SlidingWindows& windows) { return windows.difference(); }

Milliseconds window_grace(const TimeWindows& windows) { return windows.grace(); }
Milliseconds window_grace(const UnlimitedWindows&) { return Milliseconds(0); }
Milliseconds window_grace(const SlidingWindows& windows) { return windows.grace(); }
Milliseconds window_grace(const SessionWindows& windows) { return windows.grace() + windows.gap(); }

StoreSpec window_store(const Materialized& materialized, std::string name, const TimeWindows& windows,
                       Emission emission) {
  auto spec = windowed(materialized, std::move(name), StoreSpec::Type::timestamped_window,
                       windows.size() + windows.grace(), emission);
  spec.window_size = windows.size();
  return spec;
}

StoreSpec window_store(const Materialized& materialized, std::string name, const UnlimitedWindows& windows,
                       Emission emission) {
  auto spec =
      windowed(materialized, std::move(name), StoreSpec::Type::timestamped_window, window_size(windows), emission);
  spec.window_size = window_size(windows);
  return spec;
}

StoreSpec window_store(const Materialized& materialized, std::string name, const SlidingWindows& windows,
                       Emission emission) {
  auto spec = windowed(materialized, std::move(name), StoreSpec::Type::timestamped_window,
                       2 * windows.difference() + windows.grace(), emission);
  spec.window_size = windows.difference();
  if (emission == Emission::on_close) {
    spec.caching = false;
    if (windows.difference().count() == 0) keep_until_closed(spec);
  }
  return spec;
}

StoreSpec window_store(const Materialized& materialized, std::string name, const SessionWindows& windows,
                       Emission emission) {
  auto spec =
      windowed(materialized, std::move(name), StoreSpec::Type::session, windows.gap() + windows.grace(), emission);
  if (emission == Emission::on_close) {
    spec.caching = false;
    keep_until_closed(spec);
  }
  return spec;
}

}  // namespace cryptostream
