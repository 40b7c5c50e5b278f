// Mistakes in a schema.
#include <cryptostream/data/schema.h>

namespace cs = cryptostream;

// BAD 1: CRYPTOSTREAM_SCHEMA(Trade): no public data member 'prize'
// BAD 2: CRYPTOSTREAM_SCHEMA(Trade): two fields have the same name
// BAD 3: CRYPTOSTREAM_SCHEMA(Trade): the type of 'price' has no schema
// BAD 4: CRYPTOSTREAM_ENUM(Side): no enumerator 'bye'
// BAD 5: CRYPTOSTREAM_SCHEMA(Trade): no public data member 'secret'
// BAD 6: CRYPTOSTREAM_SCHEMA(Trade): no public data member 'total'
// BAD 7: schema(): two fields have the same name
// BAD 8: CRYPTOSTREAM_SCHEMA(Big): at most 64 fields
// BAD 9: the type of 'levels' has no schema

#ifndef BAD
#define BAD 0
#endif

namespace app {

enum class Side { buy, sell };
#if BAD == 4
CRYPTOSTREAM_ENUM(Side, bye, sell)
#else
CRYPTOSTREAM_ENUM(Side, buy, sell)
#endif

struct Level {
  int price;
};
#if BAD != 9
CRYPTOSTREAM_SCHEMA(Level, price)
#endif

class Trade {
 public:
  std::string id, symbol, currency, venue, a, b, c, d, e, f, g, h;
#if BAD == 3
  float price;
#else
  cs::Decimal price;
#endif
  Side side;
  Level levels;
  std::string total() const { return id; }

 private:
  int secret = 0;
  friend int reveal(const Trade& trade) { return trade.secret; }
};

#if BAD == 1
CRYPTOSTREAM_SCHEMA(Trade, id, symbol, currency, venue, a, b, c, d, e, f, g, h, prize, side, levels)
#elif BAD == 2
CRYPTOSTREAM_SCHEMA(Trade, id, symbol, (price, "symbol"))
#elif BAD == 5
CRYPTOSTREAM_SCHEMA(Trade, id, secret)
#elif BAD == 6
CRYPTOSTREAM_SCHEMA(Trade, id, total)
#else
CRYPTOSTREAM_SCHEMA(Trade, id, symbol, currency, venue, a, b, c, d, e, f, g, h, price, side, levels)
#endif

class Hidden {
  int first_ = 0;
  int second_ = 0;

#if BAD == 7
  friend constexpr auto cryptostream_schema(cs::TypeTag<Hidden>) {
    return cs::schema(cs::field("a", &Hidden::first_), cs::field("a", &Hidden::second_));
  }
#else
  friend constexpr auto cryptostream_schema(cs::TypeTag<Hidden>) {
    return cs::schema(cs::field("a", &Hidden::first_), cs::field("b", &Hidden::second_));
  }
#endif
};

#define EIGHT(x) x##0, x##1, x##2, x##3, x##4, x##5, x##6, x##7
struct Big {
  int EIGHT(a), EIGHT(b), EIGHT(c), EIGHT(d), EIGHT(e), EIGHT(f), EIGHT(g), EIGHT(h), last;
};
#if BAD == 8
CRYPTOSTREAM_SCHEMA(Big, EIGHT(a), EIGHT(b), EIGHT(c), EIGHT(d), EIGHT(e), EIGHT(f), EIGHT(g), EIGHT(h), last)
#else
CRYPTOSTREAM_SCHEMA(Big, EIGHT(a), EIGHT(b), EIGHT(c), EIGHT(d), EIGHT(e), EIGHT(f), EIGHT(g), EIGHT(h))
#endif

}  // namespace app

const cs::TypeInfo& trade = cs::type_of<app::Trade>();
const cs::TypeInfo& hidden = cs::type_of<app::Hidden>();
const cs::TypeInfo& big = cs::type_of<app::Big>();
