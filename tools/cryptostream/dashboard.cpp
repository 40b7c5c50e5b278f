// dashboard: store and log -> a page in the browser.
#include "dashboard.h"

#include "commands.h"
#include "job.h"
#include "monitoring.h"
#include "targets.h"

#include <cryptostream/core/log.h>

#include <condition_variable>
#include <mutex>

namespace cryptostream::tool {
namespace {

Result<std::unique_ptr<Dashboard>> start(const cli::Settings& settings, std::string_view option, std::string from,
                                         std::shared_ptr<Broker> broker) {
  auto with_option = [&](const Error& error) { return fail(error.with_context(fmt::format("--{}", option))); };
  auto listen = HttpServerOptions::parse(settings.text(option));
  if (!listen) return with_option(listen.error());
  DashboardOptions options{*listen,  std::move(from), std::move(broker), settings.text("title"), CRYPTOSTREAM_VERSION,
                           monitor()};
  auto started = Dashboard::start(std::move(options));
  if (!started) return with_option(started.error());
  log(LogLevel::info, "dashboard", "{}", (*started)->url());
  return started;
}

}  // namespace

Result<std::unique_ptr<Dashboard>> show_job(const cli::Settings& settings, const std::vector<std::string>& targets,
                                            std::shared_ptr<Broker> broker) {
  if (settings.text("dashboard").empty()) return std::unique_ptr<Dashboard>();
  for (const auto& target : targets) {
    auto scheme = scheme_of(target);
    if (scheme != "sqlite" && scheme != "postgres") continue;
    return start(settings, "dashboard", target_uri(settings, target), std::move(broker));
  }
  return fail(ErrorKind::usage,
              "--dashboard shows what is written to sqlite:FILE or postgres, and this job writes to neither: add --to "
              "sqlite:FILE, or let `cryptostream dashboard --from URI` read where another job writes");
}

Result<void> dashboard(const cli::Settings& settings) {
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto shown,
                          start(settings, "listen", target_uri(settings, settings.text("from")), std::move(broker)));
  auto stop = stop_of(settings);
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait(lock, stop, [] { return false; });
  return {};
}

}  // namespace cryptostream::tool
