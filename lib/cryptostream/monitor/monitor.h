// A process as others see it: /metrics for Prometheus, /livez and /readyz for whoever keeps it running.
#pragma once

#include <cryptostream/monitor/report.h>
#include <cryptostream/net/http_server.h>

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace cryptostream {

/// Serves what it was told to watch, on a thread of its own, and asks brokers for the ends of input partitions while
/// somebody reads the metrics. Thread-safe.
class Monitor {
 public:
  /// An application is watched as long as this lives.
  class Watch {
   public:
    Watch() = default;
    Watch(Watch&& other) noexcept : monitor_(std::exchange(other.monitor_, nullptr)), place_(other.place_) {}
    Watch& operator=(Watch&& other) noexcept {
      std::swap(monitor_, other.monitor_);
      std::swap(place_, other.place_);
      return *this;
    }
    ~Watch();

   private:
    friend class Monitor;
    struct Watched {
      ApplicationReport report;
      std::shared_ptr<Broker> broker;
    };
    Monitor* monitor_ = nullptr;
    std::list<Watched>::iterator place_{};
  };

  /// Listens from now on; nothing is ready yet. Errors: those of HttpServer::start.
  static Result<std::unique_ptr<Monitor>> start(HttpServerOptions options, std::string version);
  /// The same without a server: only look() tells.
  static std::unique_ptr<Monitor> unserved(std::string version);
  ~Monitor();

  /// `metrics` outlives the Watch.
  [[nodiscard]] Watch watch(std::string application_id, const Metrics& metrics, std::shared_ptr<Broker> broker,
                            std::optional<Topology> topology = {});
  /// A source of that name again replaces the one before.
  void watch_source(std::string name, std::shared_ptr<const SourceCounts> counts);

  /// Calls `at` with what there is to say now; nothing that is watched ends meanwhile, so it must be quick.
  void look(const std::function<void(const ProcessReport&)>& at);

  /// "http://127.0.0.1:9464"; empty if it is not served.
  std::string url() const { return server_ ? server_->url() : std::string(); }

 private:
  explicit Monitor(std::string version);
  ProcessReport report() const;  // under mutex_
  void note_interest();          // likewise
  ServedAnswer metrics();
  ServedAnswer health(const ServedRequest& request, Health (*judge)(const ProcessReport&));
  void follow_ends(std::stop_token stop);
  void ask_for_ends();

  mutable std::mutex mutex_;
  std::condition_variable_any scraped_;
  std::string version_;
  std::list<Watch::Watched> applications_;  // guarded by mutex_, as are the next two
  std::vector<SourceReport> sources_;
  std::chrono::steady_clock::time_point last_scrape_{};
  std::unique_ptr<HttpServer> server_;
  std::jthread follower_;
};

}  // namespace cryptostream
