// A chosen set of indicators over one product's candles.
#pragma once

#include <cryptostream/market/bollinger.h>
#include <cryptostream/market/candle.h>
#include <cryptostream/market/indicator.h>
#include <cryptostream/market/macd.h>
#include <cryptostream/market/moving_average.h>
#include <cryptostream/market/rsi.h>
#include <cryptostream/market/volatility.h>
#include <cryptostream/market/vwap.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cryptostream {

/// Which indicators, with which parameters; an empty list for none. Periods count candles.
struct IndicatorOptions {
  struct MacdPeriods {
    std::int64_t fast = 12, slow = 26, signal = 9;
  };
  struct Bands {
    std::int64_t period = 20;
    Decimal width = 2;
  };
  struct Scatter {
    std::int64_t period = 20;
    std::int64_t periods_a_year = 0;  ///< 0: not annualised
  };
  std::vector<std::int64_t> sma{20};
  std::vector<std::int64_t> ema{12, 26};
  std::vector<std::int64_t> rsi{14};
  std::vector<MacdPeriods> macd{MacdPeriods()};
  std::vector<Bands> bollinger{Bands()};
  std::vector<std::chrono::milliseconds> vwap_sessions{std::chrono::hours(24)};
  std::vector<Scatter> volatility{Scatter()};
};

/// All of them over closes (VWAP: typical prices and volumes). Candles must come in the order of their starts; a
/// missing one counts for nothing.
///
/// | name | parameters | value |
/// |---|---|---|
/// | `sma`, `ema`, `rsi` | period | Sma, ema(), Rsi |
/// | `macd`, `macd_signal`, `macd_histogram` | `fast,slow,signal` | Macd |
/// | `bollinger_upper`, `bollinger_middle`, `bollinger_lower` | `period,width` | Bollinger |
/// | `vwap` | session in seconds | Vwap |
/// | `volatility` | `period` or `period,periods_a_year` | Volatility |
class IndicatorSet {
 public:
  /// Throws std::invalid_argument for a period that an indicator refuses.
  explicit IndicatorSet(const IndicatorOptions& options = {});

  void add(const Candle& candle);
  /// Appends what there is after that candle. Indicators that have seen too few are left out.
  void append_to(std::vector<Indicator>& into, const Candle& candle) const;
  /// Names and parameters of all, as one text: two sets with the same are interchangeable.
  std::string specification() const;

 private:
  std::vector<Sma> sma_;
  std::vector<SmoothedAverage> ema_;
  std::vector<Rsi> rsi_;
  std::vector<Macd> macd_;
  std::vector<Bollinger> bollinger_;
  std::vector<Vwap> vwap_;
  std::vector<Volatility> volatility_;

  friend constexpr auto cryptostream_schema(TypeTag<IndicatorSet>) {
    using S = IndicatorSet;
    return schema(field("sma", &S::sma_), field("ema", &S::ema_), field("rsi", &S::rsi_), field("macd", &S::macd_),
                  field("bollinger", &S::bollinger_), field("vwap", &S::vwap_), field("volatility", &S::volatility_));
  }
};

/// An IndicatorSet whose latest candle may still change: one of the same start takes its place. Candles older than the
/// latest are left out.
class LiveIndicators {
 public:
  explicit LiveIndicators(const IndicatorOptions& options = {}) : settled_(options) {}

  /// Appends the indicators after this candle. False if it was left out.
  bool add(const Candle& candle, std::vector<Indicator>& into);
  std::string specification() const { return settled_.specification(); }

 private:
  IndicatorSet settled_;  // without the latest candle
  std::optional<Candle> latest_;

  friend constexpr auto cryptostream_schema(TypeTag<LiveIndicators>) {
    return schema(field("settled", &LiveIndicators::settled_), field("latest", &LiveIndicators::latest_));
  }
};

}  // namespace cryptostream
