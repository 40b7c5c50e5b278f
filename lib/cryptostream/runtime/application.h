// Application: a topology at work on a broker.
#pragma once

#include <cryptostream/dsl/topology.h>
#include <cryptostream/runtime/config.h>
#include <cryptostream/runtime/metrics.h>

#include <memory>
#include <stop_token>

namespace cryptostream {

class Broker;

/// Runs a topology until it is told to stop. The constructor checks wiring and throws std::invalid_argument
/// (application_id, thread count); it does not touch the broker.
class Application {
 public:
  Application(Topology topology, std::shared_ptr<Broker> broker, ApplicationConfig config);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  /// Makes missing topics that the application itself writes, joins its group, and works until `stop`: then external
  /// sources end, what the application still has in its own topics is carried on (drain_timeout), everything is
  /// committed and the group is left. Success means drained. Call it once. Errors: Error::exit_code() says how a
  /// program should end.
  Result<void> run(std::stop_token stop = {});

  const Metrics& metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A token that asks for a stop at the first SIGINT or SIGTERM of this process; the second one acts as if nobody had
/// caught it. Installs handlers for both on its first call.
std::stop_token until_signal();

/// The signal that until_signal() saw, or 0.
int signal_seen();

}  // namespace cryptostream
