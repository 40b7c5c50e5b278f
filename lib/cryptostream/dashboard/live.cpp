#include <cryptostream/core/clock.h>
#include <cryptostream/core/log.h>
#include <cryptostream/dashboard/live.h>
#include <cryptostream/data/json.h>
#include <cryptostream/data/type_info.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/market/selected_coin.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>

namespace cryptostream::dashboard {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto apart = 100ms;       // two events of one coin
constexpr std::size_t held = 4096;  // events that can be sent again
constexpr std::array topics{quotes_topic, coins_topic, std::string_view("crypto")};

std::shared_ptr<const std::string> frame(std::optional<std::int64_t> id, std::string_view event,
                                         std::string_view data) {
  return std::make_shared<const std::string>(id ? fmt::format("id: {}\nevent: {}\ndata: {}\n\n", *id, event, data)
                                                : fmt::format("event: {}\ndata: {}\n\n", event, data));
}

CoinState state_of(const Quote& quote) {
  return {.symbol = quote.symbol,
          .name = quote.name,
          .source = quote.source,
          .rank = quote.rank,
          .price = quote.price,
          .time = quote.time,
          .percent_change_24h = quote.change_percent_24h,
          .volume_24h = quote.volume_24h,
          .market_cap = quote.market_cap,
          .circulating_supply = quote.circulating_supply,
          .max_supply = quote.max_supply};
}

CoinState state_of(const Coin& coin) {
  return {.symbol = coin.symbol,
          .name = coin.name,
          .source = coin.source,
          .rank = coin.cmc_rank,
          .price = coin.price,
          .time = coin.time,
          .percent_change_1h = coin.percent_change_1h,
          .percent_change_24h = coin.percent_change_24h,
          .percent_change_7d = coin.percent_change_7d,
          .percent_change_30d = coin.percent_change_30d,
          .volume_24h = coin.volume_24h,
          .market_cap = coin.market_cap,
          .market_cap_dominance = coin.market_cap_dominance,
          .circulating_supply = coin.circulating_supply,
          .max_supply = coin.max_supply,
          .rates = coin.rates};
}

CoinState state_of(const SelectedCoin& coin) {
  return {.symbol = coin.symbol,
          .name = coin.name,
          .price = coin.price_usd,
          .time = coin.time,
          .percent_change_1h = coin.percent_change_1h,
          .percent_change_24h = coin.percent_change_24h,
          .percent_change_7d = coin.percent_change_7d,
          .percent_change_30d = coin.percent_change_30d,
          .volume_24h = coin.volume_24h,
          .market_cap = coin.market_cap,
          .market_cap_dominance = coin.market_cap_dominance,
          .circulating_supply = coin.circulating_supply};
}

template <class T>
std::optional<CoinState> read_as(std::string_view json) {
  T value;
  if (!decode_json(type_of<T>(), json, &value)) return std::nullopt;
  return state_of(value);
}

std::optional<CoinState> state_of(const LogRecord& record) {
  auto type = record.headers.last(type_header);
  if (!type || !record.value) return std::nullopt;
  if (*type == cryptostream_type(TypeTag<Quote>())) return read_as<Quote>(*record.value);
  if (*type == cryptostream_type(TypeTag<Coin>())) return read_as<Coin>(*record.value);
  if (*type == cryptostream_type(TypeTag<SelectedCoin>())) return read_as<SelectedCoin>(*record.value);
  return std::nullopt;
}

}  // namespace

// Ids are larger than all of an earlier process, so that what a client brings from there is known to be gone; and below
// 2^53, so that a page can compute with them.
Live::Live(std::shared_ptr<Broker> broker, std::function<std::string()> pipeline)
    : broker_(std::move(broker)), pipeline_(std::move(pipeline)), next_id_(system_clock().now().ms * 1000) {
  thread_ = std::jthread([this](std::stop_token stop) { follow(stop); });
}

Live::~Live() { stop(); }

void Live::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Result<void> Live::open() {
  std::vector<Assignment> assignment;
  std::vector<std::int64_t*> slots;
  bool grown = false;
  for (auto name : topics) {
    CRYPTOSTREAM_TRY_ASSIGN(auto topic, broker_->topic(std::string(name)));
    if (!topic) continue;
    for (std::int32_t partition = 0; partition < topic->partitions; ++partition) {
      TopicPartition at{topic->name, partition};
      CRYPTOSTREAM_TRY_ASSIGN(auto range, broker_->offsets(at, Isolation::read_committed));
      // What came up while this was at work is read from its beginning, as is a topic that was made anew.
      auto [next, added] = next_.try_emplace(at, looked_ ? range.begin : range.end);
      if (next->second < range.begin || next->second > range.end) next->second = range.begin;
      assignment.push_back({at, next->second});
      slots.push_back(&next->second);
      grown = grown || added;
    }
  }
  looked_ = true;
  opened_ = Steady::now();
  if (assignment.empty() || (consumer_ && !grown)) return {};
  CRYPTOSTREAM_TRY_ASSIGN(auto consumer, broker_->consumer(Isolation::read_committed));
  CRYPTOSTREAM_TRY(consumer->assign(assignment));
  consumer_ = std::move(consumer);
  slots_ = std::move(slots);
  return {};
}

Result<void> Live::read(std::chrono::milliseconds timeout) {
  if (!consumer_ || Steady::now() - opened_ > 5s) CRYPTOSTREAM_TRY(open());
  if (!consumer_) {
    std::this_thread::sleep_for(timeout);
    return {};
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto records, consumer_->poll(1000, timeout));
  for (const auto& record : records) {
    take(record);
    *slots_[record.slot] = record.offset + 1;
  }
  return {};
}

void Live::take(const LogRecord& record) {
  auto state = state_of(record);
  if (!state) return;
  std::lock_guard lock(mutex_);
  simulated_ = simulated_ || record.headers.last(simulated_header).has_value();
  auto [at, added] = seen_.try_emplace(state->symbol);
  auto& seen = at->second;
  if (added) {
    seen.state = std::move(*state);
  } else {
    merge(seen.state, *state);
  }
  seen.changed = true;
}

void Live::follow(std::stop_token stop) {
  auto next_pipeline = Steady::now();
  while (!stop.stop_requested()) {
    if (!broker_) {
      std::this_thread::sleep_for(100ms);
    } else if (auto done = read(20ms); !done) {
      consumer_.reset();
      {
        std::lock_guard lock(mutex_);
        if (trouble_.empty()) log(LogLevel::warning, "dashboard", "{}", done.error().message());
        trouble_ = done.error().message();
      }
      std::this_thread::sleep_for(500ms);
    } else {
      std::lock_guard lock(mutex_);
      trouble_.clear();
    }
    send_changes();
    if (Steady::now() < next_pipeline) continue;
    next_pipeline = Steady::now() + 2s;
    send_pipeline();
  }
}

void Live::send_changes() {
  std::lock_guard lock(mutex_);
  auto now = Steady::now();
  for (auto& [symbol, seen] : seen_) {
    if (!seen.changed || now - seen.sent < apart) continue;
    seen.changed = false;
    seen.sent = now;
    std::string data;
    encode_json(type_of<CoinState>(), &seen.state, data);
    auto id = next_id_++;
    auto text = frame(id, "quote", data);
    ring_.push_back({id, symbol, text});
    if (ring_.size() > held) ring_.pop_front();
    for (const auto& client : clients_)
      if (client.symbols.empty() || client.symbols.contains(symbol)) client.stream->push(text);
  }
  std::erase_if(clients_, [this](const Client& client) {
    if (client.stream->open()) return false;
    dropped_ += client.stream->dropped();
    return true;
  });
}

void Live::send_pipeline() {
  if (clients() == 0) return;
  auto text = frame(std::nullopt, "pipeline", pipeline_());
  std::lock_guard lock(mutex_);
  for (const auto& client : clients_) client.stream->push(text);
}

void Live::add(std::shared_ptr<EventStream> stream, std::set<std::string> symbols, std::optional<std::int64_t> after) {
  static const auto hello = std::make_shared<const std::string>("retry: 1000\n\n");
  Client client{std::move(stream), std::move(symbols)};
  std::lock_guard lock(mutex_);
  client.stream->push(hello);
  if (after) {
    auto oldest = ring_.empty() ? next_id_ : ring_.front().id;
    if (*after + 1 < oldest || *after >= next_id_) {
      client.stream->push(frame(next_id_ - 1, "reset", "{}"));
    } else {
      for (const auto& event : ring_)
        if (event.id > *after && (client.symbols.empty() || client.symbols.contains(event.symbol)))
          client.stream->push(event.frame);
    }
  }
  clients_.push_back(std::move(client));
}

std::size_t Live::clients() const {
  std::lock_guard lock(mutex_);
  return clients_.size();
}

std::uint64_t Live::dropped_frames() const {
  std::lock_guard lock(mutex_);
  return dropped_;
}

std::map<std::string, CoinState> Live::latest(std::int64_t& sequence) const {
  std::lock_guard lock(mutex_);
  std::map<std::string, CoinState> states;
  for (const auto& [symbol, seen] : seen_) states.emplace(symbol, seen.state);
  sequence = next_id_ - 1;
  return states;
}

bool Live::simulated() const {
  std::lock_guard lock(mutex_);
  return simulated_;
}

std::string Live::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace cryptostream::dashboard
