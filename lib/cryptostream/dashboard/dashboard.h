// A page that shows what pipelines wrote and what arrives now, served by this program itself.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/monitor/monitor.h>
#include <cryptostream/net/http_server.h>

#include <memory>
#include <string>

namespace cryptostream {

struct DashboardOptions {
  /// Where to listen. An address beyond loopback is refused: there is no login.
  HttpServerOptions listen{};
  std::string from{};                ///< URI of the store: sqlite:FILE, postgres://…, postgres
  std::shared_ptr<Broker> broker{};  ///< a log to follow, or null
  std::string title = "cryptostream";
  std::string version{};
  Monitor* monitor =
      nullptr;  ///< of the jobs in this process, or null: then nothing is known of those that run elsewhere
};

/// Serves the page and its API (docs/dashboard-api.yaml) on threads of its own. A store or log that is away costs only
/// what would have come from it, until it is back.
class Dashboard {
 public:
  /// Listens from now on. Errors: those of any_reader and HttpServer::start; permission (an address beyond loopback).
  static Result<std::unique_ptr<Dashboard>> start(DashboardOptions options);
  ~Dashboard();

  /// "http://127.0.0.1:8080"
  std::string url() const;

 private:
  struct Impl;
  explicit Dashboard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cryptostream
