// Prices as they arrive in the log, to everybody who watches. Private to the module.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/dashboard/coin_state.h>
#include <cryptostream/net/http_server.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace cryptostream::dashboard {

/// Follows topics `quotes`, `coins` and `crypto` of a log from their ends, on a thread of its own, outside any group.
/// A coin's newest state goes out at once if its last one is at least 100 ms old, else then. Thread-safe.
class Live {
 public:
  /// `broker` may be null: then there are no quotes, but streams are served all the same. `pipeline` makes the data of
  /// that event, from time to time.
  Live(std::shared_ptr<Broker> broker, std::function<std::string()> pipeline);
  ~Live();
  /// Ends its thread: `pipeline` is not called any more.
  void stop();

  /// A client of /stream; `symbols` empty: all. `after`: the last event that it has seen.
  void add(std::shared_ptr<EventStream> stream, std::set<std::string> symbols, std::optional<std::int64_t> after);
  std::size_t clients() const;
  std::uint64_t dropped_frames() const;

  /// What has arrived so far, and the id of the newest event that tells of it.
  std::map<std::string, CoinState> latest(std::int64_t& sequence) const;
  bool simulated() const;
  /// What is wrong with the log at the moment; empty: nothing.
  std::string trouble() const;

 private:
  struct Client {
    std::shared_ptr<EventStream> stream;
    std::set<std::string> symbols;
  };
  struct Event {
    std::int64_t id;
    std::string symbol;
    std::shared_ptr<const std::string> frame;
  };
  struct Seen {
    CoinState state;
    bool changed = false;
    std::chrono::steady_clock::time_point sent{};
  };

  void follow(std::stop_token stop);
  Result<void> open();
  Result<void> read(std::chrono::milliseconds timeout);
  void take(const LogRecord& record);
  void send_changes();
  void send_pipeline();

  std::shared_ptr<Broker> broker_;
  std::function<std::string()> pipeline_;
  std::unique_ptr<Consumer> consumer_;  // the thread's
  std::chrono::steady_clock::time_point opened_{};
  bool looked_ = false;                          // the log has been asked what there is
  std::map<TopicPartition, std::int64_t> next_;  // to read, also after the log was away
  std::vector<std::int64_t*> slots_;             // into next_, by the consumer's slots

  mutable std::mutex mutex_;
  std::map<std::string, Seen> seen_;  // guarded by mutex_, as is all that follows
  std::deque<Event> ring_;
  std::vector<Client> clients_;
  std::int64_t next_id_;
  std::uint64_t dropped_ = 0;
  bool simulated_ = false;
  std::string trouble_;
  std::jthread thread_;
};

}  // namespace cryptostream::dashboard
