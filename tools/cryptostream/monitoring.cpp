#include "monitoring.h"

#include <cryptostream/core/log.h>

namespace cryptostream::tool {
namespace {

std::unique_ptr<Monitor> started;

}  // namespace

Result<void> start_monitor(const cli::Settings& settings) {
  auto address = settings.text("metrics");
  if (address.empty()) {
    if (settings.given("dashboard")) started = Monitor::unserved(CRYPTOSTREAM_VERSION);
    return {};
  }
  auto with_option = [](const Error& error) { return fail(error.with_context("--metrics")); };
  auto options = HttpServerOptions::parse(address);
  if (!options) return with_option(options.error());
  auto monitor = Monitor::start(*options, CRYPTOSTREAM_VERSION);
  if (!monitor) return with_option(monitor.error());
  started = std::move(*monitor);
  log(LogLevel::info, "metrics", "{0}/metrics, {0}/livez, {0}/readyz", started->url());
  return {};
}

void stop_monitor() { started.reset(); }

Monitor* monitor() { return started.get(); }

}  // namespace cryptostream::tool
