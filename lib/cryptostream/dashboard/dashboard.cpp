#include <cryptostream/dashboard/api.h>
#include <cryptostream/dashboard/assets.h>
#include <cryptostream/dashboard/dashboard.h>
#include <cryptostream/net/worker_pool.h>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace cryptostream {
namespace {

using namespace dashboard;

constexpr std::string_view api_root = "/api/v1";

bool loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

ServedAnswer only(std::string_view methods) {
  auto answer = error_answer(405, "method", fmt::format("only {} here", methods));
  answer.headers.emplace_back("Allow", methods);
  return answer;
}

/// The parameter `symbols`: "BTC,ETH".
Result<std::set<std::string>> symbols_of(const Query& query) {
  std::set<std::string> symbols;
  auto given = query.text("symbols");
  if (!given) return symbols;
  std::string_view text = *given;
  while (!text.empty()) {
    auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (!good_symbol(part)) return fail(ErrorKind::usage, "parameter symbols must be symbols with commas between them");
    symbols.emplace(part);
  }
  return symbols;
}

}  // namespace

struct Dashboard::Impl {
  Impl(const DashboardOptions& options, std::unique_ptr<TableReader> reader)
      : reads(std::move(reader)),
        live(options.broker, [this] { return api.pipeline(); }),
        api({options.title, options.version, options.broker != nullptr, options.monitor}, reads, live) {}

  void serve(ServedRequest request, const HttpReply& reply);
  Result<void> stream(const ServedRequest& request, const Query& query, const HttpReply& reply);

  Reads reads;
  Live live;
  Api api;
  WorkerPool pool{3, 256};
  std::unique_ptr<HttpServer> server;
};

void Dashboard::Impl::serve(ServedRequest request, const HttpReply& reply) {
  bool get = request.method == "GET" || request.method == "HEAD";
  auto path = std::string_view(request.path);
  bool of_api = path == "/api" || path.starts_with("/api/");
  if (!of_api) return reply(get ? page_file(request) : only("GET, HEAD"));
  if (!path.starts_with(api_root)) return reply(error_answer(404, "not_found", "there is nothing here"));
  path.remove_prefix(api_root.size());
  if (!get) return reply(only("GET, HEAD"));
  auto query = Query::parse(request.query);
  if (!query) return reply(error_answer(query.error()));
  if (path == "/stream") {
    if (request.method == "HEAD") return reply({.type = "text/event-stream; charset=utf-8"});
    if (auto begun = stream(request, *query, reply); !begun) reply(error_answer(begun.error()));
    return;
  }
  bool taken = pool.submit([this, reply, path = std::string(path), query = std::move(*query)] {
    try {
      auto answer = api.get(path, query);
      reply(answer ? std::move(*answer) : error_answer(answer.error()));
    } catch (const std::exception& error) {
      reply(error_answer(500, "internal", error.what()));
    }
  });
  if (!taken) {
    auto answer = error_answer(503, "busy", "too many questions at once");
    answer.headers.emplace_back("Retry-After", "1");
    reply(std::move(answer));
  }
}

Result<void> Dashboard::Impl::stream(const ServedRequest& request, const Query& query, const HttpReply& reply) {
  CRYPTOSTREAM_TRY_ASSIGN(auto symbols, symbols_of(query));
  CRYPTOSTREAM_TRY_ASSIGN(auto after, query.integer("last_event_id", 0, INT64_MAX));
  if (auto header = request.header("Last-Event-ID"); !header.empty()) {
    auto as_query = Query::parse(fmt::format("last_event_id={}", header));
    if (!as_query) return fail(std::move(as_query).error());
    CRYPTOSTREAM_TRY_ASSIGN(after, as_query->integer("last_event_id", 0, INT64_MAX));
  }
  if (auto events = reply.events()) live.add(std::move(events), std::move(symbols), after);
  return {};
}

Dashboard::Dashboard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dashboard::~Dashboard() {
  impl_->server.reset();
  impl_->live.stop();
}

std::string Dashboard::url() const { return impl_->server->url(); }

Result<std::unique_ptr<Dashboard>> Dashboard::start(DashboardOptions options) {
  if (!loopback(options.listen.address))
    return fail(ErrorKind::permission,
                fmt::format("the dashboard has no login, so that it does not listen on {}, where others could read it: "
                            "listen on 127.0.0.1, and let a proxy that asks for a password pass it on",
                            options.listen.address));
  CRYPTOSTREAM_TRY_ASSIGN(auto reader, any_reader(options.from));
  auto impl = std::make_unique<Impl>(options, std::move(reader));
  options.listen.check_host = true;
  options.listen.max_connections = 10'000;
  CRYPTOSTREAM_TRY_ASSIGN(impl->server, HttpServer::serve(options.listen, [&self = *impl](auto request, auto reply) {
                            self.serve(std::move(request), reply);
                          }));
  return std::unique_ptr<Dashboard>(new Dashboard(std::move(impl)));
}

}  // namespace cryptostream
